"""Ports for servers that a test kills and starts again."""

import socket

from info_sys import testing_ports
from info_sys.testing_ports import free_port


def test_no_outgoing_connection_can_take_it_while_its_server_is_away():
    first, _last = map(int, testing_ports._RANGE.read_text().split())
    assert all(testing_ports._LOWEST <= free_port() < first for _ in range(50))


def test_a_port_that_is_listened_on_is_never_given(monkeypatch):
    with socket.create_server(("127.0.0.1", free_port())) as taken:
        port = taken.getsockname()[1]
        offers = iter([port, port, free_port()])
        monkeypatch.setattr(testing_ports, "randbelow", lambda _: next(offers) - testing_ports._LOWEST)
        assert free_port() != port
