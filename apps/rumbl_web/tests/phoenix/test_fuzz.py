"""Chance at the decoders and the socket server, in process. Against a live socket: tests/conformance."""

from __future__ import annotations

import json
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rumbl_web.phoenix.endpoint import Endpoint
from rumbl_web.phoenix.message import Broadcast, Message, Reply
from rumbl_web.phoenix.serializer import DecodeError, Serializer
from rumbl_web.phoenix.serializers import v1_client, v2_client
from rumbl_web.phoenix.serializers.v1_json import V1JSON
from rumbl_web.phoenix.serializers.v2_json import V2JSON
from rumbl_web.phoenix.testing import make_endpoint

from ..chance import share
from .fuzz import BINARY, V1, V2, json_values, spoilt
from .reference import Wire

VERSIONS: list[tuple[Serializer, ModuleType]] = [(V1JSON(), v1_client), (V2JSON(), v2_client)]

refs = st.none() | st.text(max_size=12) | st.integers(0, 2**53) | st.lists(st.integers(0, 9), max_size=2)
names = st.text(min_size=1, max_size=30).filter(lambda name: name != "phx_reply")
fields = st.text(max_size=60)  # at most 240 bytes each


@pytest.mark.parametrize(("serializer", "client"), VERSIONS, ids=["v1", "v2"])
class TestRoundTrip:
    @share(0.04)
    @given(message=st.builds(Message, refs, refs, names, names, json_values))
    def test_what_a_client_writes_is_what_the_server_reads(
        self, serializer: Serializer, client: ModuleType, message: Message
    ) -> None:
        if client is v1_client:
            message.join_ref = None

        assert serializer.decode(client.encode_to_server(message)) == message

    @share(0.04)
    @given(join_ref=names, ref=refs, topic=names, event=names, payload=json_values)
    def test_what_the_server_writes_is_what_a_client_reads(
        self,
        serializer: Serializer,
        client: ModuleType,
        join_ref: Any,
        ref: Any,
        topic: str,
        event: str,
        payload: Any,
    ) -> None:
        kept = None if client is v1_client else join_ref
        reply = Reply(join_ref, ref, topic, "ok", payload)
        broadcast = serializer.encode_broadcast(Broadcast(topic, event, payload))

        push = client.decode_from_server(*serializer.encode(Message(join_ref, None, topic, event, payload)))
        assert push == Message(kept, None, topic, event, payload)
        answer = client.decode_from_server(*serializer.encode_reply(reply))
        assert answer == Reply(kept, ref, topic, "ok", payload)
        assert broadcast is not None
        heard = client.decode_from_server(*broadcast)
        assert (heard.topic, heard.event, heard.payload) == (topic, event, payload)


@share(0.05)
@given(message=st.builds(Message, fields, fields, fields, fields, st.binary(max_size=40)))
def test_a_binary_push_is_read_as_it_was_written(message: Message) -> None:
    assert V2JSON().decode_binary(v2_client.encode_to_server(message)) == message


@share(0.03)
@given(join_ref=fields, ref=fields, topic=fields, event=fields, payload=st.binary(max_size=40))
def test_binary_messages_of_the_server_are_read_as_they_were_written(
    join_ref: str, ref: str, topic: str, event: str, payload: bytes
) -> None:
    serializer, read = V2JSON(), v2_client.decode_from_server
    push, reply = Message(join_ref, None, topic, event, payload), Reply(join_ref, ref, topic, "ok", payload)
    broadcast = Broadcast(topic, event, payload)

    assert read(*serializer.encode(push)) == push
    assert read(*serializer.encode_reply(reply)) == reply
    assert read(*serializer.encode_broadcast(broadcast)) == broadcast


def decodes_or_refuses(decode: Any, data: bytes) -> None:
    """The only exception is the one that closes the offender alone."""
    try:
        message = decode(data)
    except DecodeError:
        return
    assert isinstance(message, Message)


@share(0.22)
@given(data=spoilt(V1))
def test_a_spoilt_v1_message_is_read_or_refused(data: bytes) -> None:
    decodes_or_refuses(V1JSON().decode, data)


@share(0.22)
@given(data=spoilt(V2))
def test_a_spoilt_v2_message_is_read_or_refused(data: bytes) -> None:
    decodes_or_refuses(V2JSON().decode, data)
    V2JSON().heartbeat(data)


@share(0.22)
@given(data=spoilt(BINARY))
def test_a_spoilt_binary_message_is_read_or_refused(data: bytes) -> None:
    decodes_or_refuses(V2JSON().decode_binary, data)


@pytest.fixture(scope="module")
def crowd() -> tuple[Endpoint, Wire]:
    """A site with a watcher on plain:1."""
    endpoint = make_endpoint()
    watcher = Wire(endpoint, "watcher")
    watcher.ask('["w","w","plain:1","phx_join",{}]')
    return endpoint, watcher


messages = st.lists(
    st.tuples(st.just(False), st.sampled_from(V2) | spoilt(V2))
    | st.tuples(st.just(True), st.sampled_from(BINARY) | spoilt(BINARY))
    | st.tuples(
        st.just(False),
        st.builds(
            lambda join_ref, ref, topic, event, payload: json.dumps(
                [join_ref, ref, topic, event, payload]
            ).encode(),
            st.sampled_from(["1", None, "2"]) | json_values,
            json_values,
            st.sampled_from(["plain:1", "plain:2", "videos:1", "phoenix", ""]) | json_values,
            st.sampled_from(["phx_join", "phx_leave", "echo", "shout", "later", "wrong"]) | json_values,
            json_values,
        ),
    ),
    min_size=1,
    max_size=8,
)


@share(0.05)
@given(messages=messages)
def test_whatever_one_client_sends_a_watcher_misses_no_broadcast(
    crowd: tuple[Endpoint, Wire], messages: list[tuple[bool, bytes]]
) -> None:
    endpoint, watcher = crowd
    offender = Wire(endpoint, "offender")
    for binary, data in messages:
        handle = offender.server.handle_binary if binary else offender.server.handle_text
        try:
            handle(data)
        except DecodeError:
            break

    endpoint.broadcast("plain:1", "last", {})

    heard = []
    while heard != [[None, None, "plain:1", "last", {}]]:
        heard = watcher.receive()
        assert heard, "the watcher missed the broadcast"
    channels = [*offender.server.channels.values(), *(offender.server.leaving or {}).values()]
    offender.server.closed(1011)
    assert all(channel.wait(5) for channel in channels)
