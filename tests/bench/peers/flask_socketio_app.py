"""What a Flask developer writes with Flask-SocketIO: rooms, events, acknowledgements, by its documentation.

Socket.IO has messages of its own, so the load driver speaks them too. Its server sends the pings; clients ask
for none, so there is no heartbeat to compare.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, request
from flask_socketio import ConnectionRefusedError, SocketIO, emit, join_room
from peer_token import is_valid

app = Flask(__name__)
socketio = SocketIO(app, async_mode="gevent")


@socketio.on("connect")
def connect() -> None:
    """Let in who holds a token."""
    if not is_valid(request.args.get("token")):
        raise ConnectionRefusedError("unauthorized")


@socketio.on("join")
def join(topic: str) -> dict[str, Any]:
    """Enter a room."""
    join_room(topic)
    return {}


@socketio.on("new_annotation")
def new_annotation(topic: str, payload: Any) -> None:
    """Tell the room."""
    emit("new_annotation", payload, to=topic)


@socketio.on("ping")
def ping(payload: Any) -> Any:
    """Answer."""
    return payload
