"""Long-poll with several server processes behind one port: nobody can choose which one a request reaches."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from rumbl_web.phoenix.testing_redis import RedisServer
from tests.running import RunningSite, eventually
from tests.viewer import Account


@pytest.fixture(scope="module")
def site(redis: RedisServer, folder: Path) -> Iterator[RunningSite]:
    running = RunningSite(folder / "data", WORKERS="2", REDIS_URL=redis.url).start()
    eventually(lambda: len(running.workers()) == 2)
    yield running
    running.stop()


class Poller:
    """A page that polls, each time over a new connection."""

    def __init__(self, site: RunningSite, token: str) -> None:
        self._url = f"{site.url}/socket/longpoll"
        self._params = [("token", token), ("vsn", "2.0.0")]
        self._params.append(("token", self._ask("GET")["token"]))
        self._heard: list[Any] = []

    def send(self, *frames: list[Any]) -> None:
        lines = "\n".join(json.dumps(frame) for frame in frames)
        assert self._ask("POST", lines) == {"status": 200}

    def hears(self, event: str) -> Any:
        """The next payload of that event; others are passed over."""
        while True:
            while not self._heard:
                answer = self._ask("GET")
                assert answer["status"] in (200, 204), answer
                self._heard += map(json.loads, answer["messages"])
            frame = self._heard.pop(0)
            if frame[3] == event:
                return frame[4]

    def _ask(self, method: str, body: str | None = None) -> Any:
        headers = {"Connection": "close", "Content-Type": "application/x-ndjson"}
        with requests.request(
            method, self._url, params=self._params, data=body, headers=headers, timeout=20
        ) as answer:
            return answer.json()


@pytest.mark.timeout(180)
def test_pages_that_poll_join_post_and_hear_each_other(site: RunningSite) -> None:
    boots = [Account(site.url).register(f"Pol Ling {n}", f"polling{n}").boot("/watch/1") for n in range(3)]
    pages = [Poller(site, boot["userToken"]) for boot in boots]
    for page in pages:
        page.send(["1", "1", "videos:1", "phx_join", {"last_seen_id": 0}])
        assert page.hears("phx_reply")["status"] == "ok"

    for number in range(10):
        for page in pages:
            page.send(["1", "2", "videos:1", "new_annotation", {"body": f"round {number}", "at": number}])
        for page in pages:
            assert [page.hears("new_annotation")["body"] for _ in pages] == [f"round {number}"] * 3
