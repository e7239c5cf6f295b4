"""Every rule gets what nobody means well with: the answer is a page, never a crash."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import encode_multipart

from rumbl_web import logs, params
from rumbl_web.testing import flatten

from ..chance import share
from .world import Tried, World, steps

STEPS = list(steps())
LONG = "x" * 8_000
PATHS = ["\x00", "%00", "%", "%zz", "%ff%fe", "..%2f..%2fetc", "9" * 400, "-1", "1e9", "'--", "\u202e", LONG]
ODD: dict[str, tuple[str, Any]] = {
    "NUL": (
        "q=%00",
        {"video[title]": "\0", "user[name]": "\0", "session[username]": "\0", "session[password]": "\0"},
    ),
    "half a surrogate": (
        "after=1:%00",
        b"video[title]=%ED%A0%80&user[name]=%ED%A0%80&session[username]=%ED%A0%80",
    ),
    "no UTF-8": ("q=%ff", b"video[title]=\xff&user[username]=\xfe&session[username]=\xff&language=\xff"),
    "long": (
        f"q={LONG}",
        {"video[title]": LONG, "user[username]": LONG, "session[password]": LONG, "language": LONG},
    ),
    "odd names, nesting and ids": (
        "q[a][b][c][d]=1&sort[]=1&%00=%00&%ff=%fe",
        {
            f"video{'[a]' * 500}": "1",
            f"user{'[a]' * 3}": "1",
            f"session{'[a]' * 3}": "1",
            "video": "1",
            "video[title][x]": "1",
            "user[name][x]": "1",
            "session[username][x]": "1",
            "video[category_id]": "9" * 400,
            "video[id]": "1",
            "user[id]": "1",
            "_method": "TRACE",
        },
    ),
}
"""A query and a form, which go together: who reads a form asks for none of the names of the query."""
FORM = "application/x-www-form-urlencoded"


METHODS = ("GET", "POST", "PUT", "DELETE")
CHANGING = METHODS[1:]


def crashes(world: World, path: str, methods: Iterable[str] = METHODS, **options: Any) -> list[str]:
    """Which methods answer a request with 500 or more."""
    with world.undone():  # one of them may log out
        browser = world.browser("owner", secret=True)
        headers = {"x-csrf-token": browser.csrf_token()}
        statuses = {
            method: browser.open(path, method=method, headers=headers, **options).status_code
            for method in methods
        }
    return [f"{method} {path[:80]!r}: {status}" for method, status in statuses.items() if status >= 500]


@pytest.mark.parametrize("number", range(len(PATHS)), ids=lambda number: repr(PATHS[number][:12]))
def test_odd_parts_of_paths(world: World, number: int) -> None:
    odd, tried = PATHS[number], Tried(world.app, METHODS)
    for rule in (rule for rule in world.rules() if "<" in rule):
        path = re.sub("<[^<>]*>", lambda _: odd, rule)
        assert crashes(world, path, tried.by(path)) == []
    assert tried.refused == set(METHODS)


@pytest.mark.parametrize("odd", ODD)
def test_odd_queries_and_forms(world: World, odd: str) -> None:
    query, form = ODD[odd]
    found, tried = [], Tried(world.app, METHODS)
    for path in map(world.path, world.rules()):
        options = {"data": form, "content_type": FORM, "query_string": query}
        found += crashes(world, path, tried.leads(path), **options)

    assert found == []


def test_odd_queries_and_forms_where_they_are_refused_unread(world: World) -> None:
    query = "&".join(query for query, _ in ODD.values())
    forms = [form if isinstance(form, bytes) else urlencode(form).encode() for _, form in ODD.values()]
    # What is no UTF-8 makes a whole form unreadable, so it goes alone.
    bodies = [b"&".join(form for form in forms if form.isascii()), *(f for f in forms if not f.isascii())]
    found = []
    for body in bodies:
        tried = Tried(world.app, METHODS)
        for path in map(world.path, world.rules()):
            refused = set(tried.by(path)) - set(tried.leads(path))
            found += crashes(world, path, refused, data=body, content_type=FORM, query_string=query)
        assert tried.refused == set(METHODS)

    assert found == []


def nul_in(form: dict[str, Any], number: int) -> dict[str, Any]:
    """The form with a NUL in the field of this number of each of its parts, else good."""
    return {
        part: {name: value + "\0" * (at == number) for at, (name, value) in enumerate(fields.items())}
        for part, fields in form.items()
        if isinstance(fields, dict)
    }


def test_nul_in_a_form_that_is_good_otherwise(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A form that is refused for another field would never come to where a NUL does harm."""
    good, asked, found = world.form(), set[str](), []
    required = params.required
    monkeypatch.setattr(params, "required", lambda part: asked.add(part) or required(part))
    for path in map(world.path, world.rules()):
        for method in Tried(world.app, CHANGING).leads(path):
            asked.clear()
            found += crashes(world, path, [method], data=flatten(nul_in(good, 0)))
            for number in range(1, max((len(good[part]) for part in asked), default=0)):
                found += crashes(world, path, [method], data=flatten(nul_in(good, number)))

    assert found == []


BIG = b"x=" + b"y" * 1_000_001
BOUNDARY, MANY = encode_multipart({f"x{number}": "y" for number in range(101)})


def test_too_much_is_refused_by_every_rule(world: World) -> None:
    browser = world.browser("owner")
    for rule in world.rules():
        assert browser.post(world.path(rule), data=BIG, content_type=FORM).status_code == 413
        parts = f"multipart/form-data; boundary={BOUNDARY}"
        assert browser.post(world.path(rule), data=MANY, content_type=parts).status_code == 413


ANY = st.text(
    alphabet=st.characters(codec="utf-8") | st.sampled_from("%_\\\0\r\n'\"<>;\u202e\ufeff"), max_size=40
)


@share(0.1)
@given(data=st.data())
def test_any_text_anywhere(world: World, caplog: pytest.LogCaptureFixture, data: st.DataObject) -> None:
    caplog.clear()
    route, method = data.draw(st.sampled_from(STEPS))
    filled = {name: data.draw(ANY, label=name) for name in flatten(world.form())}
    path = (
        world.path(route.path)
        if data.draw(st.booleans())
        else f"{route.path.split('<')[0]}{quote(data.draw(ANY))}"
    )
    query = {name: data.draw(ANY, label=name) for name in ("q", "sort", "after", "before", "next")}
    browser = world.browser("owner", secret=True)
    headers = {"x-csrf-token": browser.csrf_token(), "user-agent": one_line(data.draw(ANY, label="agent"))}
    answer = browser.open(path, method=method, data=filled, query_string=query, headers=headers)

    assert answer.status_code < 500
    lines = [logs.Text().format(record) for record in caplog.records]
    assert [line for line in lines if len(line.splitlines()) != 1] == []


def one_line(value: str) -> str:
    """As a header may be."""
    return "".join(letter for letter in value if letter.isprintable()).encode().decode("latin-1")
