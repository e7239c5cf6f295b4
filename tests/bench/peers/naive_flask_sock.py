"""What a Flask developer writes with flask-sock in an afternoon: the peer that rumbl is compared with.

A room is a set of connections; a note is sent to each of them with `ws.send`. It speaks as much of the
Phoenix V2 protocol as the load driver asks for, and is written to be clear, not to be slow: no work is done
twice that such a program would not do twice.
"""

from __future__ import annotations

import json
from collections import defaultdict
from threading import Lock
from typing import Any

from flask import Flask, request
from flask_sock import Sock
from peer_token import is_valid
from simple_websocket import ConnectionClosed, Server

app = Flask(__name__)
sock = Sock(app)

rooms: defaultdict[str, set[Server]] = defaultdict(set)
rooms_lock = Lock()


@sock.route("/socket/websocket")  # type: ignore[untyped-decorator] # flask_sock has no types
def websocket(ws: Server) -> None:
    """Serve one client until it goes away."""
    if not is_valid(request.args.get("token")):
        return
    joined: set[str] = set()
    try:
        while True:
            handle(ws, joined, *json.loads(ws.receive()))
    finally:
        with rooms_lock:
            for topic in joined:
                rooms[topic].discard(ws)


def handle(
    ws: Server, joined: set[str], join_ref: str | None, ref: str, topic: str, event: str, payload: Any
) -> None:
    """One message: enter the room, tell the room, or just answer."""
    response: Any = {}
    if event == "phx_join":
        joined.add(topic)
        with rooms_lock:
            rooms[topic].add(ws)
    elif event == "new_annotation":
        broadcast(topic, event, payload)
    elif event == "ping":
        response = payload
    send(ws, [join_ref, ref, topic, "phx_reply", {"status": "ok", "response": response}])


def broadcast(topic: str, event: str, payload: Any) -> None:
    """Tell everyone in the room; who is gone is left to its own thread to clean up."""
    with rooms_lock:
        everyone = list(rooms[topic])
    for ws in everyone:
        try:
            send(ws, [None, None, topic, event, payload])
        except ConnectionClosed:
            continue


def send(ws: Server, message: list[Any]) -> None:
    """Write one message to one client."""
    ws.send(json.dumps(message))
