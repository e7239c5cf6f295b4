"""What a metrics reader may ask of a running node."""

from __future__ import annotations

import socket
import threading

from info_sys.otp import Process
from rumbl_web.phoenix import gauges
from rumbl_web.phoenix.transport import Opcode
from rumbl_web.phoenix.transports.hub import Hub
from rumbl_web.phoenix.transports.options import HubOptions

from .transports.support import Loopback, eventually, opened


def test_every_gauge_is_measured_and_explained() -> None:
    assert set(gauges.measurements(Hub())) == set(gauges.GAUGES)


def test_mail_that_waits_is_seen() -> None:
    gate, began = threading.Event(), threading.Event()

    class Slow(Process):
        def handle(self, message: object) -> None:
            began.set()
            gate.wait(5)

    slow = Slow().start()
    slow.send("first")
    assert began.wait(5)
    for _ in range(7):
        slow.send("more")

    taken = gauges.measurements(Hub())
    assert taken["otp.longest_mailbox"] >= 7
    assert taken["otp.mailboxes"] >= 7
    assert taken["otp.running"] >= 1
    gate.set()
    slow.stop()


def test_bytes_that_a_slow_reader_does_not_take_are_seen() -> None:
    loopback = Loopback(Hub(HubOptions(outbox_bytes=8 << 20)))
    client, handler = loopback.connect(receive_buffer=4096)

    opened(handler).send(Opcode.BINARY, b"x" * (6 << 20))

    eventually(lambda: gauges.measurements(loopback.hub)["hub.outbox_bytes"] > 1 << 20)
    assert gauges.measurements(loopback.hub)["hub.blocked"] == 1
    client.sock.shutdown(socket.SHUT_RDWR)
    eventually(lambda: gauges.measurements(loopback.hub)["hub.outbox_bytes"] == 0)
    loopback.hub.stop()
    loopback.close()
