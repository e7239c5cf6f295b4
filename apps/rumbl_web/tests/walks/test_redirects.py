"""Whatever asks to be led on stays on the site."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from rumbl_web import csrf
from rumbl_web.testing import flatten

from .world import World

ELSEWHERE = [
    "//evil.example", "///evil.example", "https://evil.example", "https:evil.example", "\\\\evil.example",
    "/\\evil.example", "/\t/evil.example", "\t//evil.example", "/%09/evil.example\n", "javascript:alert(1)",
    "\x00//evil.example", "/\r\nlocation: //evil.example", "http:///evil.example", "//evil.example@localhost",
    "%2f%2fevil.example", "evil.example", "/\u2028/evil.example", "https:/\\evil.example",
]  # fmt: skip


NAMES = ("next", "here", "to", "return_to", "redirect")


def steps(world: World) -> set[tuple[str, str]]:
    """Rule and method of everything that the site answers; HEAD is answered as GET is."""
    rules = world.app.url_map.iter_rules()
    return {(rule.rule, method) for rule in rules for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}}


@pytest.mark.parametrize("asked", ELSEWHERE, ids=repr)
def test_no_parameter_leads_elsewhere(world: World, asked: str) -> None:
    headers = {"referer": asked.replace("\r", "").replace("\n", "")}
    token = world.browser("guest", secret=True).csrf_token()
    fields = {**flatten(world.form()), **dict.fromkeys(NAMES, asked), csrf.FIELD: token}
    form, query = urlencode(fields).encode(), urlencode(dict.fromkeys(NAMES, asked))
    for rule, method in sorted(steps(world)):
        answer = world.browser("guest", secret=True).open(
            world.path(rule),
            method=method,
            data=form,
            content_type="application/x-www-form-urlencoded",
            headers=headers,
            query_string=query,
        )
        location = answer.headers.get("location", "/")
        assert location.startswith("/"), f"{method} {rule}"
        assert not location.startswith(("//", "/\\")), f"{method} {rule}"
        assert "evil" not in location, f"{method} {rule}"
