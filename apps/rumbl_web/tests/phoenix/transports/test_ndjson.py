"""What a posted body means."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rumbl_web.phoenix.transports.frames import BINARY, TEXT
from rumbl_web.phoenix.transports.ndjson import CONTENT_TYPE, MAX_LINES, BadBody, messages


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b"", []),
        (b"\n\r\n\n", []),
        (b"[1]", [(TEXT, b"[1]")]),
        (b'{"topic":"t"}\n', [(TEXT, b'{"topic":"t"}')]),
        (b"[1]\r\nAQI=\r\n", [(TEXT, b"[1]"), (BINARY, b"\x01\x02")]),
        (b"[1]\nAAE=\n[2]", [(TEXT, b"[1]"), (BINARY, b"\x00\x01"), (TEXT, b"[2]")]),
        ('["ü"]'.encode(), [(TEXT, '["ü"]'.encode())]),
    ],
)
def test_each_line_is_a_message(body: bytes, found: list[tuple[int, bytes]]) -> None:
    assert messages(CONTENT_TYPE, body, 100) == found


@pytest.mark.parametrize("kind", ["", "application/json", "text/plain", "application/octet-stream"])
def test_another_content_type_is_one_text(kind: str) -> None:
    assert messages(kind, b"[1,\n2]", 100) == [(TEXT, b"[1,\n2]")]
    assert messages(kind, b"", 100) == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"[1]\n*", 1011),
        (b"[1]\nAAE", 1011),
        (b"[1]\n A", 1011),
        (b"[\xff]", 1007),
        (b"[1]\n[" + b"x" * 100, 1009),
        (b"A" * 136, 1009),
        (b"[]\n" * (MAX_LINES + 1), 1009),
    ],
)
def test_one_bad_line_spoils_all(body: bytes, code: int) -> None:
    with pytest.raises(BadBody) as bad:
        messages(CONTENT_TYPE, body, 100)

    assert bad.value.code == code


def test_as_many_lines_as_may_be_are_taken() -> None:
    assert len(messages(CONTENT_TYPE, b"[]\n" * MAX_LINES, 100)) == MAX_LINES


@given(st.binary(max_size=300), st.sampled_from([CONTENT_TYPE, "text/plain"]))
def test_whatever_comes_is_taken_or_refused(body: bytes, kind: str) -> None:
    with suppress(BadBody):
        assert all(len(payload) <= 100 for _, payload in messages(kind, body, 100))
