"""The opening handshake."""

from __future__ import annotations

import pytest

from rumbl_web.phoenix.transports import handshake

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
GOOD = {"HTTP_SEC_WEBSOCKET_VERSION": "13", "HTTP_SEC_WEBSOCKET_KEY": KEY}


def test_the_example_of_the_rfc_is_answered_as_there() -> None:
    head = handshake.switching_protocols(KEY)

    assert head.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
    assert b"\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in head
    assert head.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("more", [{}, {"CONTENT_LENGTH": ""}, {"CONTENT_LENGTH": "0"}])
def test_a_proper_request_has_no_problem(more: dict[str, str]) -> None:
    assert handshake.problem(GOOD | more) is None


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({"HTTP_SEC_WEBSOCKET_VERSION": "12"}, "Version"),
        ({"HTTP_SEC_WEBSOCKET_VERSION": ""}, "Version"),
        ({"HTTP_SEC_WEBSOCKET_KEY": ""}, "Key"),
        ({"HTTP_SEC_WEBSOCKET_KEY": "not base64!"}, "Key"),
        ({"HTTP_SEC_WEBSOCKET_KEY": "é"}, "Key"),
        ({"HTTP_SEC_WEBSOCKET_KEY": "c2hvcnQ="}, "Key"),
        ({"CONTENT_LENGTH": "3"}, "body"),
        ({"HTTP_TRANSFER_ENCODING": "chunked"}, "body"),
    ],
)
def test_a_problem_is_told_in_words(more: dict[str, str], word: str) -> None:
    assert word in (handshake.problem(GOOD | more) or "")
