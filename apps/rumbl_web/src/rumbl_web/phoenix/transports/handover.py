"""Taking a connection out of the WSGI server that accepted it.

A server that bears it (rumbl_web.gthread) says so in the environment and gives its socket object away: it
looks whether that still has a descriptor before it answers. Any other server keeps its socket object and its
bookkeeping: under its descriptor number lies a dead socket from now on, whose reads end at once and whose
writes fail like those to a client that has gone. So it closes and counts down as usual and never touches the
conversation. The real connection lives on under a new number.
"""

from __future__ import annotations

import os
import socket
import ssl
from functools import cache
from typing import Any, Final

MAY_DETACH: Final = "phoenix.may_detach"
"""True in the environment of a server whose socket object may be detached, or closed."""


class NotPlain(RuntimeError):
    """The connection is not a TCP socket that the hub can own; the message says what to do."""


def find(environ: dict[str, Any]) -> socket.socket:
    """Return the client's socket of a request under gunicorn's threads or Werkzeug's development server.

    Raises NotPlain for TLS and for servers that keep their socket to themselves.
    """
    sock = environ.get("gunicorn.socket") or environ.get("werkzeug.socket")
    if isinstance(sock, ssl.SSLSocket):
        raise NotPlain(
            "the WebSocket hub needs plain TCP: let a reverse proxy (nginx, Caddy) end TLS and start this "
            "server without a certificate"
        )
    if not isinstance(sock, socket.socket):
        raise NotPlain("no socket from this WSGI server: run under gunicorn (gthread) or flask run")
    return sock


def take(environ: dict[str, Any]) -> tuple[socket.socket, bytes]:
    """Return the connection, and what the server read of it past the request's head. The caller owns it.

    Raises OSError if it takes another descriptor and none is free, with nothing changed.
    """
    theirs = find(environ)
    if environ.get(MAY_DETACH):
        return theirs, _read_ahead(environ["wsgi.input"])
    dead, ours = _dead_socket(), theirs.dup()
    os.dup2(dead, theirs.fileno(), inheritable=False)
    return ours, _read_ahead(environ["wsgi.input"])


@cache
def _dead_socket() -> int:
    """Return the descriptor of a socket whose other end is closed: one for all, since nothing ever passes."""
    dead, peer = socket.socketpair()
    peer.close()
    return dead.detach()


def _read_ahead(stream: Any) -> bytes:
    """Return what a client sent behind its request: it may not wait for the answer (RFC 6455, section 4.1).

    Gunicorn keeps it in the parser's buffer. Werkzeug's input is a buffered reader of the socket, which has
    nothing to add to its buffer any more.
    """
    reader = getattr(stream, "reader", None)
    if reader is not None:
        return bytes(reader.unreader.take_buffered())
    return bytes(stream.read())
