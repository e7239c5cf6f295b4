"""Every rule gets what nobody means well with: the answer is a page, never a crash."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from werkzeug.test import encode_multipart

from rumbl_web import logs
from rumbl_web.testing import flatten

from ..chance import times
from .world import World, steps

STEPS = list(steps())
LONG = "x" * 8_000
PATHS = ["\x00", "%00", "%", "%zz", "%ff%fe", "..%2f..%2fetc", "9" * 400, "-1", "1e9", "'--", "\u202e", LONG]
QUERIES = [
    "%00=%00",
    "%ff=%fe",
    "q=%00",
    "q=%ff",
    f"q={LONG}",
    "after=%00:%00",
    "sort[]=1",
    "q[a][b][c][d]=1",
]
BODIES: dict[str, Any] = {
    "NUL": {"video[title]": "\0", "user[name]": "\0", "session[username]": "\0", "session[password]": "\0"},
    "half a surrogate": b"video[title]=%ED%A0%80&user[name]=%ED%A0%80&session[username]=%ED%A0%80",
    "no UTF-8": b"video[title]=\xff&user[username]=\xfe&session[username]=\xff&language=\xff",
    "deep": {f"video{'[a]' * 500}": "1", f"user{'[a]' * 3}": "1", f"session{'[a]' * 3}": "1"},
    "nested where text belongs": {"video[title][x]": "1", "user[name][x]": "1", "session[username][x]": "1"},
    "long": {"video[title]": LONG, "user[username]": LONG, "session[password]": LONG, "language": LONG},
    "odd ids": {"video[category_id]": "9" * 400, "video[id]": "1", "user[id]": "1", "_method": "TRACE"},
}
FORM = "application/x-www-form-urlencoded"


METHODS = ("GET", "POST", "PUT", "DELETE")


def crashes(world: World, path: str, **options: Any) -> list[str]:
    """Which methods answer a request with 500 or more."""
    with world.undone():  # one of them may log out
        browser = world.browser("owner", secret=True)
        headers = {"x-csrf-token": browser.csrf_token()}
        statuses = {
            method: browser.open(path, method=method, headers=headers, **options).status_code
            for method in METHODS
        }
    return [f"{method} {path[:80]!r}: {status}" for method, status in statuses.items() if status >= 500]


def rules(world: World) -> list[str]:
    return sorted({rule.rule for rule in world.app.url_map.iter_rules()})


@pytest.mark.parametrize("odd", PATHS, ids=lambda odd: repr(odd[:12]))
def test_odd_parts_of_paths(world: World, odd: str) -> None:
    starts = [rule.split("<")[0] for rule in rules(world) if "<" in rule]

    assert [wrong for start in starts for wrong in crashes(world, start + odd)] == []


@pytest.mark.parametrize("odd", QUERIES, ids=lambda odd: odd[:12])
def test_odd_queries(world: World, odd: str) -> None:
    found = [wrong for rule in rules(world) for wrong in crashes(world, f"{world.path(rule)}?{odd}")]

    assert found == []


@pytest.mark.parametrize("odd", BODIES)
def test_odd_forms(world: World, odd: str) -> None:
    options = {"data": BODIES[odd], "content_type": FORM}

    assert [wrong for rule in rules(world) for wrong in crashes(world, world.path(rule), **options)] == []


BIG = b"x=" + b"y" * 1_000_001
BOUNDARY, MANY = encode_multipart({f"x{number}": "y" for number in range(101)})


def test_too_much_is_refused_by_every_rule(world: World) -> None:
    browser = world.browser("owner")
    for rule in rules(world):
        assert browser.post(world.path(rule), data=BIG, content_type=FORM).status_code == 413
        parts = f"multipart/form-data; boundary={BOUNDARY}"
        assert browser.post(world.path(rule), data=MANY, content_type=parts).status_code == 413


ANY = st.text(
    alphabet=st.characters(codec="utf-8") | st.sampled_from("%_\\\0\r\n'\"<>;\u202e\ufeff"), max_size=40
)


@times(0.3, suppress_health_check=[HealthCheck.function_scoped_fixture])
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
