"""What no event tells the hub: clients that went quiet or stopped reading, and draining."""

from __future__ import annotations

import select
from collections.abc import Callable

from rumbl_web.phoenix.transport import Opcode
from rumbl_web.phoenix.transports.frames import PING, PONG
from rumbl_web.phoenix.transports.hub import Hub

from .support import Loopback, client_frame, eventually, opened

MakeLoopback = Callable[..., Loopback]


class TestQuiet:
    def test_a_quiet_client_is_closed_with_1001(self, make_loopback: MakeLoopback) -> None:
        loopback = make_loopback(idle_timeout_s=0.15)
        client, handler = loopback.connect()

        assert client.receive_close() == 1001
        assert handler.codes == [1001]

    def test_a_ping_keeps_a_client_alive_longer_than_the_timeout(self, make_loopback: MakeLoopback) -> None:
        loopback = make_loopback(idle_timeout_s=0.3)
        quiet, quiet_handler = loopback.connect()
        lively, lively_handler = loopback.connect()

        while not quiet_handler.codes:
            lively.send(client_frame(PING))
            assert lively.receive() == (PONG, b"")
            select.select([quiet.sock], [], [], 0.02)
        assert quiet.receive_close() == 1001

        assert lively_handler.codes == []

    def test_a_reader_that_stalls_is_closed_with_1013(self, make_loopback: MakeLoopback) -> None:
        loopback = make_loopback(stall_timeout_s=0.05, outbox_bytes=64 << 20)
        client, handler = loopback.connect(receive_buffer=4096)

        opened(handler).send(Opcode.BINARY, b"x" * 8_000_000)

        eventually(lambda: handler.codes == [1013])
        assert client.sock.fileno() >= 0


class TestDrain:
    def test_everybody_is_sent_away_with_1012(self, loopback: Loopback) -> None:
        pairs = [loopback.connect() for _ in range(45)]

        loopback.hub.drain(spread_s=0.1)

        assert {client.receive_close() for client, _ in pairs} == {1012}
        assert all(handler.codes == [1012] for _, handler in pairs)

    def test_it_is_spread_out(self, loopback: Loopback) -> None:
        pairs = [loopback.connect() for _ in range(40)]

        loopback.hub.drain(spread_s=30)
        pairs[0][0].receive_close()

        gone = sum(bool(handler.codes) for _, handler in pairs)
        assert 0 < gone < 10

    def test_it_may_be_waited_for(self, make_loopback: MakeLoopback) -> None:
        loopback = make_loopback(close_timeout_s=0.05)
        for _ in range(3):
            loopback.connect()

        assert loopback.hub.drain(spread_s=0.01, wait_s=5)
        assert loopback.hub.stats()["connections"] == 0

    def test_a_late_comer_is_sent_away_too(self, loopback: Loopback) -> None:
        loopback.connect()
        loopback.hub.drain(spread_s=0.01)

        client, _ = loopback.connect()

        assert not loopback.hub.accepting
        assert client.receive_close() == 1012

    def test_draining_nobody_is_quick(self) -> None:
        assert Hub().drain(wait_s=5)
