"""Words in the reader's language, after the book's Gettext module.

A text for people is written in English where it is used: `gettext("My Videos")` in code,
`{{ _("My Videos") }}` in a template, `noop("Title")` for a constant that `gettext(label)` translates later.
What varies has a name: `gettext("%(name)s created!", name=name)`. What is counted has two forms:
`ngettext("1 note", "%(num)d notes", count)`. `make messages` collects them all into `translations/`.

The language is the reader's choice (a cookie), else the browser's, else English. Without a request: English.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from typing import Final

import flask_babel
from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import NullTranslations, Translations
from flask import Flask, Response, g, has_request_context, request
from jinja2.nodes import EvalContext
from jinja2.utils import pass_eval_context
from markupsafe import escape
from werkzeug.datastructures import LanguageAccept

from rumbl_web import accepted

LANGUAGES: Final = {"en": "English", "de": "Deutsch", "ar": "العربية"}
"""Code of each language that the site speaks, and what those who speak it call it."""
SOURCE: Final = "en"
COOKIE: Final = "_rumbl_language"
TRANSLATIONS: Final = Path(__file__).parent / "translations"
_spoken: ContextVar[str | None] = ContextVar("rumbl_language", default=None)


def install(app: Flask) -> None:
    """Translate in templates and code of `app`, and say in each answer which language it is in.

    Flask-Babel writes dates and numbers there; the texts come from our own catalogues.
    """
    flask_babel.Babel(app, default_locale=SOURCE, locale_selector=language)
    app.jinja_env.globals.update(gettext=_in_template, _=_in_template, ngettext=_counted_in_template)
    app.jinja_env.globals.update(LANGUAGES=LANGUAGES, language=language, direction=direction)
    app.after_request(put_headers)


def gettext(message: str, **values: object) -> str:
    """`message` in the reader's language, its placeholders filled in."""
    if not message:
        return ""  # which is the name of a catalogue's header
    text = catalogue(language()).gettext(message)
    return text % values if values else text


def ngettext(singular: str, plural: str, num: int, /, **values: object) -> str:
    """The form that fits `num`, in the reader's language; `num` fills a placeholder of its name."""
    return catalogue(language()).ngettext(singular, plural, num) % {"num": num, **values}


def noop(message: str) -> str:
    """`message` as it is: marks a constant that `gettext` translates where it is shown."""
    return message


def number(value: float) -> str:
    """A number as the reader's language writes it."""
    return _number(value, language())


@lru_cache(maxsize=2_048)
def _number(value: float, code: str) -> str:
    return str(format_decimal(value, locale=code))


def language() -> str:
    """Code of the language in use."""
    spoken = _spoken.get()
    if spoken is None and has_request_context():
        chosen: str | None = g.get("language")
        if chosen is None:
            chosen = g.language = chosen_language()
        return chosen
    return spoken or SOURCE


@contextmanager
def speaking(code: object) -> Iterator[None]:
    """Use this language in the block, where there is no request (a channel, a mail); unknown is English."""
    before = _spoken.set(code if isinstance(code, str) and code in LANGUAGES else SOURCE)
    try:
        yield
    finally:
        _spoken.reset(before)


def direction() -> str:
    """Which way the language in use is written: "ltr" or "rtl"."""
    return _direction(language())


@cache
def _direction(code: str) -> str:
    return str(Locale.parse(code).text_direction)


def chosen_language() -> str:
    """The cookie's language if we have it, else the best that the browser accepts, else English."""
    chosen = request.cookies.get(COOKIE)
    if chosen in LANGUAGES:
        return str(chosen)
    return _preferred(request.headers.get("accept-language", ""))


@lru_cache(maxsize=128)
def _preferred(header: str) -> str:
    return accepted.parse(header, LanguageAccept).best_match(list(LANGUAGES)) or SOURCE


def put_headers(response: Response) -> Response:
    """Name the language of a page, and what it depends on."""
    if response.mimetype == "text/html":
        response.headers["content-language"] = language()
        response.vary.update(("Accept-Language", "Cookie"))
    return response


@cache
def catalogue(code: str) -> NullTranslations:
    """What the server says in one language. English needs no catalogue: it is in the code."""
    if code == SOURCE:
        return NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, read("messages", code))
    compiled.seek(0)
    return Translations(compiled)


def read(domain: str, code: str) -> Catalog:
    """The translations of "messages" (what the server says) or "scripts" (what pages' scripts say)."""
    with (TRANSLATIONS / code / "LC_MESSAGES" / f"{domain}.po").open("rb") as file:
        return read_po(file, locale=code)


@pass_eval_context
def _in_template(context: EvalContext, message: str, /, **values: object) -> str:
    """`gettext` that escapes where its template does: no text of ours is HTML."""
    text = catalogue(language()).gettext(message) if message else ""
    return (escape(text) if context.autoescape else text) % values


@pass_eval_context
def _counted_in_template(
    context: EvalContext, singular: str, plural: str, num: int, /, **values: object
) -> str:
    """`ngettext` that escapes where its template does."""
    text = catalogue(language()).ngettext(singular, plural, num)
    return (escape(text) if context.autoescape else text) % {"num": num, **values}
