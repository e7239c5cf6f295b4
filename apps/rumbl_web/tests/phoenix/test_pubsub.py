"""Who hears what."""

from __future__ import annotations

import logging

import pytest

from rumbl_web.phoenix.message import Broadcast
from rumbl_web.phoenix.pubsub import PubSub


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
