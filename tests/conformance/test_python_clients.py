"""Clients of PyPI that others wrote, unchanged, against the conformance server."""

from __future__ import annotations

import asyncio
import queue
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import phxsocket
import pytest
from phxsocket.channel import ChannelConnectError
from realtime import AsyncRealtimeClient, RealtimeSubscribeStates

from tests.conformance.talk import ConformanceServer
from tests.running import eventually, run_apart

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(120)]

WAIT_S = 20


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[ConformanceServer]:
    running = ConformanceServer(tmp_path).start()
    yield running
    running.stop()


class Phx:
    """One phxsocket client, which speaks version 1 and sends integer refs without a join_ref."""

    def __init__(self, server: ConformanceServer, user_id: str) -> None:
        self.client = phxsocket.Client(f"{server.url}/socket/websocket", {"user_id": user_id})
        self.ended: queue.Queue[Any] = queue.Queue()
        self.client.on_close = self.ended.put
        assert self.client.connect()

    def join(self, topic: str, **params: Any) -> tuple[Any, Any, queue.Queue[Any]]:
        """The channel, the response, and what it hears as (event, payload)."""
        heard: queue.Queue[Any] = queue.Queue()
        channel = self.client.channel(topic, params)
        # Replies that nobody waits for come here too.
        channel.on_message = lambda _, event, payload: event == "phx_reply" or heard.put((event, payload))
        channel.on_close = lambda: heard.put(("phx_close", {}))
        return channel, channel.join(), heard


def ask(channel: Any, event: str, payload: Any) -> Any:
    answered: queue.Queue[Any] = queue.Queue()
    channel.push(event, payload, answered.put)
    return answered.get(timeout=WAIT_S)


def test_phxsocket(own_server: ConformanceServer) -> None:
    one, two = Phx(own_server, "1"), Phx(own_server, "2")
    mine, response, heard = one.join("room:lobby", a=1)
    theirs, _, heard_too = two.join("room:lobby")
    assert response == {"topic": "room:lobby", "params": {"a": 1}}

    assert ask(mine, "ping", {"x": [1, "é"]}) == {"status": "ok", "response": {"x": [1, "é"]}}
    assert ask(mine, "fail", {"why": 1}) == {"status": "error", "response": {"why": 1}}
    assert ask(mine, "later", {"ms": 20})["status"] == "ok"
    mine.push("push_back", {"x": 1})
    assert heard.get(timeout=WAIT_S) == ("pushed", {"x": 1})

    mine.push("shout", {"n": 1})
    theirs.push("new_msg", {"n": 2})
    for ear in (heard, heard_too):
        both = {ear.get(timeout=WAIT_S)[0], ear.get(timeout=WAIT_S)[0]}
        assert both == {"shout", "new_msg"}

    for topic, reason in (
        ("room:denied", "unauthorized"),
        ("room:crash", "join crashed"),
        ("no", "unmatched topic"),
    ):
        with pytest.raises(ChannelConnectError, match=reason):
            one.join(topic)

    mine.push("crash", {})
    assert heard.get(timeout=WAIT_S) == ("phx_error", {"reason": "crashed"})
    assert mine.join()["topic"] == "room:lobby"
    mine.push("phx_leave", {})
    assert heard.get(timeout=WAIT_S) == ("phx_close", {})

    own_server.stop()
    one.ended.get(timeout=WAIT_S)
    two.ended.get(timeout=WAIT_S)
    own_server.start()
    assert one.client.connect()
    assert mine.join()["topic"] == "room:lobby"
    assert ask(mine, "ping", {"back": True})["response"] == {"back": True}
    one.client.close()


class Realtime:
    """One channel of Supabase's Python client, and what it was told."""

    def __init__(self, client: AsyncRealtimeClient, topic: str, key: str, *, own: bool) -> None:
        self.states: list[RealtimeSubscribeStates] = []
        self.heard: list[Any] = []
        broadcast = {"self": own, "ack": True}
        config = {"broadcast": broadcast, "presence": {"key": key, "enabled": True}, "private": False}
        self.channel = client.channel(topic, {"config": config})  # type: ignore[typeddict-item]  # plain dicts
        self.channel.on_broadcast("cursor", lambda message: self.heard.append(message["payload"]))

    async def subscribe(self) -> None:
        await self.channel.subscribe(lambda state, _error: self.states.append(state))

    def present(self) -> set[str]:
        return set(self.channel.presence_state())


async def until(check: Any) -> None:
    """Wait until `check()` holds."""
    async with asyncio.timeout(WAIT_S):
        while not check():
            await asyncio.sleep(0.01)


async def talk_realtime(server: ConformanceServer) -> None:
    one_client, two_client = (AsyncRealtimeClient(f"{server.url}/socket", "none") for _ in range(2))
    one, two = (
        Realtime(one_client, "lobby", "one", own=False),
        Realtime(two_client, "lobby", "two", own=True),
    )
    await one.subscribe()
    await two.subscribe()
    assert one.states == two.states == [RealtimeSubscribeStates.SUBSCRIBED]

    await one.channel.send_broadcast("cursor", {"x": 1})
    await until(lambda: two.heard == [{"x": 1}])
    await two.channel.send_broadcast("cursor", {"x": 2})
    await until(lambda: one.heard == [{"x": 2}] and two.heard == [{"x": 1}, {"x": 2}])

    await one.channel.track({"name": "One"})
    await two.channel.track({"name": "Two"})
    await until(lambda: one.present() == {"one", "two"})
    await two.channel.untrack()
    await until(lambda: one.present() == {"one"})

    denied = Realtime(one_client, "denied", "x", own=False)
    await denied.subscribe()
    assert not denied.channel.is_joined
    await denied.channel.unsubscribe()

    await one.channel.push("crash", {})
    await until(lambda: RealtimeSubscribeStates.CHANNEL_ERROR in one.states and one.channel.is_joined)

    one.states.clear()
    await asyncio.to_thread(server.stop)
    await until(lambda: one.channel.is_errored)
    await asyncio.to_thread(server.start)
    await until(lambda: one.channel.is_joined and two.channel.is_joined)
    two.heard.clear()
    await one.channel.send_broadcast("cursor", {"back": True})
    await until(lambda: two.heard == [{"back": True}])

    await one.channel.unsubscribe()
    await until(lambda: one.channel.is_closed)
    await one_client.close()
    await two_client.close()


@pytest.mark.filterwarnings("ignore:ConnectionClosed:DeprecationWarning")  # what realtime asks of websockets
def test_realtime(own_server: ConformanceServer) -> None:
    run_apart(talk_realtime(own_server))


def test_clients_without_a_version_speak_the_first(server: ConformanceServer) -> None:
    client = phxsocket.Client(f"{server.url}/socket/websocket")
    client.url = client.url.partition("?")[0]  # phxsocket always names it; older clients do not
    assert client.connect()

    assert client.channel("room:old").join() == {"topic": "room:old", "params": {}}
    client.close()
    eventually(lambda: not client.thread.is_alive())
