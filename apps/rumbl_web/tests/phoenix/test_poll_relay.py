"""Two nodes and a client whose requests reach now the one, now the other: no sticky sessions."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Blueprint, Flask
from werkzeug.serving import make_server

from rumbl_web.phoenix import poll_relay
from rumbl_web.phoenix.endpoint import Endpoint
from rumbl_web.phoenix.message import Broadcast
from rumbl_web.phoenix.mount import mount
from rumbl_web.phoenix.poll_relay import PollRelay
from rumbl_web.phoenix.pubsub import PubSub
from rumbl_web.phoenix.pubsub_adapters.memory import Network
from rumbl_web.phoenix.transports.hub import Hub
from rumbl_web.phoenix.transports.options import HubOptions, Limits, PollOptions

from .reference import ReferenceSocket
from .transports.polling import PollClient
from .transports.support import eventually


@dataclass
class Node:
    name: str
    port: int
    hub: Hub
    endpoint: Endpoint


@contextmanager
def node(network: Network, name: str, window_s: float = 1.0) -> Iterator[Node]:
    hub = Hub(HubOptions(limits=Limits(rate_per_s=None), close_timeout_s=1.0))
    endpoint = Endpoint(PubSub(network.adapter(name)), hub, "secret")
    app, pages = Flask(__name__), Blueprint("pages", __name__)
    mount(pages, "/socket", ReferenceSocket, endpoint, hub, longpoll=PollOptions(window_s=window_s))
    app.register_blueprint(pages)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield Node(name, server.server_port, hub, endpoint)
    finally:
        hub.stop()
        server.shutdown()
        thread.join()
        server.server_close()
        endpoint.pubsub.stop()


@pytest.fixture
def network() -> Network:
    return Network()


@pytest.fixture
def nodes(network: Network) -> Iterator[tuple[Node, Node]]:
    with ExitStack() as stack:
        yield stack.enter_context(node(network, "one")), stack.enter_context(node(network, "two"))


@pytest.fixture
def client(nodes: tuple[Node, Node]) -> PollClient:
    """Its session is on the first node, and its next request goes to the second."""
    client = PollClient(nodes[0].port, user_id="7").begin()
    client.port = nodes[1].port
    return client


def frame(*parts: Any) -> str:
    return json.dumps(parts)


def texts(messages: list[str]) -> list[Any]:
    return [json.loads(message) for message in messages]


def join(client: PollClient) -> None:
    assert client.post(frame("1", "1", "plain:1", "phx_join", {})) == {"status": 200}
    assert texts(client.messages(1))[0][:4] == ["1", "1", "plain:1", "phx_reply"]


def is_polled(node: Node) -> bool:
    return any(session.request is not None for session in node.hub.polls.sessions.values())


def test_every_request_may_reach_another_node(nodes: tuple[Node, Node], client: PollClient) -> None:
    join(client)

    for number in range(10):
        client.port = nodes[number % 2].port
        client.post(frame("1", str(number), "plain:1", "echo", {"n": number}))
        client.port = nodes[number // 2 % 2].port
        assert texts(client.messages(1))[0][4] == {"response": {"n": number}, "status": "ok"}
    assert [len(node.hub.polls.sessions) for node in nodes] == [1, 0]
    assert [node.hub.stats()["adopted"] for node in nodes] == [0, 0]


def test_a_poll_waits_on_the_node_that_it_reached(nodes: tuple[Node, Node], client: PollClient) -> None:
    join(client)
    poll = client.start()
    eventually(lambda: is_polled(nodes[0]), "the owner knows of the poll")

    nodes[1].endpoint.broadcast("plain:1", "shout", {"from": "two"})

    answer = poll.answer().json
    assert (answer["status"], answer["token"]) == (200, client.token)
    assert texts(answer["messages"]) == [[None, None, "plain:1", "shout", {"from": "two"}]]


def test_it_ends_with_204_when_nothing_came(network: Network) -> None:
    with node(network, "one", 0.3) as one, node(network, "two", 0.3) as two:
        client = PollClient(one.port, user_id="7").begin()
        client.port = two.port

        assert client.poll() == {"messages": [], "status": 204, "token": client.token}


def test_many_messages_come_in_order(client: PollClient) -> None:
    join(client)
    lines = [frame("1", str(number), "plain:1", "echo", number) for number in range(200)]

    assert client.post(*lines) == {"status": 200}

    assert [one[4]["response"] for one in texts(client.messages(200))] == list(range(200))


def test_what_comes_after_the_client_left_waits_for_its_next_poll(
    nodes: tuple[Node, Node], client: PollClient
) -> None:
    join(client)
    poll = client.start()
    eventually(lambda: is_polled(nodes[0]))

    poll.sock.close()
    eventually(lambda: not is_polled(nodes[0]), "the owner knows that the client has gone")
    nodes[0].endpoint.broadcast("plain:1", "shout", {"n": 1})

    client.port = nodes[0].port
    assert texts(client.messages(1))[0][4] == {"n": 1}


def test_what_a_broken_connection_did_not_bring_comes_with_the_next_poll(
    nodes: tuple[Node, Node], client: PollClient
) -> None:
    join(client)
    poll = client.start()
    eventually(lambda: is_polled(nodes[0]))
    for number in range(8):
        nodes[0].endpoint.broadcast("plain:1", "shout", {"n": number, "pad": "x" * 50_000})
    poll.sock.recv(10)
    poll.reset()
    eventually(lambda: nodes[1].hub.stats()["polls"] == 0)

    heard = [one[4]["n"] for one in texts(client.messages(8))]

    assert heard == list(range(8))


def test_a_node_that_drains_sends_polls_on_to_the_others(network: Network) -> None:
    with node(network, "one", 30.0) as one, node(network, "two", 30.0) as two:
        client = PollClient(one.port, user_id="7").begin()
        client.port = two.port
        join(client)
        poll = client.start()
        eventually(lambda: is_polled(one))

        two.hub.drain(spread_s=0.1)

        assert poll.answer().json["status"] == 204
        one.endpoint.broadcast("plain:1", "shout", {"n": 1})
        client.port = one.port
        assert texts(client.messages(1))[0][4] == {"n": 1}


def test_the_session_of_a_node_that_is_gone_is_gone(
    network: Network, nodes: tuple[Node, Node], client: PollClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(poll_relay, "SIGN_OF_LIFE_S", 0.1)  # nobody is left to give one
    network.cut("one")

    assert client.post(frame(None, "1", "phoenix", "heartbeat", {})) == {"status": 410}
    before = client.token
    assert client.begin().token != before
    join(client)
    assert [len(node.hub.polls.sessions) for node in nodes][1] == 1


def test_so_is_one_that_its_owner_has_ended(nodes: tuple[Node, Node], client: PollClient) -> None:
    nodes[0].endpoint.disconnect("users_socket:7")
    eventually(lambda: not nodes[0].hub.polls.sessions)

    assert client.post(frame(None, "1", "phoenix", "heartbeat", {})) == {"status": 410}
    before = client.token
    assert client.begin().token != before


def test_an_end_answers_the_poll_on_the_other_node(nodes: tuple[Node, Node], client: PollClient) -> None:
    poll = client.start()
    eventually(lambda: is_polled(nodes[0]))

    nodes[1].endpoint.disconnect("users_socket:7")

    assert poll.answer().json == {"messages": [], "status": 410, "token": client.token}


@pytest.mark.parametrize(("body", "status"), [("[1]", 400), ("*", 400), ("[" + "x" * 65_536, 413)])
def test_a_broken_rule_ends_the_session_at_once(
    nodes: tuple[Node, Node], client: PollClient, body: str, status: int
) -> None:
    assert client.post(body)["status"] == status

    eventually(lambda: not nodes[0].hub.polls.sessions)


def test_nobody_can_listen_in_without_the_secret(nodes: tuple[Node, Node]) -> None:
    topics = nodes[0].endpoint.pubsub.topics("long_poll:")

    assert len(topics) == 1
    assert "one" not in topics.pop()


class Ear:
    """Hears what a node says."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def dispatch(self, broadcast: Broadcast, sender: object) -> None:
        self.said.append(broadcast.event)


def with_one_who_waits(network: Network) -> tuple[PubSub, Ear, PollRelay, threading.Thread]:
    """A relay with one turn, which a thread has taken to ask a node that is gone."""
    pubsub, ear = PubSub(network.adapter("here")), Ear()
    pubsub.attach(ear)
    relay = PollRelay(pubsub, Hub(), "secret", "/socket", PollOptions(most_asking=1))
    first = threading.Thread(target=relay.post, args=("gone", "token", []))
    first.start()
    eventually(lambda: ear.said == ["post"], "the first thread has asked and waits for the word")
    return pubsub, ear, relay, first


def test_nodes_that_are_gone_keep_few_request_threads_waiting(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(poll_relay, "SIGN_OF_LIFE_S", 0.6)  # nobody is left to give one
    pubsub, ear, relay, first = with_one_who_waits(network)

    assert relay.post("gone too", "token", []) == 410

    assert ear.said == ["post"], "the second one did not even ask"
    first.join()
    monkeypatch.setattr(poll_relay, "SIGN_OF_LIFE_S", 0.1)
    relay.post("gone too", "token", [])
    assert ear.said == ["post", "post"], "there is a turn again"
    pubsub.stop()


def test_a_node_that_gave_no_sign_of_life_is_left_alone_for_some_seconds_and_no_other(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr(poll_relay, "time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr(poll_relay, "SIGN_OF_LIFE_S", 0.02)  # nobody is left to give one
    pubsub, ear = PubSub(network.adapter("here")), Ear()
    pubsub.attach(ear)
    relay = PollRelay(pubsub, Hub(), "secret", "/socket", PollOptions())
    assert relay.post("gone", "token", []) == 410

    now[0] += poll_relay.SILENT_S - 0.1
    assert relay.post("gone", "token", []) == 410
    assert ear.said == ["post"], "no request thread waits for it again"
    relay.post("gone too", "token", [])
    assert ear.said == ["post"] * 2

    now[0] += 0.2
    relay.post("gone", "token", [])
    relay.post("gone too", "token", [])
    assert ear.said == ["post"] * 3, "it may be back; the other one was found silent later"
    pubsub.stop()


def test_who_waited_for_a_turn_asks_no_node_that_was_found_silent_meanwhile(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(poll_relay, "SIGN_OF_LIFE_S", 0.2)
    monkeypatch.setattr(poll_relay, "TURN_S", 5.0)
    pubsub, ear, relay, first = with_one_who_waits(network)

    assert relay.post("gone", "token", []) == 410

    assert ear.said == ["post"]
    first.join()
    pubsub.stop()
