"""A server that does one thing wrong, the one its client asks for (`fault=...`): the tests must notice it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from flask import Blueprint

from rumbl_web.phoenix.endpoint import Endpoint
from rumbl_web.phoenix.presence import Presence
from rumbl_web.phoenix.pubsub import PubSub
from rumbl_web.phoenix.socket_server import SocketServer, connect
from rumbl_web.phoenix.testing_transport import InlineFanout
from rumbl_web.phoenix.transport import Connection, Opcode, SocketHandler
from rumbl_web.phoenix.transports import websocket
from rumbl_web.phoenix.transports.hub import Hub
from tests.conformance.channels import ConformanceSocket

Frame = list[Any]
Fault = Callable[[Frame], list[Frame]]

SECRET = "only for tests, where everybody may know it: 0123456789"
_PHX_REF = re.compile(r'("phx_ref":)"[^"]*"')


def is_broadcast(frame: Frame) -> bool:
    """A broadcast of a channel, not of presence."""
    return frame[0] is frame[1] is None and not frame[3].startswith(("presence", "phx_"))


def lost(event: str) -> Fault:
    """This event never arrives."""
    return lambda frame: [] if frame[3] == event else [frame]


def lost_broadcast(frame: Frame) -> list[Frame]:
    return [] if is_broadcast(frame) else [frame]


def doubled_broadcast(frame: Frame) -> list[Frame]:
    return [frame, frame] if is_broadcast(frame) else [frame]


def lost_presence_leave(frame: Frame) -> list[Frame]:
    return [] if frame[3] == "presence_diff" and frame[4]["leaves"] else [frame]


def refs_as_text(frame: Frame) -> list[Frame]:
    join_ref, ref = (str(one) if type(one) is int else one for one in frame[:2])
    return [[join_ref, ref, *frame[2:]]]


def no_join_ref(frame: Frame) -> list[Frame]:
    return [[None, *frame[1:]]]


def one_phx_ref(frame: Frame) -> list[Frame]:
    return [json.loads(_PHX_REF.sub(r'\1"same"', json.dumps(frame, separators=(",", ":"))))]


def ok_for_error(frame: Frame) -> list[Frame]:
    if frame[3] == "phx_reply":
        frame[4]["status"] = "ok"
    return [frame]


class Swapped:
    """Of two broadcasts the second comes first."""

    def __init__(self) -> None:
        self._held: Frame | None = None

    def __call__(self, frame: Frame) -> list[Frame]:
        if not is_broadcast(frame):
            return [frame]
        held, self._held = self._held, None
        if held is None:
            self._held = frame
            return []
        return [frame, held]


FAULTS: dict[str, Callable[[], Fault]] = {
    "lost broadcast": lambda: lost_broadcast,
    "doubled broadcast": lambda: doubled_broadcast,
    "swapped broadcasts": Swapped,
    "refs as text": lambda: refs_as_text,
    "no join_ref": lambda: no_join_ref,
    "lost phx_close": lambda: lost("phx_close"),
    "lost phx_error": lambda: lost("phx_error"),
    "one phx_ref": lambda: one_phx_ref,
    "lost presence leave": lambda: lost_presence_leave,
    "lost push": lambda: lost("pushed"),
    "ok for error": lambda: ok_for_error,
}


class Faulty:
    """A connection that spoils the text messages to its client."""

    def __init__(self, connection: Connection, fault: Fault) -> None:
        self._connection = connection
        self._fault = fault

    def send(self, opcode: Opcode, data: bytes, *, last: bool = False) -> None:
        if opcode is Opcode.BINARY:
            self._connection.send(opcode, data)
            return
        for frame in self._fault(json.loads(data)):
            self._connection.send(opcode, json.dumps(frame).encode())

    def close(self, code: int, reason: str = "") -> None:
        self._connection.close(code, reason)


class FaultyHandler:
    """A socket server over a faulty connection."""

    def __init__(self, server: SocketServer, fault: Fault) -> None:
        self._fault = fault
        self._server = server
        self.handle_text = server.handle_text
        self.handle_binary = server.handle_binary
        self.closed = server.closed

    def opened(self, connection: Connection) -> None:
        self._server.opened(Faulty(connection, self._fault))


def mount(blueprint: Blueprint, path: str, hub: Hub) -> None:
    """Open `<path>/websocket`; without a `fault` it is as good as any."""
    endpoint = Endpoint(PubSub(), InlineFanout(), SECRET)
    endpoint.services["presence"] = Presence(endpoint)

    def accept(params: dict[str, str], _info: object) -> SocketHandler | int:
        answer = connect(endpoint, ConformanceSocket, params)
        if not isinstance(answer, SocketServer):
            return answer.http_status
        fault = FAULTS[params["fault"]]() if "fault" in params else lambda frame: [frame]
        return FaultyHandler(answer, fault)

    websocket.mount(blueprint, path, hub, accept, check_origin=False)
