"""Ports for servers that a test kills and starts again."""

import socket

import pytest

from info_sys import testing_ports
from info_sys.testing_ports import free_port


def test_no_outgoing_connection_can_take_it_while_its_server_is_away(tmp_path, monkeypatch):
    monkeypatch.setattr(testing_ports, "_RANGE", tmp_path / "range")
    (tmp_path / "range").write_text("21000\t60999\n")
    assert all(10_000 <= free_port() < 21_000 for _ in range(50))


@pytest.mark.parametrize("said", [None, "1024 65535", "?"])
def test_where_the_system_says_nothing_or_leaves_none_there_is_one_all_the_same(tmp_path, monkeypatch, said):
    monkeypatch.setattr(testing_ports, "_RANGE", tmp_path / "range")
    if said is not None:
        (tmp_path / "range").write_text(said)
    assert 10_000 <= free_port() < 32_768


def test_a_port_that_is_listened_on_is_never_given(monkeypatch):
    with socket.create_server(("127.0.0.1", free_port())) as taken:
        port = taken.getsockname()[1]
        offers = iter([port, port, free_port()])
        monkeypatch.setattr(testing_ports, "randbelow", lambda _: next(offers) - testing_ports._LOWEST)
        assert free_port() != port
