"""Every backend there is, ours and those of other packages, and `build`, which makes the wanted ones."""

from __future__ import annotations

import logging
from collections.abc import Collection
from functools import cache
from importlib.metadata import entry_points
from typing import Final

from info_sys.backend import Backend, Context
from info_sys.backends.calculator import Calculator
from info_sys.backends.clock import Clock
from info_sys.backends.currency import Currency
from info_sys.backends.dictionary import Dictionary
from info_sys.backends.duckduckgo import DuckDuckGo
from info_sys.backends.open_library import OpenLibrary
from info_sys.backends.units import Units
from info_sys.backends.wikidata import Wikidata
from info_sys.backends.wikipedia import Wikipedia
from info_sys.backends.wolfram import Wolfram
from info_sys.backends.wolfram_short import WolframShort

log = logging.getLogger(__name__)

GROUP: Final = "info_sys.backends"
"""Entry points of this group are backends: `name = "package.module:Class"`."""

OWN: Final[tuple[type[Backend], ...]] = (
    Wolfram, WolframShort, Calculator, Units, Clock, Currency,
    Dictionary, OpenLibrary, DuckDuckGo, Wikipedia, Wikidata,
)  # fmt: skip


@cache
def known() -> dict[str, type[Backend]]:
    """The class of every backend by its name, ours first. What can't be imported is left out, and said."""
    found = {kind.name: kind for kind in OWN}
    for entry in entry_points(group=GROUP):
        try:
            kind = entry.load()
            found.setdefault(kind.name, kind)
        except Exception as error:  # somebody else's code: it must not stop ours
            log.warning("backend %s is left out: %s: %.200s", entry.name, type(error).__name__, error)
    return found


def build(names: Collection[str] | None, context: Context) -> tuple[Backend, ...]:
    """The backends of these names (None: all) that have what they need, in that order."""
    all_of_them = known()
    made = (_create(all_of_them[name], context) for name in all_of_them if names is None or name in names)
    order = {name: place for place, name in enumerate(names or all_of_them)}
    return tuple(sorted(filter(None, made), key=lambda backend: order[backend.name]))


def _create(kind: type[Backend], context: Context) -> Backend | None:
    try:
        return kind.create(context)
    except Exception:
        log.exception("backend %s can't be made and is left out", kind.name)
        return None


def licence(name: str) -> str | None:
    """Under which licence a backend's answers are, as it says; None if it says nothing or is unknown."""
    kind = known().get(name)
    return None if kind is None else kind.licence
