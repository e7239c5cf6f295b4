"""What a site's parts share."""

from __future__ import annotations

import threading

from info_sys.otp import Process
from rumbl_web.phoenix.endpoint import Endpoint
from rumbl_web.phoenix.message import Broadcast
from rumbl_web.phoenix.pubsub_adapters.memory import Network
from rumbl_web.phoenix.testing import assert_broadcast, connect, join, leave, make_endpoint

from .reference import PlainChannel, ReferenceSocket


class Listener(Process):
    __slots__ = ("heard", "rang")

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[object] = []
        self.rang = threading.Event()

    def handle(self, message: object) -> None:
        self.heard.append(message)
        self.rang.set()


def test_a_process_may_subscribe_and_gets_broadcasts_as_mail(endpoint: Endpoint) -> None:
    listener = Listener().start()
    endpoint.subscribe("plain:1", listener)

    endpoint.broadcast("plain:1", "hello", {"x": 1})

    assert listener.rang.wait(1)
    assert listener.heard == [Broadcast("plain:1", "hello", {"x": 1})]


def test_a_process_is_unsubscribed_at_its_end(endpoint: Endpoint) -> None:
    listener = Listener().start()
    endpoint.subscribe("plain:1", listener)

    listener.stop()

    assert endpoint.pubsub.receivers("plain:1") == []


def test_a_process_may_unsubscribe(endpoint: Endpoint) -> None:
    listener = Listener().start()
    endpoint.subscribe("plain:1", listener)

    endpoint.unsubscribe("plain:1", listener)

    assert endpoint.pubsub.receivers("plain:1") == []


def test_broadcast_from_leaves_a_process_out(endpoint: Endpoint) -> None:
    sender, other = Listener().start(), Listener().start()
    for listener in (sender, other):
        endpoint.subscribe("plain:1", listener)

    endpoint.broadcast_from(sender, "plain:1", "hello", {})

    assert other.rang.wait(1)
    assert sender.heard == []


def test_services_are_found_by_name() -> None:
    assert make_endpoint(presence="here").services == {"presence": "here"}


def test_what_stands_on_it_is_stopped_once_the_last_first(endpoint: Endpoint) -> None:
    stopped: list[str] = []
    endpoint.on_stop(lambda: stopped.append("first"))
    endpoint.on_stop(lambda: stopped.append("second"))

    endpoint.stop()
    endpoint.stop()

    assert stopped == ["second", "first"]


def test_a_stopped_endpoint_hears_nothing(endpoint: Endpoint) -> None:
    client = connect(ReferenceSocket, {"user_id": "1"}, endpoint=endpoint)
    join(client, PlainChannel, "plain:1")

    endpoint.stop()
    endpoint.broadcast("plain:1", "hello", {})

    assert client.connection.inbox.items == []


def test_a_clients_topic_is_heard_from_other_nodes_while_it_is_joined() -> None:
    network = Network()
    here, there = (make_endpoint(network.adapter(name)) for name in ("here", "there"))
    _, channel = join(connect(ReferenceSocket, {"user_id": "1"}, endpoint=here), PlainChannel, "plain:1")

    there.broadcast("plain:1", "hello", {"x": 1})

    assert_broadcast(channel, "hello", {"x": 1})
    assert here.pubsub.topics("plain:") == {"plain:1"}
    leave(channel)
    assert channel.process.wait(5)
    assert here.pubsub.topics("plain:") == set()
