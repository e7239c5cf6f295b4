"""A first viewer joins on a node while another node publishes: nothing is lost. Over a real Redis."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, ClassVar

import pytest

from rumbl_web.phoenix import testing_redis
from rumbl_web.phoenix.channel import Channel, ChannelSocket, Joined
from rumbl_web.phoenix.endpoint import Endpoint
from rumbl_web.phoenix.message import Broadcast
from rumbl_web.phoenix.pubsub import PubSub
from rumbl_web.phoenix.pubsub_adapters.redis import RedisAdapter, Timing
from rumbl_web.phoenix.pubsub_adapters.redis_link import Link
from rumbl_web.phoenix.socket import Socket
from rumbl_web.phoenix.testing import ClientSocket, connect, make_endpoint
from rumbl_web.phoenix.testing_redis import RedisServer

from .presence_site import eventually

pytestmark = pytest.mark.skipif(testing_redis.binary() is None, reason=testing_redis.MISSING)

TOPIC = "notes:1"
TIMING = Timing(bell=0.1, stale=0.8, retry=0.05, settle=0.3)


class NotesChannel(Channel):
    """Lists what is stored, as a channel with a database does; what comes later it hears."""

    def join(self, topic: str, payload: Any, socket: ChannelSocket) -> Joined:
        services = socket.endpoint.services
        listed = list(services["stored"])
        services["listed"].set()
        return Joined({"notes": listed})


class NotesSocket(Socket):
    channels: ClassVar[Mapping[str, type[Channel]]] = {"notes:*": NotesChannel}


class Witness:
    """Hears all notes that have passed through Redis."""

    def __init__(self, url: str) -> None:
        self.heard: list[int] = []
        self.pubsub = PubSub(RedisAdapter(url, timing=TIMING))
        self.pubsub.subscribe(TOPIC, self)

    def send(self, message: object) -> bool:
        assert isinstance(message, Broadcast)
        if message.event == "note":
            self.heard.append(message.payload["id"])
        return True


class Site:
    """Two nodes with one store, and a third one that only listens."""

    def __init__(self, url: str) -> None:
        self.stored: list[int] = []
        self.listed = threading.Event()
        self.here, self.there = (self._node(url) for _ in range(2))
        self.witness = Witness(url)

    def _node(self, url: str) -> Endpoint:
        adapter = RedisAdapter(url, timing=TIMING)
        return make_endpoint(adapter, stored=self.stored, listed=self.listed)

    def note(self, number: int) -> None:
        """Another node stores a note and tells of it."""
        self.stored.append(number)
        self.there.broadcast(TOPIC, "note", {"id": number})

    def join(self) -> ClientSocket:
        client = connect(NotesSocket, endpoint=self.here)
        client.send(None, TOPIC, "phx_join", {})
        return client


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with testing_redis.running(tmp_path_factory.mktemp("redis")) as running:
        yield running


@pytest.fixture
def site(server: RedisServer) -> Iterator[Site]:
    site = Site(server.url)
    nodes = [site.here.pubsub, site.there.pubsub, site.witness.pubsub]
    eventually(lambda: all(node.adapter.state == "connected" for node in nodes))
    eventually(lambda: TOPIC.encode() in server.command("PUBSUB CHANNELS *"))
    yield site
    server.thaw()
    for node in nodes:
        node.stop()


def hold_back(monkeypatch: pytest.MonkeyPatch, before: Callable[[], None]) -> None:
    """Do something when a node is about to subscribe to the topic in Redis."""
    real = Link.subscribe

    def subscribe(link: Link, channels: Iterable[bytes]) -> None:
        channels = list(channels)
        if any(channel.endswith(TOPIC.encode()) for channel in channels):
            before()
        real(link, channels)

    monkeypatch.setattr(Link, "subscribe", subscribe)


def numbers(client: ClientSocket) -> list[int]:
    """The ids that a simple client has got, listed or live: each as often as it came."""
    found: list[int] = []
    for _, item in client.connection.inbox.items:
        if getattr(item, "status", None) == "ok":
            found += item.payload["notes"]
        elif item.event == "note":
            found.append(item.payload["id"])
    return found


def test_a_note_told_elsewhere_before_the_first_viewer_is_heard_of_in_redis_is_listed(
    server: RedisServer, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def another_node_is_quicker() -> None:
        site.listed.wait(0.25)  # a join that can't wait for Redis has read its list by now
        site.note(1)
        eventually(lambda: site.witness.heard == [1])

    hold_back(monkeypatch, another_node_is_quicker)

    client = site.join()
    eventually(lambda: client.connection.inbox.items)
    site.note(2)

    eventually(lambda: 2 in numbers(client))
    assert numbers(client) == [1, 2]


def test_many_first_viewers_at_once_each_get_every_note_whatever_is_told_meanwhile(site: Site) -> None:
    """Without any delay of ours: joins and notes race as they like."""
    clients = []
    for number in range(1, 200):
        site.note(number)
        if number % 20 == 0:
            clients.append(site.join())
            for client in clients[:-1]:
                client.server.closed(1001)  # the topic is left and taken again

    last = clients[-1]
    eventually(lambda: 199 in numbers(last))
    assert set(numbers(last)) == set(range(1, 200))


def test_a_first_viewer_is_let_in_while_redis_is_frozen(server: RedisServer, site: Site) -> None:
    server.freeze()

    client = site.join()

    eventually(lambda: client.connection.inbox.items)
    assert numbers(client) == []


def test_a_viewer_who_goes_while_its_join_waits_leaves_no_seat(server: RedisServer, site: Site) -> None:
    server.freeze()
    client = site.join()
    channel = client.server.channels[TOPIC]

    client.server.closed(1001)

    assert channel.wait(10)
    assert site.here.fastlane.groups(TOPIC) == ()
