"""The hub as a Fanout: the shared contract, and what is special to slices, cursors and slow readers."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from contextlib import suppress

import pytest

from rumbl_web.phoenix.transport import Connection, Opcode
from rumbl_web.phoenix.transports.frames import TEXT
from rumbl_web.phoenix.transports.group import Group
from rumbl_web.phoenix.transports.hub import Hub

from ..fanout_contract import FanoutContract, Received
from .support import Client, Loopback, Recorder, eventually, opened

MakeLoopback = Callable[..., Loopback]


class ContractClient:
    """A `Client` of the contract."""

    def __init__(self, loopback: Loopback) -> None:
        self._client, handler = loopback.connect()
        self.connection: Connection = opened(handler)

    def receive(self, count: int) -> Received:
        return [(Opcode(opcode), data) for opcode, data in (self._client.receive() for _ in range(count))]


class TestHubAsFanout(FanoutContract):
    @pytest.fixture(params=[1, 500], ids=["slices of one", "big slices"])
    def room(self, request: pytest.FixtureRequest, make_loopback: MakeLoopback) -> Loopback:
        return make_loopback(slice_size=request.param)

    @pytest.fixture
    def fanout(self, room: Loopback) -> Hub:
        return room.hub

    @pytest.fixture
    def make_client(self, room: Loopback) -> Callable[[], ContractClient]:
        return lambda: ContractClient(room)


def join(loopback: Loopback, *groups: str, receive_buffer: int = 0) -> tuple[Client, Recorder]:
    """A client with released subscriptions to `groups`."""
    client, handler = loopback.connect(receive_buffer=receive_buffer)
    for group in groups:
        loopback.hub.subscribe(opened(handler), group).release()
    return client, handler


def test_order_holds_over_groups_and_direct_sends_while_several_threads_publish(
    make_loopback: MakeLoopback,
) -> None:
    loopback = make_loopback(slice_size=3)
    groups = ("a", "b", "c")
    members = [join(loopback, *groups[: 1 + number % 3]) for number in range(20)]

    def speak(name: int) -> None:
        for number in range(60):
            text = f"{name} {number}".encode()
            if number % 4 == 3:
                for _, handler in members:
                    opened(handler).send(Opcode.TEXT, text, last=number % 8 == 3)
            else:
                loopback.hub.publish(groups[number % 4], Opcode.TEXT, text)

    threads = [threading.Thread(target=speak, args=(name,)) for name in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    for number, (client, _) in enumerate(members):
        listens = {at for at in range(60) if at % 4 == 3 or at % 4 <= number % 3}
        received = [client.receive_text().split() for _ in range(3 * len(listens))]
        for name in range(3):
            assert [int(at) for who, at in received if int(who) == name] == sorted(listens)


def test_order_holds_between_a_big_group_and_a_small_one(make_loopback: MakeLoopback) -> None:
    loopback = make_loopback(slice_size=1)
    for _ in range(5):
        join(loopback, "big")
    client, handler = join(loopback, "big", "small")

    def publish_both(_recorder: Recorder, _data: bytes) -> None:
        loopback.hub.publish("big", Opcode.TEXT, b"first")
        loopback.hub.publish("small", Opcode.TEXT, b"second")

    handler.answer = publish_both
    client.text("go")

    assert [client.receive_text(), client.receive_text()] == [b"first", b"second"]


def test_being_left_out_of_one_message_loses_none_before_it(make_loopback: MakeLoopback) -> None:
    loopback = make_loopback()
    client, handler = loopback.connect()
    subscription = loopback.hub.subscribe(opened(handler), "room")
    subscription.release()

    def publish_all(_recorder: Recorder, _data: bytes) -> None:
        loopback.hub.publish("room", Opcode.TEXT, b"before")
        loopback.hub.publish("room", Opcode.TEXT, b"not for me", exclude=subscription)
        loopback.hub.publish("room", Opcode.TEXT, b"after")

    handler.answer = publish_all
    client.text("go")

    assert [client.receive_text(), client.receive_text()] == [b"before", b"after"]


@pytest.mark.parametrize("leave", ["cancel", "close"])
def test_whoever_leaves_still_gets_what_was_published_before(make_loopback: MakeLoopback, leave: str) -> None:
    loopback = make_loopback()
    client, handler = loopback.connect()
    subscription = loopback.hub.subscribe(opened(handler), "room")
    subscription.release()

    def publish_and_leave(_recorder: Recorder, _data: bytes) -> None:
        loopback.hub.publish("room", Opcode.TEXT, b"before")
        if leave == "cancel":
            subscription.cancel()
        opened(handler).close(1001)

    handler.answer = publish_and_leave
    client.text("go")

    assert client.receive_until_close() == ([b"before"], 1001)


def test_frames_that_wait_are_written_together(make_loopback: MakeLoopback) -> None:
    loopback = make_loopback()
    client, handler = join(loopback, "room")

    def publish_all(_recorder: Recorder, _data: bytes) -> None:
        for number in range(8):
            loopback.hub.publish("room", Opcode.TEXT, str(number).encode())

    handler.answer = publish_all
    client.text("go")
    first = client.sock.recv(4096)

    assert first == b"".join(b"\x81\x01" + str(number).encode() for number in range(8))


def test_a_slow_reader_is_closed_with_1013_and_the_others_go_on(make_loopback: MakeLoopback) -> None:
    loopback = make_loopback(outbox_bytes=200_000, close_timeout_s=0.2)
    slow, slow_handler = join(loopback, "room", receive_buffer=4096)
    quick = [join(loopback, "room")[0] for _ in range(5)]
    frame = b"x" * 50_000

    published = 0
    while not slow_handler.codes:
        loopback.hub.publish("room", Opcode.TEXT, frame)
        published += 1
        assert [len(client.receive_text()) for client in quick] == [50_000] * 5
        assert published < 500

    assert slow_handler.codes == [1013]
    assert loopback.hub.stats()["slow_closed"] == 1
    eventually(lambda: loopback.hub.stats()["connections"] == 5, "the slow one is cut")
    loopback.hub.publish("room", Opcode.TEXT, b"and on")
    assert [client.receive_text() for client in quick] == [b"and on"] * 5
    assert slow.sock.fileno() >= 0


def test_the_log_of_a_busy_group_is_bounded(make_loopback: MakeLoopback) -> None:
    loopback = make_loopback(outbox_bytes=200_000)
    client, handler = join(loopback, "room")
    going, free = threading.Event(), threading.Event()
    logged: list[int] = []
    make_visits = loopback.hub.fanout._visit

    def block(_recorder: Recorder, _data: bytes) -> None:
        going.set()
        free.wait(5)

    def watch(group: Group, places: slice) -> None:
        logged.append(sum(map(len, group._frames)))
        make_visits(group, places)

    loopback.hub.fanout._visit = watch  # type: ignore[method-assign]  # the one way to see a slice
    handler.answer = block
    client.text("block the hub")
    going.wait(5)
    for _ in range(25):
        loopback.hub.publish("room", Opcode.TEXT, b"x" * 9000)
    free.set()

    assert [len(client.receive_text()) for _ in range(25)] == [9000] * 25
    assert 90_000 < max(logged) < 110_000


def test_a_slow_reader_that_reads_on_hears_why_it_was_closed(make_loopback: MakeLoopback) -> None:
    loopback = make_loopback(outbox_bytes=100_000, close_timeout_s=30.0)
    client, handler = join(loopback, "room", receive_buffer=4096)

    while not handler.codes:
        loopback.hub.publish("room", Opcode.TEXT, b"x" * 20_000)
    assert opened(handler).outbox.size < 75_000, "what waited is forgotten"  # type: ignore[attr-defined]

    texts, code = client.receive_until_close()
    assert {len(text) for text in texts} == {20_000}
    assert code == 1013


@pytest.mark.parametrize("limits", [{"held_frames": 10}, {"held_bytes": 1000}])
def test_what_a_held_subscription_keeps_is_bounded(
    make_loopback: MakeLoopback, limits: dict[str, int]
) -> None:
    loopback = make_loopback(**limits)
    client, handler = loopback.connect()
    loopback.hub.subscribe(opened(handler), "room")

    for _ in range(11):
        loopback.hub.publish("room", Opcode.TEXT, b"x" * 100)

    assert client.receive_close() == 1013
    assert handler.codes == [1013]


def test_a_closed_connection_leaves_its_groups(loopback: Loopback) -> None:
    client, _ = join(loopback, "one", "two")
    eventually(lambda: loopback.hub.stats()["groups"] == 2)

    client.reset()

    eventually(lambda: loopback.hub.stats()["groups"] == 0)


def test_joining_and_leaving_without_a_publish_keeps_groups_small(loopback: Loopback) -> None:
    _, stayer = join(loopback, "room")
    _, handler = loopback.connect()

    subscriptions = [loopback.hub.subscribe(opened(handler), "room") for _ in range(300)]
    for subscription in subscriptions:
        subscription.cancel()
    last = loopback.hub.subscribe(opened(handler), "other")
    eventually(lambda: opened(handler).subscriptions == (last,))  # type: ignore[attr-defined]  # the hub's own

    (own,) = opened(stayer).subscriptions  # type: ignore[attr-defined]
    assert len(own.group.members) < 50


def test_the_log_of_a_group_is_forgotten_when_all_have_it(loopback: Loopback) -> None:
    client, handler = join(loopback, "room")
    for _ in range(100):
        loopback.hub.publish("room", Opcode.TEXT, b"x")
    for _ in range(100):
        client.receive_text()

    (own,) = opened(handler).subscriptions  # type: ignore[attr-defined]

    eventually(lambda: own.group._frames == [])


def test_a_heartbeat_need_not_wait_for_the_end_of_a_long_fan_out(make_loopback: MakeLoopback) -> None:
    loopback = make_loopback(slice_size=1)
    order: list[str] = []
    heart, _ = loopback.connect(Recorder(lambda _recorder, _data: order.append("heartbeat")))
    listeners = [join(loopback, "room") for _ in range(100)]
    first, last = opened(listeners[0][1]), opened(listeners[-1][1])
    make_visits = loopback.hub.fanout._visit

    def watch(group: Group, places: slice) -> None:
        visited = [one.connection for one in group.members[places]]
        if first in visited:
            heart.text("beat")
        if last in visited:
            order.append("last listener")
        make_visits(group, places)

    loopback.hub.fanout._visit = watch  # type: ignore[method-assign]  # the one way to see a slice
    loopback.hub.publish("room", Opcode.TEXT, b"x")

    assert [client.receive() for client, _ in listeners] == [(TEXT, b"x")] * 100
    assert order == ["heartbeat", "last listener"]


def test_a_failing_member_does_not_stop_a_fan_out(make_loopback: MakeLoopback) -> None:
    loopback = make_loopback(slice_size=2)
    members = [join(loopback, "room") for _ in range(10)]
    for client, _ in members[::2]:
        client.reset()

    for number in range(20):
        loopback.hub.publish("room", Opcode.TEXT, str(number).encode())

    for client, _ in members[1::2]:
        assert [client.receive_text() for _ in range(20)] == [str(number).encode() for number in range(20)]
    eventually(lambda: all(handler.codes == [1006] for _, handler in members[::2]))


@pytest.mark.parametrize("seed", range(8))
def test_a_client_that_sends_garbage_hurts_only_itself(loopback: Loopback, seed: int) -> None:
    chance = random.Random(seed)
    watcher, _ = join(loopback, "room")
    start = bytes([chance.choice([0x81, 0x82, 0x01, 0x89, 0x88, 0x00]), 0x80 | chance.randrange(128)])

    for _ in range(12):
        vandal, _ = join(loopback, "room")
        with suppress(OSError):
            vandal.send(start + chance.randbytes(chance.randrange(300)))
            vandal.send(chance.randbytes(chance.randrange(300)))
        loopback.hub.publish("room", Opcode.TEXT, b"still there?")

    assert [watcher.receive_text() for _ in range(12)] == [b"still there?"] * 12
