"""The raw client of the conformance tests over long-poll."""

from __future__ import annotations

import base64
import itertools
import json
import time
from typing import Any

import requests

from tests.conformance.talk import DEADLINE_S, Talk


class PollTalk(Talk):
    """The same over long-poll. It knows of no close codes: an end is 1001 to it."""

    def __init__(
        self, url: str, mount: str = "/socket", *, deadline_s: float = DEADLINE_S, **params: str
    ) -> None:
        self.deadline_s = deadline_s
        self._refs = itertools.count(1000)
        self._url = f"{url.replace('ws', 'http', 1)}{mount}/longpoll"
        self._params = {"vsn": "2.0.0", **params}
        self._session = requests.Session()
        self._messages: list[str] = []
        first = self.get()
        assert first["status"] == 410, first
        self.token: str = first["token"]
        self._params["token"] = self.token

    def get(self) -> Any:
        return self._session.get(self._url, params=self._params, timeout=self.deadline_s).json()

    def post(self, body: str, kind: str = "application/x-ndjson") -> Any:
        headers = {"Content-Type": kind}
        return self._session.post(
            self._url, body.encode(), params=self._params, headers=headers, timeout=self.deadline_s
        ).json()

    def send_raw(self, data: str | bytes) -> None:
        line = base64.b64encode(data).decode() if isinstance(data, bytes) else data
        assert self.post(line) == {"status": 200}

    def frame(self) -> Any:
        end = time.monotonic() + self.deadline_s
        while not self._messages:
            assert time.monotonic() < end, f"nothing came within {self.deadline_s} s"
            answer = self.get()
            assert answer["status"] in (200, 204), answer
            self._messages += answer["messages"]
        text = self._messages.pop(0)
        return json.loads(text) if text.startswith("[") else base64.b64decode(text)

    def closed(self) -> int | None:
        end = time.monotonic() + self.deadline_s
        while time.monotonic() < end:
            answer = self.get()
            if answer["status"] == 410:
                assert answer["token"], answer
                return 1001
        raise AssertionError(f"not closed within {self.deadline_s} s")

    def close(self) -> None:
        self._session.close()
