"""The bytes of an answer to a poll."""

from __future__ import annotations

import base64
import json

import pytest
from werkzeug.datastructures import Headers

from rumbl_web.phoenix.transports import frames, poll_answer


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536])
def test_messages_of_every_size_come_out_of_their_frames(size: int) -> None:
    text, data = b"x" * size, bytes(size)
    one, two = frames.encode(frames.TEXT, text), frames.encode(frames.BINARY, data)

    found = json.loads(poll_answer.polled(200, "t", [one + two, one]))

    assert found["messages"] == [text.decode(), base64.b64encode(data).decode(), text.decode()]


def test_an_answer_without_messages_has_an_empty_list() -> None:
    assert json.loads(poll_answer.polled(204, "t")) == {"messages": [], "status": 204, "token": "t"}
    assert json.loads(poll_answer.body(413, reason="too big")) == {"status": 413, "reason": "too big"}


def test_the_head_has_the_headers_of_the_application_and_ends_the_connection() -> None:
    headers = Headers([("Content-Length", "7"), ("Connection", "keep-alive"), ("X-One", "1"), ("X-One", "ü")])

    answer = poll_answer.whole(poll_answer.head(headers), b'{"status":200}')

    head, _, body = answer.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    assert (status, body) == ("HTTP/1.1 200 OK", b'{"status":200}')
    assert [line for line in lines if not line.startswith("Date: ")] == [
        "X-One: 1",
        "X-One: ü",
        "Connection: close",
        "Content-Length: 14",
    ]
