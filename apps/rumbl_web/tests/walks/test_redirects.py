"""Whatever asks to be led on stays on the site."""

from __future__ import annotations

import itertools
from urllib.parse import urlencode

import pytest

from rumbl_web import csrf
from rumbl_web.router import ROUTES
from rumbl_web.testing import flatten

from .world import World

ELSEWHERE = [
    "//evil.example", "///evil.example", "https://evil.example", "https:evil.example", "\\\\evil.example",
    "/\\evil.example", "/\t/evil.example", "\t//evil.example", "/%09/evil.example\n", "javascript:alert(1)",
    "\x00//evil.example", "/\r\nlocation: //evil.example", "http:///evil.example", "//evil.example@localhost",
    "%2f%2fevil.example", "evil.example", "/\u2028/evil.example", "https:/\\evil.example",
]  # fmt: skip


NAMES = ("next", "here", "to", "return_to", "redirect")
HERE, PLAIN = "/categories?here=1", "https://evil.example"
GUARDED = {route.name for route in ROUTES if route.members}


@pytest.fixture(autouse=True)
def blank_pages(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a page shows leads nobody on by itself."""
    blank = world.app.jinja_env.from_string("")
    monkeypatch.setattr(world.app.jinja_env, "get_or_select_template", lambda _name: blank)


def steps(world: World, who: str) -> list[tuple[str, str]]:
    """Rule and method of all that the site answers, for members what is for members; HEAD is as GET is."""
    rules = (rule for rule in world.app.url_map.iter_rules() if who == "guest" or rule.endpoint in GUARDED)
    return sorted((rule.rule, way) for rule in rules for way in (rule.methods or set()) - {"HEAD", "OPTIONS"})


def led(world: World, who: str, rule: str, method: str, asked: str) -> str:
    """Where somebody is led who asks to be led there."""
    browser = world.browser(who, secret=True)
    fields = {**flatten(world.form(who)), **dict.fromkeys(NAMES, asked), csrf.FIELD: browser.csrf_token()}
    with world.undone():
        answer = browser.open(
            world.path(rule),
            method=method,
            data=urlencode(fields).encode(),
            content_type="application/x-www-form-urlencoded",
            headers={"referer": asked.replace("\r", "").replace("\n", "")},
            query_string=urlencode(dict.fromkeys(NAMES, asked)),
        )
    return answer.headers.get("location", "/")


def elsewhere(location: str) -> bool:
    return not location.startswith("/") or location.startswith(("//", "/\\")) or "evil" in location


@pytest.mark.parametrize("who", ["guest", "owner"])
def test_no_parameter_leads_elsewhere(world: World, who: str) -> None:
    """What follows a good path, or an address as such, is asked for all; of the others each one for another.

    Those follow nothing, and what followed without a look would follow any of these.
    """
    found, followers = [], set()
    for step, bad in zip(steps(world, who), itertools.cycle(ELSEWHERE), strict=False):
        follows = led(world, who, *step, HERE) == HERE or elsewhere(led(world, who, *step, PLAIN))
        followers |= {step} if follows else set()
        for asked in ELSEWHERE if follows else [bad]:
            location = led(world, who, *step, asked)
            found += [f"{step} by {who} leads to {location!r}"] if elsewhere(location) else []

    assert found == []
    assert who == "owner" or len(followers) >= 3
