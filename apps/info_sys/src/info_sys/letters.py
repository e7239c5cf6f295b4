"""How answers come back from workers: a stream of Redis per asker, read by all processes of that asker.

Each letter is read by one process, and is gone when that has dealt with it; if it dies before, another one
gets it. So a letter may be read twice: who reads must be able to bear that.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from redis import Redis, RedisError, ResponseError

from info_sys.system import Answer

log = logging.getLogger(__name__)

MAX_LETTERS: Final = 10_000
WAIT_S: Final = 1.0
RETRY_S: Final = 0.5
DEAD_S: Final = 30.0
"""A letter that was given out and not dealt with for so long goes to somebody else."""
_GROUP: Final = "askers"


@dataclass(frozen=True, slots=True)
class Found:
    """One result as it travels: who said it by name and title."""

    score: float
    text: str | None
    backend: str
    title: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one source."""

    backend: str
    title: str
    state: str
    took_ms: float | None
    score: float | None


@dataclass(frozen=True, slots=True)
class Letter:
    """The answer to one question, which `reference` names."""

    reference: str
    found: tuple[Found, ...]
    told: tuple[Told, ...]

    @classmethod
    def of(cls, reference: str, answer: Answer) -> Letter:
        """From what `ask` gives."""
        found = (
            Found(r.score, r.text, r.backend.name, r.backend.title, r.url)
            for r in answer.results
            if r.backend
        )
        told = (
            Told(
                o.backend.name,
                o.backend.title,
                o.state,
                o.took_ms,
                o.score,
            )
            for o in answer.outcomes
        )
        return cls(reference, tuple(found), tuple(told))

    @classmethod
    def read(cls, text: str) -> Letter:
        """From JSON. Raises ValueError, TypeError, KeyError."""
        value = json.loads(text)
        found, told = (Found(**row) for row in value["found"]), (Told(**row) for row in value["told"])
        return cls(value["reference"], tuple(found), tuple(told))

    def write(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self))


def stream(reply_to: str) -> str:
    """The name of an asker's stream."""
    return f"info_sys:letters:{reply_to}"


def send(redis: Redis, reply_to: str, letter: Letter) -> None:
    """Put a letter into the asker's stream. Raises RedisError."""
    redis.xadd(stream(reply_to), {"letter": letter.write()}, maxlen=MAX_LETTERS, approximate=True)


class Letterbox:
    """One process's reader. `handle` is called on one thread, a letter at a time; `look_after` in between."""

    def __init__(
        self,
        redis: Redis,
        reply_to: str,
        reader: str,
        handle: Callable[[Letter], None],
        look_after: Callable[[], object] = lambda: None,
    ) -> None:
        self._redis = redis
        self._stream = stream(reply_to)
        self._reader = reader
        self._handle = handle
        self._look_after = look_after
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="info-sys-letters", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self, timeout_s: float = 3.0) -> None:
        """Read no more; the letter in hand is dealt with."""
        self._stopped.set()
        self._thread.join(timeout_s)

    def _run(self) -> None:
        away = False
        while not self._stopped.is_set():
            try:
                self._join_group()
                away = False
                while not self._stopped.is_set():
                    self._turn()
            except (RedisError, OSError) as error:
                if not away:
                    log.warning("no letters: Redis does not answer (%s)", type(error).__name__)
                away = True
            except Exception:  # the reader's: the letter is given out again when it is old enough
                log.exception("a letter could not be dealt with")
            self._stopped.wait(RETRY_S)

    def _join_group(self) -> None:
        try:
            self._redis.xgroup_create(self._stream, _GROUP, id="0", mkstream=True)
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise

    def _turn(self) -> None:
        old: Any = self._redis.xautoclaim(
            self._stream, _GROUP, self._reader, int(DEAD_S * 1000), start_id="0", count=10
        )
        self._deal_with(old[1])
        fresh: Any = self._redis.xreadgroup(
            _GROUP, self._reader, {self._stream: ">"}, count=100, block=int(WAIT_S * 1000)
        )
        for _name, letters in fresh or ():
            self._deal_with(letters)
        self._look_after()

    def _deal_with(self, letters: Sequence[tuple[str, dict[str, str] | None]]) -> None:
        for number, fields in letters:
            if fields:
                self._open(fields.get("letter", ""))
            with self._redis.pipeline() as pipe:
                pipe.xack(self._stream, _GROUP, number)
                pipe.xdel(self._stream, number)
                pipe.execute()

    def _open(self, text: str) -> None:
        try:
            letter = Letter.read(text)
        except (ValueError, TypeError, KeyError) as error:
            log.warning("a letter that can't be read is thrown away: %s", type(error).__name__)
            return
        self._handle(letter)
