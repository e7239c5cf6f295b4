"""What clients do wrong is logged, but no client can fill the log."""

from __future__ import annotations

import logging

import pytest

from rumbl_web.phoenix.mistakes import LINES_PER_S, Mistakes

log = logging.getLogger(__name__)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def mistakes(clock: Clock) -> Mistakes:
    return Mistakes(clock)


def test_something_else_that_comes_in_floods_is_counted_by_its_own_name(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    waits = Mistakes(clock, "waits")
    for _ in range(LINES_PER_S + 3):
        waits.report(log, "it waited")
    clock.now += 1.0
    waits.report(log, "%s waited", "it")
    assert caplog.records[-1].getMessage() == "it waited (and 3 more waits before)"


def test_a_mistake_is_one_warning_without_a_traceback(
    mistakes: Mistakes, caplog: pytest.LogCaptureFixture
) -> None:
    mistakes.report(log, "%s sent %r", "a client", "x\ny")

    assert [record.getMessage() for record in caplog.records] == ["a client sent 'x\\ny'"]
    assert caplog.records[0].levelno == logging.WARNING
    assert not caplog.records[0].exc_info


def test_a_flood_of_them_is_a_few_lines_a_second_and_a_number(
    mistakes: Mistakes, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(1000):
        mistakes.report(log, "mistake %d", number)
    assert len(caplog.records) == LINES_PER_S

    clock.now += 1.0
    mistakes.report(log, "mistake %d", 1000)
    mistakes.report(log, "mistake %d", 1001)

    assert [record.getMessage() for record in caplog.records[LINES_PER_S:]] == [
        f"mistake 1000 (and {1000 - LINES_PER_S} more mistakes of clients before)",
        "mistake 1001",
    ]
