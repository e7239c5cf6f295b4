"""The promise that transports and the runtime share: order per connection."""

from __future__ import annotations

from rumbl_web.phoenix.endpoint import Endpoint
from rumbl_web.phoenix.testing import assert_push, connect, join, push
from rumbl_web.phoenix.transport import Opcode

from .reference import PlainChannel, ReferenceSocket


def test_the_kinds_of_messages_have_the_numbers_of_the_rfc() -> None:
    assert (Opcode.TEXT, Opcode.BINARY) == (1, 2)


def test_pushes_broadcasts_and_replies_of_one_channel_arrive_in_the_order_of_its_calls(
    endpoint: Endpoint,
) -> None:
    client = connect(ReferenceSocket, {"user_id": "1"}, endpoint=endpoint)
    _, channel = join(client, PlainChannel, "plain:1")

    for number in range(50):
        push(channel, ("push_back", "shout", "echo")[number % 3], {"n": number})
    push(channel, "push_back", {"last": True})
    wanted = assert_push(channel, "pushed", {"last": True})

    payloads = [item.payload for _, item in client.connection.inbox.items]
    numbers = [payload["n"] for payload in payloads if "n" in payload]
    assert wanted == {"last": True}
    assert numbers == list(range(50))
