"""Whatever people write is text: on no page of anybody acts what does not act with harmless words.

Every text column of the database and every field of every form is filled: new ones are walked by themselves.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask, template_rendered
from jinja2 import Template
from markupsafe import Markup
from sqlalchemy import text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from rumbl_core import accounts, multimedia
from rumbl_core.multimedia import Video
from rumbl_core.result import Ok
from rumbl_core.testing import Sandbox, annotation_fixture, user_fixture, video_fixture
from rumbl_web import mailer
from rumbl_web.controllers import gallery_controller, page_controller, video_controller
from rumbl_web.mail import Collected, Mail
from rumbl_web.router import ROUTES
from rumbl_web.testing import Client, make_app

from . import markup, payloads
from .world import PASSWORD, World, steps

NOT_OF_PEOPLE = {"alembic_version", "password_hash", "purpose"}
QUERIES = ("q", "sort", "after", "before", "next", "here", "language")
AT_ONCE = 7
"""Payloads that go into a line."""
ROWS = 7
VIDEOS = len(payloads.ADDRESSES) + ROWS + 1
"""How many there are at most: so many are on the first page of every list."""
ROUNDS = range(0, len(payloads.PAYLOADS), AT_ONCE * ROWS)
LONG = 6_000
PART = re.compile("layout/|shared/|.*/_")
Words = Callable[[int, int], str]
"""A text: which of all, and how long it may be."""


@dataclass
class Seen:
    """What acts on the pages of a walk, and what is wrong with them."""

    reader: markup.Reader = field(default_factory=markup.Reader)
    faults: list[str] = field(default_factory=list)
    pages: int = 0

    @property
    def acts(self) -> set[str]:
        return self.reader.acts

    def look(self, where: str, answer: TestResponse) -> None:
        if answer.status_code >= 500:
            self.faults.append(f"{where}: {answer.status_code}")
        for before in answer.history:
            self.look(where, before)
        if answer.mimetype == "text/html" and answer.text:
            self.faults += [f"{where}: {fault}" for fault in self.reader.feed(answer.text)]
            self.pages += 1


COLUMNS = f"""
    SELECT table_name, column_name, coalesce(character_maximum_length, {LONG}) FROM information_schema.columns
    WHERE table_schema = 'public' AND data_type IN ('text', 'character varying')
    ORDER BY table_name, column_name
"""


def columns(session: Session) -> list[tuple[str, str, int]]:
    """Table, name and length of all texts that people can write."""
    return [(table, name, int(length)) for table, name, length in session.execute(text(COLUMNS))
            if table not in NOT_OF_PEOPLE and name not in NOT_OF_PEOPLE]  # fmt: skip


def fill(world: World, words: Words, number: int) -> None:
    """Write into every row, past every rule that would refuse; ids keep apart what has to be unique."""
    with world.sandbox.session(transaction=False) as session:
        session.execute(text("UPDATE users SET email = id, confirmed_at = now()"))  # the two go together
        for shift, (table, name, length) in enumerate(columns(session)):
            room = length - 8
            written = [words(number + shift + AT_ONCE * row, room)[:room] for row in range(ROWS)]
            query = f'UPDATE "{table}" SET "{name}" = (CAST(:written AS text[]))[1 + id % {ROWS}] || id'
            session.execute(text(query), {"written": written})


@pytest.fixture(scope="module")
def peopled(lasting_world: World) -> Iterator[World]:
    """The world with several of everything, all of it on the first page of every list."""
    for number in range(ROWS):
        annotation_fixture(lasting_world.other, lasting_world.video, body="another")
        category = multimedia.create_category_or_raise(f"Category {number}")
        video_fixture(lasting_world.owner, category_id=category.id)
        user_fixture()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page_controller, "NEWEST", VIDEOS)
        for controller in (gallery_controller, video_controller):
            patch.setattr(controller, "PAGE", VIDEOS)
        yield lasting_world


def leaves(fields: Mapping[str, Any], word: str) -> dict[str, Any]:
    """The same fields with this in each."""
    return {key: leaves(value, word) if isinstance(value, Mapping) else word for key, value in fields.items()}


def walk(world: World, words: Words, number: int, seen: Seen) -> None:
    """Every page and every form, by a guest and by a member, with what somebody wrote everywhere."""
    with world.undone():
        for _ in steps_of(world, words, number, seen):
            pass


def steps_of(world: World, words: Words, number: int, seen: Seen) -> Iterator[None]:
    """The steps of such a walk; forms delete, so undo it."""
    fill(world, words, number)
    links = mailed(world, words(number, 90))
    browsers = {who: led(world.browser(who, secret=True), links) for who in ("guest", "owner")}
    by_safety = sorted(steps(), key=lambda step: step[1] != "GET")
    for count, (route, method) in enumerate(by_safety):
        word = words(number + count, 90)
        headers = {"user-agent": single(word), "referer": f"http://localhost/{single(word)}"}
        query = dict.fromkeys(QUERIES, word)
        for who, led_there in browsers.items():
            if who == "guest" and route.members:
                continue
            where = f"{method} {route.path} by {who} with {word!r}"
            path = world.path(route.path)
            browser = led_there.twin()
            if method == "GET":
                seen.look(where, browser.get(path, query_string=query, headers=headers))
                if route.lists:  # all of its rows: other pages ask for none of these names
                    seen.look(where, browser.get(path))
                if "<" in route.path:
                    seen.look(where, browser.get(f"{route.path.split('<')[0]}{single(word)}"))
            elif route.name != "session.delete":
                data = {**leaves(world.form(), word), "next": word, "here": word}
                answer = browser.submit(path, data, method=method, headers=headers, follow_redirects=True)
                seen.look(where, answer)
            yield


def mailed(world: World, word: str) -> dict[str, str]:
    """What is in a browser that has opened the mailed links; the mailbox gets a mail of this word."""
    world.app.extensions[mailer.EXTENSION].send(Mail("ana@example.org", single(word), f"{word}\n{word}"))
    owner = accounts.get_user_or_raise(world.owner.id)
    name = {"id": owner.id, "name": owner.username}
    with world.sandbox.session(transaction=False) as session:
        session.execute(text("UPDATE users SET username = 'plain' WHERE id = :id"), name)
    reset = accounts.request_password_reset("plain")
    wanted = accounts.request_mail(owner, {"email": "new@example.org", "current_password": PASSWORD})
    assert isinstance(reset, Ok)
    assert isinstance(wanted, Ok)
    with world.sandbox.session(transaction=False) as session:
        session.execute(text("UPDATE users SET username = :name WHERE id = :id"), name)
        session.execute(text("UPDATE mail_tokens SET sent_to = :word"), {"word": word})
    return {"reset_token": reset.value.token, "mail_token": wanted.value.token}


def led(browser: Client, links: Mapping[str, str]) -> Client:
    """The browser, when it has followed these links."""
    with browser.session_transaction() as session:
        session.update(links)
    return browser


def single(word: str) -> str:
    """On one line and in Latin letters, as headers are."""
    return "".join(letter for letter in word if " " <= letter < "\x7f")


def walk_addresses(world: World, addresses: Sequence[str], seen: Seen) -> None:
    """Every page, where the videos and their notes have these as the addresses of what they are about."""
    pages = [route for route, method in steps() if method == "GET"]
    with world.undone():
        videos = addressed(world, addresses)
        browsers = {who: world.browser(who) for who in ("guest", "owner")}
        for who, route in itertools.product(browsers, pages):
            if who == "guest" and route.members:
                continue
            of = {world.about(video).path(route.path): address for video, address in videos}
            for path, address in of.items():
                seen.look(f"{route.path} by {who} of {address!r}", browsers[who].get(path))


ANSWERED = "UPDATE annotations SET source_url = :url, answer_to = id WHERE video_id = :id"
"""What makes notes answers: a source is shown of no other. That they answer themselves is seen nowhere."""


def addressed(world: World, addresses: Sequence[str]) -> list[tuple[Video, str]]:
    """A video with a note for each address, in the world's category."""
    videos = [video_fixture(world.owner, category_id=world.category.id) for _ in addresses]
    for video in videos:
        annotation_fixture(world.other, video)
    about = [{"url": address, "id": video.id} for video, address in zip(videos, addresses, strict=True)]
    with world.sandbox.session(transaction=False) as session:
        session.execute(text("UPDATE videos SET url = :url WHERE id = :id"), about)
        session.execute(text(ANSWERED), about)
    return list(zip(videos, addresses, strict=True))


def usual(world: World) -> Seen:
    """The same walk with a word and with nothing: all that the pages do by themselves."""
    seen = Seen()
    for words in ("words", ""):
        walk(world, lambda _number, _length, words=words: words, 0, seen)
    walk_addresses(world, ("https://x.example/a.mp4", "https://youtu.be/x", "/static/media/demo.webm"), seen)
    return seen


def wrong(world: World) -> list[str]:
    """What acts only with payloads, and what is no strict markup."""
    harmless, seen = usual(world), Seen()
    for number in ROUNDS:
        walk(world, payloads.some, number, seen)
    walk_addresses(world, payloads.ADDRESSES, seen)
    assert seen.pages > len(ROUTES)
    return [*sorted(seen.acts - harmless.acts), *harmless.faults, *seen.faults]


def test_nothing_that_somebody_wrote_acts(
    peopled: World, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = peopled
    # Not inline: no mail can go to an address that is all payload.
    monkeypatch.setitem(world.app.extensions, mailer.EXTENSION, mailer.Mailer(Collected()))
    shown: set[str | None] = set()

    def show(_app: Flask, template: Template, **_rest: Any) -> None:
        shown.add(template.name)

    with template_rendered.connected_to(show, world.app):
        assert wrong(world) == []
    pages = {name for name in world.app.jinja_env.list_templates() if not PART.match(name)}
    assert pages - shown == set(), "pages that the walk does not reach"


def test_no_template_switches_escaping_off(world: World) -> None:
    environment = world.app.jinja_env
    for name in environment.list_templates():
        source, _, _ = environment.loader.get_source(environment, name)  # type: ignore[union-attr]
        assert not re.search(r"\|\s*(?:safe|forceescape)\b|autoescape|Markup", source), name
        assert environment.autoescape(name), name  # type: ignore[operator]


@pytest.mark.parametrize(
    "place", ["<p>{}</p>", '<a title="{}">x</a>', '<script type="application/json">"{}"</script>']
)
def test_a_payload_that_is_not_escaped_is_noticed(place: str) -> None:
    harmless = markup.read(place.format("words")).acts
    ways_in = [one for one in payloads.PAYLOADS if "<" in one]

    pages = {one: markup.read(place.format(one)) for one in ways_in}

    assert len(ways_in) > 50
    assert [one for one, page in pages.items() if not page.faults and page.acts <= harmless] == []


TEMPLATES = ["watch/show.html", "user/index.html", "shared/form.html", "shared/list.html"]


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_that_does_not_escape_is_noticed(peopled: World, sandbox: Sandbox, template: str) -> None:
    app = make_app()
    app.jinja_env.autoescape = lambda name: name != template

    assert is_noticed(peopled.on(app))


def test_json_that_may_end_its_script_is_noticed(peopled: World, sandbox: Sandbox) -> None:
    app = make_app()
    app.jinja_env.filters["tojson"] = lambda _value: Markup(json.dumps(payloads.WAYS_OUT))

    assert is_noticed(peopled.on(app))


def is_noticed(world: World) -> bool:
    """Whether a walk with payloads finds a fault; it ends there."""
    seen = Seen()
    return any(seen.faults for _ in steps_of(world, payloads.some, 0, seen))


def test_an_address_that_is_not_looked_at_is_noticed(peopled: World, sandbox: Sandbox) -> None:
    app, seen = make_app(), Seen()
    app.jinja_env.globals["link_target"] = lambda url: url
    walk_addresses(peopled.on(app), ["javascript:pwned()", "data:text/html,<script>pwned()</script>"], seen)

    assert {"a href leads to javascript", "a href leads to data"} <= seen.acts
