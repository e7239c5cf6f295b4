"""What every serializer must keep, whatever its version."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rumbl_web.phoenix.message import Broadcast, Message, Reply
from rumbl_web.phoenix.serializer import DecodeError, Serializer
from rumbl_web.phoenix.serializers.v2_client import decode_from_server, encode_to_server
from rumbl_web.phoenix.serializers.v2_json import V2JSON

SERIALIZERS: list[Serializer] = [V2JSON()]

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
refs = st.none() | st.text() | st.integers(0, 2**53)
names = st.text(min_size=1, max_size=30)


@pytest.mark.parametrize("serializer", SERIALIZERS, ids=lambda one: one.vsn)
class TestEverySerializer:
    @settings(deadline=None, max_examples=40)
    @given(join_ref=refs, ref=refs, topic=names, event=names, payload=json_values)
    def test_what_a_client_writes_is_what_the_server_reads(
        self, serializer: Serializer, join_ref: Any, ref: Any, topic: str, event: str, payload: Any
    ) -> None:
        message = Message(join_ref, ref, topic, event, payload)

        assert serializer.decode(encode_to_server(message)) == message

    @settings(deadline=None, max_examples=40)
    @given(join_ref=names, topic=names, event=names, payload=json_values | st.binary())
    def test_what_the_server_writes_is_what_a_client_reads(
        self, serializer: Serializer, join_ref: str, topic: str, event: str, payload: Any
    ) -> None:
        push = Message(join_ref, None, topic, event, payload)
        reply = Reply(join_ref, "7", topic, "ok", payload)
        broadcast = Broadcast(topic, event, payload)
        event_is_free = event != "phx_reply"

        assert not event_is_free or decode_from_server(*serializer.encode(push)) == push
        assert decode_from_server(*serializer.encode_reply(reply)) == reply
        assert not event_is_free or decode_from_server(*serializer.encode_broadcast(broadcast)) == broadcast

    @settings(deadline=None, max_examples=40)
    @given(data=st.binary(max_size=60))
    def test_garbage_raises_decode_error_and_nothing_else(self, serializer: Serializer, data: bytes) -> None:
        for decode in (serializer.decode, serializer.decode_binary):
            try:
                assert isinstance(decode(data), Message)
            except DecodeError:
                continue

    @settings(deadline=None, max_examples=40)
    @given(data=st.binary(max_size=60))
    def test_only_heartbeats_are_answered_undecoded(self, serializer: Serializer, data: bytes) -> None:
        assert serializer.heartbeat(data) is None
