"""docs/guides/channels.md works: its files are extracted, started and talked to by real clients."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from simple_websocket import Client  # type: ignore[import-untyped]  # it has no types

from info_sys import otp
from info_sys.testing_ports import free_port
from rumbl_web import phoenix
from rumbl_web.phoenix import testing, testing_redis
from rumbl_web.phoenix.channel_socket import ChannelSocket, Ref
from rumbl_web.phoenix.socket_server import MAX_WAITING, MAX_WAITING_BEHIND_LARGE
from tests.running import PROJECT, eventually

GUIDE = PROJECT / "docs" / "guides" / "channels.md"
MODULES = PROJECT / "apps" / "rumbl_web" / "assets" / "node_modules"
CHANGE = re.compile(r"<!-- change: (.+?) -->\n```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
BLOCK = re.compile(r"<!-- file: (\S+) -->\n```\w+\n(.*?)^```", re.DOTALL | re.MULTILINE)
SERVERS = {
    "gunicorn": ("gunicorn", "chat:app", "--bind", "127.0.0.1:{port}"),
    "flask": ("flask", "--app", "chat", "run", "--port", "{port}"),
}


class Chat:
    """The guide's site, running."""

    def __init__(self, folder: Path, server: str, **environ: str) -> None:
        self.url = f"http://127.0.0.1:{(port := free_port())}"
        self.log = folder / "server.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *(part.format(port=port) for part in SERVERS[server])],
                cwd=folder,
                env={**environment(), **environ},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        eventually(self._is_up, 30)

    def page(self, room: str, name: str) -> str:
        with urllib.request.urlopen(f"{self.url}/rooms/{room}?name={name}", timeout=10) as answer:
            return str(answer.read().decode())

    def close_room(self, room: str) -> Any:
        request = urllib.request.Request(f"{self.url}/rooms/{room}/close", method="POST")
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)

    def _is_up(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        try:
            return "data-token" in self.page("lobby", "Ana")
        except (urllib.error.URLError, ConnectionError):
            return False


class Visitor:
    """A client on one room, over a real socket."""

    def __init__(self, chat: Chat, room: str, name: str) -> None:
        found = re.search(r'data-token="([^"]+)"', chat.page(room, name))
        assert found
        address = chat.url.replace("http", "ws", 1) + f"/socket/websocket?vsn=2.0.0&token={found[1]}"
        self.socket = Client(address)
        self.topic = f"room:{room}"
        self.refs = 0
        self.unread: list[list[Any]] = []

    def push(self, event: str, payload: Any) -> Any:
        """Send, and give the reply."""
        self.refs += 1
        ref = str(self.refs)
        self.socket.send(json.dumps(["1", ref, self.topic, event, payload]))
        return self.hear("phx_reply", lambda frame: frame[1] == ref)

    def hear(self, event: str, fits: Callable[[list[Any]], bool] = lambda _frame: True) -> Any:
        """The payload of the first frame of this kind that fits, which is then read."""
        while True:
            for frame in self.unread:
                if frame[3] == event and fits(frame):
                    self.unread.remove(frame)
                    return frame[4]
            received = self.socket.receive(timeout=10)
            assert received is not None, f"no {event} within 10 s, but {self.unread}"
            self.unread.append(json.loads(received))


def environment() -> dict[str, str]:
    return {**os.environ, "SECRET_KEY": "a secret for the guide, long enough to be one: 0123456789"}


def extract(folder: Path) -> Path:
    """Write the files of the guide."""
    for name, text in BLOCK.findall(GUIDE.read_text(encoding="utf-8")):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return extract(tmp_path_factory.mktemp("guide"))


@pytest.fixture(params=SERVERS)
def chat(folder: Path, request: pytest.FixtureRequest) -> Iterator[Chat]:
    running = Chat(folder, request.param)
    yield running
    running.stop()


def test_two_visitors_see_and_hear_each_other(chat: Chat) -> None:
    ana, ben = Visitor(chat, "lobby", "Ana"), Visitor(chat, "lobby", "Ben")

    assert ana.push("phx_join", {}) == {"status": "ok", "response": {"room": "lobby"}}
    assert ana.hear("presence_state") == {}
    assert ben.push("phx_join", {})["status"] == "ok"
    ana.hear("presence_diff", lambda frame: "Ben" in frame[4]["joins"])
    assert list(ben.hear("presence_state")) == ["Ana"]

    assert ana.push("say", {"text": "hello"}) == {"status": "ok", "response": {}}
    assert ana.hear("said") == ben.hear("said") == {"name": "Ana", "text": "hello"}

    assert chat.close_room("lobby") == {"here": ["Ana", "Ben"]}
    assert ben.hear("said")["name"] == "house"

    ben.socket.close()
    ana.hear("presence_diff", lambda frame: "Ben" in frame[4]["leaves"])
    assert ana.push("say", {"text": ""})["status"] == "error"
    ana.socket.close()


def test_two_nodes_are_one_room(tmp_path: Path) -> None:
    if testing_redis.binary() is None:
        pytest.skip(testing_redis.MISSING)
    folder = extract(tmp_path / "site")
    ((line, better),) = CHANGE.findall(GUIDE.read_text(encoding="utf-8"))
    site = folder / "chat.py"
    text = site.read_text(encoding="utf-8")
    assert text.count(line) == 1
    site.write_text(text.replace(line, better), encoding="utf-8")

    with testing_redis.running(tmp_path / "redis") as redis:
        nodes = [Chat(folder, "gunicorn", REDIS_URL=redis.url) for _ in range(2)]
        ana, ben = (Visitor(node, "lobby", name) for node, name in zip(nodes, ("Ana", "Ben"), strict=True))
        for visitor in (ana, ben):
            assert visitor.push("phx_join", {})["status"] == "ok"

        ana.push("say", {"text": "from one node"})
        assert ben.hear("said") == {"name": "Ana", "text": "from one node"}
        ben.push("say", {"text": "to the other"})
        assert ana.hear("said", lambda frame: frame[4]["name"] == "Ben")
        ana.hear("presence_diff", lambda frame: "Ben" in frame[4]["joins"])

        nodes[1].stop()
        ana.hear("presence_diff", lambda frame: "Ben" in frame[4]["leaves"])
        nodes[0].stop()


def test_a_stopped_server_sends_its_clients_to_the_next_one(folder: Path) -> None:
    chat = Chat(folder, "gunicorn")
    ana = Visitor(chat, "lobby", "Ana")
    ana.push("phx_join", {})

    chat.stop()

    with pytest.raises(Exception, match="1012"):
        ana.hear("never")
    assert "Traceback" not in chat.log.read_text()


def test_the_script_of_the_page_joins_shows_who_is_here_and_what_is_said(folder: Path) -> None:
    node = shutil.which("node")
    if node is None or not (MODULES / "phoenix").exists():
        pytest.skip("NO NODE or no npm packages: run make assets; the guide's script is untested")
    shutil.copy(MODULES / "phoenix/priv/static/phoenix.mjs", folder / "static")
    shutil.copy(folder / "static/room.js", folder / "static/room.mjs")
    chat = Chat(folder, "gunicorn")
    page = chat.page("lobby", "Ana")
    token = re.search(r'data-token="([^"]+)"', page)
    assert token
    script = PROJECT / "tests/integration/guide_page.mjs"
    shown = subprocess.run(
        [node, script, folder / "static/room.mjs", MODULES, chat.url, token[1]],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    chat.stop()

    assert shown.returncode == 0, shown.stderr
    assert json.loads(shown.stdout) == {"here": ["Ana"], "said": ["Ana: hello"]}
    assert all(f'id="{name}"' in page for name in ("here", "said", "say"))


def test_what_else_a_channel_can_do_is_there() -> None:
    """Every name in the guide's table, and every figure in its limits."""
    guide = " ".join(GUIDE.read_text(encoding="utf-8").split())
    table = guide.partition("## What else a channel can do")[2]
    endpoint = testing.make_endpoint()
    for owner, word in ((ChannelSocket, "socket"), (otp, "otp"), (endpoint, "endpoint"), (Ref, "ref")):
        names = re.findall(rf"(?<![\w\]]){word}\.(\w+)", table)
        assert names, word
        assert [name for name in names if not hasattr(owner, name)] == []
    limits, options = phoenix.Limits(), phoenix.HubOptions()
    for figure in (
        f"all fragments of a message: {limits.max_message >> 10} KiB |",
        f"| {limits.rate_per_s} messages a second for long, {limits.rate_burst} at once |",
        f"| {MAX_WAITING:,} messages that wait for its channels, {MAX_WAITING_BEHIND_LARGE} behind a large",
        f"| {phoenix.Socket.max_channels} topics per connection",
        f"| {limits.idle_timeout_s:.0f} s of silence",
        f"| {options.outbox_bytes >> 20} MiB that waits to be read",
        f"or {options.stall_timeout_s:.0f} s without reading",
    ):
        assert figure in table


def test_the_tests_of_the_guide_pass(folder: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_chat.py"],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert run.returncode == 0, run.stdout
    assert "4 passed" in run.stdout
