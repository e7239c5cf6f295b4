"""Names for processes. A name is free again before anybody hears that its process is gone.

`register`, `unregister` and `whereis` work on the one registry of well-known names; wherever a server is
asked for, such a name will do. A `Registry` of one's own maps any keys, each to one process or to several.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final

from info_sys.otp.process import NOPROC, Process
from info_sys.otp.scheduler import kernel_lock


class AlreadyStarted(Exception):
    """The name is taken by `process`."""

    def __init__(self, name: Hashable, process: Process) -> None:
        super().__init__(f"{name!r} is already started: {process!r}")
        self.name = name
        self.process = process


class Registry:
    """Keys to processes: with `unique` one process per key, otherwise any number."""

    def __init__(self, *, unique: bool = True) -> None:
        self._unique = unique
        self._by_key: dict[Hashable, dict[Process, object]] = {}
        self._by_process: dict[Process, list[Hashable]] = {}

    def register(self, key: Hashable, process: Process, value: object = None) -> None:
        """Enter `process` under `key`. Raises AlreadyStarted (taken) or ProcessLookupError (it is gone)."""
        with kernel_lock:
            holders = self._by_key.get(key, {})
            if self._unique and holders:
                raise AlreadyStarted(key, next(iter(holders)))
            if process not in self._by_process:
                process.before_down(self.forget)
            self._by_key.setdefault(key, {})[process] = value
            self._by_process.setdefault(process, []).append(key)

    def unregister(self, key: Hashable, process: Process | None = None) -> None:
        """Give up `key`: for `process`, or for all. Unknown keys are fine."""
        with kernel_lock:
            for holder in list(self._by_key.get(key, ())) if process is None else [process]:
                self._remove(key, holder)
                keys = self._by_process.get(holder, [])
                # An emptied list stays until the process ends: it says that `forget` is already asked for.
                keys[:] = [other for other in keys if other != key]

    def lookup(self, key: Hashable) -> list[tuple[Process, object]]:
        """Who is registered under `key`, with their values."""
        with kernel_lock:
            return list(self._by_key.get(key, {}).items())

    def whereis(self, key: Hashable) -> Process | None:
        """The first process under `key`."""
        holders = self._by_key.get(key)
        with kernel_lock:
            return next(iter(holders), None) if holders else None

    def keys(self, process: Process) -> list[Hashable]:
        """The keys of `process`."""
        with kernel_lock:
            return list(self._by_process.get(process, ()))

    def dispatch(self, key: Hashable, message: object) -> int:
        """Send `message` to everybody under `key`; answers how many took it."""
        return sum(process.send(message) for process, _value in self.lookup(key))

    def forget(self, process: Process) -> None:
        """Give up all keys of `process`: it is gone."""
        with kernel_lock:
            for key in self._by_process.pop(process, []):
                self._remove(key, process)

    def _remove(self, key: Hashable, process: Process) -> None:
        holders = self._by_key.get(key)
        if holders is not None:
            holders.pop(process, None)
            if not holders:
                del self._by_key[key]


names: Final = Registry()

Server = Process | str
"""A process or its registered name."""


def register(name: str, process: Process) -> None:
    """Give `process` a well-known name. Raises AlreadyStarted when another one has it."""
    names.register(name, process)


def unregister(name: str) -> None:
    """Give the name up."""
    names.unregister(name)


def whereis(name: str) -> Process | None:
    """The process of that name, if there is one."""
    return names.whereis(name)


def resolve(server: Server) -> Process:
    """The process itself. Raises ProcessLookupError for a name that nobody has."""
    process = whereis(server) if isinstance(server, str) else server
    if process is None:
        raise ProcessLookupError(f"{NOPROC}: no process is named {server!r}")
    return process
