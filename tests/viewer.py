"""A viewer without a browser: logs in by HTTP, speaks the channel protocol (V2 JSON) over a WebSocket."""

from __future__ import annotations

import itertools
import json
import re
import socket
import time
from contextlib import suppress
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import requests
from simple_websocket import Client, ConnectionClosed, ConnectionError
from simple_websocket.ws import Base
from wsproto import ConnectionType

BOOT = re.compile(r'<script id="rumbl-boot" type="application/json"[^>]*>(.*?)</script>', re.DOTALL)
TOKEN = re.compile(r'name="_csrf_token"[^>]*value="([^"]+)"')


class Account:
    """A person with cookies, by HTTP."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = requests.Session()
        self.http.trust_env = False

    def register(self, name: str, username: str) -> Account:
        """Register, which logs in."""
        fields = {"user[name]": name, "user[username]": username, "user[password]": "supersecret"}
        answer = self.submit("/users/new", "/users", fields)
        assert f"{name} created!" in answer.text
        return self

    def log_out(self) -> None:
        """Log out by the button that every page has."""
        answer = self.submit("/", "/sessions/1", {"_method": "delete"})
        assert "Log out" not in answer.text

    def submit(self, form: str, action: str, fields: dict[str, str]) -> requests.Response:
        """Fetch the page of a form for its token, then send it."""
        page = self.http.get(self.url + form, timeout=10)
        token = TOKEN.search(page.text)
        assert token, f"no form on {form}: {page.status_code}"
        data = {**fields, "_csrf_token": unescape(token[1])}
        return self.http.post(self.url + action, data=data, timeout=10)

    def boot(self, path: str) -> dict[str, Any]:
        """What the watch page hands to its script."""
        page = self.http.get(self.url + path, timeout=10)
        found = BOOT.search(page.text)
        assert found, f"{path}: {page.status_code}"
        return dict(json.loads(found[1]))


class Chain:
    """Up to which note a viewer has everything: the page's resume.js in Python."""

    def __init__(self) -> None:
        self.id = 0
        self._heard = 0
        self._beyond: dict[int, int | None] = {}

    @property
    def gap(self) -> bool:
        """Whether a note is known to be there that can't be reached from what is here."""
        return self._heard > self.id

    def ask(self) -> tuple[int, int]:
        """The id to list after, and what the list will answer for."""
        return self.id, self._heard

    def page(self, asked: tuple[int, int], ids: list[int], more: bool) -> None:
        """A page of the list came."""
        self._lead(max([*ids, 0 if more else asked[1]]))

    def live(self, id: int, prev: int | None) -> None:
        """A live note came."""
        if id <= self.id:
            return
        self.heard(id)
        if self._follows(prev):
            self._lead(id)
        else:
            self._beyond[id] = prev

    def heard(self, id: int) -> None:
        """There is a note of this id."""
        self._heard = max(self._heard, id)

    def _follows(self, prev: int | None) -> bool:
        return self.id == 0 if prev is None else prev <= self.id

    def _lead(self, id: int) -> None:
        self.id = max(self.id, id)
        for following, prev in sorted(self._beyond.items()):
            if following > self.id and not self._follows(prev):
                return
            self.id = max(self.id, following)
            del self._beyond[following]


class _Client(Client):  # type: ignore[misc]  # the library has no types
    """Closes the socket of a connection that fails: the library leaves it to the garbage collector."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.host, self.port, self.path = parts.hostname, parts.port, f"{parts.path}?{parts.query}"
        self.subprotocols: list[str] = []
        self.extra_headeers: list[tuple[str, str]] = []
        sock = socket.create_connection((parts.hostname or "", parts.port or 80), timeout=10)
        sock.settimeout(None)
        try:
            Base.__init__(self, sock, connection_type=ConnectionType.CLIENT)
        except BaseException:
            sock.close()
            raise


class Viewer:
    """One tab on one video: joins, posts, and keeps what a page would show, by id."""

    def __init__(self, url: str, token: str, video_id: int) -> None:
        self.notes: dict[int, dict[str, Any]] = {}
        self.acknowledged: dict[str, int] = {}
        self.pending: dict[str, str] = {}
        self._token = token
        self.move(url)
        self._topic = f"videos:{video_id}"
        self._refs = itertools.count(1)
        self._join_ref = ""
        self._keys: dict[str, str] = {}
        self._chain = Chain()
        self._socket: Client | None = None

    def move(self, url: str) -> None:
        """Connect to another node of the site the next time."""
        self._address = url.replace("http", "ws", 1) + f"/socket/websocket?token={self._token}&vsn=2.0.0"

    @property
    def socket(self) -> Client:
        """The connection."""
        assert self._socket is not None
        return self._socket

    @property
    def lacks(self) -> bool:
        """Whether it knows of a note that it does not have."""
        return self._chain.gap

    def connect(self, deadline_s: float = 20.0) -> Viewer:
        """Connect and join, trying again like a page does; send what was never acknowledged once more."""
        end = time.monotonic() + deadline_s
        while True:
            try:
                self._hang_up()
                self._socket = _Client(self._address)
                self._join()
                break
            except (ConnectionError, ConnectionClosed, OSError):
                assert time.monotonic() < end, "could not connect in time"
                time.sleep(0.05)
        for key, body in list(self.pending.items()):
            self.post(key, body)
        return self

    def post(self, key: str, body: str, at: int = 7000) -> None:
        """Push a note; the acknowledgement comes later."""
        self.pending[key] = body
        ref = self.push("new_annotation", {"body": body, "at": at, "key": key})
        self._keys[ref] = key

    def push(self, event: str, payload: dict[str, Any]) -> str:
        """Push an event on the joined topic and give its ref. Raises ConnectionClosed."""
        assert self._socket is not None
        ref = str(next(self._refs))
        try:
            self._socket.send(json.dumps([self._join_ref, ref, self._topic, event, payload]))
        except OSError as gone:  # the client's own thread closed the socket in the middle of the call
            raise ConnectionClosed(self._socket.close_reason) from gone
        return ref

    def read(self, timeout_s: float = 0.05) -> list[Any] | None:
        """Take in one frame, or None when none came in time. Raises ConnectionClosed."""
        assert self._socket is not None
        frame = self._socket.receive(timeout=timeout_s)
        if frame is None:
            return None
        message: list[Any] = json.loads(frame)
        self._take(message)
        return message

    def read_until(self, done: Any, deadline_s: float = 10.0) -> None:
        """Take in frames until `done()`."""
        end = time.monotonic() + deadline_s
        while not done():
            assert time.monotonic() < end, (
                f"not in {deadline_s} s; {len(self.notes)} notes, pending {self.pending}"
            )
            self.read()

    def catch_up(self) -> bool:
        """Fetch what was lost on the way, as a page does a moment after it notices; whether anything was."""
        if not self._chain.gap:
            return False
        asked = self._chain.ask()
        self._list(asked, self.push("list_annotations", {"after_id": asked[0]}))
        return True

    def close(self) -> None:
        """Leave as a closed tab does."""
        if self._socket is not None:
            with suppress(ConnectionClosed):
                self._socket.close()
        self._hang_up()

    def _hang_up(self) -> None:
        if self._socket is not None:
            self._socket.sock.close()

    def _join(self) -> None:
        self._keys.clear()
        asked = self._chain.ask()
        self._join_ref = ref = str(next(self._refs))
        assert self._socket is not None
        self._socket.send(json.dumps([ref, ref, self._topic, "phx_join", {"last_seen_id": asked[0]}]))
        self._list(asked, ref)

    def _list(self, asked: tuple[int, int], ref: str) -> None:
        """Take in pages until the list is at its end."""
        while True:
            response = self._reply_to(ref)
            self._chain.page(asked, [note["id"] for note in response["annotations"]], response["more"])
            if not response["more"]:
                return
            asked = self._chain.ask()
            ref = self.push("list_annotations", {"after_id": asked[0]})

    def _reply_to(self, ref: str) -> dict[str, Any]:
        end = time.monotonic() + 10
        while True:
            message = self.read(0.2)
            if message and message[1] == ref and message[3] == "phx_reply":
                assert message[4]["status"] == "ok", message
                return dict(message[4]["response"])
            assert time.monotonic() < end, f"no reply to {ref}"

    def _take(self, message: list[Any]) -> None:
        _, ref, _, event, payload = message
        if event == "new_annotation":
            self._show(payload)
            self._chain.live(payload["id"], payload["prev"])
        elif event == "latest":
            self._chain.heard(payload["id"])
        elif event == "phx_reply" and payload["status"] == "ok":
            for note in payload["response"].get("annotations", ()):
                self._show(note)
            key = self._keys.pop(ref, None) if ref else None
            if key is not None:
                self.acknowledged[key] = payload["response"]["id"]
                self._chain.heard(payload["response"]["id"])
                self.pending.pop(key, None)

    def _show(self, note: dict[str, Any]) -> None:
        self.notes.setdefault(note["id"], note)
