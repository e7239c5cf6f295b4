"""Short pages and long ones: each kind has slots of its own, by what its pages took lately."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait

import pytest

from info_sys import otp
from info_sys.otp import scheduler
from rumbl_web import gthread, page_costs, slots
from rumbl_web.page_costs import LONG_S, PageCosts, shape

from .meeting import DEADLINE_S, MANY, meet


def compute(costs: PageCosts, path: str, cpu_s: float) -> None:
    with costs.computing(path):
        end = time.thread_time() + cpu_s
        while time.thread_time() < end:
            sum(range(100))


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(MANY) as pool:
        yield pool


def test_a_page_is_long_after_it_took_long_and_short_after_it_did_not_for_a_while() -> None:
    costs = PageCosts()
    assert not costs.is_long("/report")

    compute(costs, "/report", 2 * LONG_S)
    assert costs.is_long("/report")
    for _ in range(10):
        compute(costs, "/report", 0)

    assert not costs.is_long("/report")
    assert not costs.is_long("/other")


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "/"),
        ("/watch/7-a-video", "/watch/*"),
        ("/manage/videos/12/edit", "/manage/videos/*/edit"),
        ("/a/b/c/d/e/f/g", "/a/b/c/d"),
        ("/" + "x" * 1000, "/" + "x" * 40),
        ("", ""),
    ],
)
def test_pages_of_one_kind_share_what_is_known(path: str, kind: str) -> None:
    assert shape(path) == kind


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_costs, "MOST", 2)
    costs = PageCosts()

    for page in ("/short", "/too"):
        compute(costs, page, 0)
    for page in ("/a", "/b", "/c"):
        compute(costs, page, 1.2 * LONG_S)

    assert [costs.is_long(page) for page in ("/a", "/b", "/c")] == [True, True, False]


def test_a_crash_counts_and_costs_no_slot() -> None:
    costs = PageCosts()

    with pytest.raises(ZeroDivisionError), costs.computing("/"):
        raise ZeroDivisionError

    assert costs.short.free == slots.COUNT


def test_short_pages_do_not_wait_for_long_ones(threads: ThreadPoolExecutor) -> None:
    costs, over = PageCosts(), threading.Event()
    compute(costs, "/report", 2 * LONG_S)

    def report() -> None:
        with costs.computing("/report"):
            over.wait(DEADLINE_S)

    reports = [threads.submit(report) for _ in range(MANY - 1)]
    try:
        threads.submit(compute, costs, "/", 0).result(slots.PATIENCE_S / 2)
    finally:
        over.set()
        wait(reports, DEADLINE_S)


def test_the_worker_s_threads_make_two_pages_at_a_time_and_more_where_the_site_says_that_it_waits(
    threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler.default, "_elsewhere", slots.waiting)
    views: dict[str, Callable[[], object]] = {}
    site = gthread._Site(lambda environ, _start: [str(views[environ["PATH_INFO"]]()).encode()], None)
    with open("/dev/null") as connection:

        def serve(view: Callable[[], object]) -> Future[object]:
            path = f"/{chr(len(views) + 97)}"
            views[path] = view
            return threads.submit(site, {"gunicorn.socket": connection, "PATH_INFO": path}, None)

        def lend(view: Callable[[], object]) -> Future[object]:
            def patient() -> object:
                with otp.blocking():
                    return view()

            return serve(patient)

        assert meet(3, serve) == 0
        assert meet(3, lend) == MANY
