"""Every page in a language of brackets: what stands outside of them would be English for everybody.

What people wrote is Greek here, so that it can be told apart.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html.parser import HTMLParser

import pytest
from babel.support import NullTranslations
from flask import Flask
from werkzeug.test import TestResponse

from rumbl_core import multimedia
from rumbl_core.accounts import User
from rumbl_core.testing import annotation_fixture, user_fixture, video_fixture
from rumbl_web import gettext
from rumbl_web.router import ROUTES, Route
from rumbl_web.testing import Client

LoginAs = Callable[[User], Client]

PAGES = [route for route in ROUTES if "GET" in route.methods]
FIELDS = ("name", "username", "password", "url", "title", "description", "category_id")
EMPTY, BLANK = dict.fromkeys(FIELDS, ""), dict.fromkeys(FIELDS, " ")
TOO_LONG = {**dict.fromkeys(FIELDS, "7" * 2_000), "description": "7" * 20_000}
FORMS = [route for route in ROUTES if "POST" in route.methods]
INNERMOST = re.compile(r"⟦[^⟦⟧]*⟧")
# What is the same in every language: our name, the languages' own names, addresses, the ids of requests.
NAMES = re.compile(
    "|".join(("rumbl", *gettext.LANGUAGES.values(), r"https?://\S+", r"/\S+", r"[0-9a-f]{16,}"))
)
SPOKEN = frozenset({"alt", "aria-label", "placeholder", "title"})


class Brackets(NullTranslations):
    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"⟦{msgid1 if n == 1 else msgid2}⟧"

    ugettext = gettext
    ungettext = ngettext


class Texts(HTMLParser):
    """What a reader of a page sees or hears."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unseen += tag in {"script", "style"}
        self.texts += [value for key, value in attrs if key in SPOKEN and value]

    def handle_endtag(self, tag: str) -> None:
        self._unseen -= tag in {"script", "style"}

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.texts.append(data)


def english(page: str) -> list[str]:
    """Texts of a page with Latin letters outside of brackets."""
    reader = Texts()
    reader.feed(page)
    reader.close()
    left = []
    for text in reader.texts:
        rest = text
        while INNERMOST.search(rest):
            rest = INNERMOST.sub("", rest)
        if re.search(r"[A-Za-z]", NAMES.sub("", rest)):
            left.append(" ".join(text.split()))
    return left


WORDS = Brackets()
"""One for all tests: templates are compiled for each catalogue."""


@pytest.fixture(autouse=True)
def brackets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gettext, "catalogue", lambda _code: WORDS)


@pytest.fixture
def user(app: Flask) -> User:
    return user_fixture(name="Άννα", username="άννα")


@pytest.fixture
def address(user: User) -> Callable[[Route], str]:
    """Fill the places of a path: with a person's id, a category's, or a video's."""
    seeded = multimedia.create_category_or_raise("Sci-fi")
    video = video_fixture(
        user, category_id=seeded.id, title="Ωδή", description="Λόγια", url="https://youtu.be/dQw4w9WgXcQ"
    )
    annotation_fixture(user, video, body="Λόγος", at=1000)

    ids = {"user": user.id, "gallery": seeded.id}

    def fill(route: Route) -> str:
        return re.sub(r"<[^>]*>", str(ids.get(route.name.partition(".")[0], video.id)), route.path)

    return fill


def is_told(answer: TestResponse) -> bool:
    return answer.mimetype == "text/html" and not 300 <= answer.status_code < 400


@pytest.mark.parametrize("route", PAGES, ids=lambda route: route.name)
def test_a_page_is_all_in_the_readers_language(
    client: Client, login_as: LoginAs, user: User, address: Callable[[Route], str], route: Route
) -> None:
    for browser in (client, login_as(user)):
        answer = browser.get(address(route))
        assert not is_told(answer) or english(answer.text) == []
        moved = 300 <= answer.status_code < 400
        assert "⟦" in (browser.get(address(route), follow_redirects=True) if moved else answer).text


@pytest.mark.parametrize("route", FORMS, ids=lambda route: route.name)
@pytest.mark.parametrize("text", [EMPTY, BLANK, TOO_LONG], ids=["empty", "blank", "long"])
def test_what_is_wrong_with_a_form_is_too(
    login_as: LoginAs, user: User, address: Callable[[Route], str], route: Route, text: Mapping[str, str]
) -> None:
    browser = login_as(user)
    kind = route.name.partition(".")[0]
    answer = browser.submit(address(route), {kind: text}, follow_redirects=True)
    assert english(answer.text) == []


@pytest.mark.parametrize(("path", "kind", "limits"), [("/users", "user", 3), ("/manage/videos", "video", 3)])
def test_what_is_too_long_there_is_so_for_every_field_with_a_limit(
    login_as: LoginAs, user: User, path: str, kind: str, limits: int
) -> None:
    page = login_as(user).submit(path, {kind: TOO_LONG}).text
    assert page.count("⟦should be at most") == 2 * limits, "in the list above the form and at the field"


def test_a_notice_is_too(login_as: LoginAs, client: Client, user: User) -> None:
    form = {"user": {"name": "Ζωή", "username": "ζωή", "password": "supersecret"}}
    assert "⟦Ζωή created!⟧" in client.submit("/users", form, follow_redirects=True).text
    fields = {"title": "Ωδή", "description": "Λόγια", "source": "demo"}
    page = login_as(user).submit("/manage/videos", {"video": fields}, follow_redirects=True).text
    assert "⟦Video created successfully.⟧" in page


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nothing", 404), ("POST", "/", 405), ("POST", "/language", 403), ("GET", "/users/x", 302)],
)
def test_an_error_page_is_too(client: Client, method: str, path: str, status: int) -> None:
    answer = client.open(path, method=method)
    assert answer.status_code == status
    assert not is_told(answer) or english(answer.text) == []


def test_the_reader_finds_what_is_left() -> None:
    page = '<p>⟦Hello ⟦you⟧⟧ rumbl</p><p title="A way">Ωδή</p><b>⟦Error⟧ again</b><script>x = "y"</script>'
    assert english(page) == ["A way", "⟦Error⟧ again"]
