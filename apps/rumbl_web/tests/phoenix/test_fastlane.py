"""Broadcasts past the channel processes."""

from __future__ import annotations

from typing import Any

import pytest

from info_sys.otp import Process
from rumbl_web.phoenix.fastlane import OVERRUN, Fastlane, Seat
from rumbl_web.phoenix.message import Broadcast
from rumbl_web.phoenix.serializers.v2_json import V2JSON
from rumbl_web.phoenix.testing import InlineFanout, MemoryConnection
from rumbl_web.phoenix.transport import Opcode, Subscription


class CountingJSON(V2JSON):
    __slots__ = ("encodings",)

    def __init__(self) -> None:
        self.encodings = 0

    def encode_broadcast(self, broadcast: Broadcast) -> tuple[Opcode, bytes]:
        self.encodings += 1
        return super().encode_broadcast(broadcast)


class CountingFanout(InlineFanout):
    publishes = 0

    def publish(self, group: Any, opcode: Opcode, data: bytes, exclude: Subscription | None = None) -> None:
        self.publishes += 1
        super().publish(group, opcode, data, exclude)


class Seated(Process):
    """A process with a seat, as a channel is."""

    max_mailbox = 2

    def __init__(self) -> None:
        super().__init__()
        self.seat: Seat | None = None
        self.connection = MemoryConnection()

    def sit(self, fastlane: Fastlane, serializer: V2JSON, *intercepts: str) -> Seated:
        self.seat = fastlane.take_seat(self, "room", self.connection, serializer, frozenset(intercepts))
        self.seat.subscription.release()
        return self

    @property
    def received(self) -> int:
        return len(self.connection.inbox.items)


@pytest.fixture
def fanout() -> CountingFanout:
    return CountingFanout()


@pytest.fixture
def fastlane(fanout: CountingFanout) -> Fastlane:
    return Fastlane(fanout)


def test_one_broadcast_is_one_encoding_and_one_publish_for_all_viewers(
    fastlane: Fastlane, fanout: CountingFanout
) -> None:
    serializer = CountingJSON()
    viewers = [Seated().sit(fastlane, serializer) for _ in range(100)]

    fastlane.dispatch(Broadcast("room", "hello", {}), None)

    assert (serializer.encodings, fanout.publishes) == (1, 1)
    assert [viewer.received for viewer in viewers] == [1] * 100


def test_it_is_encoded_once_per_serializer_and_published_once_per_group(
    fastlane: Fastlane, fanout: CountingFanout
) -> None:
    one, two = CountingJSON(), CountingJSON()
    for serializer in (one, two, one):
        Seated().sit(fastlane, serializer)
    Seated().sit(fastlane, one, "other")

    fastlane.dispatch(Broadcast("room", "hello", {}), None)

    assert (one.encodings, two.encodings, fanout.publishes) == (1, 1, 3)


def test_the_senders_seat_is_left_out(fastlane: Fastlane) -> None:
    serializer = V2JSON()
    sender, other = Seated().sit(fastlane, serializer), Seated().sit(fastlane, serializer)

    fastlane.dispatch(Broadcast("room", "hello", {}), sender)

    assert (sender.received, other.received) == (0, 1)


def test_intercepted_events_are_mail_and_all_others_are_not(fastlane: Fastlane) -> None:
    process = Seated().sit(fastlane, V2JSON(), "secret")

    fastlane.dispatch(Broadcast("room", "secret", {}), None)
    fastlane.dispatch(Broadcast("room", "open", {}), None)

    assert (process.queue_length, process.received) == (1, 1)


def test_a_process_that_is_too_slow_for_what_it_intercepts_ends(fastlane: Fastlane) -> None:
    process = Seated().sit(fastlane, V2JSON(), "secret")
    process.send("one")
    process.send("two")
    process._state = 1  # started, and never given a turn

    fastlane.dispatch(Broadcast("room", "secret", {}), None)

    assert process._exit == OVERRUN


def test_a_payload_that_cannot_be_written_raises_in_the_publisher(fastlane: Fastlane) -> None:
    viewer = Seated().sit(fastlane, V2JSON())

    with pytest.raises(TypeError):
        fastlane.dispatch(Broadcast("room", "hello", {"x": object()}), None)
    assert viewer.received == 0


def test_groups_live_as_long_as_their_seats(fastlane: Fastlane, fanout: CountingFanout) -> None:
    processes = [Seated().sit(fastlane, V2JSON(), "x") for _ in range(2)]
    assert len(fastlane.groups("room")) == 2

    for process in processes:
        assert process.seat is not None
        fastlane.leave_seat(process.seat)

    assert fastlane.groups("room") == ()
    assert fanout.groups == []


def test_a_topic_without_seats_costs_nothing(fastlane: Fastlane, fanout: CountingFanout) -> None:
    fastlane.dispatch(Broadcast("nobody", "hello", {"x": object()}), None)

    assert fanout.publishes == 0


def test_topics_with_seats_are_heard_for_from_the_first_to_the_last(fanout: CountingFanout) -> None:
    told: list[str] = []

    class Listener:
        def listen(self, topic: str) -> None:
            told.append(f"+{topic}")

        def unlisten(self, topic: str) -> None:
            told.append(f"-{topic}")

    fastlane = Fastlane(fanout, Listener())
    one = Seated().sit(fastlane, V2JSON())
    two = Seated().sit(fastlane, V2JSON(), "secret")

    for process in (one, two):
        assert told == ["+room"]
        assert process.seat is not None
        fastlane.leave_seat(process.seat)

    assert told == ["+room", "-room"]
