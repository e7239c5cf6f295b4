"""What every Fanout must keep. A transport's test subclasses `FanoutContract` and gives two fixtures:

`fanout`       the Fanout under test
`make_client`  a function without arguments giving a new `Client` of it
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

from rumbl_web.phoenix.transport import Connection, Fanout, Opcode

Received = list[tuple[Opcode, bytes]]


class Client(Protocol):
    """A connection and its other end."""

    connection: Connection

    def receive(self, count: int) -> Received:
        """Wait (with a deadline) for the next `count` messages and give them, each once."""


MakeClient = Callable[[], Client]
TEXT = Opcode.TEXT


def next_is_marker(client: Client) -> bool:
    """True when nothing else was on its way to `client` before this call."""
    client.connection.send(TEXT, b"marker")
    return client.receive(1) == [(TEXT, b"marker")]


class FanoutContract:
    """The promises of `rumbl_web.phoenix.transport.Fanout` and `Subscription`, one test each."""

    def test_a_message_reaches_every_released_subscription_of_its_group_once(
        self, fanout: Fanout, make_client: MakeClient
    ) -> None:
        clients = [make_client() for _ in range(3)]
        for client in clients:
            fanout.subscribe(client.connection, "room").release()

        fanout.publish("room", TEXT, b"hello")

        assert [client.receive(1) for client in clients] == [[(TEXT, b"hello")]] * 3
        assert all(next_is_marker(client) for client in clients)

    def test_a_message_does_not_reach_other_groups(self, fanout: Fanout, make_client: MakeClient) -> None:
        here, there = make_client(), make_client()
        fanout.subscribe(here.connection, "here").release()
        fanout.subscribe(there.connection, "there").release()

        fanout.publish("here", TEXT, b"hello")

        assert here.receive(1) == [(TEXT, b"hello")]
        assert next_is_marker(there)

    def test_publishing_to_a_group_without_subscriptions_is_nothing(self, fanout: Fanout) -> None:
        fanout.publish("nobody", TEXT, b"hello")

    def test_equal_keys_are_one_group(self, fanout: Fanout, make_client: MakeClient) -> None:
        client = make_client()
        fanout.subscribe(client.connection, ("room", frozenset({"a"}))).release()

        fanout.publish(("room", frozenset({"a"})), TEXT, b"hello")

        assert client.receive(1) == [(TEXT, b"hello")]

    def test_the_kind_of_a_message_is_kept(self, fanout: Fanout, make_client: MakeClient) -> None:
        client = make_client()
        fanout.subscribe(client.connection, "room").release()

        fanout.publish("room", Opcode.BINARY, b"\x00\xff")

        assert client.receive(1) == [(Opcode.BINARY, b"\x00\xff")]

    def test_one_connection_may_be_in_many_groups(self, fanout: Fanout, make_client: MakeClient) -> None:
        client = make_client()
        for group in ("one", "two", "three"):
            fanout.subscribe(client.connection, group).release()

        for group in ("three", "one", "two"):
            fanout.publish(group, TEXT, group.encode())

        assert client.receive(3) == [(TEXT, b"three"), (TEXT, b"one"), (TEXT, b"two")]

    def test_a_held_subscription_delivers_nothing_before_its_release(
        self, fanout: Fanout, make_client: MakeClient
    ) -> None:
        client = make_client()
        fanout.subscribe(client.connection, "room")

        fanout.publish("room", TEXT, b"held")

        assert next_is_marker(client)

    def test_a_release_delivers_what_was_held_in_order_and_after_what_was_sent_before(
        self, fanout: Fanout, make_client: MakeClient
    ) -> None:
        client = make_client()
        subscription = fanout.subscribe(client.connection, "room")
        fanout.publish("room", TEXT, b"held 1")
        fanout.publish("room", TEXT, b"held 2")

        client.connection.send(TEXT, b"join reply")
        subscription.release()
        fanout.publish("room", TEXT, b"live")

        wanted = [b"join reply", b"held 1", b"held 2", b"live"]
        assert client.receive(4) == [(TEXT, data) for data in wanted]

    def test_holding_one_subscription_does_not_hold_the_others(
        self, fanout: Fanout, make_client: MakeClient
    ) -> None:
        held, free = make_client(), make_client()
        fanout.subscribe(held.connection, "room")
        fanout.subscribe(free.connection, "room").release()

        fanout.publish("room", TEXT, b"hello")

        assert free.receive(1) == [(TEXT, b"hello")]

    def test_a_cancelled_subscription_gets_nothing_more(
        self, fanout: Fanout, make_client: MakeClient
    ) -> None:
        client = make_client()
        subscription = fanout.subscribe(client.connection, "room")
        subscription.release()

        subscription.cancel()
        subscription.cancel()
        fanout.publish("room", TEXT, b"late")

        assert next_is_marker(client)

    def test_cancelling_a_held_subscription_drops_what_was_held(
        self, fanout: Fanout, make_client: MakeClient
    ) -> None:
        client = make_client()
        subscription = fanout.subscribe(client.connection, "room")
        fanout.publish("room", TEXT, b"held")

        subscription.cancel()
        subscription.release()

        assert next_is_marker(client)

    def test_the_excluded_subscription_is_left_out(self, fanout: Fanout, make_client: MakeClient) -> None:
        sender, other = make_client(), make_client()
        own = fanout.subscribe(sender.connection, "room")
        own.release()
        fanout.subscribe(other.connection, "room").release()

        fanout.publish("room", TEXT, b"hello", exclude=own)

        assert other.receive(1) == [(TEXT, b"hello")]
        assert next_is_marker(sender)

    def test_an_excluded_subscription_stays_left_out_while_it_is_held(
        self, fanout: Fanout, make_client: MakeClient
    ) -> None:
        client = make_client()
        own = fanout.subscribe(client.connection, "room")

        fanout.publish("room", TEXT, b"own", exclude=own)
        own.release()

        assert next_is_marker(client)

    def test_messages_of_one_thread_keep_their_order_whichever_way_they_go(
        self, fanout: Fanout, make_client: MakeClient
    ) -> None:
        client = make_client()
        fanout.subscribe(client.connection, "room").release()
        wanted = [(TEXT, str(number).encode()) for number in range(200)]

        for number, (opcode, data) in enumerate(wanted):
            if number % 3:
                fanout.publish("room", opcode, data)
            else:
                client.connection.send(opcode, data)

        assert client.receive(200) == wanted

    def test_publishing_threads_do_not_lose_or_mix_messages(
        self, fanout: Fanout, make_client: MakeClient
    ) -> None:
        client = make_client()
        fanout.subscribe(client.connection, "room").release()

        def publish(name: str) -> None:
            for number in range(100):
                fanout.publish("room", TEXT, f"{name} {number}".encode())

        threads = [threading.Thread(target=publish, args=(name,)) for name in ("a", "b")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        received = [data.decode().split() for _, data in client.receive(200)]
        assert [number for name, number in received if name == "a"] == [str(n) for n in range(100)]
        assert [number for name, number in received if name == "b"] == [str(n) for n in range(100)]

    def test_a_closed_connection_swallows_everything_and_disturbs_nobody(
        self, fanout: Fanout, make_client: MakeClient
    ) -> None:
        closed, living = make_client(), make_client()
        for client in (closed, living):
            fanout.subscribe(client.connection, "room").release()

        closed.connection.close(1001)
        closed.connection.send(TEXT, b"late")
        fanout.publish("room", TEXT, b"hello")

        assert living.receive(1) == [(TEXT, b"hello")]
