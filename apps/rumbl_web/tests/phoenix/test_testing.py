"""The test kit: it finds what is there, and fails when it is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rumbl_web.phoenix import testing, testing_transport
from rumbl_web.phoenix.endpoint import Endpoint
from rumbl_web.phoenix.serializer import Serializer
from rumbl_web.phoenix.serializers import for_version
from rumbl_web.phoenix.testing import (
    ANY,
    ClientChannel,
    ClientSocket,
    ConnectRefused,
    JoinRefused,
    assert_broadcast,
    assert_closed,
    assert_push,
    assert_reply,
    close,
    connect,
    join,
    leave,
    push,
    refute_broadcast,
    refute_push,
    refute_reply,
    subscribe_and_join,
)

from .reference import PlainChannel, ReferenceSocket, VideosChannel


@pytest.fixture(params=[None, "1.0.0", "2.0.0"], ids=["python values", "v1", "v2"])
def serializer(request: pytest.FixtureRequest) -> Serializer | None:
    return None if request.param is None else for_version(request.param)


@pytest.fixture
def client(endpoint: Endpoint, serializer: Serializer | None) -> ClientSocket:
    return connect(ReferenceSocket, {"user_id": "1"}, endpoint=endpoint, serializer=serializer)


@pytest.fixture
def channel(client: ClientSocket) -> ClientChannel:
    return subscribe_and_join(client, PlainChannel, "plain:1")[1]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Failing assertions need not wait out a second."""
    take = testing_transport.Inbox.take
    monkeypatch.setattr(
        testing_transport.Inbox, "take", lambda self, wanted, timeout_s=0: take(self, wanted, 0.02)
    )


def test_connect_gives_the_assigns_or_raises(client: ClientSocket, endpoint: Endpoint) -> None:
    assert client.assigns == {"user_id": "1"}
    with pytest.raises(ConnectRefused):
        connect(ReferenceSocket, endpoint=endpoint)


def test_join_gives_the_response_or_raises(client: ClientSocket) -> None:
    response, channel = join(client, PlainChannel, "plain:1", {"last_seen_id": 0})

    assert response == {"annotations": []}
    assert channel.assigns == {"user_id": "1"}
    with pytest.raises(JoinRefused, match="unauthorized"):
        join(client, VideosChannel, "videos:denied")


def test_joining_the_wrong_channel_says_which_is_right(client: ClientSocket) -> None:
    with pytest.raises(AssertionError, match="routed to"):
        join(client, VideosChannel, "plain:1")


def test_a_reply_is_found_by_its_ref_and_given_back(channel: ClientChannel) -> None:
    first, second = push(channel, "echo", {"a": {"b": 1, "c": 2}}), push(channel, "fail", {"reason": "x"})

    assert assert_reply(second, "error", {"reason": "x"}) == {"reason": "x"}
    assert assert_reply(first, "ok", {"a": {"b": 1}}) == {"a": {"b": 1, "c": 2}}


def test_pushes_and_broadcasts_are_found_among_others(channel: ClientChannel) -> None:
    for number in range(3):
        push(channel, "push_back", {"n": number})
        push(channel, "shout", {"n": number, "list": [{"x": number}]})

    assert assert_push(channel, "pushed", {"n": 2}) == {"n": 2}
    assert assert_broadcast(channel, "shout", {"list": [{"x": 1}]})["n"] == 1
    assert assert_broadcast(channel, "shout", {"n": ANY})["n"] == 0


def test_a_broadcast_that_only_others_get_is_heard_when_subscribed(channel: ClientChannel) -> None:
    push(channel, "shout_from", {"x": 1})

    assert_broadcast(channel, "shout", {"x": 1})


def test_without_subscribing_broadcasts_are_those_the_client_gets(client: ClientSocket) -> None:
    _, channel = join(client, PlainChannel, "plain:1")
    push(channel, "shout", {"x": 1})
    push(channel, "shout_from", {"x": 2})

    assert_broadcast(channel, "shout", {"x": 1})
    refute_broadcast(channel, "shout")


@pytest.mark.parametrize("serializer", [None, for_version("2.0.0")], ids=["python values", "v2"])
def test_binary_payloads_stay_bytes(channel: ClientChannel) -> None:
    assert assert_reply(push(channel, "ping_bin", b"\x00\xff")) == b"\x00\xff"
    push(channel, "push_bin", b"\x01")
    assert assert_push(channel, "pushed_bin") == b"\x01"
    push(channel, "shout", b"\x02")
    assert assert_broadcast(channel, "shout") == b"\x02"


def test_a_reply_that_comes_later_from_elsewhere_is_waited_for(channel: ClientChannel) -> None:
    assert assert_reply(push(channel, "later", {"x": 1}), "ok", {"x": 1}) == {"x": 1}


def test_refutations_hold_when_the_channel_is_done(channel: ClientChannel) -> None:
    pushed = push(channel, "silent")

    refute_reply(pushed)
    refute_push(channel, "pushed")
    refute_broadcast(channel, "shout")


Claim = Callable[[ClientChannel], Any]
WRONG_CLAIMS: dict[str, Claim] = {
    "no reply": lambda channel: assert_reply(push(channel, "silent")),
    "another status": lambda channel: assert_reply(push(channel, "fail")),
    "another payload": lambda channel: assert_reply(push(channel, "echo", {"x": 1}), "ok", {"x": 2}),
    "a missing key": lambda channel: assert_reply(push(channel, "echo", {"x": 1}), "ok", {"y": 1}),
    "a shorter list": lambda channel: assert_reply(push(channel, "echo", [1]), "ok", [1, 2]),
    "no push": lambda channel: assert_push(channel, "pushed"),
    "no broadcast": lambda channel: assert_broadcast(channel, "shout"),
    "not closed": lambda channel: assert_closed(channel.client, 1001),
    "a reply after all": lambda channel: refute_reply(push(channel, "ping")),
    "a push after all": lambda channel: (push(channel, "push_back"), refute_push(channel, "pushed")),
    "a broadcast after all": lambda channel: (push(channel, "shout"), refute_broadcast(channel, "shout")),
}


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("claim", WRONG_CLAIMS)
def test_a_wrong_claim_fails(channel: ClientChannel, claim: str) -> None:
    with pytest.raises(AssertionError):
        WRONG_CLAIMS[claim](channel)


def test_leave_and_close(channel: ClientChannel, client: ClientSocket) -> None:
    _, other = join(client, PlainChannel, "plain:2")

    assert_reply(leave(channel), "ok", {})
    assert_push(channel, "phx_close")
    close(client)

    assert not other.process.alive


def test_a_forced_end_is_seen(client: ClientSocket, endpoint: Endpoint) -> None:
    endpoint.disconnect("users_socket:1")

    assert_closed(client, 1001)


def test_everything_public_is_listed() -> None:
    assert all(hasattr(testing, name) for name in testing.__all__)
