"""Every route by everybody: who may is what the route table says, and nothing else.

A new route is walked by itself. That the walk notices a missing guard is tested too: each is taken away once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache, partial

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from rumbl_core import accounts, multimedia
from rumbl_web import auth, router
from rumbl_web.auth import Action
from rumbl_web.csrf import SAFE_METHODS
from rumbl_web.router import OWNER, PUBLIC, ROUTES, Who
from rumbl_web.testing import Client, make_app

from .world import WHO, World, steps

STEPS = [pytest.param(route, method, id=f"{method} {route.path}") for route, method in steps()]
GUARDED = [route for route in ROUTES if route.who is not PUBLIC]
OPEN = {"static_files", "health", "socket"}
"""Blueprints without people: files, health, and sockets, which judge tokens."""


def may(route_who: Who, who: str) -> bool:
    """Whether a route for `route_who` is for one of WHO."""
    return route_who is PUBLIC or who == "owner" or (route_who is not OWNER and who == "other")


@dataclass(frozen=True)
class Answer:
    """What somebody got for a good form, and whether that changed anything."""

    status: int
    sent_away: bool
    changed: bool


Asked = Callable[[router.Route, str, str], Answer]
"""Route, method, and one of WHO."""


@pytest.fixture(scope="module")
def before(lasting_world: World) -> dict[str, str]:
    """What is stored while nobody has done anything."""
    return lasting_world.stored()


@pytest.fixture(scope="module")
def asked(lasting_world: World, before: dict[str, str]) -> Asked:
    """The site's answers: each is asked for once, whatever it is judged by."""
    return cache(partial(ask, lasting_world, before))


def ask(world: World, before: dict[str, str], route: router.Route, method: str, who: str) -> Answer:
    """Go there with a good form; nothing of it lasts."""
    with world.undone():
        form = world.form(who) if method != "GET" else {}
        browser = world.browser(who, secret=True)
        answer = browser.submit(world.path(route.path), form, method=method)
        away = sent_away(browser, answer)
        while answer.status_code == 302 and not away:  # where it leads has to be there as well
            answer = browser.resolve_redirect(answer, buffered=True)
        return Answer(answer.status_code, away, world.stored() != before)


def sent_away(browser: Client, answer: TestResponse) -> bool:
    """Whether this is what `authenticate_user` does with guests: the next page shows the notice."""
    notices = browser.session().get("flash", {})
    return answer.headers.get("location") == "/" and auth.MUST_LOG_IN in notices.get("error", "")


def walk(asked: Asked, route: router.Route, method: str, people: Iterable[str] = WHO) -> Iterator[str]:
    """What is wrong with who gets in; nothing if all is well."""
    for who in people:
        answer = asked(route, method, who)
        wrong = judge(route, method, who, answer)
        if wrong:
            yield f"{method} {route.path} by {who}: {wrong} ({answer})"


def judge(route: router.Route, method: str, who: str, answer: Answer) -> str:
    """What is wrong with one answer, "" if nothing."""
    if may(route.who, who):
        return let_in(route, method, answer)
    if answer.changed:
        return "was refused and changed something"
    if who == "other":
        return "" if answer.status == 404 else "sees or does what is another's"
    return "" if answer.sent_away else "gets in without a log-in"


def let_in(route: router.Route, method: str, answer: Answer) -> str:
    if answer.status >= 400 or answer.sent_away:
        return "is refused"
    if method in SAFE_METHODS and answer.changed:
        return "changes something by looking"
    if method not in SAFE_METHODS and route.who is not PUBLIC and not answer.changed:
        return "sends a good form in vain: give it its fields in world.py"
    return ""


@pytest.mark.parametrize(("route", "method"), STEPS)
def test_a_route_is_for_whom_the_table_says(asked: Asked, route: router.Route, method: str) -> None:
    assert list(walk(asked, route, method)) == []


@pytest.fixture(scope="module")
def open_routes() -> set[Action]:
    """Actions that have lost their guard on the site of `unguarded`."""
    return set()


@pytest.fixture(scope="module")
def unguarded(lasting_world: World, open_routes: set[Action]) -> World:
    """The world on a site whose guards can be taken away."""

    def guard(action: Action) -> Action:
        guarded = auth.authenticate_user(action)
        # As who would try to do without: the action takes what it is given, and the user from the session.
        return lambda **path: (
            action(auth.current_user(), **path) if action in open_routes else guarded(**path)
        )

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(router, "authenticate_user", guard)
        return lasting_world.on(make_app())


@pytest.mark.parametrize("route", GUARDED, ids=lambda route: route.name)
def test_a_route_that_lost_its_guard_is_noticed(
    unguarded: World, before: dict[str, str], open_routes: set[Action], route: router.Route
) -> None:
    open_routes.clear()
    asked = partial(ask, unguarded, before)
    assert not any(list(walk(asked, route, method, ["guest"])) for method in route.methods)

    open_routes.add(route.action)

    for who in ("guest", "ended"):
        assert any(list(walk(asked, route, method, [who])) for method in route.methods), who


@pytest.mark.parametrize("route", [one for one in ROUTES if one.who is OWNER], ids=lambda route: route.name)
def test_an_action_that_forgets_whose_row_it_is_is_noticed(
    world: World, before: dict[str, str], monkeypatch: pytest.MonkeyPatch, route: router.Route
) -> None:
    monkeypatch.setattr(
        multimedia, "get_user_video_or_raise", lambda _user, id: multimedia.get_video_or_raise(id)
    )
    end_session = accounts.end_session
    monkeypatch.setattr(accounts, "end_session", lambda _user, id: end_session(world.owner, id))

    found = [walk(partial(ask, world, before), route, method, ["other"]) for method in route.methods]

    assert any(map(list, found))


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.methods[0]} {route.path}")
def test_a_wrong_word_in_the_table_is_noticed(asked: Asked, route: router.Route) -> None:
    def answer_to(_wrong: router.Route, method: str, who: str) -> Answer:
        return asked(route, method, who)

    for who in set(Who) - {route.who}:
        wrong = replace(route, who=who)
        assert any(list(walk(answer_to, wrong, method)) for method in route.methods), who


def test_what_is_not_in_the_table_asks_nobody_who_they_are(rumbl_site: tuple[Flask, list[str]]) -> None:
    others = [rule for rule in rumbl_site[0].url_map.iter_rules() if not router.is_page(rule.endpoint)]

    assert {rule.endpoint.split(".")[0] for rule in others} <= OPEN
