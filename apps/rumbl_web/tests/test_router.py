from __future__ import annotations

import pytest
from flask import Flask
from werkzeug.routing import BuildError, Map, Rule

from rumbl_web import router

# The route table of the book, spec 1, section 1.0.
TABLE = """
page.index GET / page_controller.index
user.index GET /users user_controller.index
user.new GET /users/new user_controller.new
user.show GET /users/<id> user_controller.show
user.create POST /users user_controller.create
session.new GET /sessions/new session_controller.new
session.create POST /sessions session_controller.create
session.delete DELETE /sessions/<id> session_controller.delete
watch.show GET /watch/<id> watch_controller.show
gallery.index GET /videos gallery_controller.index
gallery.categories GET /categories gallery_controller.categories
gallery.category GET /categories/<id> gallery_controller.category
video.index GET /manage/videos video_controller.index
video.new GET /manage/videos/new video_controller.new
video.create POST /manage/videos video_controller.create
video.show GET /manage/videos/<id> video_controller.show
video.edit GET /manage/videos/<id>/edit video_controller.edit
video.update PUT /manage/videos/<id> video_controller.update
video.update PATCH /manage/videos/<id> video_controller.update
video.delete DELETE /manage/videos/<id> video_controller.delete
"""


def test_requests_that_hash_passwords_are_known_by_their_beginning() -> None:
    slow = router.slow_requests()
    table = (router.Route(router.PUT, "/people/<id>/password", "x", print, router.PUBLIC, hashes=True),)
    for path in ("/sessions", "/users", "/rumbl/sessions", "/users?next=/watch/1", "/sessions/", "/users#a"):
        assert slow.search(b"POST %s HTTP/1.1\r\nHost: x\r\n" % path.encode())
    for start in (
        "GET /sessions",
        "GET /users",
        "POST /sessions/1",
        "POST /users/new",
        "POST /watch/sessions-1",
    ):
        assert not slow.search(start.encode() + b" HTTP/1.1\r\n")
    assert router.slow_requests(table).search(b"POST /people/17/password HTTP/1.1\r\n")


def test_the_listing_has_every_route_of_the_book(app: Flask) -> None:
    lines = [" ".join(line.split()) for line in router.routes(app).splitlines()]

    book = TABLE.strip().splitlines()
    assert [line for line in lines if line in book] == book


def test_the_listing_ends_with_what_is_not_a_page(app: Flask) -> None:
    assert "static_files.serve" in router.routes(app)
    assert "HEAD" not in router.routes(app)


def test_members_only_are_the_users_and_everything_under_manage_and_settings() -> None:
    members = {route.name for route in router.ROUTES if route.members}

    assert members == {"user.index", "user.show"} | {
        route.name for route in router.ROUTES if route.path.startswith(("/manage", "/settings"))
    }


@pytest.mark.parametrize("path", ["/users/new", "/manage/videos/new"])
def test_new_wins_over_an_id(app: Flask, path: str) -> None:
    endpoint, _ = app.url_map.bind("").match(path)

    assert endpoint.endswith(".new")


def test_addresses_are_built_as_werkzeug_builds_them() -> None:
    places = {}
    for kind in (Rule, router.LazyRule):
        rules = [
            kind("/a/<path:name>", endpoint="path"),
            kind("/b/", endpoint="rest"),
            kind("/c/<int:id>/d", endpoint="number"),
            kind("/e", endpoint="given", defaults={"page": 1}),
        ]
        site = Map(rules).bind("example.org", "/rumbl")
        asked = [
            ("path", {"name": "x/y z"}),
            ("rest", {"rule": "1 + 1"}),
            ("number", {"id": 7}),
            ("given", {}),
        ]
        places[kind] = [
            site.build(name, values, append_unknown=unknown)
            for name, values in [*asked, *asked]
            for unknown in (True, False)
        ]
        with pytest.raises(BuildError):
            site.build("number", {})

    assert places[router.LazyRule] == places[Rule]
