"""A fixture from a live reply: one question to one service, and what came back, as JSON.

Keys are masked wherever they stand: the values of the variables that a backend `needs`.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote, quote_plus

from info_sys.backend import Context, Options
from info_sys.backends import known
from info_sys.http_client import HttpClient, HttpFailed, Request, RequestsClient
from info_sys.reply import Reply
from info_sys.result import Result
from info_sys.web_backend import WebBackend

MASK: Final = "KEY"


class NotRecordable(Exception):
    """There is no such source, or none that can be recorded; one line that says why."""


@dataclass(frozen=True, slots=True)
class Page:
    """One reply, and the address it came from."""

    address: str
    reply: Reply


@dataclass(frozen=True, slots=True)
class Recording:
    """What was asked and what came: `results` as read from it, or `error`, why that failed."""

    backend: str
    question: str
    pages: tuple[Page, ...]
    results: tuple[Result, ...] = ()
    error: str | None = None

    def text(self, secrets: Iterable[str] = ()) -> str:
        """As JSON, without `secrets`."""
        pages = [_as_dict(page, secrets) for page in self.pages]
        about = {"backend": self.backend, "question": self.question}
        recorded = {"recorded": datetime.now(UTC).isoformat(timespec="seconds")}
        return json.dumps({**about, **recorded, "pages": pages}, indent=1, ensure_ascii=False) + "\n"


class Tape:
    """A way to the web that remembers what came over it."""

    def __init__(self, inner: HttpClient) -> None:
        self._inner = inner
        self.pages: list[Page] = []

    def fetch(self, request: Request, hosts: Collection[str], timeout_s: float) -> Reply:
        """As the inner one."""
        reply = self._inner.fetch(request, hosts, timeout_s)
        self.pages.append(Page(request.address, reply))
        return reply


def find(name: str) -> type[WebBackend]:
    """The class of a source that asks a service. Raises NotRecordable."""
    kind = known().get(name)
    if kind is None:
        raise NotRecordable(f"{name!r} is no backend, there are {', '.join(known())}")
    if not issubclass(kind, WebBackend):
        raise NotRecordable(f"{name} asks no service: there is nothing to record")
    return kind


def record(kind: type[WebBackend], question: str, context: Context) -> Recording:
    """Ask once. Raises NotRecordable for a source that is off, HttpFailed for a service without a page."""
    tape = Tape(context.http_client or RequestsClient())
    backend = kind.create(replace(context, http_client=tape))
    if backend is None:
        raise NotRecordable(f"{kind.name} is off: set {', '.join(kind.needs) or 'what it needs'}")
    made = Recording(kind.name, question, ())
    try:
        results = tuple(backend.compute(question, Options()))
    except HttpFailed:
        raise
    except Exception as error:  # somebody else's code, and just what the recording is to show
        return replace(made, pages=tuple(tape.pages), error=f"{type(error).__name__}: {error}")
    if not tape.pages:
        raise HttpFailed("the service says that it has no answer")
    return replace(made, pages=tuple(tape.pages), results=results)


def secrets(kind: type[WebBackend], context: Context) -> list[str]:
    """The keys that must not be seen."""
    return [value for name in kind.needs if (value := context.environment.get(name))]


def _as_dict(page: Page, secrets: Iterable[str]) -> dict[str, str]:
    shown = {"address": _masked(page.address, secrets), "content_type": page.reply.content_type}
    try:
        return shown | {"body": _masked(page.reply.body.decode(), secrets)}
    except UnicodeDecodeError:
        return shown | {"body_base64": base64.b64encode(page.reply.body).decode()}


def _masked(text: str, secrets: Iterable[str]) -> str:
    for secret in secrets:
        for form in (secret, quote(secret, safe=""), quote_plus(secret)):
            text = text.replace(form, MASK)
    return text
