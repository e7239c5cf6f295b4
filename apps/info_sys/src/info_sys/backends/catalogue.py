"""Every backend there is, and `build`, which makes those that the settings name."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from info_sys.backend import Backend
from info_sys.backends.calculator import Calculator
from info_sys.backends.wolfram import Wolfram
from info_sys.http_client import HttpClient

if TYPE_CHECKING:
    from info_sys.settings import Settings

log = logging.getLogger(__name__)

_Maker = Callable[["Settings", HttpClient | None], Backend | None]


def _calculator(_settings: Settings, _http_client: HttpClient | None) -> Backend:
    return Calculator()


def _wolfram(settings: Settings, http_client: HttpClient | None) -> Backend | None:
    if settings.wolfram_app_id is None:
        log.info("Wolfram Alpha is off: set WOLFRAM_APP_ID to the app id of your account to turn it on")
        return None
    return Wolfram(settings.wolfram_app_id.get_secret_value(), http_client)


_MAKERS: Final[dict[str, _Maker]] = {Wolfram.name: _wolfram, Calculator.name: _calculator}

TITLES: Final = {Wolfram.name: Wolfram.title, Calculator.name: Calculator.title}
"""Every backend there is, by name: also who needs a user to answer as."""


def build(settings: Settings, http_client: HttpClient | None = None) -> tuple[Backend, ...]:
    """The backends that `settings` name and have what they need, in that order."""
    made = (_MAKERS[name](settings, http_client) for name in settings.backends)
    return tuple(backend for backend in made if backend is not None)
