"""How many connections the process has descriptors for. In a child, since a limit can't be taken back."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

PROGRAM = """
import json, resource, sys
from rumbl_web.phoenix.transports import descriptors
from rumbl_web.phoenix.transports.hub import Hub
from rumbl_web.phoenix.transports.options import HubOptions
soft, hard, most = map(int, sys.argv[1:])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
room = descriptors.room_for(most)
print(json.dumps([room, resource.getrlimit(resource.RLIMIT_NOFILE)[0]]))
"""

HUB = """
import os, resource, signal, socket, time
from rumbl_web.phoenix.transports.hub import Hub
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


def run(program: str, *arguments: int) -> str:
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=20).stdout


@pytest.mark.parametrize(
    ("soft", "hard", "most", "room", "limit"),
    [
        pytest.param(300, 20_000, 1000, 1000, 1900, id="raised as far as it is needed"),
        pytest.param(300, 4000, 100_000, 3100, 4000, id="raised as far as it may be"),
        pytest.param(5000, 5000, 1000, 1000, 5000, id="enough"),
        pytest.param(20_000, 20_000, 100_000, 19_100, 20_000, id="19,000 among 20,000"),
        pytest.param(1000, 1000, 100_000, 500, 1000, id="half of a small limit is kept back"),
    ],
)
def test_the_limit_and_the_room_under_it(soft: int, hard: int, most: int, room: int, limit: int) -> None:
    assert json.loads(run(PROGRAM, soft, hard, most)) == [room, limit]


def test_a_hub_is_full_before_the_process_is() -> None:
    assert int(run(HUB)) == 32
