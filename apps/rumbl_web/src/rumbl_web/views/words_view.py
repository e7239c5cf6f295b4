"""What the scripts of a page say, in the page's language."""

from __future__ import annotations

from functools import cache

from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from rumbl_web import gettext


def script_words() -> Markup:
    """JSON for the page's `rumbl-words`: each English text and its translation, or its plural forms."""
    return _json(gettext.language())


@cache
def _json(code: str) -> Markup:
    if code == gettext.SOURCE:
        return Markup("{}")
    return htmlsafe_json_dumps(
        {
            message.id if isinstance(message.id, str) else message.id[0]: message.string
            for message in gettext.read("scripts", code)
            if message.id
        }
    )
