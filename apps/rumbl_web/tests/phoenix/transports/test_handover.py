"""Taking a connection from a WSGI server, with what the server does to its socket afterwards."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

import pytest
from gunicorn.http.body import Body, LengthReader
from gunicorn.http.unreader import SocketUnreader
from gunicorn.util import close_graceful

from rumbl_web.phoenix.transports import handover


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """A server's socket and its client."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        accepted, _ = listener.accept()
    with client, accepted:
        client.settimeout(5)
        yield accepted, client


def test_bytes_that_gunicorn_read_ahead_come_along(pair: tuple[socket.socket, socket.socket]) -> None:
    theirs, _ = pair
    unreader = SocketUnreader(theirs)
    unreader.unread(b"first frame")
    environ = {"gunicorn.socket": theirs, "wsgi.input": Body(LengthReader(unreader, 0))}

    ours, early = handover.take(environ)

    ours.close()
    assert early == b"first frame"


def test_bytes_that_werkzeug_read_ahead_come_along(pair: tuple[socket.socket, socket.socket]) -> None:
    theirs, client = pair
    with theirs.makefile("rb") as stream:
        client.sendall(b"head\r\nfirst frame")
        assert stream.readline() == b"head\r\n"

        ours, early = handover.take({"werkzeug.socket": theirs, "wsgi.input": stream})

    client.sendall(b"|more")
    assert early + ours.recv(100) == b"first frame|more"
    ours.close()


def test_a_server_that_bears_it_gives_its_socket_object_away(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    theirs, _ = pair
    unreader = SocketUnreader(theirs)
    unreader.unread(b"first frame")
    stream = Body(LengthReader(unreader, 0))

    taken = handover.take({"gunicorn.socket": theirs, "wsgi.input": stream, handover.MAY_DETACH: True})

    assert taken == (theirs, b"first frame")


def test_the_server_may_do_as_it_likes_with_its_socket(pair: tuple[socket.socket, socket.socket]) -> None:
    theirs, client = pair
    with theirs.makefile("rb") as stream:
        ours, _ = handover.take({"werkzeug.socket": theirs, "wsgi.input": stream})

    theirs.setblocking(False)
    theirs.setblocking(True)
    with pytest.raises(BrokenPipeError):
        theirs.sendall(b"HTTP/1.1 500 Oops")
    assert theirs.recv(100) == b""
    close_graceful(theirs)
    ours.sendall(b"alive")

    assert client.recv(100) == b"alive"
    ours.close()
    assert client.recv(100) == b""


def test_a_tls_connection_is_refused_with_the_way_out() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with (
        context.wrap_socket(socket.socket(), server_side=True, do_handshake_on_connect=False) as secure,
        pytest.raises(handover.NotPlain, match="reverse proxy"),
    ):
        handover.find({"gunicorn.socket": secure})


def test_a_server_without_a_socket_is_refused_with_what_works() -> None:
    with pytest.raises(handover.NotPlain, match="gthread"):
        handover.find({})
