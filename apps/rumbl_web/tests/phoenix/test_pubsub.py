"""Who hears what."""

from __future__ import annotations

import logging

import pytest

from rumbl_web.phoenix.message import Broadcast
from rumbl_web.phoenix.pubsub import PubSub
from rumbl_web.phoenix.pubsub_adapters.adapter import Gap
from rumbl_web.phoenix.pubsub_adapters.local import LocalAdapter
from rumbl_web.phoenix.pubsub_adapters.memory import Network


class Ear:
    def __init__(self, full: bool = False) -> None:
        self.heard: list[Broadcast] = []
        self.full = full

    def send(self, message: object) -> bool:
        assert isinstance(message, Broadcast)
        self.heard.append(message)
        return not self.full


@pytest.fixture
def pubsub() -> PubSub:
    return PubSub()


def test_every_subscriber_of_the_topic_hears_and_nobody_else(pubsub: PubSub) -> None:
    ears, other = [Ear() for _ in range(3)], Ear()
    for ear in ears:
        pubsub.subscribe("a", ear)
    pubsub.subscribe("b", other)

    pubsub.broadcast("a", "hello", {"x": 1})

    assert [ear.heard for ear in ears] == [[Broadcast("a", "hello", {"x": 1})]] * 3
    assert other.heard == []


def test_subscribing_twice_is_once(pubsub: PubSub) -> None:
    one, two = Ear(), Ear()
    for ear in (one, one, two, one, two):
        pubsub.subscribe("a", ear)

    pubsub.broadcast("a", "hello", {})

    assert (len(one.heard), len(two.heard)) == (1, 1)


def test_broadcast_from_leaves_out_the_sender(pubsub: PubSub) -> None:
    sender, other = Ear(), Ear()
    pubsub.subscribe("a", sender)
    pubsub.subscribe("a", other)

    pubsub.broadcast_from(sender, "a", "hello", {})

    assert (len(sender.heard), len(other.heard)) == (0, 1)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_unsubscribing_leaves_nothing_behind(pubsub: PubSub, number: int) -> None:
    ears = [Ear() for _ in range(number)]
    for ear in ears:
        pubsub.subscribe("a", ear)
    stranger = Ear()

    for ear in (stranger, *ears, *ears):
        pubsub.unsubscribe("a", ear)
    pubsub.broadcast("a", "hello", {})

    assert pubsub.receivers("a") == []
    assert pubsub._receivers == {}
    assert [ear.heard for ear in ears] == [[]] * number


@pytest.mark.parametrize("payload", [None, [1], "x", 5])
def test_a_payload_must_be_a_dict_or_bytes(pubsub: PubSub, payload: object) -> None:
    with pytest.raises(TypeError, match="must be a dict or bytes"):
        pubsub.broadcast("a", "hello", payload)


def test_a_receiver_that_drops_a_message_is_named_in_the_log(
    pubsub: PubSub, caplog: pytest.LogCaptureFixture
) -> None:
    pubsub.subscribe("a", Ear(full=True))
    behind = Ear()
    pubsub.subscribe("a", behind)

    with caplog.at_level(logging.WARNING):
        pubsub.broadcast("a", "hello", {})

    assert "missed 'hello' on 'a'" in caplog.text
    assert len(behind.heard) == 1


def test_a_subscriber_may_unsubscribe_while_it_hears(pubsub: PubSub) -> None:
    class Once(Ear):
        def send(self, message: object) -> bool:
            pubsub.unsubscribe("a", self)
            return super().send(message)

    ears = [Once() for _ in range(3)]
    for ear in ears:
        pubsub.subscribe("a", ear)

    pubsub.broadcast("a", "hello", {})
    pubsub.broadcast("a", "again", {})

    assert [len(ear.heard) for ear in ears] == [1, 1, 1]


class Recorder(LocalAdapter):
    """An adapter that keeps what it is told to listen to."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []

    def subscribe(self, topic: str) -> None:
        self.told.append(f"+{topic}")

    def unsubscribe(self, topic: str) -> None:
        self.told.append(f"-{topic}")


def test_the_adapter_is_told_of_first_and_last_subscribers_only() -> None:
    adapter = Recorder()
    pubsub = PubSub(adapter)
    one, two = Ear(), Ear()

    for ear in (one, two, one):
        pubsub.subscribe("a", ear)
    pubsub.listen("a")
    for ear in (one, two):
        pubsub.unsubscribe("a", ear)
    pubsub.unlisten("a")
    pubsub.listen("a")
    pubsub.subscribe("a", one)
    pubsub.unlisten("a")
    pubsub.unsubscribe("a", one)
    pubsub.unsubscribe("a", one)

    assert adapter.told == ["+a", "-a", "+a", "-a"]


def test_listening_is_counted(pubsub: PubSub) -> None:
    pubsub.listen("a")
    pubsub.listen("a")
    pubsub.unlisten("a")

    assert pubsub.topics() == {"a"}

    pubsub.unlisten("a")

    assert pubsub.topics() == set()


def test_topics_can_be_asked_for_by_their_beginning(pubsub: PubSub) -> None:
    for topic in ("videos:1", "users:1"):
        pubsub.subscribe(topic, Ear())
    pubsub.listen("videos:2")

    assert pubsub.topics("videos:") == {"videos:1", "videos:2"}


def test_everyone_who_asked_hears_of_a_gap_whatever_the_others_do(
    caplog: pytest.LogCaptureFixture,
) -> None:
    network = Network()
    pubsub = PubSub(network.adapter("a"))
    gaps: list[Gap] = []
    pubsub.on_gap(lambda _gap: 1 / 0)
    pubsub.on_gap(gaps.append)

    network.cut("a")
    network.heal("a")

    assert len(gaps) == 1
    assert "ZeroDivisionError" in caplog.text
