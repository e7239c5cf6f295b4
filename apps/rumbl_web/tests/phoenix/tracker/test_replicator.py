"""When a node speaks, and that nothing it hears can silence it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rumbl_web.phoenix.testing import Inbox
from rumbl_web.phoenix.tracker import gossip
from rumbl_web.phoenix.tracker.cluster import Periods
from rumbl_web.phoenix.tracker.gossip import Bye, Message, Peer
from rumbl_web.phoenix.tracker.replicator import Replicator, next_batch_ms

PERIODS = Periods(down=200, heartbeat=20, batch=1)
BYE = Bye(Peer("other", "life"))


class Book:
    """Writes down what a replicator does."""

    def __init__(self) -> None:
        self.done: Inbox[object] = Inbox()
        self.changes = 1

    def take_in(self, message: Message, now_ms: float) -> None:
        self.done.put(message)
        raise RuntimeError("this one was too much")

    def tick(self, now_ms: float) -> None:
        self.done.put("tick")

    def flush(self) -> int:
        self.done.put("flush")
        return self.changes

    def saw(self, what: object) -> bool:
        return self.done.take(lambda done: done == what) is not None


@pytest.fixture
def book() -> Book:
    return Book()


@pytest.fixture
def replicator(book: Book) -> Iterator[Replicator]:
    made = Replicator(book, PERIODS).start()
    yield made
    made.stop()


@pytest.mark.usefixtures("replicator")
def test_it_beats_from_the_start_and_goes_on(book: Book) -> None:
    assert all(book.saw("tick") for _ in range(3))


def test_changes_are_told_once_however_often_it_is_reminded(book: Book, replicator: Replicator) -> None:
    for _ in range(5):
        replicator.flush_soon()
    assert book.saw("flush")
    assert book.saw("tick")

    assert "flush" not in book.done.items
    replicator.flush_soon()
    assert book.saw("flush")


def test_after_many_changes_it_waits_longer_up_to_half_a_second() -> None:
    assert [next_batch_ms(changes, 50.0) for changes in (0, 100, 900, 10**6)] == [50, 100, 500, 500]


def test_what_it_cannot_read_is_reported_and_the_next_message_read(
    book: Book, replicator: Replicator, caplog: pytest.LogCaptureFixture
) -> None:
    replicator.send(("delta", {"from": ["a", "b"], "start": "no"}))
    replicator.send(("nonsense", 7))
    replicator.send(gossip.encode(BYE))

    assert book.saw(BYE)
    assert "ignored what another node said" in caplog.text


def test_an_error_of_ours_is_logged_and_it_goes_on(
    book: Book, replicator: Replicator, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        replicator.send(gossip.encode(BYE))
        assert book.saw(BYE)

    assert book.saw("tick")
    assert replicator.alive
    assert "this one was too much" in caplog.text
