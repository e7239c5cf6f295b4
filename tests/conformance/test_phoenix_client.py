"""The unchanged phoenix npm client under Node against a really started site: join, push, receive, rejoin."""

from __future__ import annotations

import json
import queue
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.running import PROJECT, RunningSite
from tests.viewer import Account

pytestmark = pytest.mark.conformance

HERE = Path(__file__).parent
MODULES = PROJECT / "apps/rumbl_web/assets/node_modules"
Event = dict[str, Any]


class NodeClient:
    """One phoenix.js client in a Node process."""

    def __init__(self, site: RunningSite, token: str, topic: str) -> None:
        node = shutil.which("node")
        if node is None or not (MODULES / "ws").exists():
            pytest.skip("NO NODE or no npm packages: run make assets; the phoenix client is untested")
        url = site.url.replace("http", "ws", 1) + "/socket"
        self._process = subprocess.Popen(
            [node, HERE / "phoenix_client.mjs", MODULES, url, token, topic],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._events: queue.Queue[Event] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def tell(self, do: str, **arguments: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, **arguments}) + "\n")
        self._process.stdin.flush()

    def hears(
        self, kind: str, fits: Callable[[Event], bool] = lambda _event: True, deadline_s: float = 20
    ) -> Event:
        """The next event of this kind that fits; others are passed over."""
        while True:
            event = self._events.get(timeout=deadline_s)
            if event["kind"] == kind and fits(event):
                return event

    def end(self) -> None:
        self._process.kill()
        self._process.wait(10)
        self._reader.join(10)
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._events.put(json.loads(line))


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    running = RunningSite(tmp_path_factory.mktemp("site") / "data").start()
    yield running
    running.stop()


@pytest.fixture
def client(site: RunningSite) -> Iterator[Callable[..., NodeClient]]:
    clients: list[NodeClient] = []

    def start(token: str, topic: str = "videos:1") -> NodeClient:
        clients.append(NodeClient(site, token, topic))
        return clients[-1]

    yield start
    for one in clients:
        one.end()


@pytest.mark.timeout(120)
def test_the_npm_client_joins_pushes_receives_and_rejoins(
    site: RunningSite, client: Callable[..., NodeClient]
) -> None:
    boot = Account(site.url).register("Nora Node", "nora").boot("/watch/1")
    nora, guest = client(boot["userToken"]), client(Account(site.url).boot("/watch/1")["userToken"])
    assert "42" in nora.hears("joined")["bodies"]
    guest.hears("joined")
    nora.hears("presence", lambda event: [str(boot["userId"]), 1, "nora"] in event["people"])

    nora.tell("push", event="new_annotation", payload={"body": "from node", "at": 5, "key": "k1"})
    assert nora.hears("note")["note"]["body"] == "from node"
    assert nora.hears("reply")["status"] == "ok"
    assert guest.hears("note")["note"]["user"]["username"] == "nora"

    nora.tell("push", event="new_annotation", payload={"body": "", "at": 5})
    assert nora.hears("reply") == {
        "kind": "reply",
        "status": "error",
        "response": {"errors": {"body": ["can't be blank"]}},
    }
    guest.tell("push", event="new_annotation", payload={"body": "no", "at": 5})
    assert guest.hears("reply")["response"] == {"reason": "unauthorized"}

    nora.tell("ping")
    assert nora.hears("pong")["ok"]

    site.kill()
    assert nora.hears("closed")["code"] == 1006
    site.start()
    assert nora.hears("joined")["bodies"] == []
    nora.hears("presence", lambda event: [str(boot["userId"]), 1, "nora"] in event["people"])

    nora.tell("push", event="no_such_event", payload={})
    nora.hears("channel_error")
    nora.hears("joined")
    nora.tell("leave")
    nora.hears("left")


def test_refusals_reach_the_npm_client(site: RunningSite, client: Callable[..., NodeClient]) -> None:
    token = Account(site.url).boot("/watch/1")["userToken"]
    assert client(token, "videos:4711").hears("refused")["reason"] == {"reason": "not_found"}
    assert client(token, "nope:1").hears("refused")["reason"] == {"reason": "unmatched topic"}
    assert client("forged").hears("closed")["code"] == 1006
