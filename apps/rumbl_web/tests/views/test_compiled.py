from __future__ import annotations

import pytest
from babel.support import NullTranslations
from flask import Flask
from jinja2 import DictLoader

from rumbl_web import gettext
from rumbl_web.views.compiled import Environment

PAGE = """{{ _("Log in") }}|{{ _("%(n)s notes", n=5) }}|{% include "part.html" %}|{{ _(word) }}|{{ _("") }}"""

PART = """<i>{{ _("100%% & <b>") }}</i>"""


class Shouting(NullTranslations):
    """A language that counts how often it is asked."""

    def __init__(self, end: str) -> None:
        super().__init__()
        self.asked = 0
        self.end = end

    def gettext(self, message: str) -> str:
        self.asked += 1
        return message.upper().replace("%(N)S", "%(n)s") + self.end


@pytest.fixture
def templates(app: Flask) -> Environment:
    made = Environment(
        app, loader=DictLoader({"page.html": PAGE, "part.html": """<i>{{ _("100%% & <b>") }}</i>"""})
    )
    made.autoescape = True
    made.globals.update(_=app.jinja_env.globals["_"])
    return made


def speak(monkeypatch: pytest.MonkeyPatch, end: str) -> Shouting:
    words = Shouting(end)
    monkeypatch.setattr(gettext, "catalogue", lambda _code: words)
    return words


def test_texts_are_looked_up_once_and_escaped(
    templates: Environment, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = speak(monkeypatch, "!")
    with app.test_request_context("/"):
        first = templates.get_template("page.html").render(word="<x>")
        asked = words.asked
        again = templates.get_template("page.html").render(word="<x>")

    assert first == again == "LOG IN!|5 NOTES!|<i>100% &amp; &lt;B&gt;!</i>|&lt;X&gt;!|"
    assert words.asked - asked == 2, "only what has a placeholder or is no constant is looked up again"


def test_each_language_has_templates_of_its_own(
    templates: Environment, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = []
    for end in ("!", "?", "!"):
        speak(monkeypatch, end)
        with app.test_request_context("/"):
            pages.append(templates.get_template("page.html").render(word="x"))

    assert pages[0] == pages[2]
    assert pages[1].startswith("LOG IN?|5 NOTES?|")


def test_globals_that_come_later_are_known_in_every_language(
    templates: Environment, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    speak(monkeypatch, "!")
    with app.test_request_context("/"):
        templates.get_template("part.html").render()
        templates.globals["late"] = "here"
        assert templates.get_template("page.html").make_module({"word": "x"}) is not None
        assert templates._in_language().globals["late"] == "here"


def test_a_page_sees_the_names_of_the_site_and_leaves_none_behind(templates: Environment, app: Flask) -> None:
    templates.loader = DictLoader({"page.html": "{% set mine = site %}{{ mine }}", "next.html": "{{ mine }}"})
    templates.globals["site"] = "rumbl"
    with app.test_request_context("/"):
        assert templates.get_template("page.html").render() == "rumbl"
        assert templates.get_template("next.html").render() == ""
        given = templates.get_template("next.html", globals={"mine": "given"}).render()
    assert given == "given"
    assert "mine" not in templates.globals
