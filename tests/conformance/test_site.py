"""Clients that others wrote, unchanged, on rumbl's own topics with real tokens, against a started site."""

from __future__ import annotations

import asyncio
import json
import queue
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import phxsocket
import pytest
from realtime import AsyncRealtimeChannel, AsyncRealtimeClient

from tests.running import RunningSite, run_apart, started_site
from tests.viewer import Account

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(180)]

CLIENTS = Path(__file__).parent / "clients"
Event = dict[str, Any]
WAIT_S = 20


class NodeClient:
    """One client of npm in a Node process."""

    def __init__(self, site: RunningSite, package: str, token: str, topic: str, how: str) -> None:
        node = shutil.which("node")
        if node is None or not (CLIENTS / "node_modules").exists():
            pytest.skip(
                "NO NODE or no npm packages (./scripts/bootstrap clients): npm's clients are untested"
            )
        self._process = subprocess.Popen(
            [node, CLIENTS / "phoenix_client.mjs", package, address(site), token, topic, how],
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


def address(site: RunningSite) -> str:
    return site.url.replace("http", "ws", 1) + "/socket"


@pytest.fixture(scope="module")
def site() -> Iterator[RunningSite]:
    with started_site() as running:
        yield running


@pytest.fixture
def client(site: RunningSite) -> Iterator[Callable[..., NodeClient]]:
    clients: list[NodeClient] = []

    def start(
        token: str, topic: str = "videos:1", package: str = "phoenix", how: str = "websocket"
    ) -> NodeClient:
        clients.append(NodeClient(site, package, token, topic, how))
        return clients[-1]

    yield start
    for one in clients:
        one.end()


def member(site: RunningSite, name: str) -> tuple[str, str]:
    """The id and the socket token of somebody new."""
    boot = Account(site.url).register(name.title(), name).boot("/watch/1")
    return str(boot["userId"]), boot["userToken"]


def guest(site: RunningSite) -> str:
    token: str = Account(site.url).boot("/watch/1")["userToken"]
    return token


NAMES = {"phoenix": "nora", "phoenix17": "nils", "phoenix-channels": "nell"}


@pytest.mark.parametrize("package", NAMES)
def test_an_npm_client_joins_pushes_receives_and_rejoins(
    site: RunningSite, client: Callable[..., NodeClient], package: str
) -> None:
    name = NAMES[package]
    user_id, token = member(site, name)
    nora, other = client(token, package=package), client(guest(site), package=package)
    assert "42" in nora.hears("joined")["bodies"]
    other.hears("joined")
    nora.hears("presence", lambda event: [user_id, 1, name] in event["people"])

    nora.tell("push", event="new_annotation", payload={"body": f"from {package}", "at": 5, "key": "k1"})
    assert nora.hears("note")["note"]["body"] == f"from {package}"
    assert nora.hears("reply")["status"] == "ok"
    assert other.hears("note")["note"]["user"]["username"] == name

    nora.tell("push", event="new_annotation", payload={"body": "", "at": 5})
    assert nora.hears("reply") == {
        "kind": "reply",
        "status": "error",
        "response": {"errors": {"body": ["can't be blank"]}},
    }
    other.tell("push", event="new_annotation", payload={"body": "no", "at": 5})
    assert other.hears("reply")["response"] == {"reason": "unauthorized"}

    site.kill()
    assert nora.hears("closed")["code"] == 1006
    site.start()
    assert ("42" in nora.hears("joined")["bodies"]) == (package == "phoenix-channels")
    nora.hears("presence", lambda event: [user_id, 1, name] in event["people"])

    nora.tell("push", event="no_such_event", payload={})
    nora.hears("channel_error")
    nora.hears("joined")
    nora.tell("leave")
    nora.hears("left")


@pytest.mark.parametrize(
    ("package", "how", "name"),
    [("phoenix", "longpoll", "paul"), ("phoenix", "fallback", "peter"), ("phoenix17", "longpoll", "pete")],
)
def test_an_npm_client_does_the_same_over_long_poll(
    site: RunningSite, client: Callable[..., NodeClient], package: str, how: str, name: str
) -> None:
    user_id, token = member(site, name)
    other = client(guest(site))
    other.hears("joined")
    paul = client(token, package=package, how=how)
    assert "42" in paul.hears("joined")["bodies"]
    paul.hears("presence", lambda event: [user_id, 1, name] in event["people"])

    paul.tell("push", event="new_annotation", payload={"body": f"{how} of {package}", "at": 5, "key": "k1"})
    assert paul.hears("note")["note"]["body"] == f"{how} of {package}"
    assert paul.hears("reply")["status"] == "ok"
    assert other.hears("note")["note"]["user"]["username"] == name
    for number in range(20):
        paul.tell("push", event="new_annotation", payload={"body": f"note {number}", "at": 5})
    assert [paul.hears("note")["note"]["body"] for _ in range(20)] == [f"note {n}" for n in range(20)]

    for restart in (site.kill, site.stop):
        restart()
        paul.hears("closed")
        site.start()
        assert paul.hears("joined")["bodies"] == []

    paul.tell("push", event="no_such_event", payload={})
    paul.hears("channel_error")
    paul.hears("joined")
    paul.tell("leave")
    paul.hears("left")


@pytest.mark.parametrize("package", NAMES)
def test_refusals_reach_an_npm_client(
    site: RunningSite, client: Callable[..., NodeClient], package: str
) -> None:
    token = guest(site)
    assert client(token, "videos:4711", package).hears("refused")["reason"] == {"reason": "not_found"}
    assert client(token, "videos:abc", package).hears("refused")["reason"] == {"reason": "not_found"}
    assert client(token, "nope:1", package).hears("refused")["reason"] == {"reason": "unmatched topic"}
    assert client("forged", package=package).hears("closed")["code"] == 1006


def test_phxsocket_posts_and_hears(site: RunningSite) -> None:
    _, token = member(site, "pia_phx")
    clients = [phxsocket.Client(f"{address(site)}/websocket", {"token": one}) for one in (token, guest(site))]
    heard: queue.Queue[Any] = queue.Queue()
    for one in clients:
        assert one.connect()
    mine, theirs = (one.channel("videos:1") for one in clients)
    assert "42" in [note["body"] for note in mine.join()["annotations"]]
    theirs.join()
    theirs.on("new_annotation", heard.put)

    answers: queue.Queue[Any] = queue.Queue()
    mine.push("new_annotation", {"body": "from phxsocket", "at": 1}, answers.put)
    assert answers.get(timeout=WAIT_S)["status"] == "ok"
    assert heard.get(timeout=WAIT_S)["body"] == "from phxsocket"
    theirs.push("new_annotation", {"body": "no", "at": 1}, answers.put)
    assert answers.get(timeout=WAIT_S) == {"status": "error", "response": {"reason": "unauthorized"}}
    with pytest.raises(phxsocket.channel.ChannelConnectError, match="not_found"):
        clients[0].channel("videos:4711").join()
    for one in clients:
        one.close()


async def post_with_realtime(site: RunningSite, token: str) -> dict[str, Any]:
    """Supabase's client puts `realtime:` before every topic, unless the channel is made by hand."""
    client = AsyncRealtimeClient(address(site), params={"token": token})
    config = {"broadcast": {}, "presence": {"key": ""}}
    channel = AsyncRealtimeChannel(client, "videos:1", {"config": config})  # type: ignore[typeddict-item]  # ours
    client.channels[channel.topic] = channel
    await channel.subscribe()
    assert channel.is_joined
    answered: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
    push = await channel.push("new_annotation", {"body": "from realtime", "at": 1})
    push.receive("ok", answered.set_result)
    response = await asyncio.wait_for(answered, WAIT_S)
    await channel.unsubscribe()
    await client.close()
    return response


def notes_on(site: RunningSite) -> list[str]:
    client = phxsocket.Client(f"{address(site)}/websocket", {"token": guest(site)})
    assert client.connect()
    notes = [note["body"] for note in client.channel("videos:1").join()["annotations"]]
    client.close()
    return notes


def test_realtime_joins_and_posts(site: RunningSite) -> None:
    _, token = member(site, "rea_realtime")

    run_apart(post_with_realtime(site, token))

    assert "from realtime" in notes_on(site)


def test_supabase_joins_and_posts(site: RunningSite) -> None:
    node = shutil.which("node")
    if node is None or not (CLIENTS / "node_modules").exists():
        pytest.skip("NO NODE or no npm packages (./scripts/bootstrap clients): npm's clients are untested")
    _, token = member(site, "sue_supabase")

    script = [node, CLIENTS / "supabase_site.mjs", address(site), token]
    done = subprocess.run(script, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 0, done.stderr
    assert "from supabase" in notes_on(site)
