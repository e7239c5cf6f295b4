"""How many connections the process has descriptors for. In a child, since a limit can't be taken back."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

PROGRAM = """
import json, os, resource, signal, socket, sys, time
from rumbl_web.phoenix.transports import descriptors
from rumbl_web.phoenix.transports.hub import Hub
for line in sys.stdin:
    soft, hard, most = json.loads(line)
    if child := os.fork():
        os.waitpid(child, 0)
        continue
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    room = descriptors.room_for(most)
    print(json.dumps([room, resource.getrlimit(resource.RLIMIT_NOFILE)[0]]), flush=True)
    os._exit(0)

listener = socket.create_server(("127.0.0.1", 0))
clients = os.fork()
if not clients:
    ends = [socket.create_connection(listener.getsockname()) for _ in range(60)]
    time.sleep(20)
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
class Silent:
    def opened(self, connection): pass
    def closed(self, code): pass
hub, taken = Hub(), 0
while hub.accepting:
    hub.adopt(listener.accept()[0], Silent())
    taken += 1
    while hub.stats()["adopted"] < taken:
        time.sleep(0.001)
listener.accept()  # to refuse the next one
os.kill(clients, signal.SIGKILL)
print(taken)
"""


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
    """What the one child said that has imported everything: of every case in a fork, then of its own hub."""
    lines = "".join(f"{json.dumps(asked)}\n" for asked, _ in CASES.values())
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, input=lines, check=True, capture_output=True, text=True, timeout=20)
    return done.stdout.splitlines()


@pytest.mark.parametrize("case", CASES)
def test_the_limit_and_the_room_under_it(said: list[str], case: str) -> None:
    assert json.loads(said[list(CASES).index(case)]) == CASES[case][1]


def test_a_hub_is_full_before_the_process_is(said: list[str]) -> None:
    assert int(said[len(CASES)]) == 32
