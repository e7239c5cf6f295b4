"""What a database that dies, or that has no connection left, may cost: some seconds, but no note."""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
import requests

from rumbl_core.testing import OwnServer
from rumbl_web import slots
from tests import prepared
from tests.running import RunningSite, run_apart
from tests.viewer import Account, Viewer
from tests.wire import Lost, Wire

TOPIC = "videos:1"
UNAVAILABLE = {"status": "error", "response": {"reason": "unavailable"}}
POSTERS = 4
NOTES_EACH = 100
PACE_S = 0.04
"""25 notes a second from each poster."""
AGAIN_AFTER_S = 0.5
THREADS = 8
"""The request threads of a site, unless it is told otherwise."""
QUICK_PAGES = 10
ERRORS_AT_MOST_S = 5.0


class Poster:
    """A page that writes at its pace; what can't be stored just now it sends again, under the same key."""

    def __init__(self, name: str, wire: Wire, join_ref: str) -> None:
        self.acknowledged: set[str] = set()
        self.failed_at: list[float] = []
        self._wire = wire
        self._join_ref = join_ref
        self._waiting = deque(f"{name}-{n}" for n in range(NOTES_EACH))
        self._keys: dict[str, str] = {}
        self._pause_until = 0.0

    async def write(self) -> None:
        """Send, until everything is stored."""
        while len(self.acknowledged) < NOTES_EACH:
            if self._waiting and time.monotonic() >= self._pause_until:
                key = self._waiting.popleft()
                note = {"body": key, "at": 1, "key": key}
                self._keys[self._wire.push(TOPIC, "new_annotation", note, self._join_ref)] = key
            await asyncio.sleep(PACE_S)

    async def hear(self) -> None:
        """Take in answers until everything is stored. A crash of the channel is no answer."""
        while len(self.acknowledged) < NOTES_EACH:
            _, ref, _, event, payload = await self._wire.receive()
            assert event not in {"phx_error", "phx_close"}, event
            if event == "phx_reply" and ref in self._keys:
                self._take(self._keys.pop(ref), payload)

    def _take(self, key: str, payload: dict[str, object]) -> None:
        if payload["status"] == "ok":
            self.acknowledged.add(key)
            return
        assert payload == UNAVAILABLE
        self.failed_at.append(time.monotonic())
        self._pause_until = time.monotonic() + AGAIN_AFTER_S
        self._waiting.append(key)


@pytest.fixture
def own_server() -> Iterator[OwnServer]:
    """A PostgreSQL that is this test's alone, filled as by a first start."""
    with TemporaryDirectory(prefix="rumbl-own-server-", ignore_cleanup_errors=True) as folder:
        prepared.fill(Path(folder))
        server = OwnServer(Path(folder))
        yield server
        server.stop()


@pytest.fixture
def database(own_server: OwnServer) -> str:
    """The address of the site's database."""
    return own_server.address()


@pytest.fixture
def site(database: str, tmp_path: Path) -> Iterator[RunningSite]:
    """A site that may have two connections to it."""
    running = RunningSite(tmp_path / "data", DATABASE_URL=database, POOL_SIZE="2").start()
    yield running
    running.stop()


def register(site: RunningSite, name: str) -> str:
    """A new user's token for the socket."""
    token: str = Account(site.url).register(name, name.lower()).boot("/watch/1")["userToken"]
    return token


async def joined(site: RunningSite, token: str) -> tuple[Wire, str]:
    """A connection that has joined, and its join_ref."""
    wire = await Wire.connect(site.url, token)
    ref = wire.push(TOPIC, "phx_join", {})
    assert (await wire.reply(ref))["status"] == "ok"
    return wire, ref


@pytest.mark.timeout(120)
def test_a_database_that_dies_under_writers_loses_nothing_that_was_acknowledged(
    site: RunningSite,
    own_server: OwnServer,
) -> None:
    tokens = [register(site, f"Poster{n}") for n in range(POSTERS)]

    async def run() -> list[Poster]:
        wires = [await joined(site, token) for token in tokens]
        posters = [Poster(f"p{n}", *wire) for n, wire in enumerate(wires)]
        async with asyncio.timeout(60), asyncio.TaskGroup() as group:
            for poster in posters:
                group.create_task(poster.write())
                group.create_task(poster.hear())
            await asyncio.sleep(NOTES_EACH * PACE_S / 3)
            await asyncio.to_thread(own_server.restart)
        for wire, _ in wires:
            await wire.close()
        return posters

    posters = run_apart(run())
    failed_at = sorted(at for poster in posters for at in poster.failed_at)
    assert failed_at, "the restart was not even noticed: it tests nothing"
    assert failed_at[-1] - failed_at[0] <= ERRORS_AT_MOST_S

    truth = Viewer(site.url, tokens[0], 1).connect()
    stored = sorted(note["key"] for note in truth.notes.values() if note["key"])
    assert stored == sorted(key for poster in posters for key in poster.acknowledged), "once each"
    truth.close()


@pytest.mark.timeout(120)
def test_who_gets_no_connection_is_told_in_time_and_it_passes(site: RunningSite, database: str) -> None:
    token = register(site, "Wanda")

    async def run() -> None:
        wires = [await joined(site, token) for _ in range(5)]

        def post(n: int) -> asyncio.Task[dict[str, object]]:
            wire, join_ref = wires[n]
            note = {"body": f"note {n}", "at": 1, "key": f"k{n}"}
            return asyncio.create_task(wire.reply(wire.push(TOPIC, "new_annotation", note, join_ref)))

        with psycopg.connect(database) as other:
            other.execute("LOCK TABLE annotations IN ACCESS EXCLUSIVE MODE")
            held = [post(n) for n in (0, 1)]  # they take both connections, and wait
            await asyncio.to_thread(until_waiting, database, len(held))
            begun = time.monotonic()
            others = [post(n) for n in (2, 3)]
            newcomer = asyncio.create_task(Wire.connect(site.url, token))
            page = await asyncio.to_thread(requests.get, site.url, timeout=30)
            assert page.status_code == 503
            with pytest.raises(Lost) as refused:
                await newcomer
            assert refused.value.code == 503
            assert [await other for other in others] == [UNAVAILABLE] * 2
            assert time.monotonic() - begun < 15, "they wait 5 s, not for ever"
        for task in held:
            assert (await task)["status"] == "ok" or await task == UNAVAILABLE
        for n in range(5):
            assert (await post(n))["status"] == "ok"
        assert (await asyncio.to_thread(requests.get, site.url, timeout=10)).status_code == 200
        for wire, _ in wires:
            await wire.close()

    run_apart(run())


def test_pages_that_wait_for_the_database_do_not_keep_others_waiting(tmp_path: Path, database: str) -> None:
    site = RunningSite(tmp_path / "data", DATABASE_URL=database).start()
    try:
        with psycopg.connect(database) as other, ThreadPoolExecutor(THREADS) as readers:
            other.execute("LOCK TABLE videos IN ACCESS EXCLUSIVE MODE")
            held = [readers.submit(requests.get, site.url, timeout=30) for _ in range(THREADS - 1)]
            until_waiting(database, len(held))
            begun = time.monotonic()
            for _ in range(QUICK_PAGES):
                assert requests.get(site.url + "/sessions/new", timeout=10).status_code == 200
            assert time.monotonic() - begun < QUICK_PAGES * slots.PATIENCE_S / 2
            other.rollback()
            assert [page.result().status_code for page in held] == [200] * len(held)
    finally:
        site.stop()


def until_waiting(database: str, sessions: int) -> None:
    """Wait until so many of the site's connections wait for a lock."""
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    end = time.monotonic() + 10
    with psycopg.connect(database, autocommit=True) as other:
        while other.execute(waiting).fetchone() != (sessions,):
            assert time.monotonic() < end, "they did not come to wait"
            time.sleep(0.02)


def test_who_was_away_for_a_thousand_notes_gets_them_in_two_small_replies(
    site: RunningSite, database: str
) -> None:
    token = register(site, "Ann")
    last = write_a_thousand(database)

    async def run() -> tuple[list[int], list[str]]:
        wire = await Wire.connect(site.url, token)
        join_ref = wire.push(TOPIC, "phx_join", {"last_seen_id": last})
        page = (await wire.reply(join_ref))["response"]
        sizes, notes = [len(json.dumps(page))], page["annotations"]
        while page["more"]:
            ref = wire.push(TOPIC, "list_annotations", {"after_id": notes[-1]["id"]}, join_ref)
            page = (await wire.reply(ref))["response"]
            sizes.append(len(json.dumps(page)))
            notes += page["annotations"]
        await wire.close()
        return sizes, [note["body"] for note in notes]

    begun = time.monotonic()
    sizes, bodies = run_apart(run())
    assert time.monotonic() - begun < 5
    assert bodies == [f"missed {n}" for n in range(1, 1001)]
    assert len(sizes) == 2
    assert max(sizes) < 150_000


def write_a_thousand(database: str) -> int:
    """Put a thousand notes on the demo video; the id of the last one before them."""
    with psycopg.connect(database) as other:
        row = other.execute("SELECT max(id) FROM annotations WHERE video_id = 1").fetchone()
        other.execute(
            "INSERT INTO annotations (body, at, user_id, video_id, inserted_at) "
            "SELECT 'missed ' || n, 1000 - n, (SELECT min(id) FROM users), 1, now() "
            "FROM generate_series(1, 1000) AS n ORDER BY n"
        )
    assert row is not None
    return int(row[0])
