"""The observer of a running site: what runs in each server process, what waits, and a way to kill a process.

`rumbl-web observe` asks. Every server process listens on an abstract Unix socket that is named after its pid:
nothing is on the network or on the disk, and the kernel says who asks. Only the user whom the server runs as,
and root, are answered; they might as well send signals.

A question is one line of JSON, `{"top": 20}` or `{"kill": "RumblWeb.Answers"}`; the answer is text.
"""

from __future__ import annotations

import json
import logging
import os
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from info_sys.otp import Process, observer, whereis

log = logging.getLogger(__name__)

TOP: Final = 20
NOTHING: Final = "nothing killed"
_NAME: Final = "\0rumbl-web/observer/{pid}"
_LISTED: Final = re.compile(r" @rumbl-web/observer/(\d+)$", re.MULTILINE)
_LONGEST_LINE: Final = 4096
_PATIENCE_S: Final = 2.0
_CREDENTIALS: Final = "3i"

Measure = Callable[[], Mapping[str, float]]


class ObserverError(Exception):
    """The observer can't do what was asked; the text says why."""


# -- in the server process


class Listener:
    """Answers observers of this process, on a thread of its own. `title` begins every report.

    Making it raises OSError if the name is taken.
    """

    def __init__(self, title: str, measure: Measure) -> None:
        self._title = title
        self._measure = measure
        self._socket = _listen(_NAME.format(pid=os.getpid()))
        self._thread = threading.Thread(target=self._run, name="observer", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Answer nobody any more; the name is free afterwards."""
        self._socket.shutdown(socket.SHUT_RDWR)  # wakes the thread, which closing alone would not
        self._thread.join(2 * _PATIENCE_S)
        self._socket.close()

    def _run(self) -> None:
        while True:
            try:
                asking, _ = self._socket.accept()
            except OSError:
                return
            with closing(asking):
                try:
                    self._serve(asking)
                except Exception:
                    log.warning("an observer was not answered", exc_info=True)

    def _serve(self, asking: socket.socket) -> None:
        if _user_of(asking) not in (os.geteuid(), 0):
            return
        asking.settimeout(_PATIENCE_S)
        with asking.makefile("rb") as lines:
            question = json.loads(lines.readline(_LONGEST_LINE))
        asking.sendall(self._answer(question).encode())

    def _answer(self, question: Mapping[str, Any]) -> str:
        if "kill" in question:
            return kill(str(question["kill"]))
        return "\n".join(report(self._title, self._measure(), int(question.get("top", TOP)))) + "\n"


def _listen(name: str) -> socket.socket:
    listening = socket.socket(socket.AF_UNIX)
    try:
        listening.bind(name)
        listening.listen()
    except OSError:
        listening.close()
        raise
    return listening


def report(title: str, measured: Mapping[str, float], top: int = TOP) -> Iterator[str]:
    """Memory, gauges, the supervision trees, the processes by class and those with the most mail."""
    yield f"{title}: pid {os.getpid()}, {_resident_mib():.1f} MiB, {threading.active_count()} threads"
    yield ""
    yield from (f"{name:<30} {value:>12,.0f}" for name, value in measured.items())
    for root in observer.roots():
        yield ""
        yield from observer.tree(root).lines()
    yield ""
    yield from (f"{count:>8} {name}" for name, count in observer.types().items())
    yield ""
    yield f"{'waiting':>8} {'turns':>10} {'dropped':>8}  {'address':<14}  process"
    for seen in observer.busiest(top):
        counts = f"{seen.queue_length:>8} {seen.turns:>10} {seen.dropped:>8}"
        yield f"{counts}  {hex(id(seen.process)):<14}  {seen.process!r}"


def kill(address: str) -> str:
    """Kill a process by its name or number, and tell whether its supervisor brought the name back."""
    try:
        process = observer.find(address)
    except ProcessLookupError as error:
        return f"{NOTHING}: {error}\n"
    name = observer.info(process).name
    observer.kill(process)
    log.warning("an observer killed %r", process)
    return f"killed {process!r}{_came_back(name, process)}\n"


def _came_back(name: str | None, killed: Process) -> str:
    if name is None:
        return ""
    deadline = time.monotonic() + _PATIENCE_S / 2
    while time.monotonic() < deadline:
        if whereis(name) not in (None, killed):
            return f"; {name} is back"
        time.sleep(0.01)
    return f"; {name} is not back yet"


def _resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


# -- in the process that asks


def pids() -> list[int]:
    """The server processes of this machine that can be observed."""
    return sorted({int(pid) for pid in _LISTED.findall(Path("/proc/net/unix").read_text())})


def ask(pid: int, question: Mapping[str, Any]) -> str:
    """The answer of one server process, in printable characters. Raises ObserverError."""
    try:
        answer = _ask(pid, json.dumps(question).encode() + b"\n")
    except (BrokenPipeError, ConnectionResetError):  # hung up on, before or while we asked
        answer = b""
    except ConnectionRefusedError:
        raise ObserverError(f"no server process {pid} runs on this machine") from None
    except OSError as error:
        raise ObserverError(f"server process {pid} does not answer: {error}") from None
    if not answer:
        raise ObserverError(f"server process {pid} answers only its own user and root")
    return "".join(one if one.isprintable() or one == "\n" else "?" for one in answer.decode())


def _ask(pid: int, question: bytes) -> bytes:
    with closing(socket.socket(socket.AF_UNIX)) as asking:
        asking.settimeout(5 * _PATIENCE_S)
        asking.connect(_NAME.format(pid=pid))
        asking.sendall(question)
        return b"".join(iter(lambda: asking.recv(65536), b""))


def _user_of(peer: socket.socket) -> int:
    size = struct.calcsize(_CREDENTIALS)
    _pid, uid, _gid = struct.unpack(
        _CREDENTIALS, peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    )
    return int(uid)
