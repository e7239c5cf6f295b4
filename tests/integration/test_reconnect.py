"""What a cut connection costs: a moment. Really cut, by a proxy before a really started site."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from simple_websocket import ConnectionClosed

from tests.proxy import Proxy
from tests.running import RunningSite, run_apart
from tests.viewer import Account, Viewer
from tests.wire import Lost, Wire

CROWD = 300
BACK_WITHIN_S = 10.0
PAGE_STEPS_S = (0.05, 0.1, 0.15, 0.2, 0.25, 0.5, 1.0, 2.0)
"""As in the page's backoff.js."""


@pytest.fixture
def proxy(site: RunningSite) -> Iterator[Proxy]:
    with Proxy(site.port) as proxy:
        yield proxy


def test_a_note_whose_acknowledgement_was_cut_off_is_stored_once(site: RunningSite, proxy: Proxy) -> None:
    writer = viewer(site, "Wanda Writer", proxy.url).connect()
    reader = viewer(site, "Rita Reader", site.url).connect()

    proxy.swallow()
    writer.post("the key", "written once")
    reader.read_until(lambda: "written once" in bodies(reader))
    assert proxy.cut() == 1
    with pytest.raises(ConnectionClosed):
        writer.read_until(lambda: False)
    writer.connect()
    writer.read_until(lambda: not writer.pending)

    assert bodies(writer).count("written once") == 1
    stored = writer.acknowledged["the key"]
    again = writer.push("new_annotation", {"body": "written once", "at": 1, "key": "the key"})
    heard: list[Any] = []
    while not heard or heard[-1][1] != again:
        heard.extend(filter(None, [writer.read()]))
    assert heard[-1][4]["response"] == {"id": stored}
    assert not [message for message in heard if message[3] == "new_annotation"], "nobody hears a twin"
    reader.post("last", "the last one")
    reader.read_until(lambda: not reader.pending)
    assert bodies(reader).count("written once") == 1


@pytest.mark.timeout(120)
def test_a_crowd_that_is_cut_at_once_is_back_within_seconds(site: RunningSite, proxy: Proxy) -> None:
    token = Account(site.url).boot("/watch/1")["userToken"]
    run_apart(storm(site, proxy, token))


async def storm(site: RunningSite, proxy: Proxy, token: str) -> None:
    """Join, be cut, come back as pages do; other requests are answered meanwhile."""
    crowd = [await Wire.connect(proxy.url, token) for _ in range(CROWD)]
    replies = await asyncio.gather(*(wire.join("videos:1") for wire in crowd))
    assert {reply["status"] for reply in replies} == {"ok"}

    over = asyncio.Event()
    visits = asyncio.create_task(visit_until(site, over))
    assert await asyncio.to_thread(proxy.cut) == CROWD
    begun = time.monotonic()
    async with asyncio.timeout(60):
        back = await asyncio.gather(*(come_back(wire, proxy, token) for wire in crowd))
    took = time.monotonic() - begun
    over.set()

    assert took <= BACK_WITHIN_S
    assert {reply["status"] for _, reply in back} == {"ok"}, "nobody was refused"
    assert await visits >= 1
    for wire, _ in back:
        await wire.close()


async def until_lost(wire: Wire) -> None:
    try:
        while True:
            await wire.receive()
    except Lost:
        await wire.close()


async def come_back(wire: Wire, proxy: Proxy, token: str) -> tuple[Wire, dict[str, Any]]:
    """Notice the loss, then connect and rejoin."""
    await until_lost(wire)
    for step in (*PAGE_STEPS_S, 5.0, 5.0):
        await asyncio.sleep(step * (0.5 + random.random()))
        try:
            again = await Wire.connect(proxy.url, token)
            return again, await again.join("videos:1", {"last_seen_id": 5})
        except (Lost, OSError):
            continue
    raise AssertionError("could not come back")


async def visit_until(site: RunningSite, over: asyncio.Event) -> int:
    """Somebody else looks at pages; each is answered. How many there were."""
    visits = 0
    while not over.is_set():
        answer = await asyncio.to_thread(requests.get, site.url, timeout=10)
        assert answer.status_code == 200
        visits += 1
    return visits


def viewer(site: RunningSite, name: str, way: str) -> Viewer:
    """A registered viewer of the demo video who connects to the address `way`."""
    boot = Account(site.url).register(name, name.split(maxsplit=1)[0].lower()).boot("/watch/1")
    return Viewer(way, boot["userToken"], boot["videoId"])


def bodies(one: Viewer) -> list[str]:
    return [note["body"] for note in one.notes.values()]
