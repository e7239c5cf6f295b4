"""Puts a socket on a Flask site: the one place where transports and the channel runtime are tied together.

blueprint = Blueprint("sockets", __name__)
mount(blueprint, "/socket", UserSocket, endpoint, hub)      # ws://host/socket/websocket
mount(blueprint, "/short", UserSocket, endpoint, hub, limits=Limits(idle_timeout_s=1.5, max_frame=4096))
mount(blueprint, "/both", UserSocket, endpoint, hub, longpoll=True)     # and http://host/both/longpoll
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from rumbl_web.phoenix.endpoint import Endpoint
from rumbl_web.phoenix.poll_relay import PollRelay
from rumbl_web.phoenix.pubsub_adapters.local import LocalAdapter
from rumbl_web.phoenix.socket import ConnectInfo, Socket
from rumbl_web.phoenix.socket_server import SocketServer, connect
from rumbl_web.phoenix.transport import SocketHandler
from rumbl_web.phoenix.transports import entrance, long_poll
from rumbl_web.phoenix.transports import websocket as web_socket
from rumbl_web.phoenix.transports.hub import Hub
from rumbl_web.phoenix.transports.options import Limits, PollOptions
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
    websocket: bool = True,
    longpoll: bool | PollOptions = False,
) -> None:
    """Open `<path>/websocket`, `<path>/longpoll` or both for the clients of `socket_class`.

    `host` is the site's public host for `check_origin=True`; without it, the request's own. `limits` are
    those of the hub's options unless given. Raises ValueError for a bad `check_origin`.
    """

    def accept(params: dict[str, Any], request: entrance.ConnectInfo) -> SocketHandler | int:
        info = ConnectInfo(endpoint.secret, request.remote_addr, request.path)
        answer = connect(endpoint, socket_class, params, info)
        return answer if isinstance(answer, SocketServer) else answer.http_status

    if websocket:
        web_socket.mount(blueprint, path, hub, accept, check_origin=check_origin, host=host, limits=limits)
    if longpoll:
        options = longpoll if isinstance(longpoll, PollOptions) else PollOptions()
        alone = isinstance(endpoint.pubsub.adapter, LocalAdapter)
        relay = None if alone else PollRelay(endpoint.pubsub, hub, endpoint.secret, path, options)
        long_poll.mount(
            blueprint,
            path,
            hub,
            accept,
            long_poll.Names(endpoint.secret, endpoint.pubsub.adapter.node_name),
            check_origin=check_origin,
            host=host,
            limits=limits,
            options=options,
            relay=relay,
        )
