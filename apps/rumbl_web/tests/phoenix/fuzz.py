"""What a fuzz test makes of real messages."""

from __future__ import annotations

from hypothesis import strategies as st

texts = st.text(max_size=20)
"""Short, of any letters: long ones only take long to make."""

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)

V2 = (
    b'["1","1","plain:1","phx_join",{"token":"t"}]',
    b'["1","1","plain:2","phx_join",null]',
    b'[null,"2","phoenix","heartbeat",{}]',
    b'["1",3,"plain:1","ping",{}]',
    b'["1","4","plain:1","echo",{"a":[1,2.5,null,true,"\xc3\xa9\\u0000"]}]',
    b'["1","5","plain:1","shout",{"x":1}]',
    b'["1","6","plain:1","crash",{}]',
    b'["1","7","plain:1","stop_reply",[]]',
    b'["1","8","plain:1","phx_leave",{}]',
    b'["1","9","videos:denied","phx_join",{}]',
    b'["1","9","videos:crash","phx_join",{}]',
)
V1 = (
    b'{"topic":"plain:1","event":"phx_join","payload":{},"ref":"1"}',
    b'{"topic":"phoenix","event":"heartbeat","payload":{},"ref":2}',
    b'{"topic":"plain:1","event":"echo","payload":{"a":[1,"\xc3\xa9"]},"ref":null,"join_ref":"1"}',
    b'{"topic":"plain:1","event":"shout","payload":{"x":1},"ref":"3"}',
    b'{"topic":"plain:1","event":"phx_leave","payload":{},"ref":"4"}',
)
BINARY = (
    b"\x00\x01\x01\x07\x08" + b"11plain:1phx_join",
    b"\x00\x01\x01\x07\x08" + b"12plain:1ping_bin\x00\xff",
    b"\x00\x00\x00\x07\x09" + b"phoenixheartbeat",
    b"\x00\x01\x01\x07\x05" + b"13plain:1shout\x01",
)


def spoilt(messages: tuple[bytes, ...]) -> st.SearchStrategy[bytes]:
    """Messages with a piece cut out and another put in its place, or pure noise."""
    return st.builds(
        _spoil, st.sampled_from(messages), st.integers(0, 80), st.integers(0, 12), st.binary(max_size=8)
    ) | st.binary(max_size=40)


def _spoil(message: bytes, at: int, size: int, piece: bytes) -> bytes:
    return message[:at] + piece + message[at + size :]
