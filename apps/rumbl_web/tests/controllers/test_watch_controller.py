from __future__ import annotations

import json
import re

import pytest

import info_sys
from rumbl_core import accounts
from rumbl_core.testing import annotation_fixture, user_fixture, video_fixture
from rumbl_web.testing import Client, html_response, make_app


def boot_of(page: str) -> dict:
    match = re.search(r'<script id="rumbl-boot" type="application/json">(.*?)</script>', page, re.DOTALL)
    assert match is not None
    return json.loads(match[1])


def test_a_guest_sees_the_player_and_is_offered_to_log_in(client: Client) -> None:
    video = video_fixture(user_fixture(), title="otters", url="https://youtu.be/dQw4w9WgXcQ")

    page = html_response(client.get(f"/watch/{video.id}-otters"))

    assert "<h1>otters</h1>" in page
    assert 'data-player-kind="youtube"' in page
    assert 'data-player-id="dQw4w9WgXcQ"' in page
    assert f'href="/sessions/new?next=%2Fwatch%2F{video.id}-otters"' in page
    assert "msg-input" not in page
    assert boot_of(page) == {
        "userToken": "token of guest in None",
        "userId": None,
        "guest": True,
        "socketUrl": "/socket",
        "loginUrl": f"/sessions/new?next=%2Fwatch%2F{video.id}-otters",
        "videoId": video.id,
    }


def test_a_member_gets_the_form_and_a_token(login_as) -> None:
    user = user_fixture()
    video = video_fixture(user)

    page = html_response(login_as(user).get(f"/watch/{video.id}"))

    assert 'placeholder="Comment..."' in page
    assert boot_of(page)["userToken"] == f"token of {user.id} in None"
    assert boot_of(page)["guest"] is False


def test_a_logged_in_session_is_named_in_the_token(client: Client) -> None:
    video = video_fixture(user_fixture(username="ana"))
    client.submit("/sessions", {"session": {"username": "ana", "password": "supersecret"}})

    token = boot_of(html_response(client.get(f"/watch/{video.id}")))["userToken"]

    assert re.fullmatch(r"token of \d+ in [0-9a-f]{24}", token)


@pytest.mark.parametrize("id", ["0", "abc", "9" * 30, "-5", "%00", "hello-world-13", "1e3x"])
@pytest.mark.trap(14)
def test_a_video_that_is_not_there_is_not_found(client: Client, id: str) -> None:
    html_response(client.get(f"/watch/{id}"), 404)


def test_any_words_after_the_id_work_and_the_page_names_the_right_ones(client: Client) -> None:
    video = video_fixture(user_fixture(), title="otters")

    page = html_response(client.get(f"/watch/{video.id}-anything"))

    assert f'<link rel="canonical" href="/watch/{video.id}-otters">' in page


def test_the_canonical_address_is_built_from_the_setting_and_never_from_the_host(sandbox) -> None:
    video = video_fixture(user_fixture(), title="otters")
    browser = make_app(url="https://rumbl.example/").test_client()

    page = html_response(browser.get(f"/watch/{video.id}", headers={"host": "evil.example"}))

    assert f'href="https://rumbl.example/watch/{video.id}-otters"' in page
    assert "evil.example" not in page


@pytest.mark.trap(32)
def test_an_address_that_nothing_plays_still_has_its_page(client: Client) -> None:
    video = video_fixture(user_fixture(), url="javascript:alert(1)")

    page = html_response(client.get(f"/watch/{video.id}"))

    assert 'data-player-kind=""' in page
    assert "javascript:" not in page


def test_an_hls_page_may_fetch_from_the_video_s_own_origin_and_no_other(client: Client) -> None:
    user = user_fixture()
    hls = video_fixture(user, url="https://cdn.example:8443/a/b.m3u8")
    other = video_fixture(user, url="https://cdn.example/b.mp4")

    def connect(video_id: int) -> str:
        policy = client.get(f"/watch/{video_id}").headers["content-security-policy"]
        return next(part for part in policy.split("; ") if part.startswith("connect-src"))

    assert connect(hls.id).endswith(" https://cdn.example:8443")
    assert "cdn.example" not in connect(other.id)


def test_a_title_cannot_break_out_of_the_page(client: Client) -> None:
    evil = '</script><script>alert(1)</script>"><img src=x onerror=alert(1)>'
    video = video_fixture(user_fixture(name=evil), title=evil, description=evil)

    page = html_response(client.get(f"/watch/{video.id}"))

    assert "<script>alert" not in page
    assert "<img" not in page


def plain_notes(page: str) -> str:
    match = re.search(r'<ol class="notes-list">(.*?)</ol>', page, re.DOTALL)
    assert match is not None
    return match[1]


def test_without_javascript_the_notes_are_a_plain_list_in_the_order_of_the_video(client: Client) -> None:
    ana = user_fixture(name="Ana Silva")
    video = video_fixture(ana)
    annotation_fixture(ana, video, body="second", at=67_000)
    annotation_fixture(ana, video, body="first", at=5000)

    notes = plain_notes(html_response(client.get(f"/watch/{video.id}")))

    assert re.findall(r"first|second|\d+:\d\d|Ana Silva", notes) == [
        "Ana Silva", "0:05", "first", "Ana Silva", "1:07", "second",
    ]  # fmt: skip


def test_the_plain_list_is_bounded_in_notes_and_in_their_length(client: Client) -> None:
    ana = user_fixture()
    video = video_fixture(ana)
    for number in range(101):
        annotation_fixture(ana, video, body="x" * 10_000 if number == 0 else f"note {number}")

    page = html_response(client.get(f"/watch/{video.id}"))

    assert plain_notes(page).count("<li") == 100
    assert "x" * 501 not in page
    assert "These are the first notes." in page


def test_a_note_cannot_break_out_of_the_plain_list(client: Client) -> None:
    ana = user_fixture(name="<img src=x>")
    video = video_fixture(ana)
    annotation_fixture(ana, video, body="</noscript><script>alert(1)</script><img src=y>")

    page = html_response(client.get(f"/watch/{video.id}"))

    assert "<script>alert" not in page
    assert "<img" not in page


def test_an_answer_in_the_plain_list_names_its_source_with_link_and_licence(client: Client) -> None:
    ana = user_fixture()
    video = video_fixture(ana)
    question = annotation_fixture(ana, video, body="who was Ada Lovelace?")
    wikipedia = accounts.backend_user("wikipedia", "Wikipedia")
    url = "https://en.wikipedia.example/wiki/Ada?a=1&b=2"
    annotation_fixture(wikipedia, video, body="A pioneer", answer_to=question.id, source_url=url)

    notes = plain_notes(html_response(client.get(f"/watch/{video.id}")))

    address = url.replace("&", "&amp;")
    assert notes.count(f'<a href="{address}" rel="noopener noreferrer nofollow">Wikipedia</a>') == 1
    assert notes.count(f'<span class="answer-licence">{info_sys.licence("wikipedia")}</span>') == 1
    assert notes.count("answer-head") == 1


def test_an_answer_whose_source_has_no_address_names_it_without_a_link(client: Client) -> None:
    ana = user_fixture()
    video = video_fixture(ana)
    question = annotation_fixture(ana, video, body="1 + 1")
    calculator = accounts.backend_user("calculator", "Calculator")
    annotation_fixture(calculator, video, body="2", answer_to=question.id)

    notes = plain_notes(html_response(client.get(f"/watch/{video.id}")))

    assert '<p class="answer-head">Calculator' in notes
    assert "<a " not in notes


def test_the_plain_notes_cost_one_query_however_many_there_are(count_queries, client: Client) -> None:
    ana, ben = user_fixture(), user_fixture()
    video = video_fixture(ana)
    with count_queries() as without:
        client.get(f"/watch/{video.id}")
    for user in (ana, ben, ana):
        annotation_fixture(user, video)

    with count_queries() as several:
        client.get(f"/watch/{video.id}")

    assert len(several) == len(without)


def test_an_address_that_nothing_plays_is_linked_if_it_is_a_web_address(client: Client) -> None:
    ana = user_fixture()
    page_of = {
        url: html_response(client.get(f"/watch/{video_fixture(ana, url=url).id}"))
        for url in ("https://example.com/film", "javascript:alert(1)")
    }

    assert 'data-link="https://example.com/film"' in page_of["https://example.com/film"]
    assert 'data-link=""' in page_of["javascript:alert(1)"]


@pytest.mark.trap(18)
def test_a_video_without_a_slug_has_its_page(client: Client) -> None:
    video = video_fixture(user_fixture(), title="otters")

    assert "<h1>otters</h1>" in html_response(client.get(f"/watch/{video.id}-"))


@pytest.mark.trap(34)
def test_everybody_watches_but_only_the_owner_manages(client: Client, login_as) -> None:
    video = video_fixture(user_fixture(), title="otters")
    stranger = login_as(user_fixture())

    for browser in (client, stranger):
        html_response(browser.get(f"/watch/{video.id}"))
    html_response(stranger.get(f"/manage/videos/{video.id}"), 404)
