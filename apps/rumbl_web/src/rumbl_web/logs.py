"""Log lines on standard error: for a person, or as JSON for a machine. Standard output is for words.

A record stays one line whatever a client put into it, says to which request it belongs, and shows no password
hash and no password of an address. `extra={"facts": {...}}` gives a record named values: members of its JSON.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, Literal, TextIO

from flask import g, has_app_context
from gunicorn.glogging import Logger  # type: ignore[import-untyped]  # gunicorn has no types

Style = Literal["text", "json"]

MASK: Final = "[FILTERED]"
MAX_MESSAGE: Final = 4_000
"""Characters of a message; the rest is cut off."""
MAX_TRACEBACK: Final = 20_000
"""Characters of a traceback; its middle is left out."""
QUIET: Final = ("alembic", "gunicorn", "rumbl_core.pool", "urllib3")
"""Libraries whose everyday lines nobody needs; the pool's are SQLAlchemy's."""

_SECRETS: Final = re.compile(r"\$argon2[\w+/=,$.]+|(?<=://)[^\s/@'\"]+(?=@)")
_COLOURS: Final = {logging.WARNING: "\x1b[33m", logging.ERROR: "\x1b[31m", logging.CRITICAL: "\x1b[1;31m"}
_PLAIN: Final = "\x1b[0m"


def configure(level: str, style: Style = "text", stream: TextIO | None = None) -> None:
    """Write everything from `level` up to `stream` (standard error); safe to call again.

    What threads die of, and warnings, are records as well.
    """
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Json() if style == "json" else Text(colour=handler.stream.isatty()))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(True)
    threading.excepthook = _log_end_of_thread
    sys.excepthook = _log_end


class Text(logging.Formatter):
    """`22:00:19 INFO    rumbl_web.request: GET / 200 ...`; colours are for a terminal."""

    def __init__(self, *, colour: bool = False) -> None:
        super().__init__(datefmt="%H:%M:%S")
        self._colour = colour

    def format(self, record: logging.LogRecord) -> str:
        """One line, and the lines of a traceback, which are indented: none can pass for a record."""
        line = (
            f"{self.formatTime(record, self.datefmt)} {record.levelname:<7} {record.name}: {message(record)}"
        )
        request_id = _request_id()
        if request_id and request_id not in line:
            line += f" id={request_id}"
        if self._colour and record.levelno in _COLOURS:
            line = f"{_COLOURS[record.levelno]}{line}{_PLAIN}"
        return "\n    ".join([line, *map(one_line, traceback(record).splitlines())])


class Json(logging.Formatter):
    """One JSON object a line: `time` (UTC), `level`, `logger`, `message`, `pid`, then what the record has."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        fields: dict[str, Any] = {
            "time": utc(record.created),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": message(record),
            "pid": record.process,
        }
        fields |= {"request_id": _request_id()} if _request_id() else {}
        fields |= {name: value for name, value in facts(record).items() if name not in fields}
        fields |= {"exception": stack} if (stack := traceback(record)) else {}
        return json.dumps(fields, default=str)


class GunicornLogger(Logger):  # type: ignore[misc]  # gunicorn has no types
    """Lets gunicorn's own lines go where all others go; it keeps no access log, the endpoint does."""

    def setup(self, cfg: Any) -> None:
        """Called at the start and when settings are read again."""
        super().setup(cfg)
        for log in (self.error_log, self.access_log):
            log.handlers.clear()
            log.propagate = True


def message(record: logging.LogRecord) -> str:
    """What the record says, on one line, without secrets, of bounded length."""
    text = one_line(record.getMessage())
    return text if len(text) <= MAX_MESSAGE else f"{text[:MAX_MESSAGE]}..."


def facts(record: logging.LogRecord) -> Mapping[str, Any]:
    """The named values of a record."""
    named: Mapping[str, Any] = getattr(record, "facts", {})
    return named


def traceback(record: logging.LogRecord) -> str:
    """The traceback and the stack of a record, "" if it has none."""
    parts = [logging.Formatter().formatException(record.exc_info)] if record.exc_info else []
    text = _SECRETS.sub(MASK, "\n".join([*parts, *filter(None, [record.stack_info])]))
    half = MAX_TRACEBACK // 2
    return text if len(text) <= MAX_TRACEBACK else f"{text[:half]}\n...\n{text[-half:]}"


def one_line(text: str) -> str:
    r"""`text` without secrets and with control characters written out.

    >>> one_line("a\nforged line")
    'a\\nforged line'
    """
    text = _SECRETS.sub(MASK, text)
    return text if text.isprintable() else "".join(map(_written_out, text))


def utc(seconds: float) -> str:
    """A moment as ISO 8601 in UTC, to the millisecond.

    >>> utc(0.25)
    '1970-01-01T00:00:00.250Z'
    """
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _written_out(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape").decode()


def _request_id() -> str:
    return str(g.get("request_id", "")) if has_app_context() else ""


def _log_end_of_thread(end: threading.ExceptHookArgs) -> None:
    if end.exc_type is not SystemExit and end.exc_value is not None:
        name = end.thread.name if end.thread else "a thread"
        _log_error(f"{name} ended", end.exc_value)


def _log_end(kind: type[BaseException], error: BaseException, trace: Any) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
    else:
        _log_error("the process ended", error)


def _log_error(what: str, error: BaseException) -> None:
    logging.getLogger(__name__).critical("%s by an exception", what, exc_info=error)
