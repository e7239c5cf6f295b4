"""What a worker tells of the parts of a test: of one that passed, only what the run does not know itself."""

from __future__ import annotations

from typing import Any

import pytest

Location = tuple[str, int | None, str]
Told = tuple[Any, ...] | dict[str, Any]
_NAMES = vars(pytest.TestReport("", ("", 0, ""), {}, "passed", None, "call")).keys()


def tell(item: pytest.Item, report: pytest.TestReport, before: Told | None) -> Told:
    """The report as something that can be sent; `before` was told of the part of the test before it.

    Whatever is not quite usual is pytest's own to put into words, which takes ten times as long.
    """
    if not _is_usual(item, report):
        hook = item.config.hook
        told: dict[str, Any] = hook.pytest_report_to_serializable(config=item.config, report=report)
        return told
    keywords = report.keywords
    if isinstance(before, tuple) and before[0] == keywords:
        keywords = before[0]  # the same object is sent once
    times = (report.duration, report.start, report.stop)
    return (keywords, report.outcome, None, report.when, report.sections, *times, report.user_properties)


def hear(item: pytest.Item, location: Location, told: Told) -> pytest.TestReport:
    """The report that was told; the test's location was told as well, for it takes a while to find."""
    if isinstance(told, tuple):
        return pytest.TestReport(item.nodeid, location, *told)
    report: pytest.TestReport = item.config.hook.pytest_report_from_serializable(
        config=item.config, data=told
    )
    return report


def _is_usual(item: pytest.Item, report: pytest.TestReport) -> bool:
    return (
        type(report) is pytest.TestReport
        and report.longrepr is None
        and report.nodeid == item.nodeid
        and report.location == item.location
        and vars(report).keys() == _NAMES
    )
