from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rumbl_core.accounts import UserToken
from rumbl_web.gettext import speaking
from rumbl_web.views import session_view


def test_a_device_is_told_by_browser_and_system() -> None:
    assert session_view.device_text(UserToken(browser="Firefox", system="Linux")) == "Firefox on Linux"
    assert session_view.device_text(UserToken(system="Linux")) == "Linux"
    assert session_view.device_text(UserToken()) == "Unknown device"


@pytest.mark.parametrize(
    ("passed", "code", "text"),
    [
        (timedelta(), "en", "a few minutes ago at most"),
        (timedelta(hours=3), "en", "3 hours ago"),
        (timedelta(days=2), "de", "2 Tagen"),
    ],
)
def test_how_long_ago_in_the_readers_language(passed: timedelta, code: str, text: str) -> None:
    with speaking(code):
        assert session_view.ago(datetime.now(UTC).replace(tzinfo=None) - passed).endswith(text)


def test_a_day_in_the_readers_language() -> None:
    with speaking("de"):
        assert session_view.day(datetime(2026, 3, 7, 12)) == "07.03.2026"
