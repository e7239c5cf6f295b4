"""A cache: a table that everybody reads and writes directly, owned and swept by a process.

The owner does no more than that, so it can't be a bottleneck; when it dies, its table is gone with it, and
the next one starts empty. The sweep deletes everything: an entry lives between nothing and one interval.

    Cache("questions").start()
    put("one plus one?", "two", cache="questions")
    fetch("one plus one?", cache="questions")  # Ok(value='two')
    fetch("not here", cache="questions")       # None
"""

from __future__ import annotations

import threading
from collections.abc import Hashable, Iterable
from typing import Final

from info_sys.otp import send_after
from info_sys.otp.gen_server import GenServer
from info_sys.otp.process import Process
from info_sys.otp.task import Ok

NAME: Final = "InfoSys.Cache"
CLEAR_INTERVAL_MS: Final = 60_000
MAX_ENTRIES: Final = 10_000

_CLEAR: Final = "clear"


class _Table:
    """Entries in order of age. Reads need no lock; when it is full, the oldest entry makes room."""

    def __init__(self, max_entries: int) -> None:
        self.entries: dict[Hashable, object] = {}
        self._max_entries = max_entries
        self._lock = threading.Lock()

    def put(self, key: Hashable, value: object) -> None:
        with self._lock:
            self.entries.pop(key, None)
            while len(self.entries) >= self._max_entries:
                del self.entries[next(iter(self.entries))]
            self.entries[key] = value

    def clear(self) -> None:
        with self._lock:
            self.entries.clear()


_tables: dict[str, _Table] = {}


class Cache(GenServer):
    """The owner of the table `name`, which holds at most `max_entries`. Start it under a supervisor."""

    def __init__(
        self,
        name: str = NAME,
        clear_interval_ms: float = CLEAR_INTERVAL_MS,
        max_entries: int = MAX_ENTRIES,
    ) -> None:
        super().__init__(name, clear_interval_ms, max_entries, name=name)

    def init(self, name: str, clear_interval_ms: float, max_entries: int) -> None:
        """Make the table and start the first interval."""
        self._interval_ms = clear_interval_ms
        self._table = _tables[name] = _Table(max_entries)
        self.before_down(self._drop_table)
        self._arm()

    def handle_info(self, message: object) -> None:
        """Sweep."""
        if message == _CLEAR:
            self._table.clear()
            self._arm()

    def _arm(self) -> None:
        send_after(self, _CLEAR, self._interval_ms)

    def _drop_table(self, _process: Process) -> None:
        if self.name is not None and _tables.get(self.name) is self._table:
            del _tables[self.name]


def put(key: Hashable, value: object, cache: str = NAME) -> None:
    """Keep `value`. A cache that is not there keeps nothing, silently: it is only a cache."""
    table = _tables.get(cache)
    if table is not None:
        table.put(key, value)


def fetch(key: Hashable, cache: str = NAME) -> Ok[object] | None:
    """`Ok(value)`, or None when it is not there (or the cache isn't)."""
    table = _tables.get(cache)
    if table is None:
        return None
    value = table.entries.get(key, _tables)
    return None if value is _tables else Ok(value)


def fetch_all(keys: Iterable[Hashable], cache: str = NAME) -> list[object]:
    """The value of each key, None for what is not there: for values that are never None, in one go."""
    table = _tables.get(cache)
    return [None for _key in keys] if table is None else [*map(table.entries.get, keys)]


def size(cache: str = NAME) -> int:
    """How many entries there are."""
    table = _tables.get(cache)
    return 0 if table is None else len(table.entries)
