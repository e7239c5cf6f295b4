"""The contract of a source that asks a service: right and wrong replies over real sockets, without a network.

One call in a test of another package is enough:

    def test_the_contract():
        check_backend(Sample(Capitals, "capital of France?", reply=b'{"capital": "Paris"}', text="Paris"))

Each check raises AssertionError with what does not hold.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from info_sys import application
from info_sys.backend import Backend, Options
from info_sys.http_client import HttpClient
from info_sys.otp.registry import whereis
from info_sys.result import Result
from info_sys.settings import load
from info_sys.system import TASK_SUPERVISOR, compute, defaults, set_defaults
from info_sys.testing import FakeHttpClient, FaultServer, eventually, loopback_client
from info_sys.web_backend import WebBackend

FAULTS: Final = (
    "error", "not-found", "too-many", "html", "truncated", "deep", "bomb", "external", "gzip", "cut", "reset",
    "redirect-away", "redirect-for-ever", "huge", "hang", "drip", "drip-head",
)  # fmt: skip
"""What `FaultServer` can do to a source, each of which may cost its own answer and nothing else."""
TIMEOUT_MS: Final = 250
"""Of a question in these checks; what hangs is given up then, within `PATIENCE_S`."""
PATIENCE_S: Final = 1.0
NASTY: Final = "define a&b=c#d\r\n@host/ü\0"
"""A question that would leave its place in an address, were it not encoded."""


@dataclass(frozen=True)
class Sample:
    """A source, a question to it, the service's `reply` in its documented format, and the answer in it.

    `nothing`: the reply of a service that knows no answer, None if it says so by its status alone. `address`:
    the whole address asked for, None to leave it open. `chat`: a line that is no business of the source's.
    `arguments`: what the class wants before its HTTP client, such as a key.
    """

    kind: type[WebBackend]
    question: str
    reply: bytes
    text: str
    content_type: str = "application/json"
    url: str | None = None
    address: str | None = None
    nothing: bytes | None = None
    chat: str = "nice goal!"
    arguments: tuple[Any, ...] = ()

    @classmethod
    def recorded(cls, kind: type[WebBackend], path: Path, text: str, **more: Any) -> Self:
        """From a file that `info-sys record` wrote."""
        fixture = json.loads(path.read_text(encoding="utf-8"))
        page = fixture["pages"][0]
        more = {"content_type": page["content_type"], **more}
        return cls(kind, fixture["question"], page["body"].encode(), text, **more)

    def make(self, http_client: HttpClient | None = None, endpoint: str | None = None) -> WebBackend:
        """The source, whose answers are not cached: each check asks the same."""
        make: Callable[..., WebBackend] = self.kind
        backend = make(*self.arguments, http_client, endpoint)
        backend.keeps = False
        return backend

    def server(self, slow_s: float = 0.05, body: bytes | None = None) -> FaultServer:
        """A server on the loopback whose right page is the reply, or `body`."""
        return FaultServer(slow_s, self.reply if body is None else body, self.content_type)


def check_backend(sample: Sample) -> None:
    """Everything below. Takes some 2 s; starts an information system if none runs."""
    check_face(sample)
    check_request(sample)
    check_answer(sample)
    check_no_answer(sample)
    check_slow(sample)
    for fault in FAULTS:
        check_fault(sample, fault)


def check_face(sample: Sample) -> None:
    """It says who it is, wants its question and no chat, and shows no key."""
    backend = sample.make(FakeHttpClient({}))
    assert backend.name.isascii(), "a name is a username: ASCII"
    assert backend.name == backend.name.lower(), "a name is in small letters"
    assert backend.title, "a title is what people read"
    assert backend.licence, "under which licence may its answers be shown?"
    assert backend.matches(sample.question), f"it must want {sample.question!r}"
    assert not backend.matches(sample.chat), f"it must not want {sample.chat!r}"
    shown = repr(backend)
    assert not any(str(secret) in shown for secret in sample.arguments), "repr() shows a key"


def check_request(sample: Sample) -> None:
    """It asks at its endpoint, and whatever is typed stays in its place."""
    backend = sample.make(FakeHttpClient({}))
    asked = backend.request(sample.question).address
    assert sample.address in (None, asked), f"it asks {asked}"
    nasty = backend.request(NASTY).address
    assert nasty.startswith(backend.endpoint), f"it asks elsewhere: {nasty}"
    assert nasty.isascii(), f"not encoded: {nasty}"
    left = {"#", "@", "\r", "\n", "\0", " "} & set(nasty.removeprefix(backend.endpoint))
    assert not left, f"not encoded: {left}"


def check_answer(sample: Sample) -> None:
    """A right reply is read, also behind a redirect."""
    with sample.server() as server:
        for page in ("ok", "redirect"):
            backend = sample.make(loopback_client(), server.url(page))
            results = backend.compute(sample.question, Options())
            assert [found.text for found in results] == [sample.text], f"{page}: it reads {results}"
            assert sample.url in (None, results[0].url), f"{page}: its page is {results[0].url}"
            assert results[0].backend is backend, "a result names its backend: use self.result(...)"
            assert 0 < results[0].score <= 100, "a score is from 0 to 100"  # as documented


def check_no_answer(sample: Sample) -> None:
    """Nothing found is an empty list, and no error: errors open the breaker."""
    if sample.nothing is None:
        return
    with sample.server(body=sample.nothing) as server:
        results = sample.make(loopback_client(), server.url("ok")).compute(sample.question, Options())
    assert results == [], f"nothing found is an empty list, not {results}"


def check_slow(sample: Sample) -> None:
    """A slow answer in time is an answer."""
    with _running(), sample.server() as server:
        results = compute(sample.question, backends=[sample.make(loopback_client(), server.url("slow"))])
    assert [found.text for found in results] == [sample.text], f"a slow reply gave {results}"


def check_fault(sample: Sample, fault: str) -> None:
    """A fault costs the source's own answer; others arrive in time, and no task is left behind."""
    with _running(), sample.server() as server:
        begin = time.monotonic()
        backends = [sample.make(loopback_client(), server.url(fault)), _Good()]
        results = compute(sample.question, timeout_ms=TIMEOUT_MS, backends=backends)
        took_s = time.monotonic() - begin
        eventually(lambda: whereis(TASK_SUPERVISOR).children() == [])  # type: ignore[union-attr]  # it runs
    # Half a line of plain text looks as whole as a whole one.
    untold = fault == "truncated" and sample.content_type.startswith("text/plain")
    texts = [found.text for found in results]
    assert texts[untold:] == [_Good.name], f"{fault}: the answers are {texts}"
    assert took_s < TIMEOUT_MS / 1000 + PATIENCE_S, f"{fault}: it took {took_s:.1f} s"
    assert server.requests, f"{fault}: it asked nobody"


class _Good(Backend):
    name = title = "good"

    def compute(self, query: str, opts: Options) -> list[Result]:
        return [Result(1, self.name, self)]


@contextmanager
def _running() -> Iterator[None]:
    """An information system in which no source ever rests: each fault is to be seen."""
    app = None
    if whereis(TASK_SUPERVISOR) is None:
        app = application.start(load({"backends": ("calculator",)}))
    before = defaults()
    set_defaults(before._replace(health=None, shared=None))
    try:
        yield
    finally:
        set_defaults(before)
        if app is not None:
            app.stop()
