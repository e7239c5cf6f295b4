"""Every rule of the URL map: what is forged is refused and changes nothing, and looking changes nothing."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from operator import itemgetter
from urllib.parse import urlencode

import pytest
from flask import Flask

from rumbl_web import csrf
from rumbl_web.testing import Client, flatten

from .world import World

FROM_HERE = {"sec-fetch-site": "same-origin"}
ELSEWHERE: Mapping[str, Mapping[str, str]] = {
    "another site": {"sec-fetch-site": "cross-site", "origin": "http://localhost"},
    "a neighbour of the domain": {"sec-fetch-site": "same-site"},
    "no page at all": {"sec-fetch-site": "none"},
    "another site, by an older browser": {"origin": "https://evil.example", "referer": "http://localhost/"},
    "a page that hides its origin": {"origin": "null"},
    "another port of the host": {"origin": "http://localhost:81"},
    "another site, by the Referer alone": {"referer": "https://evil.example/?http://localhost/"},
    "a broken address": {"referer": "http://[::1"},
}
BY_ORIGIN = {"/language"}
"""What takes a form of our own pages without a token: nothing that is stored changes by it."""

Forge = Callable[[World], Mapping[str, str]]
FORGED: Mapping[str, Forge] = {
    "no token": lambda _world: {},
    "a wrong token": lambda _world: {csrf.FIELD: csrf.mask("0" * 64)},
    "the token of another's session": lambda world: {csrf.FIELD: world.browser("other").csrf_token()},
}


def rules(app: Flask, safe: bool) -> list[tuple[str, str]]:
    """Method and rule of everything the site answers to."""
    return [
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        for method in sorted(rule.methods or ())
        if (method in csrf.SAFE_METHODS) is safe
    ]


METHOD = itemgetter(0)


def forge(
    world: World, browser: Client, token: Mapping[str, str], headers: Mapping[str, str] | None = None
) -> Iterator[str]:
    """What is wrong after a forged request by every method to every rule; nothing if all is well.

    There is one look after each method, whose deeds don't undo each other.
    """
    form = urlencode({**flatten(world.form()), **token}).encode()
    options = {"data": form, "content_type": "application/x-www-form-urlencoded", "headers": headers}
    before = world.stored()
    for method, steps in itertools.groupby(sorted(rules(world.app, safe=False)), METHOD):
        for _, rule in steps:
            status = browser.open(world.path(rule), method=method, **options).status_code
            if status != 403:
                yield f"{method} {rule}: {status}"
        if world.stored() != before:
            yield f"{method} changed something"


@pytest.mark.parametrize("forged", FORGED)
def test_a_forged_request_is_refused_and_changes_nothing(world: World, forged: str) -> None:
    token = FORGED[forged](world)

    assert len(rules(world.app, safe=False)) >= 7
    assert list(forge(world, world.browser("owner", secret=True), token)) == []


@pytest.mark.parametrize("where", ELSEWHERE)
def test_a_form_of_another_page_is_refused_and_changes_nothing(world: World, where: str) -> None:
    assert list(forge(world, world.browser("owner", secret=True), {}, ELSEWHERE[where])) == []


@pytest.mark.parametrize(
    "headers", [FROM_HERE, {"origin": "http://localhost"}, {"referer": "http://localhost/videos"}]
)
def test_a_form_of_our_own_without_a_token_does_what_is_harmless_and_nothing_else(
    world: World, headers: Mapping[str, str]
) -> None:
    taken = list(forge(world, world.browser("owner", secret=True), {}, headers))

    assert taken == [f"POST {rule}: 302" for rule in BY_ORIGIN]


def test_a_site_without_the_protection_is_noticed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csrf, "is_valid", lambda _masked, _secret: True)

    noticed = list(forge(world, world.browser("owner"), {}))

    walked = rules(world.app, safe=False)
    assert len(noticed) == len(walked) + len({method for method, _ in walked})


def test_looking_changes_nothing(world: World) -> None:
    browser, before = world.browser("owner"), world.stored()
    query = flatten(world.form())
    for method, steps in itertools.groupby(sorted(rules(world.app, safe=True)), METHOD):
        for _, rule in steps:
            browser.open(world.path(rule), method=method, query_string=query)
            # One look after each GET: what HEAD does is what GET does, and may undo it.
            assert method != "GET" or world.stored() == before, rule
        assert world.stored() == before, method
