"""Sessions in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from babel.dates import format_date, format_timedelta

from rumbl_core.accounts import UserToken
from rumbl_web.gettext import gettext, language

JUST_NOW = timedelta(minutes=6)
"""So exactly is it known when a session was used."""


def device_text(session: UserToken) -> str:
    """What it runs on: "Firefox on Linux"."""
    if session.browser and session.system:
        return gettext("%(browser)s on %(system)s", browser=session.browser, system=session.system)
    return session.browser or session.system or gettext("Unknown device")


def ago(moment: datetime) -> str:
    """How long ago `moment` (UTC without a zone) was: "3 hours ago"."""
    passed = datetime.now(UTC).replace(tzinfo=None) - moment
    if passed < JUST_NOW:
        return gettext("a few minutes ago at most")
    return format_timedelta(-passed, granularity="minute", add_direction=True, locale=language())


def day(moment: datetime) -> str:
    """The day of `moment` in the reader's language."""
    return format_date(moment, format="medium", locale=language())
