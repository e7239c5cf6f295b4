"""Limits belong to a mount: clients of one hub may have different ones."""

from __future__ import annotations

from rumbl_web.phoenix.transports.frames import PING, PONG, TEXT
from rumbl_web.phoenix.transports.options import Limits

from .support import Loopback, client_frame

STRICT = Limits(idle_timeout_s=0.2, max_frame=100, max_message=150, rate_per_s=1, rate_burst=2)


def test_a_frame_that_is_too_big_for_one_client_is_fine_for_the_next(loopback: Loopback) -> None:
    strict, _ = loopback.connect(limits=STRICT)
    lax, handler = loopback.connect()

    for client in (strict, lax):
        client.send(client_frame(TEXT, b"x" * 101))
        client.send(client_frame(PING))

    assert strict.receive_close() == 1009
    assert lax.receive() == (PONG, b"")
    assert handler.texts == [b"x" * 101]


def test_fragments_count_in_total_for_each_client_alone(loopback: Loopback) -> None:
    strict, _ = loopback.connect(limits=STRICT)
    lax, _ = loopback.connect()

    for client in (strict, lax):
        client.send(
            client_frame(TEXT, b"x" * 90, final=False), client_frame(0, b"x" * 90), client_frame(PING)
        )

    assert strict.receive_close() == 1009
    assert lax.receive() == (PONG, b"")


def test_so_do_messages_per_second(loopback: Loopback) -> None:
    strict, _ = loopback.connect(limits=STRICT)
    lax, _ = loopback.connect()

    for client in (strict, lax):
        client.send(client_frame(PING) * 5)

    assert strict.receive_until_close()[1] == 1008
    assert [lax.receive() for _ in range(5)] == [(PONG, b"")] * 5


def test_a_client_with_a_short_idle_timeout_is_closed_though_the_others_have_a_long_one(
    loopback: Loopback,
) -> None:
    _, lax_handler = loopback.connect()
    strict, _ = loopback.connect(limits=STRICT)

    assert strict.receive_close() == 1001
    assert lax_handler.codes == []


def test_the_rate_is_turned_into_microseconds_once() -> None:
    assert (STRICT.cost, STRICT.patience) == (1_000_000, 2_000_000)
    assert (Limits(rate_per_s=None).cost, Limits(rate_per_s=None).patience) == (0, 0)
