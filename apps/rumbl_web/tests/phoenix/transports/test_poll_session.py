"""What a session keeps, and the two queues of its window."""

from __future__ import annotations

from typing import Any

from rumbl_web.phoenix.transports.poll_session import Mail, Window

SECOND = 1_000_000


def mail(news: set[Any] | None = None) -> Mail:
    return Mail("the session", set() if news is None else news)  # type: ignore[arg-type]  # any key does


def test_mail_is_taken_once_and_in_order() -> None:
    box = mail()
    box.add(b"one")
    box.add(b"three")

    assert box.size == 8
    assert box.take() == [b"one", b"three"]
    assert (box.take(), box.size) == ([], 0)


def test_what_did_not_arrive_comes_before_the_rest() -> None:
    box = mail()
    box.add(b"1")
    box.add(b"2")
    lost = box.take()
    box.add(b"3")

    box.put_back(lost)

    assert (box.size, box.take()) == (3, [b"1", b"2", b"3"])


def test_news_of_mail_is_told() -> None:
    news: set[Any] = set()
    box = mail(news)

    box.add(b"1")
    assert news == {"the session"}
    news.clear()
    box.put_back(box.take())

    assert news == {"the session"}


def test_a_window_knows_who_waited_long_enough_and_who_stays_away() -> None:
    window: Any = Window(10)
    for moment, session in enumerate("abc"):
        window.answered(session, moment * SECOND)
    window.polled("a", 3 * SECOND)
    window.polled("b", 4 * SECOND)

    assert window.next() == [13 * SECOND, 17 * SECOND]
    assert window.due(13 * SECOND) == (["a"], [])
    assert window.due(17 * SECOND) == (["a", "b"], ["c"])
    window.answered("a", 13 * SECOND)
    window.forget("c")

    assert window.due(28 * SECOND) == (["b"], ["a"])
