from __future__ import annotations

import pytest

from rumbl_core.testing import annotation_fixture, user_fixture, video_fixture
from rumbl_web.testing import Client, html_response


@pytest.mark.spec("T1", "GET /")
def test_get_home(client: Client) -> None:
    page = html_response(client.get("/"))

    assert "Welcome to Rumbl.io!" in page
    assert "Rumbl out loud." in page


def test_home_says_so_when_there_is_nothing_to_watch(client: Client) -> None:
    assert "Nothing to watch yet" in html_response(client.get("/"))


def test_home_lists_the_newest_videos_with_owner_and_notes(client: Client) -> None:
    owner = user_fixture(name="Ana Silva")
    video = video_fixture(owner, title="Otters")
    annotation_fixture(owner, video)

    page = html_response(client.get("/"))

    assert f'href="/watch/{video.id}-otters"' in page
    assert "Ana Silva" in page
    assert "1 note<" in page


def test_home_lists_only_the_six_newest(client: Client) -> None:
    owner = user_fixture()
    for number in range(7):
        video_fixture(owner, title=f"film {number}")

    page = html_response(client.get("/"))

    assert "film 0" not in page
    assert "film 1" in page


def test_the_demo_has_its_notes_as_a_list_and_as_data(client: Client) -> None:
    page = html_response(client.get("/"))

    assert "data-demo" in page
    assert '<time class="chip">0:11</time>' in page
    assert '"body": "1 + 1"' in page


def test_the_one_button_depends_on_who_comes(client: Client, login_as) -> None:
    assert "Create your account" in html_response(client.get("/"))
    assert "Add a video" in html_response(login_as(user_fixture()).get("/"))
