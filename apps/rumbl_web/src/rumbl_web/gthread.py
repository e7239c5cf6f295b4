"""gunicorn's threaded worker, whose threads are for whole requests only.

The stock worker gives a connection to a thread with its first byte, and the thread waits for the rest for as
long as the client likes: eight half-sent requests stop a site with eight threads. Here the worker's poller
collects a request's head, and a body of a form's size, and a thread gets it when it is complete. A longer
body is read by its thread, in limited time and by half of the threads at most.

WebSocket upgrades have half of the threads at most, and wait for them in a line of their own: a crowd that
lost its connections comes back all at once, and a page need not wait behind it. What keeps a thread for long,
such as a log-in, has a quarter of them and another line, which is bounded. Both are for whole requests only:
a log-in whose body has yet to come is late from the beginning.

For plain HTTP/1.1, as the WebSocket hub: TLS and HTTP/2 belong to a reverse proxy.
"""

from __future__ import annotations

import errno
import logging
import re
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import nullcontext
from datetime import datetime
from functools import partial
from select import POLLIN, poll
from threading import BoundedSemaphore, local
from typing import Any, ClassVar, Final

from gunicorn import util  # type: ignore[import-untyped]  # gunicorn has no types
from gunicorn.http import errors  # type: ignore[import-untyped]  # gunicorn has no types
from gunicorn.http.unreader import SocketUnreader  # type: ignore[import-untyped]  # gunicorn has no types
from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]  # gunicorn has no types

from info_sys.otp import scheduler
from rumbl_web import bare_page, request_head, slots
from rumbl_web.page_costs import PageCosts

_READ_BYTES: Final = 16 << 10
_NO_DESCRIPTOR: Final = frozenset({errno.EMFILE, errno.ENFILE})
_PAUSE_S: Final = 0.05
_UPGRADES_IN_A_ROW: Final = 16
"""What a thread runs before pages have their turn: a few milliseconds. Each would take a quarter longer
on its way through the poller to another thread."""
_WARN_EVERY_S: Final = 10.0
_MAY_DETACH: Final = "phoenix.may_detach"  # as in rumbl_web.phoenix.transports.handover
_request = local()


def is_late() -> bool:
    """Whether this thread's request found its line full or waited too long in it: turn it away."""
    return getattr(_request, "late", False)


class _Detached(Exception):
    """The site has taken the connection out of its socket object: there is nobody to answer."""


class _Site:
    """What gunicorn calls as the application, and everything else that the application is."""

    def __init__(self, app: Callable[..., Iterable[bytes]], log: Any) -> None:
        self._app, self._log, self._costs = app, log, PageCosts()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request. Raises _Detached when its connection is gone to the hub."""
        environ[_MAY_DETACH] = True
        begin = datetime.now()
        # Upgrades are quick and have a line of their own; in this one a crowd that comes back loses time.
        upgrade = getattr(_request, "upgrade", False)
        with nullcontext() if upgrade else self._costs.computing(environ["PATH_INFO"]):
            answer = self._app(environ, start_response)
        if environ["gunicorn.socket"].fileno() >= 0:
            return answer
        if hasattr(answer, "close"):
            answer.close()
        response = start_response.__self__
        self._log.access(response, response.req, environ, datetime.now() - begin)
        raise _Detached

    def __getattr__(self, name: str) -> Any:
        """Hooks of a deployment go by `worker.wsgi` (docs/guides/channels.md)."""
        return getattr(self._app, name)


class _Line:
    """Requests of one kind: `most` threads run them at the same time, the others wait here.

    A thread runs up to `in_a_row` of them before it looks at other requests.
    """

    def __init__(self, kind: re.Pattern[bytes], most: int, in_a_row: int = 1) -> None:
        self.kind = kind
        self.most = most
        self.in_a_row = in_a_row
        self.threads = 0
        self.waiting: deque[Any] = deque()

    def next(self) -> Any:
        """The one that waits longest, who need not wait any more; None if nobody does. On any thread."""
        try:
            return self.waiting.popleft()
        except IndexError:
            return None


_REFUSALS: Final = {
    errors.ForbiddenProxyRequest: (403, "This site answers no requests for others."),
    errors.LimitRequestLine: (414, "The address is too long. Check the link, or start from the home page."),
    errors.ExpectationFailed: (417, "The site can't do what the request expects of it."),
    errors.LimitRequestHeaders: (431, "Your browser sent too much. Clear this site's cookies and try again."),
    errors.UnsupportedTransferCoding: (501, "The request was packed in a way that the site can't read."),
}
_UNREADABLE: Final = (400, "The request could not be read. Go back and try again.")
_BROKEN: Final = (500, "Something broke on our side. It is written down and we will look into it.")
log = logging.getLogger("rumbl_web.request")


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """Give it to gunicorn as `worker_class`."""

    head_s: ClassVar[float] = 10.0
    """How long a client may take to send a head (and a short body); then it is cut."""

    body_s: ClassVar[float] = 10.0
    """How long a thread waits for a long body, in all; then the client counts as gone."""

    slow: ClassVar[re.Pattern[bytes] | None] = None
    """The beginning of requests that keep a thread for long, with the address spelled plainly."""

    most_in_line: ClassVar[int] = 100
    """How many of them may wait for a thread; others are late from the beginning."""

    line_s: ClassVar[float] = 10.0
    """After so long in the line a request is late."""

    late_bytes: ClassVar[int] = 16 << 20
    """So much is read of what a client sends behind its last answer; then it is cut, answer or not."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        half, quarter = max(1, self.cfg.threads // 2), max(1, self.cfg.threads // 4)
        self._may_wait = BoundedSemaphore(half)
        # The first that fits: what hashes does so whatever else it asks for.
        self._lines = [] if self.slow is None else [_Line(self.slow, quarter)]
        self._upgrades = _Line(request_head.upgrades(()), half, in_a_row=_UPGRADES_IN_A_ROW)
        self._warned = -_WARN_EVERY_S

    def load_wsgi(self) -> None:
        """Load the site, and stand before it. Where it waits by `otp.blocking()`, others compute."""
        super().load_wsgi()
        # Only where a WebSocket is mounted: else any page could be asked for as one, and take no slot.
        rules = [rule.rule for rule in self.wsgi.url_map.iter_rules() if rule.websocket]
        self._upgrades.kind = request_head.upgrades(rules)
        self._lines.append(self._upgrades)
        scheduler.elsewhere(slots.waiting)
        self.wsgi: Any = _Site(self.wsgi, self.log)

    def accept(self, listener: socket.socket) -> None:
        """Take a connection. Without a free descriptor it stays in the kernel's queue."""
        try:
            super().accept(listener)
        except OSError as error:
            if error.errno not in _NO_DESCRIPTOR:
                raise
            self._warn()
            # The listener stays readable: without a pause the poller would spin.
            time.sleep(_PAUSE_S)

    def _warn(self) -> None:
        now = time.monotonic()
        if now - self._warned > _WARN_EVERY_S:
            self._warned = now
            self.log.warning("no descriptor for another connection: raise the limit (ulimit -n)")

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Wake as well when the time of a half-sent request is up: the stock worker looks once a second."""
        if self.pending_conns:
            left_s = self.pending_conns[0].timeout - time.monotonic()
            timeout = max(0.0, min(timeout, left_s))
        super().wait_for_and_dispatch_events(timeout)

    def enqueue_req(self, conn: Any) -> None:
        """Give a complete request to a thread; let the poller wait for the rest of another."""
        if self._is_ready(conn):
            self._start(conn)
            return
        conn.timeout = time.monotonic() + self.head_s
        self.pending_conns.append(conn)
        wake = partial(self.on_pending_socket_readable, conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, wake)

    def on_pending_socket_readable(self, conn: Any, client: Any) -> None:
        """Read on; its time runs from the request's beginning, however often it sends a little."""
        if self._is_ready(conn):
            super().on_pending_socket_readable(conn, client)

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: Exception) -> None:
        """Answer what the application never saw: a request that can't be read, or a crash around it."""
        address = addr[0] if addr else "-"
        ours = isinstance(exc, errors.InvalidResponseHeader | errors.InvalidResponseHeaderName)
        if isinstance(exc, errors.ParseException) and not ours:
            status, text = _REFUSALS.get(type(exc), _UNREADABLE)
            facts = {"status": status, "client": address, "reason": type(exc).__name__}
            log.info("unreadable request from %s: %d, %.200s", address, status, exc, extra={"facts": facts})
        else:
            status, text = _BROKEN
            log.error(
                "crash around a request from %s", address, exc_info=exc, extra={"facts": {"status": 500}}
            )
        try:
            util.write_nonblock(client, bare_page.answer(status, text))
        except OSError:
            log.debug("%s did not wait for its answer", address)

    def _start(self, conn: Any) -> None:
        head = conn.parser.unreader.buf.getvalue()
        plain = request_head.spelled_plainly(head)
        line = next((line for line in self._lines if line.kind.search(plain)), None)
        conn.late_at, comes_later = float("inf"), not request_head.is_whole(head)
        conn.upgrade = line is self._upgrades and not comes_later
        if line is None or (line is self._upgrades and comes_later):
            super().enqueue_req(conn)
        elif line.kind is self.slow and (comes_later or len(line.waiting) >= self.most_in_line):
            conn.late_at = 0.0
            super().enqueue_req(conn)  # turning it away takes a thread, but not for long
        else:
            if line.kind is self.slow:
                conn.late_at = time.monotonic() + self.line_s
            line.waiting.append(conn)
            self._move_up(line)

    def _move_up(self, line: _Line) -> None:
        while line.threads < line.most and (conn := line.next()) is not None:
            line.threads += 1
            run = self.tpool.submit(self._run, line, conn)
            run.add_done_callback(lambda run: self.method_queue.defer(self._end_run, line, run))

    def _run(self, line: _Line, conn: Any) -> int:
        """Run requests of a line on a thread, and count those whose connections the site has taken."""
        taken = 0
        for left in reversed(range(line.in_a_row)):
            result = self._handle_safely(conn)
            if conn.sock.fileno() < 0:
                taken += 1
            else:
                self.method_queue.defer(self.finish_request, conn, _done(result))
            conn = line.next() if left else None
            if conn is None:
                break
        return taken

    def _handle_safely(self, conn: Any) -> Any:
        try:
            return self.handle(conn)
        except BaseException:  # a view may raise SystemExit, which gunicorn lets through
            log.exception("a request ended its thread's work")
            return False

    def _end_run(self, line: _Line, run: Future[int]) -> None:
        line.threads -= 1
        self.nr_conns -= run.result()
        self._move_up(line)

    def handle(self, conn: Any) -> Any:
        """Run one request on a thread."""
        unreader = conn.parser.unreader
        whole_head = request_head.END in unreader.buf.getvalue()
        unreader.deadline = time.monotonic() + self.body_s if whole_head else 0.0
        _request.late, _request.upgrade = time.monotonic() > conn.late_at, conn.upgrade
        return super().handle(conn)

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Answer one request; an upgrade's connection may be gone to the hub by then."""
        try:
            return super().handle_request(req, conn)
        except _Detached:
            return False

    def finish_request(self, conn: Any, fs: Any) -> None:
        """Let the poller wait for the client's end, too: the stock worker does nothing else for up to 2 s."""
        if conn.sock.fileno() < 0:  # as that of a long poll, which the hub has taken
            self.nr_conns -= 1
            return
        if fs.cancelled() or fs.exception() or fs.result():
            super().finish_request(conn, fs)
            return
        try:
            conn.sock.shutdown(socket.SHUT_WR)
            ended = _read(conn.sock) == b""
        except OSError:
            ended = True
        if ended:
            self.nr_conns -= 1
            conn.close()
            return
        conn.set_timeout()
        conn.left = self.late_bytes
        self.keepalived_conns.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._drain, conn))

    def _drain(self, conn: Any, client: Any) -> None:
        """Throw away what comes behind the last answer; a reset could cost the client the answer's end."""
        piece = _read(conn.sock)
        conn.left -= len(piece or b"")
        if not piece or conn.left < 0:
            self.poller.unregister(client)
            self.keepalived_conns.remove(conn)
            self.nr_conns -= 1
            conn.close()

    def _cap_keepalive(self, deadline: float) -> None:
        """A stopping worker waits for half-sent requests no longer than for idle connections."""
        super()._cap_keepalive(deadline)
        for conn in self.pending_conns:
            conn.timeout = min(conn.timeout, deadline)

    def _is_ready(self, conn: Any) -> bool:
        """Read what is there. True: a thread has something to do, if only to see the client's end."""
        conn.init()
        unreader = conn.parser.unreader
        if not isinstance(unreader, _Unreader):
            unreader = conn.parser.unreader = _Unreader(conn.sock, self._may_wait)
        data = unreader.take_buffered()
        piece = None if request_head.is_enough(data) else _read(conn.sock)
        data += piece or b""
        unreader.unread(data)
        return piece == b"" or request_head.is_enough(data)


class _Unreader(SocketUnreader):  # type: ignore[misc]  # gunicorn has no types
    """Reads for a thread until `deadline`, a moment of the monotonic clock."""

    def __init__(self, sock: socket.socket, may_wait: BoundedSemaphore) -> None:
        super().__init__(sock)
        self.deadline = 0.0
        self._may_wait = may_wait

    def chunk(self, size_hint: int | None = None) -> bytes:
        """Return the next piece. Raises ConnectionResetError for a client that is too slow."""
        if not self._has_data(0.0):
            self._wait()
        data: bytes = super().chunk(size_hint)
        return data

    def _wait(self) -> None:
        with slots.waiting():
            if self._comes_in_time():
                return
        # gunicorn and Werkzeug know how to go on without a client that has gone.
        raise ConnectionResetError(errno.ECONNRESET, "too slow to send its request")

    def _comes_in_time(self) -> bool:
        if not self._may_wait.acquire(blocking=False):
            return False
        try:
            return self._has_data(self.deadline - time.monotonic())
        finally:
            self._may_wait.release()

    def _has_data(self, timeout_s: float) -> bool:
        ear = poll()
        ear.register(self.sock, POLLIN)
        return bool(ear.poll(max(0.0, timeout_s) * 1000))


def _done(result: Any) -> Future[Any]:
    """The end of one of several requests, as gunicorn takes it."""
    done: Future[Any] = Future()
    done.set_result(result)
    return done


def _read(sock: socket.socket) -> bytes | None:
    """Return what has arrived, nothing at the end, None if more may come."""
    try:
        return sock.recv(_READ_BYTES, socket.MSG_DONTWAIT)
    except BlockingIOError:
        return None
    except OSError:
        return b""
