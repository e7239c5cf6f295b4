import socket

import pytest

from info_sys.addresses import ForbiddenAddress, anything, connect, is_public


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "8.8.8.8"])
def test_addresses_of_the_internet_are_public(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1",
     "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1",
     "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "2002:7f00:1::", "nonsense", ""],
)  # fmt: skip
def test_all_others_are_not(address):
    assert not is_public(address)


def test_one_forbidden_address_among_good_ones_is_enough_to_refuse():
    with pytest.raises(ForbiddenAddress):
        connect("mixed.example", 443, 1, look_up=lambda *_: ["93.184.216.34", "10.0.0.1"])


def test_a_name_without_addresses_is_refused():
    with pytest.raises(ForbiddenAddress):
        connect("nothing.example", 443, 1, look_up=lambda *_: [])


def test_the_connection_goes_to_the_addresses_that_were_judged():
    with socket.create_server(("127.0.0.1", 0)) as server:
        looked_up = []

        def look_up(host, port):
            looked_up.append(host)
            return ["127.0.0.1"] if len(looked_up) == 1 else ["127.0.0.2"]

        with connect("rebound.example", server.getsockname()[1], 1, anything, look_up) as sock:
            assert sock.getpeername()[0] == "127.0.0.1"
    assert looked_up == ["rebound.example"]


def test_the_next_address_is_tried_when_one_does_not_answer():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with connect("two.example", port, 1, anything, lambda *_: ["127.0.0.2", "127.0.0.1"]) as sock:
            assert sock.getpeername()[0] == "127.0.0.1"


def test_without_any_that_answers_the_error_is_the_systems():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(ConnectionRefusedError):
        connect("closed.example", port, 1, anything, lambda *_: ["127.0.0.1"])
