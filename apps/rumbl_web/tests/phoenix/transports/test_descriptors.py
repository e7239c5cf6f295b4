"""How many connections the process has descriptors for. In a child, since a limit can't be taken back."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import tempfile
import time

import pytest

from rumbl_web.phoenix.transport import Connection
from rumbl_web.phoenix.transports import descriptors
from rumbl_web.phoenix.transports.hub import Hub

from ... import forked


class Silent:
    """Somebody who is there."""

    def opened(self, connection: Connection) -> None:
        pass

    def handle_text(self, data: bytes) -> None:
        pass

    handle_binary = handle_text

    def closed(self, code: int) -> None:
        pass


def say_all() -> None:
    """The room and the limit of every case, then how many connections a hub takes: in a child."""
    os.closerange(3, 1 << 16)  # the tests' own
    for limits, _ in CASES.values():
        if child := os.fork():
            os.waitpid(child, 0)
        else:
            say_room(*limits)
    print(taken_by_a_hub(), flush=True)  # noqa: T201


def say_room(soft: int, hard: int, most: int) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    room = descriptors.room_for(most)
    print(json.dumps([room, resource.getrlimit(resource.RLIMIT_NOFILE)[0]]), flush=True)  # noqa: T201
    os._exit(0)


def taken_by_a_hub() -> int:
    """How many connections it takes where there may be 64 descriptors."""
    listener = socket.create_server(("127.0.0.1", 0))
    clients = os.fork()
    if not clients:
        ends = [socket.create_connection(listener.getsockname()) for _ in range(60)]
        time.sleep(20)
        os._exit(len(ends))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    hub, taken = Hub(), 0
    while hub.accepting:
        hub.adopt(listener.accept()[0], Silent())
        taken += 1
        while hub.stats()["adopted"] < taken:
            time.sleep(0.001)
    listener.accept()  # to refuse the next one
    os.kill(clients, signal.SIGKILL)
    return taken


CASES = {
    "raised as far as it is needed": ((300, 20_000, 1000), [1000, 1900]),
    "raised as far as it may be": ((300, 4000, 100_000), [3100, 4000]),
    "enough": ((5000, 5000, 1000), [1000, 5000]),
    "19,000 among 20,000": ((20_000, 20_000, 100_000), [19_100, 20_000]),
    "half of a small limit is kept back": ((1000, 1000, 100_000), [500, 1000]),
}
"""The soft limit, the hard one and the most that is wanted; the room and the limit that come of it."""


@pytest.fixture(scope="module")
def said() -> list[str]:
    """What the child said: of every case, then of its hub."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        status = forked.start(say_all, output, errors).wait(20)
        output.seek(0)
        errors.seek(0)
        assert status == 0, errors.read().decode()
        return output.read().decode().splitlines()


@pytest.mark.parametrize("case", CASES)
def test_the_limit_and_the_room_under_it(said: list[str], case: str) -> None:
    assert json.loads(said[list(CASES).index(case)]) == CASES[case][1]


def test_a_hub_is_full_before_the_process_is(said: list[str]) -> None:
    assert int(said[len(CASES)]) == 32
