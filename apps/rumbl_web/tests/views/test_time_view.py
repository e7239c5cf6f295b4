from __future__ import annotations

import pytest

from rumbl_web.views.time_view import format_time


@pytest.mark.parametrize(
    ("at_ms", "text"),
    [
        (0, "0:00"),
        (7_999, "0:07"),
        (60_000, "1:00"),
        (3_599_999, "59:59"),
        (3_723_000, "1:02:03"),
        (-5, "0:00"),
    ],
)
def test_a_moment_is_minutes_and_seconds_and_past_an_hour_hours(at_ms: int, text: str) -> None:
    assert format_time(at_ms) == text
