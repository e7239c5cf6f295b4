"""Whatever people write is text on a page, never markup."""

from __future__ import annotations

import re

import pytest

from rumbl_core.testing import user_fixture, video_fixture
from rumbl_web.testing import html_response

PAYLOADS = [
    "<script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    '" autofocus onfocus="alert(1)',
    "<svg/onload=alert(1)>",
    "</textarea><script>alert(1)</script>",
    "{{ 7 * 7 }}{% raw %}",
    "<!--<script>",
    "]]><b>",
    "javascript:alert(1)//\\'",
    "&lt;script&gt;&#x3c;",
]


def assert_only_text(page: str) -> None:
    """No tag and no event handler of a payload is on the page; ours are all in double quotes."""
    assert not re.search(r"<(script>|img|svg/|b>)", page)
    assert not re.search(r"<[^>]*\son\w+\s*=", re.sub(r'"[^"]*"', '""', page))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_names_titles_descriptions_and_addresses_stay_text(login_as, payload: str) -> None:
    user = user_fixture(name=payload, username=payload[:20])
    video = video_fixture(user, title=payload, description=payload, url=payload)
    browser = login_as(user)

    for path in (
        "/",
        "/users",
        f"/users/{user.id}",
        "/manage/videos",
        f"/manage/videos/{video.id}",
        f"/manage/videos/{video.id}/edit",
        f"/watch/{video.id}",
        f"/nowhere/{payload}",
    ):
        assert_only_text(browser.get(path).text)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_a_refused_form_gives_back_stays_text(login_as, client, payload: str) -> None:
    fields = {"name": payload, "username": payload, "password": "x"}
    pages = [
        client.submit("/users", {"user": fields}).text,
        client.submit("/sessions", {"session": fields, "next": payload}).text,
        login_as(user_fixture()).submit("/manage/videos", {"video": {"title": payload, "url": payload}}).text,
    ]

    for page in pages:
        assert_only_text(page)


def test_a_title_is_no_template(client) -> None:
    video = video_fixture(user_fixture(), title="{{ 7 * 7 }}")

    assert "<h1>{{ 7 * 7 }}</h1>" in html_response(client.get(f"/watch/{video.id}"))
