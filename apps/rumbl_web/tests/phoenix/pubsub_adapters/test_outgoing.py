"""The bounded queue of an adapter."""

from __future__ import annotations

from collections import deque

import pytest

from rumbl_web.phoenix.pubsub_adapters.outgoing import BATCH_BYTES, BATCH_MESSAGES, Item, Outgoing


class Clock:
    now = 10.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def items(*numbers: int) -> list[Item]:
    return [Item(b"c", b"%d" % number) for number in numbers]


def fill(queue: Outgoing, *numbers: int) -> Outgoing:
    for item in items(*numbers):
        queue.put(item)
    return queue


def test_first_in_is_first_out(clock: Clock) -> None:
    queue = fill(Outgoing(clock), 1, 2, 3)

    assert queue.take() == deque(items(1, 2, 3))
    assert queue.take() == deque()


def test_a_batch_is_limited_in_messages_and_in_bytes(clock: Clock) -> None:
    many = fill(Outgoing(clock), *range(BATCH_MESSAGES + 1))
    large = Outgoing(clock)
    for _ in range(3):
        large.put(Item(b"c", bytes(BATCH_BYTES)))

    assert [len(many.take()), len(many.take())] == [BATCH_MESSAGES, 1]
    assert len(large.take()) == 1


def test_what_could_not_be_sent_goes_in_front_in_its_order(clock: Clock) -> None:
    queue = fill(Outgoing(clock), 1, 2, 3)
    batch = queue.take()
    batch.popleft()
    fill(queue, 4)

    queue.put_back(batch)

    assert queue.take() == deque(items(2, 3, 4))


@pytest.mark.parametrize("limits", [{"max_messages": 2}, {"max_bytes": 5}])
def test_the_oldest_are_dropped_and_counted(clock: Clock, limits: dict[str, int]) -> None:
    queue = fill(Outgoing(clock, **limits), 1, 2, 3, 4)

    assert (queue.dropped, len(queue)) == (2, 2)
    assert queue.take() == deque(items(3, 4))


def test_a_loss_reaches_back_to_when_the_queue_was_empty(clock: Clock) -> None:
    queue = Outgoing(clock, max_messages=1)
    clock.now = 20.0
    fill(queue, 1)
    queue.take()
    clock.now = 30.0
    fill(queue, 2)
    assert queue.lossy_since is None

    clock.now = 40.0
    fill(queue, 3, 4)

    assert queue.lossy_since == 20.0
    assert queue.forgive() == 2
    assert (queue.dropped, queue.lossy_since) == (0, None)


def test_only_the_first_that_cost_another_says_so(clock: Clock) -> None:
    queue = Outgoing(clock, max_messages=1)

    assert [queue.put(item) for item in items(1, 2, 3)] == [False, True, False]


def test_a_note_of_our_own_costs_no_other(clock: Clock) -> None:
    queue = fill(Outgoing(clock, max_messages=1), 1)

    queue.put_note(Item(b"gap", b""))

    assert (queue.dropped, len(queue)) == (0, 2)


def test_what_is_put_back_and_dropped_is_as_old_as_it_was(clock: Clock) -> None:
    queue = Outgoing(clock, max_messages=2)
    clock.now = 20.0
    fill(queue, 1, 2)
    clock.now = 30.0
    batch = queue.take()
    clock.now = 40.0
    fill(queue, 3)

    queue.put_back(batch)

    assert queue.dropped == 1
    assert queue.lossy_since is not None
    assert queue.lossy_since <= 20.0
    assert queue.take() == deque(items(2, 3))
