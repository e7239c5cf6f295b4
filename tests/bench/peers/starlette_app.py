"""What a developer writes with Starlette: a room is a set of sockets, a note is sent to each of them.

It speaks as much of the Phoenix V2 protocol as the load driver asks for, like the naive flask-sock peer.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from peer_token import is_valid
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

rooms: defaultdict[str, set[WebSocket]] = defaultdict(set)


async def websocket(ws: WebSocket) -> None:
    """Serve one client until it goes away."""
    if not is_valid(ws.query_params.get("token")):
        await ws.close()
        return
    await ws.accept()
    joined: set[str] = set()
    try:
        while True:
            await handle(ws, joined, *await ws.receive_json())
    except WebSocketDisconnect:
        pass
    finally:
        for topic in joined:
            rooms[topic].discard(ws)


async def handle(
    ws: WebSocket, joined: set[str], join_ref: str | None, ref: str, topic: str, event: str, payload: Any
) -> None:
    """One message: enter the room, tell the room, or just answer."""
    response: Any = {}
    if event == "phx_join":
        joined.add(topic)
        rooms[topic].add(ws)
    elif event == "new_annotation":
        await broadcast(topic, event, payload)
    elif event == "ping":
        response = payload
    await ws.send_json([join_ref, ref, topic, "phx_reply", {"status": "ok", "response": response}])


async def broadcast(topic: str, event: str, payload: Any) -> None:
    """Tell everyone in the room; who is gone is left to its own task to clean up."""
    for ws in list(rooms[topic]):
        try:
            await ws.send_json([None, None, topic, event, payload])
        except (WebSocketDisconnect, RuntimeError):
            continue


app = Starlette(routes=[WebSocketRoute("/socket/websocket", websocket)])
