"""Every rule of the URL map: what is forged is refused and changes nothing, and looking changes nothing."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from operator import itemgetter

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
    world: World,
    browser: Client,
    method: str,
    rule: str,
    token: Mapping[str, str],
    before: Mapping[str, str],
    headers: Mapping[str, str] | None = None,
) -> str:
    """What is wrong after a forged request, "" if nothing; `before` is what was stored."""
    data = {**flatten(world.form()), **token}
    status = browser.open(world.path(rule), method=method, data=data, headers=headers).status_code
    if status != 403:
        return f"{method} {rule}: {status}"
    return "" if world.stored() == before else f"{method} {rule} changed something"


@pytest.mark.parametrize("forged", FORGED)
def test_a_forged_request_is_refused_and_changes_nothing(world: World, forged: str) -> None:
    browser, token = world.browser("owner"), FORGED[forged](world)
    browser.csrf_token()
    walked = rules(world.app, safe=False)
    before = world.stored()

    assert len(walked) >= 7
    assert [wrong for step in walked if (wrong := forge(world, browser, *step, token, before))] == []


@pytest.mark.parametrize("where", ELSEWHERE)
def test_a_form_of_another_page_is_refused_and_changes_nothing(world: World, where: str) -> None:
    browser = world.browser("owner")
    browser.csrf_token()
    before = world.stored()

    walked = rules(world.app, safe=False)
    found = [forge(world, browser, *step, {}, before, ELSEWHERE[where]) for step in walked]

    assert [wrong for wrong in found if wrong] == []


@pytest.mark.parametrize(
    "headers", [FROM_HERE, {"origin": "http://localhost"}, {"referer": "http://localhost/videos"}]
)
def test_a_form_of_our_own_without_a_token_does_what_is_harmless_and_nothing_else(
    world: World, headers: Mapping[str, str]
) -> None:
    browser = world.browser("owner")
    browser.csrf_token()
    walked = rules(world.app, safe=False)
    before = world.stored()

    taken = {rule for method, rule in walked if forge(world, browser, method, rule, {}, before, headers)}

    assert taken == BY_ORIGIN
    assert world.stored() == before


def test_a_site_without_the_protection_is_noticed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csrf, "is_valid", lambda _masked, _secret: True)
    browser = world.browser("owner")

    walked = [forge(world, browser, *step, {}, world.stored()) for step in rules(world.app, safe=False)]

    assert all(walked)


def test_looking_changes_nothing(world: World) -> None:
    browser, before = world.browser("owner"), world.stored()
    query = flatten(world.form())
    for method, steps in itertools.groupby(sorted(rules(world.app, safe=True)), METHOD):
        for _, rule in steps:
            browser.open(world.path(rule), method=method, query_string=query)
            # One look after each GET: what HEAD does is what GET does, and may undo it.
            assert method != "GET" or world.stored() == before, rule
        assert world.stored() == before, method
