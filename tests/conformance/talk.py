"""A started conformance server, and a client that speaks raw frames with it."""

from __future__ import annotations

import itertools
import json
import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from simple_websocket import Client, ConnectionClosed
from wsproto.utilities import LocalProtocolError

from info_sys.testing_ports import free_port
from tests import preloaded
from tests.running import eventually

DEADLINE_S: Final = 15.0


class ConformanceServer:
    """One server process on one port, which can be killed and started again."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.port = free_port()
        self.url = f"ws://127.0.0.1:{self.port}"
        self._log = folder / "conformance.log"
        self._options = options
        self._process: preloaded.Forked | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> ConformanceServer:
        """Start and wait until it listens."""
        arguments = ["--port", str(self.port), *self._options]
        self._log.write_bytes(b"")
        self._process = preloaded.start(arguments, os.environ, self._log, module="tests.conformance.server")
        eventually(self._is_up, 60)
        return self

    def stop(self) -> None:
        """SIGTERM: every client is closed with 1012."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(signal.SIGTERM)
            process.wait(30)

    def output(self) -> str:
        return self._log.read_text(errors="replace")

    def _is_up(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"the server did not start:\n{self.output()}"
        return "listening on" in self.output()


class Talk:
    """One raw client of protocol version 2. What it waits for comes in time, or it fails."""

    def __init__(
        self, url: str, mount: str = "/socket", *, deadline_s: float = DEADLINE_S, **params: str
    ) -> None:
        self.deadline_s = deadline_s
        self._refs = itertools.count(1000)
        query = urlencode({"vsn": "2.0.0", **params})
        self._socket = Client(f"{url}{mount}/websocket?{query}", max_message_size=1 << 26)

    def send(self, *message: Any) -> None:
        """Send `join_ref, ref, topic, event, payload`."""
        self.send_raw(json.dumps(message))

    def send_raw(self, data: str | bytes) -> None:
        self._socket.send(data)

    def frame(self) -> Any:
        """The next message: parsed JSON, or bytes."""
        data = self._socket.receive(timeout=self.deadline_s)
        assert data is not None, f"nothing came within {self.deadline_s} s"
        return data if isinstance(data, bytes) else json.loads(data)

    def ask(self, *message: Any) -> Any:
        self.send(*message)
        return self.frame()

    def join(self, topic: str, ref: Any = "1", payload: Any = None) -> Any:
        """Join; the response of a reply that is right in every other way."""
        params = {} if payload is None else payload
        answer = self.ask(ref, ref, topic, "phx_join", params)
        assert answer[:4] == [ref, ref, topic, "phx_reply"], answer
        assert answer[4]["status"] == "ok", answer
        return answer[4]["response"]

    def quiet(self) -> None:
        """Nothing else was under way."""
        ref = str(next(self._refs))
        answer = self.ask(None, ref, "phoenix", "heartbeat", {})
        assert answer == [None, ref, "phoenix", "phx_reply", {"response": {}, "status": "ok"}], answer

    def closed(self) -> int | None:
        """The code of the close that comes next; messages before it are passed over."""
        end = time.monotonic() + self.deadline_s
        while time.monotonic() < end:
            try:
                self._socket.receive(timeout=0.1)
            except ConnectionClosed as closed:
                code: int | None = closed.reason
                return code
        raise AssertionError(f"not closed within {self.deadline_s} s")

    def close(self) -> None:
        """Go, whatever state it is in."""
        # Its thread may believe itself connected after a close: what came at that moment.
        with suppress(ConnectionClosed, LocalProtocolError):
            self._socket.close()
