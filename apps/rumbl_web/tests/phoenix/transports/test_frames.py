"""The codec, by the cases of the Autobahn test suite (1 to 7 and 10) and by chance."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rumbl_web.phoenix.transports import frames
from rumbl_web.phoenix.transports.frames import (
    BINARY,
    CLOSE,
    CONTINUATION,
    MAX_FRAGMENTS,
    PING,
    PONG,
    TEXT,
    Decoder,
)

from ...chance import times
from .support import client_frame

LIMIT = 65536
VALID = "Hello-µ@ßöäüàá-UTF-8!!".encode()
BROKEN = b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited"


def decode(*parts: bytes, chop: int = 0) -> tuple[list[frames.Event], int]:
    """The events of `parts` and the failure; with `chop`, in pieces of that many bytes."""
    decoder, data = Decoder(), b"".join(parts)
    pieces = [data[at : at + chop] for at in range(0, len(data), chop)] if chop else [data]
    events = [event for piece in pieces for event in decoder.feed(piece)]
    return events, decoder.failure


def part(opcode: int, payload: bytes = b"") -> bytes:
    return client_frame(opcode, payload, final=False)


def last(payload: bytes = b"") -> bytes:
    return client_frame(CONTINUATION, payload)


def raw(first: int, second: int, rest: bytes = b"") -> bytes:
    return bytes([first, second]) + rest


PING_1, PING_2 = client_frame(PING, b"ping 1"), client_frame(PING, b"ping 2")
EXCHANGES: dict[str, tuple[bytes, list[frames.Event]]] = {
    **{f"1.1 text of {size}": (client_frame(TEXT, b"*" * size), [(TEXT, b"*" * size)])
       for size in (0, 125, 126, 127, 128, 65535, 65536)},
    **{f"1.2 binary of {size}": (client_frame(BINARY, b"\xfe" * size), [(BINARY, b"\xfe" * size)])
       for size in (0, 125, 126, 127, 128, 65535, 65536)},
    "2.1 empty ping": (client_frame(PING), [(PING, b"")]),
    "2.2 ping": (client_frame(PING, b"Hello"), [(PING, b"Hello")]),
    "2.3 binary ping": (client_frame(PING, b"\x00\xff\xfe"), [(PING, b"\x00\xff\xfe")]),
    "2.4 longest ping": (client_frame(PING, b"\xfe" * 125), [(PING, b"\xfe" * 125)]),
    "2.7 unasked pong": (client_frame(PONG), [(PONG, b"")]),
    "2.10 ten pings": (client_frame(PING, b"p") * 10, [(PING, b"p")] * 10),
    "5.3 two fragments": (part(TEXT, b"a") + last(b"b"), [(TEXT, b"ab")]),
    "5.6 ping between fragments": (
        part(TEXT, b"a") + PING_1 + last(b"b"), [(PING, b"ping 1"), (TEXT, b"ab")]
    ),
    "5.19 pings between five fragments": (
        part(TEXT, b"1") + part(CONTINUATION, b"2") + PING_1
        + part(CONTINUATION, b"3") + part(CONTINUATION, b"4") + PING_2 + last(b"5"),
        [(PING, b"ping 1"), (PING, b"ping 2"), (TEXT, b"12345")],
    ),
    "6.1 empty fragments": (part(TEXT) + part(CONTINUATION) + last(), [(TEXT, b"")]),
    "6.1 one fragment is not empty": (part(TEXT) + part(CONTINUATION, b"x") + last(), [(TEXT, b"x")]),
    "6.2 utf-8": (client_frame(TEXT, VALID), [(TEXT, VALID)]),
    "6.2 utf-8 cut within a character": (part(TEXT, VALID[:7]) + last(VALID[7:]), [(TEXT, VALID)]),
    "6.2 utf-8 in fragments of one byte": (
        part(TEXT, VALID[:1]) + b"".join(part(0, VALID[at : at + 1]) for at in range(1, len(VALID))) + last(),
        [(TEXT, VALID)],
    ),
    "6.5 the highest character": (client_frame(TEXT, b"\xf4\x8f\xbf\xbf"), [(TEXT, b"\xf4\x8f\xbf\xbf")]),
    "6.22 a non-character": (client_frame(TEXT, b"\xef\xbf\xbe"), [(TEXT, b"\xef\xbf\xbe")]),
    "7.1 nothing after a close": (client_frame(CLOSE) + client_frame(TEXT, b"late"), [(CLOSE, b"")]),
    "7.1 ping after a close": (client_frame(CLOSE, b"\x03\xe8") + PING_1, [(CLOSE, b"\x03\xe8")]),
    "10 a message in many frames": (
        part(TEXT, b"*" * 1300) + part(CONTINUATION, b"*" * 1300) * 48 + last(b"*" * 1300),
        [(TEXT, b"*" * 65000)],
    ),
}  # fmt: skip

VIOLATIONS: dict[str, tuple[bytes, list[frames.Event], int]] = {
    "2.5 ping of 126": (client_frame(PING, b"x" * 126), [], 1002),
    "3 rsv1": (raw(0xC1, 0x80, b"\0\0\0\0"), [], 1002),
    "3 rsv2": (raw(0xA1, 0x80, b"\0\0\0\0"), [], 1002),
    "3 rsv3 of a ping": (raw(0x99, 0x80, b"\0\0\0\0"), [], 1002),
    "3 rsv after a good one": (client_frame(TEXT, b"ok") + raw(0xF8, 0x80), [(TEXT, b"ok")], 1002),
    **{f"4.1 reserved opcode {code}": (client_frame(code, b"x"), [], 1002) for code in (3, 4, 5, 6, 7)},
    **{f"4.2 reserved opcode {code}": (client_frame(code), [], 1002) for code in (11, 12, 13, 14, 15)},
    "5.1 fragmented ping": (part(PING, b"a") + last(b"b"), [], 1002),
    "5.2 fragmented pong": (part(PONG, b"a"), [], 1002),
    "7 fragmented close": (part(CLOSE), [], 1002),
    "5.9 continuation of nothing": (last(b"x"), [], 1002),
    "5.10 continuation after a message": (client_frame(TEXT, b"a") + last(b"x"), [(TEXT, b"a")], 1002),
    "5.18 text within a text": (part(TEXT, b"a") + client_frame(TEXT, b"b"), [], 1002),
    "5.18 binary within a text": (part(TEXT, b"a") + part(BINARY, b"b"), [], 1002),
    "masked is a must": (raw(0x81, 0x02, b"hi"), [], 1002),
    "a length of 125 in two bytes": (raw(0x81, 0xFE, b"\0\x7d"), [], 1002),
    "a length of 65535 in eight bytes": (raw(0x82, 0xFF, (65535).to_bytes(8, "big")), [], 1002),
    "a negative length": (raw(0x82, 0xFF, b"\xff" * 8), [], 1002),
    "6.3 broken utf-8": (client_frame(TEXT, BROKEN), [], 1007),
    "6.3 broken utf-8 in bytes": (b"".join([part(TEXT)] + [part(0, bytes([b])) for b in BROKEN]), [], 1007),
    "6.4 broken in the first fragment": (part(TEXT, BROKEN), [], 1007),
    "6.6 cut off": (client_frame(TEXT, b"\xce\xba\xe1\xbd"), [], 1007),
    "6.6 cut off by an empty last fragment": (part(TEXT, b"\xce") + last(), [], 1007),
    "6.10 overlong": (client_frame(TEXT, b"\xc0\xaf"), [], 1007),
    "6.11 beyond the highest": (client_frame(TEXT, b"\xf4\x90\x80\x80"), [], 1007),
    "6.12 surrogate": (client_frame(TEXT, b"\xed\xa0\x80"), [], 1007),
    "frame over the limit": (raw(0x81, 0xFF, (LIMIT + 1).to_bytes(8, "big")), [], 1009),
    "fragments over the limit": (part(TEXT, b"x" * 40000) + raw(0x00, 0xFE, b"\x75\x30"), [], 1009),
    "fragments without end": (part(TEXT) + part(CONTINUATION) * MAX_FRAGMENTS, [], 1009),
}  # fmt: skip


class TestDecoder:
    @pytest.mark.parametrize("chop", [0, 1, 997])
    @pytest.mark.parametrize("name", EXCHANGES)
    def test_what_is_right_becomes_events_however_it_is_cut(self, name: str, chop: int) -> None:
        data, events = EXCHANGES[name]
        if chop == 1 and len(data) > 3000:
            chop = 499

        assert decode(data, chop=chop) == (events, 0)

    @pytest.mark.parametrize("chop", [0, 1])
    @pytest.mark.parametrize("name", VIOLATIONS)
    def test_what_is_wrong_fails_with_its_code_after_the_events_before(self, name: str, chop: int) -> None:
        data, events, code = VIOLATIONS[name]

        assert decode(data, chop=chop if len(data) < 3000 else 0) == (events, code)

    def test_a_size_over_the_limit_fails_before_any_payload(self) -> None:
        assert decode(raw(0x82, 0xFF, (1 << 40).to_bytes(8, "big"))) == ([], 1009)

    def test_broken_utf8_fails_before_its_frame_is_complete(self) -> None:
        assert decode(client_frame(TEXT, BROKEN + b"x" * 90)[:40]) == ([], 1007)

    def test_binary_is_not_looked_at(self) -> None:
        assert decode(client_frame(BINARY, BROKEN)) == ([(BINARY, BROKEN)], 0)

    def test_nothing_is_decoded_after_a_failure(self) -> None:
        decoder = Decoder()
        decoder.feed(raw(0xF1, 0x80))

        assert decoder.feed(client_frame(TEXT, b"x")) == []
        assert decoder.failure == 1002

    def test_limits_are_the_caller_s(self) -> None:
        decoder = Decoder(max_frame=10, max_message=15)

        assert decoder.feed(client_frame(TEXT, b"x" * 10)) == [(TEXT, b"x" * 10)]
        assert decoder.feed(part(TEXT, b"x" * 10) + last(b"x" * 6)) == []
        assert decoder.failure == 1009

    @pytest.mark.parametrize(
        ("data", "idle"),
        [
            (b"", True),
            (client_frame(TEXT, b"x"), True),
            (client_frame(TEXT, b"x")[:1], False),
            (client_frame(TEXT, b"x")[:-1], False),
            (part(TEXT), False),
            (part(TEXT) + last(), True),
            (part(TEXT) + client_frame(PING), False),
        ],
    )
    def test_it_is_idle_between_messages_only(self, data: bytes, idle: bool) -> None:
        decoder = Decoder()
        decoder.feed(data)

        assert decoder.idle == idle


class TestSoleText:
    @pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 1000, 65535])
    def test_one_whole_text_frame_is_decoded(self, size: int) -> None:
        assert frames.sole_text(client_frame(TEXT, b"a" * size)) == b"a" * size

    def test_utf8_is_decoded(self) -> None:
        assert frames.sole_text(client_frame(TEXT, VALID)) == VALID

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"\x81",
            client_frame(TEXT, b"abc")[:-1],
            client_frame(TEXT, b"abc") + b"\x81",
            client_frame(TEXT, b"a" * 126)[:-1],
            client_frame(TEXT, b"a" * 126) + b"x",
            raw(0x81, 0xFE, b"\0\x7d" + b"x" * 129),
            raw(0x81, 0xFE, b"x" * 130),
            client_frame(BINARY, b"abc"),
            part(TEXT, b"abc"),
            raw(0x81, 0x03, b"abcdefg"),
            client_frame(TEXT, BROKEN),
            client_frame(TEXT, b"a" * 65536),
        ],
    )
    def test_everything_else_is_left_to_a_decoder(self, data: bytes) -> None:
        assert frames.sole_text(data) is None

    def test_a_text_over_the_limit_is_left_to_a_decoder(self) -> None:
        assert frames.sole_text(client_frame(TEXT, b"a" * 11), limit=10) is None


class TestClose:
    @pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, *range(1007, 1015), 3000, 3999, 4000, 4999])
    def test_legal_codes_are_echoed(self, code: int) -> None:
        assert frames.decode_close(code.to_bytes(2, "big") + b"bye") == (code, code)

    @pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535])
    def test_other_codes_are_answered_with_1002(self, code: int) -> None:
        assert frames.decode_close(code.to_bytes(2, "big")) == (code, 1002)

    def test_an_empty_close_is_answered_with_an_empty_one(self) -> None:
        assert frames.decode_close(b"") == (None, None)
        assert frames.encode_close(None) == b"\x88\x00"

    def test_half_a_code_is_answered_with_1002(self) -> None:
        assert frames.decode_close(b"\x03") == (None, 1002)

    def test_a_reason_that_is_not_utf8_is_answered_with_1007(self) -> None:
        assert frames.decode_close(b"\x03\xe8" + BROKEN) == (1000, 1007)

    def test_a_long_reason_is_cut_between_characters(self) -> None:
        frame = frames.encode_close(1001, "é" * 100)

        assert frame[1] == 2 + 122
        assert frame[4:].decode() == "é" * 61


@pytest.mark.parametrize(
    ("size", "head"),
    [
        (0, b"\x81\x00"),
        (125, b"\x81\x7d"),
        (126, b"\x81\x7e\x00\x7e"),
        (65535, b"\x81\x7e\xff\xff"),
        (65536, b"\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00"),
    ],
)
def test_a_frame_is_a_header_and_the_payload(size: int, head: bytes) -> None:
    assert frames.encode(TEXT, b"x" * size) == head + b"x" * size


MESSAGES = st.one_of(
    st.tuples(st.just(TEXT), st.text(max_size=300).map(str.encode)),
    st.tuples(st.just(BINARY), st.binary(max_size=300)),
)


@times(0.6)
@given(messages=st.lists(st.tuples(MESSAGES, st.integers(1, 9)), max_size=6), chop=st.integers(1, 60))
def test_any_messages_in_any_fragments_come_back(messages: list[tuple[frames.Event, int]], chop: int) -> None:
    data = b""
    for (opcode, payload), pieces in messages:
        step = len(payload) // pieces + 1
        cuts = [payload[at : at + step] for at in range(0, len(payload), step)] or [b""]
        for number, cut in enumerate(cuts):
            kind = opcode if number == 0 else CONTINUATION
            data += client_frame(kind, cut, final=number == len(cuts) - 1) + client_frame(PONG)

    events, failure = decode(data, chop=chop)

    assert failure == 0
    assert [event for event in events if event[0] != PONG] == [message for message, _ in messages]


@times(2)
@given(data=st.binary(max_size=400), chop=st.integers(1, 50))
def test_garbage_never_raises_and_how_it_is_cut_never_matters(data: bytes, chop: int) -> None:
    assert decode(data, chop=chop) == decode(data)
