"""The server's side of RFC 6455 framing, without any input or output.

Bytes of a client become events, messages become bytes. `sole_text` is the fast path for what nearly every
read of a socket holds: exactly one small text frame. Everything else goes through a `Decoder`, which keeps
state only while a frame or a message is incomplete, so a connection between two messages needs none.

Section numbers are those of RFC 6455. Sizes are in bytes.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import Final

CONTINUATION: Final = 0
TEXT: Final = 1
BINARY: Final = 2
CLOSE: Final = 8
PING: Final = 9
PONG: Final = 10

MAX_FRAGMENTS: Final = 4096
"""Frames of one message, so that a flood of empty ones ends (1009)."""

Event = tuple[int, bytes]
"""An opcode (TEXT, BINARY, CLOSE, PING or PONG) and the whole, unmasked payload."""

_FINAL_TEXT = 0x80 | TEXT
_MASKED_126 = 0x80 | 126
_LENGTH_BYTES = {126: 2, 127: 8}
_SHORT_HEADERS = [[bytes((0x80 | opcode, size)) for size in range(126)] for opcode in range(16)]
_BETWEEN_FRAMES = -1
_ECHOED_CODES = frozenset({1000, 1001, 1002, 1003, *range(1007, 1015)})
_from_bytes = int.from_bytes
_utf8_decoder = codecs.getincrementaldecoder("utf-8")


class _ProtocolError(Exception):
    """Ends `Decoder.feed`; carries the close code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def encode(opcode: int, payload: bytes) -> bytes:
    """Return one unmasked final frame (5.2)."""
    size = len(payload)
    if size < 126:
        return _SHORT_HEADERS[opcode][size] + payload
    if size < 65536:
        return bytes((0x80 | opcode, 126)) + size.to_bytes(2, "big") + payload
    return bytes((0x80 | opcode, 127)) + size.to_bytes(8, "big") + payload


def decode_own(data: bytes) -> Iterator[Event]:
    """Yield opcode and payload of each frame in `data`, which `encode` made."""
    at = 0
    while at < len(data):
        length = data[at + 1]
        start = at + 2 + _LENGTH_BYTES.get(length, 0)
        if length > 125:
            length = _from_bytes(data[at + 2 : start], "big")
        yield data[at] & 0x0F, data[start : start + length]
        at = start + length


def encode_close(code: int | None, reason: str = "") -> bytes:
    """Return a close frame (5.5.1); None is a close without a code. A reason is cut to fit 123 bytes."""
    if code is None:
        return encode(CLOSE, b"")
    text = reason.encode()[:123].decode(errors="ignore").encode()
    return encode(CLOSE, code.to_bytes(2, "big") + text)


def decode_close(payload: bytes) -> tuple[int | None, int | None]:
    """Return the code of a client's close frame and the code to answer, each None for an empty one.

    The answer is the client's own code if it is one that may be sent (7.4), else 1002 or 1007 (reason is not
    UTF-8).
    """
    if not payload:
        return None, None
    if len(payload) == 1:
        return None, 1002
    code = _from_bytes(payload[:2], "big")
    if code not in _ECHOED_CODES and not 3000 <= code <= 4999:
        return code, 1002
    return code, code if _is_utf8(payload[2:]) else 1007


def sole_text(data: bytes, limit: int = 65536) -> bytes | None:
    """Return the text if `data` is exactly one whole text frame of at most `limit` bytes, and a valid one.

    None means that a `Decoder` has to look at it; never that it is wrong.
    """
    size = len(data)
    if size < 6 or data[0] != _FINAL_TEXT:
        return None
    length = data[1]
    if length == size + 122 and length < _MASKED_126:
        start = 6
    elif length == _MASKED_126 and size > 133 and _from_bytes(data[2:4], "big") == size - 8:
        start = 8
    else:
        return None
    if size - start > limit:
        return None
    text = _unmask(data[start:], data[start - 4 : start])
    return text if text.isascii() or _is_utf8(text) else None


class Decoder:
    """Turns the bytes of one client into events, however they were cut into reads.

    `parts` counts frames that completed no message, for the caller to charge and reset. After a violation
    `failure` holds the close code (1002, 1007 or 1009) and nothing more is decoded; the
    events before it are still returned. Nothing is decoded after a close frame either (5.5.1).
    """

    __slots__ = (
        "_closed",
        "_control",
        "_final",
        "_fragments",
        "_head",
        "_key",
        "_kind",
        "_left",
        "_max_frame",
        "_max_message",
        "_message",
        "_opcode",
        "_utf8",
        "failure",
        "parts",
    )

    def __init__(self, max_frame: int = 65536, max_message: int = 65536) -> None:
        self._max_frame = max_frame
        self._max_message = max_message
        self._head = b""
        self._opcode = CONTINUATION
        self._final = False
        self._key = b""
        self._left = _BETWEEN_FRAMES
        self._control = b""
        self._kind = CONTINUATION
        self._message = bytearray()
        self._fragments = 0
        self._utf8: codecs.IncrementalDecoder | None = None
        self._closed = False
        self.failure = 0
        self.parts = 0

    def limited(self, max_frame: int, max_message: int) -> Decoder:
        """Return itself, with these limits from now on."""
        self._max_frame = max_frame
        self._max_message = max_message
        return self

    @property
    def idle(self) -> bool:
        """Nothing is kept: the next byte starts a new frame of a new message."""
        between = self._left == _BETWEEN_FRAMES and not self._head and not self._kind
        return between and not self.failure and not self._closed

    def feed(self, data: bytes) -> list[Event]:
        """Return the events that `data` completes."""
        events: list[Event] = []
        if self._head:
            data, self._head = self._head + data, b""
        at = 0
        try:
            while not self.failure and not self._closed and (at := self._step(data, at, events)) >= 0:
                pass
        except _ProtocolError as error:
            self.failure = error.code
        return events

    def _step(self, data: bytes, at: int, events: list[Event]) -> int:
        """Decode one frame or what there is of it; return where the next starts, -1 if `data` is used up."""
        if self._left == _BETWEEN_FRAMES:
            start = self._header(data, at)
            if not start:
                self._head = data[at:]
                return -1
            at = start
        piece = data[at : at + self._left]
        if piece or not self._left:
            self._payload(piece)
            at += len(piece)
        if self._left:
            return -1
        self._left = _BETWEEN_FRAMES
        self._end_frame(events)
        return at

    def _header(self, data: bytes, at: int) -> int:
        """Read the header at `at`; return where its payload starts, 0 if the header is not all there yet."""
        have = len(data) - at
        if have < 2:
            return 0
        length = data[at + 1] & 0x7F
        self._check_bits(data[at], data[at + 1])
        extra = _LENGTH_BYTES.get(length, 0)
        if have < 2 + extra:
            return 0
        if extra:
            length = self._long_length(data[at + 2 : at + 2 + extra])
        self._check_size(data[at] & 0x0F, length)
        if have < 6 + extra:
            return 0
        start = at + 6 + extra
        self._begin_frame(data[at], length, data[start - 4 : start])
        return start

    def _check_bits(self, first: int, second: int) -> None:
        """Refuse what no frame of a client may have: 5.2, 5.4, 5.5; masking is 5.1."""
        opcode = first & 0x0F
        if first & 0x70 or not second & 0x80:
            raise _ProtocolError(1002)
        if opcode & 0x08:
            legal = opcode <= PONG and first & 0x80 and second & 0x7F <= 125
        else:
            legal = opcode <= BINARY and bool(opcode) != bool(self._kind)
        if not legal:
            raise _ProtocolError(1002)

    @staticmethod
    def _long_length(octets: bytes) -> int:
        length = _from_bytes(octets, "big")
        shortest = 126 if len(octets) == 2 else 65536
        if length < shortest or length >> 63:
            raise _ProtocolError(1002)
        return length

    def _check_size(self, opcode: int, length: int) -> None:
        if opcode & 0x08:
            return
        too_many = self._fragments >= MAX_FRAGMENTS
        if length > self._max_frame or len(self._message) + length > self._max_message or too_many:
            raise _ProtocolError(1009)

    def _begin_frame(self, first: int, length: int, key: bytes) -> None:
        self._opcode = first & 0x0F
        self._final = bool(first & 0x80)
        self._left = length
        self._key = key
        if not self._opcode & 0x08:
            self._kind = self._opcode or self._kind
            self._fragments += 1

    def _payload(self, masked: bytes) -> None:
        piece = _unmask(masked, self._key)
        turn = len(piece) % 4
        self._key = self._key[turn:] + self._key[:turn]
        self._left -= len(piece)
        if self._opcode & 0x08:
            self._control += piece
            return
        if self._kind == TEXT:
            self._check_text(piece, end=self._final and not self._left)
        self._message += piece

    def _check_text(self, piece: bytes, *, end: bool) -> None:
        """Fail at the first byte that can't be UTF-8 (8.1), though the message is not complete."""
        if self._utf8 is None:
            if piece.isascii():
                return
            self._utf8 = _utf8_decoder()
        try:
            self._utf8.decode(piece, end)
        except UnicodeDecodeError:
            raise _ProtocolError(1007) from None

    def _end_frame(self, events: list[Event]) -> None:
        if self._opcode & 0x08:
            events.append((self._opcode, self._control))
            self._control = b""
            self._closed = self._opcode == CLOSE
        elif self._final:
            events.append((self._kind, bytes(self._message)))
            self._kind = CONTINUATION
            self._message = bytearray()
            self._fragments = 0
            self._utf8 = None
        else:
            self.parts += 1


def _unmask(data: bytes, key: bytes) -> bytes:
    """Return `data` XOR the repeated key (5.3), as one operation on two long integers."""
    size = len(data)
    mask = (key * (size // 4 + 1))[:size]
    return (_from_bytes(data, "little") ^ _from_bytes(mask, "little")).to_bytes(size, "little")


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
