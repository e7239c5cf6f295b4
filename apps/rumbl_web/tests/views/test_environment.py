from __future__ import annotations

from flask import Flask

from rumbl_core.multimedia import Video
from rumbl_web.testing import Client, make_app
from rumbl_web.views import environment

VIDEO = Video(id=13, slug="josé-y-yo")


def test_addresses_of_a_video_carry_its_permalink(app: Flask) -> None:
    with app.test_request_context("/"):
        assert environment.watch_path(VIDEO) == "/watch/13-jos%C3%A9-y-yo"
        assert environment.video_path("edit", VIDEO) == "/manage/videos/13-jos%C3%A9-y-yo/edit"
        assert environment.watch_path(Video(id=13)) == "/watch/13-"


def test_addresses_know_where_the_site_is_mounted(app: Flask) -> None:
    with app.test_request_context("/", base_url="http://localhost/prefix"):
        assert environment.watch_path(VIDEO) == "/prefix/watch/13-jos%C3%A9-y-yo"


def test_public_urls_come_from_the_setting_alone() -> None:
    with make_app(url="https://rumbl.example").test_request_context("/", base_url="http://evil.example"):
        assert environment.public_url("/watch/1") == "https://rumbl.example/watch/1"
    with make_app().test_request_context("/", base_url="http://evil.example"):
        assert environment.public_url("/watch/1") == "/watch/1"


def test_a_page_that_answers_a_form_bears_any_referrer(client: Client) -> None:
    page = client.submit("/sessions", {"session": {"username": "x"}}, headers={"referer": "http://["})

    assert page.status_code == 200


def test_the_navigation_knows_the_page_being_made(app: Flask) -> None:
    with app.test_request_context("/users/new"):
        assert environment.is_current("user.new")
        assert not environment.is_current("user.index")
