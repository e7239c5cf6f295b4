"""The cases 1 to 7 and 10 of the Autobahn test suite, by their numbers: what is sent, what must come back.

Written anew from what each case is about. The suite itself needs a Python that is no more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
KEY = b"\x37\xfa\x21\x3d"

Frame = tuple[int, bytes]


@dataclass(frozen=True)
class Case:
    """`sent` goes in pieces of `chop` bytes (0: all at once); `heard` comes back, then a close with `code`.

    None is a close without a code.
    """

    name: str
    sent: bytes
    heard: tuple[Frame, ...] = ()
    code: int | None = 1000
    chop: int = 0


def frame(opcode: int, payload: bytes = b"", *, final: bool = True, rsv: int = 0) -> bytes:
    """One masked frame of a client."""
    first, size = (0x80 if final else 0) | rsv << 4 | opcode, len(payload)
    if size < 126:
        head = bytes([first, 0x80 | size])
    elif size < 65536:
        head = bytes([first, 0xFE]) + size.to_bytes(2, "big")
    else:
        head = bytes([first, 0xFF]) + size.to_bytes(8, "big")
    mask = (KEY * (size // 4 + 1))[:size]
    masked = int.from_bytes(payload, "big") ^ int.from_bytes(mask, "big")
    return head + KEY + masked.to_bytes(size, "big")


def part(opcode: int, payload: bytes = b"") -> bytes:
    return frame(opcode, payload, final=False)


def last(payload: bytes = b"") -> bytes:
    return frame(CONTINUATION, payload)


def closing(code: int = 1000, reason: bytes = b"") -> bytes:
    return frame(CLOSE, code.to_bytes(2, "big") + reason)


END = closing()
HELLO = b"Hello, world!"
SAID = ((TEXT, HELLO),)
ANSWERED = ((PONG, b""),)


def good(name: str, sent: bytes, *heard: Frame, chop: int = 0) -> Case:
    """What is right is sent back, and the close is answered."""
    return Case(name, sent + END, heard, chop=chop)


def bad(name: str, sent: bytes, *heard: Frame, code: int = 1002, chop: int = 0) -> Case:
    """What is wrong ends the connection; what was right before it is sent back first."""
    return Case(name, sent, heard, code, chop)


def sizes() -> Iterator[Case]:
    for group, opcode in ((1, TEXT), (2, BINARY)):
        for number, size in enumerate((0, 125, 126, 127, 128, 65535, 65536, 65536), 1):
            payload = (b"*" if opcode == TEXT else b"\xfe") * size
            chop = 997 if number == 8 else 0
            yield good(f"1.{group}.{number}", frame(opcode, payload), (opcode, payload), chop=chop)


def pings() -> Iterator[Case]:
    binary, long = b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff", b"\xfe" * 125
    yield good("2.1", frame(PING), (PONG, b""))
    yield good("2.2", frame(PING, HELLO), (PONG, HELLO))
    yield good("2.3", frame(PING, binary), (PONG, binary))
    yield good("2.4", frame(PING, long), (PONG, long))
    yield bad("2.5", frame(PING, b"\xfe" * 126))
    yield good("2.6", frame(PING, long), (PONG, long), chop=1)
    yield good("2.7", frame(PONG))
    yield good("2.8", frame(PONG, b"unsolicited"))
    yield good("2.9", frame(PONG, b"unsolicited") + frame(PING, b"ping"), (PONG, b"ping"))
    ten = [f"payload-{number}".encode() for number in range(10)]
    for number, chop in ((10, 0), (11, 1)):
        yield good(f"2.{number}", b"".join(frame(PING, p) for p in ten), *((PONG, p) for p in ten), chop=chop)


def reserved() -> Iterator[Case]:
    """Bits (3) and opcodes (4)."""
    text, ping = frame(TEXT, HELLO), frame(PING)
    yield bad("3.1", frame(TEXT, HELLO, rsv=1))
    for number, chop in ((2, 0), (3, len(text)), (4, 1)):
        yield bad(f"3.{number}", text + frame(TEXT, HELLO, rsv=number) + ping, *SAID, chop=chop)
    yield bad("3.5", frame(BINARY, b"\x00\xff" * 4, rsv=5))
    yield bad("3.6", frame(PING, HELLO, rsv=6))
    yield bad("3.7", frame(CLOSE, rsv=7))
    for group, first in ((1, 3), (2, 11)):
        yield bad(f"4.{group}.1", frame(first))
        yield bad(f"4.{group}.2", frame(first + 1, b"reserved opcode"))
        yield bad(f"4.{group}.3", text + frame(first + 2) + ping, *SAID)
        yield bad(f"4.{group}.4", text + frame(first + 3, HELLO) + ping, *SAID, chop=len(text))
        yield bad(f"4.{group}.5", text + frame(first + 4, HELLO) + ping, *SAID, chop=1)


def fragments() -> Iterator[Case]:
    two = part(TEXT, b"fragment1") + last(b"fragment2")
    whole = (TEXT, b"fragment1fragment2")
    yield bad("5.1", part(PING, b"fragment1") + last(b"fragment2"))
    yield bad("5.2", part(PONG, b"fragment1") + last(b"fragment2"))
    cuts = (0, 15, 1)  # at once, frame by frame (each has 15 bytes), byte by byte
    for number, chop in enumerate(cuts, 3):
        yield good(f"5.{number}", two, whole, chop=chop)
    pinged = part(TEXT, b"fragment1") + frame(PING, b"ping ping") + last(b"fragment2")
    for number, chop in enumerate(cuts, 6):
        yield good(f"5.{number}", pinged, (PONG, b"ping ping"), whole, chop=chop)
    lone = last(b"non-continuation payload")
    for number, chop in enumerate((0, len(lone), 1), 9):
        yield bad(f"5.{number}", lone + frame(TEXT, HELLO), chop=chop)
    open_end = part(CONTINUATION, b"non-continuation payload")
    for number, chop in enumerate((0, len(open_end), 1), 12):
        yield bad(f"5.{number}", open_end + frame(TEXT, HELLO), chop=chop)
    yield bad("5.15", two + part(CONTINUATION, b"fragment3") + frame(TEXT, b"fragment4"), whole)
    for number, nothing in ((16, part(CONTINUATION, b"fragment1")), (17, last(b"fragment1"))):
        yield bad(f"5.{number}", (nothing + part(TEXT, b"fragment2") + last(b"fragment3")) * 2)
    yield bad("5.18", part(TEXT, b"fragment1") + frame(TEXT, b"fragment2"))
    five = part(TEXT, b"1") + part(CONTINUATION, b"2") + frame(PING, b"pongme 1!")
    five += part(CONTINUATION, b"3") + part(CONTINUATION, b"4") + frame(PING, b"pongme 2!") + last(b"5")
    for number, chop in ((19, 0), (20, 7)):
        pongs = (PONG, b"pongme 1!"), (PONG, b"pongme 2!")
        yield good(f"5.{number}", five, *pongs, (TEXT, b"12345"), chop=chop)


KOSME = bytes.fromhex("cebae1bdb9cf83cebcceb5")
VALID = "Hello-µ@ßöäüàá-UTF-8!!".encode()
BROKEN = KOSME + bytes.fromhex("eda080") + b"edited"
BEYOND = KOSME + bytes.fromhex("f4908080") + b"edited"
SURROGATES = "eda080 edadbf edae80 edafbf edb080 edbe80 edbfbf"

SEQUENCES: dict[int, list[bytes]] = {
    number: [bytes.fromhex(one) for one in hexes.split()]
    for number, hexes in {
        7: "00 c280 e0a080 f0908080",
        8: "f888808080 fc8480808080",
        9: "7f dfbf efbfbf f48fbfbf",
        10: "f7bfbfbf fbbfbfbfbf fdbfbfbfbfbf",
        11: "ed9fbf ee8080 efbfbd f48fbfbf f4908080",
        12: "80 bf 80bf 80bf80 80bf80bf 80bf80bf80 80bf80bf80bf " + bytes(range(0x80, 0xC0)).hex(),
        13: " ".join(
            b" ".join(bytes([b]) for b in range(*r)).hex() + "20"
            for r in ((0xC0, 0xE0), (0xE0, 0xF0), (0xF0, 0xF8), (0xF8, 0xFC), (0xFC, 0xFE))
        ),
        14: "c0 e080 f08080 f8808080 fc80808080 df efbf f7bfbf fbbfbfbf fdbfbfbfbf",
        15: "c0e080f08080f8808080fc80808080dfefbff7bfbffbbfbfbffdbfbfbfbf",
        16: "fe ff fefeffff",
        17: "c0af e080af f08080af f8808080af fc80808080af",
        18: "c1bf e09fbf f08fbfbf f887bfbfbf fc83bfbfbfbf",
        19: "c080 e08080 f0808080 f880808080 fc8080808080",
        20: SURROGATES,
        21: " ".join(
            a + b for a, b in product(("eda080", "edadbf", "edae80", "edafbf"), ("edb080", "edbfbf"))
        ),
        22: " ".join(chr(p << 16 | low).encode().hex() for low, p in product((0xFFFE, 0xFFFF), range(17))),
        23: " ".join(chr(point).encode().hex() for point in range(0xFFF9, 0x10000)),
    }.items()
}


def bytewise(text: bytes) -> bytes:
    """A text in fragments of one byte."""
    pieces = [bytes([byte]) for byte in text]
    return part(TEXT, pieces[0]) + b"".join(part(CONTINUATION, piece) for piece in pieces[1:]) + last()


def judged(name: str, text: bytes) -> Case:
    """A text is sent back, or is no text."""
    try:
        text.decode()
    except UnicodeDecodeError:
        return bad(name, frame(TEXT, text), code=1007)
    return good(name, frame(TEXT, text), (TEXT, text))


def utf8() -> Iterator[Case]:
    yield good("6.1.1", frame(TEXT), (TEXT, b""))
    yield good("6.1.2", part(TEXT) + part(CONTINUATION) + last(), (TEXT, b""))
    yield good("6.1.3", part(TEXT) + part(CONTINUATION, b"middle") + last(), (TEXT, b"middle"))
    yield good("6.2.1", frame(TEXT, VALID), (TEXT, VALID))
    yield good("6.2.2", part(TEXT, VALID[:12]) + last(VALID[12:]), (TEXT, VALID))
    yield good("6.2.3", bytewise(VALID), (TEXT, VALID))
    yield good("6.2.4", bytewise(KOSME), (TEXT, KOSME))
    yield bad("6.3.1", frame(TEXT, BROKEN), code=1007)
    yield bad("6.3.2", bytewise(BROKEN), code=1007)
    # What comes first can't become right any more: the rest is never sent.
    yield bad("6.4.1", part(TEXT, BEYOND[:11]) + part(CONTINUATION, BEYOND[11:15]), code=1007)
    yield bad("6.4.2", part(TEXT, BEYOND[:12]) + part(CONTINUATION, BEYOND[12:13]), code=1007)
    whole = frame(TEXT, BEYOND)
    yield bad("6.4.3", whole[: 6 + 15], code=1007, chop=6 + 11)
    yield bad("6.4.4", whole[: 6 + 13], code=1007, chop=6 + 12)
    for number, text in enumerate(
        (KOSME, VALID, "日本語".encode(), "\U0001f600".encode(), "é\u0301".encode()), 1
    ):
        yield judged(f"6.5.{number}", text)
    for size in range(1, len(KOSME) + 1):
        yield judged(f"6.6.{size}", KOSME[:size])
    for group, texts in SEQUENCES.items():
        for number, text in enumerate(texts, 1):
            yield judged(f"6.{group}.{number}", text)


def closes() -> Iterator[Case]:
    text, much = frame(TEXT, HELLO), b"*" * (256 << 10)
    yield Case("7.1.1", text + END, SAID)
    yield Case("7.1.2", END + END)
    yield Case("7.1.3", END + frame(PING))
    yield Case("7.1.4", END + text)
    yield Case("7.1.5", part(TEXT, b"fragment1") + END + last(b"fragment2"))
    yield Case("7.1.6", frame(TEXT, much) + END + frame(PING), ((TEXT, much),))
    yield Case("7.3.1", frame(CLOSE), code=None)
    yield bad("7.3.2", frame(CLOSE, b"a"))
    yield Case("7.3.3", closing(1000))
    yield Case("7.3.4", closing(1000, b"Hello World!"))
    yield Case("7.3.5", closing(1000, b"*" * 123))
    yield bad("7.3.6", closing(1000, b"*" * 124))
    yield bad("7.5.1", closing(1000, BROKEN), code=1007)
    fine = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999)
    for number, code in enumerate(fine, 1):
        yield Case(f"7.7.{number}", closing(code), code=code)
    for number, code in enumerate((0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999), 1):
        yield bad(f"7.9.{number}", closing(code))
    for number, code in enumerate((5000, 65535), 1):
        yield bad(f"7.13.{number}", closing(code))


def auto_fragments() -> Iterator[Case]:
    whole = b"*" * 65536
    pieces = [whole[at : at + 1300] for at in range(0, len(whole), 1300)]
    middle = b"".join(part(CONTINUATION, piece) for piece in pieces[1:-1])
    yield good("10.1.1", part(TEXT, pieces[0]) + middle + last(pieces[-1]), (TEXT, whole))


CASES: dict[str, Case] = {
    case.name: case
    for group in (sizes, pings, reserved, fragments, utf8, closes, auto_fragments)
    for case in group()
}
