"""Puts a socket on a Flask site: the one place where transports and the channel runtime are tied together.

blueprint = Blueprint("sockets", __name__)
mount(blueprint, "/socket", UserSocket, endpoint, hub)      # ws://host/socket/websocket
mount(blueprint, "/short", UserSocket, endpoint, hub, limits=Limits(idle_timeout_s=1.5, max_frame=4096))
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from rumbl_web.phoenix.endpoint import Endpoint
from rumbl_web.phoenix.socket import ConnectInfo, Socket
from rumbl_web.phoenix.socket_server import SocketServer, connect
from rumbl_web.phoenix.transport import SocketHandler
from rumbl_web.phoenix.transports import websocket
from rumbl_web.phoenix.transports.hub import Hub
from rumbl_web.phoenix.transports.options import Limits
from rumbl_web.phoenix.transports.origin import CheckOrigin


def mount(
    blueprint: Blueprint,
    path: str,
    socket_class: type[Socket],
    endpoint: Endpoint,
    hub: Hub,
    *,
    check_origin: CheckOrigin = True,
    host: str | None = None,
    limits: Limits | None = None,
) -> None:
    """Open `<path>/websocket` for the clients of `socket_class`.

    `host` is the site's public host for `check_origin=True`; without it, the request's own. `limits` are
    those of the hub's options unless given. Raises ValueError for a bad `check_origin`.
    """

    def accept(params: dict[str, Any], request: websocket.ConnectInfo) -> SocketHandler | int:
        info = ConnectInfo(endpoint.secret, request.remote_addr, request.path)
        answer = connect(endpoint, socket_class, params, info)
        return answer if isinstance(answer, SocketServer) else answer.http_status

    websocket.mount(blueprint, path, hub, accept, check_origin=check_origin, host=host, limits=limits)
