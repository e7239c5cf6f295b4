"""Every route by everybody: who may is what the route table says, and nothing else.

A new route is walked by itself. That the walk notices a missing guard is tested too: each is taken away once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from rumbl_core import accounts, multimedia
from rumbl_core.testing import Sandbox
from rumbl_web import auth, router
from rumbl_web.csrf import SAFE_METHODS
from rumbl_web.router import OWNER, PUBLIC, ROUTES, Who
from rumbl_web.testing import make_app

from .world import WHO, World, steps

STEPS = [pytest.param(route, method, id=f"{method} {route.path}") for route, method in steps()]
GUARDED = [route for route in ROUTES if route.who is not PUBLIC]
OPEN = {"static_files", "health", "socket"}
"""Blueprints without people: files, health, and sockets, which judge tokens."""


def may(route_who: Who, who: str) -> bool:
    """Whether a route for `route_who` is for one of WHO."""
    return route_who is PUBLIC or who == "owner" or (route_who is not OWNER and who == "other")


def walk(world: World, route: router.Route, method: str) -> Iterator[str]:
    """What is wrong with who gets in; nothing if all is well."""
    for who in WHO:
        browser, before = world.browser(who), world.stored()
        form = world.form(who) if method != "GET" else {}
        answer = browser.submit(world.path(route.path), form, method=method, follow_redirects=True)
        changed = world.stored() != before
        wrong = judge(route, method, who, answer, changed)
        if wrong:
            yield f"{method} {route.path} by {who}: {wrong} ({answer.status_code}, changed: {changed})"


def judge(route: router.Route, method: str, who: str, answer: TestResponse, changed: bool) -> str:
    """What is wrong with one answer, "" if nothing."""
    if may(route.who, who):
        return let_in(route, method, answer, changed)
    if changed:
        return "was refused and changed something"
    if who == "other":
        return "" if answer.status_code == 404 else "sees or does what is another's"
    return "" if sent_away(answer) else "gets in without a log-in"


def let_in(route: router.Route, method: str, answer: TestResponse, changed: bool) -> str:
    if answer.status_code >= 400 or sent_away(answer):
        return "is refused"
    if method in SAFE_METHODS and changed:
        return "changes something by looking"
    if method not in SAFE_METHODS and route.who is not PUBLIC and not changed:
        return "sends a good form in vain: give it its fields in world.py"
    return ""


def sent_away(answer: TestResponse) -> bool:
    """Whether this is what `authenticate_user` does with guests."""
    return bool(answer.history) and answer.request.path == "/" and auth.MUST_LOG_IN in answer.text


@pytest.mark.parametrize(("route", "method"), STEPS)
def test_a_route_is_for_whom_the_table_says(world: World, route: router.Route, method: str) -> None:
    assert list(walk(world, route, method)) == []


@pytest.mark.parametrize("route", GUARDED, ids=lambda route: route.name)
def test_a_route_that_lost_its_guard_is_noticed(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, route: router.Route
) -> None:
    guard = router.authenticate_user
    # As who would try to do without: the action takes what it is given, and the user from the session.
    open_to_all = lambda action: lambda **path: action(auth.current_user(), **path)  # noqa: E731 - one line
    monkeypatch.setattr(
        router, "authenticate_user", lambda one: open_to_all(one) if one is route.action else guard(one)
    )
    world = World(make_app(), sandbox)

    found = [wrong for method in route.methods for wrong in walk(world, route, method)]

    assert any("by guest" in wrong for wrong in found)
    assert any("by ended" in wrong for wrong in found)


@pytest.mark.parametrize("route", [one for one in ROUTES if one.who is OWNER], ids=lambda route: route.name)
def test_an_action_that_forgets_whose_row_it_is_is_noticed(
    world: World, monkeypatch: pytest.MonkeyPatch, route: router.Route
) -> None:
    monkeypatch.setattr(
        multimedia, "get_user_video_or_raise", lambda _user, id: multimedia.get_video_or_raise(id)
    )
    end_session = accounts.end_session
    monkeypatch.setattr(accounts, "end_session", lambda _user, id: end_session(world.owner, id))

    found = [wrong for method in route.methods for wrong in walk(world, route, method)]

    assert any("by other" in wrong for wrong in found)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.methods[0]} {route.path}")
def test_a_wrong_word_in_the_table_is_noticed(world: World, route: router.Route) -> None:
    for who in set(Who) - {route.who}:
        wrong = replace(route, who=who)
        fresh = World(world.app, world.sandbox)  # an action may have deleted people
        assert any(list(walk(fresh, wrong, method)) for method in route.methods), who


def test_what_is_not_in_the_table_asks_nobody_who_they_are(app: Flask) -> None:
    others = [rule for rule in app.url_map.iter_rules() if not router.is_page(rule.endpoint)]

    assert {rule.endpoint.split(".")[0] for rule in others} <= OPEN
