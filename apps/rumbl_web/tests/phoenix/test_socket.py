"""Finding the channel for a topic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import pytest

from rumbl_web.phoenix.channel import Channel
from rumbl_web.phoenix.endpoint import Endpoint
from rumbl_web.phoenix.serializer import Serializer
from rumbl_web.phoenix.serializers.v2_json import V2JSON
from rumbl_web.phoenix.socket import Connected, ConnectInfo, Refused, Socket
from rumbl_web.phoenix.socket_server import SocketServer
from rumbl_web.phoenix.socket_server import connect as connect_server
from rumbl_web.phoenix.testing import connect


class Any(Channel):
    pass


class Videos(Channel):
    pass


class Lobby(Channel):
    pass


class SiteSocket(Socket):
    channels: ClassVar[Mapping[str, type[Channel]]] = {
        "videos:*": Videos,
        "videos:lobby": Lobby,
        "videos:x:*": Lobby,
        "*": Any,
    }


@pytest.mark.parametrize(
    ("topic", "channel"),
    [
        ("videos:1", Videos),
        ("videos:", Videos),
        ("videos:lobby", Lobby),
        ("videos:x:1", Videos),
        ("videos", Any),
        ("", Any),
        ("*", Any),
        ("phoenix", None),
        (None, None),
        (7, None),
        (["videos:1"], None),
        ("v" * 1025, None),
    ],
)
def test_an_exact_topic_wins_then_the_first_prefix(topic: object, channel: type[Channel] | None) -> None:
    assert SiteSocket.route(topic) is channel


@pytest.mark.parametrize("pattern", ["a*b", "*:x", "a:**"])
def test_a_star_elsewhere_is_refused_when_the_class_is_made(pattern: str) -> None:
    with pytest.raises(ValueError, match="only at its end"):
        type("Wrong", (Socket,), {"channels": {pattern: Videos}})


def test_by_default_everybody_may_connect_and_is_anonymous(endpoint: Endpoint) -> None:
    client = connect(SiteSocket, endpoint=endpoint)

    assert SiteSocket().connect({}, ConnectInfo("secret")) == Connected({})
    assert (client.assigns, client.server.ids) == ({}, ())


def test_connect_knows_the_secret_and_where_the_client_is(endpoint: Endpoint) -> None:
    seen: list[ConnectInfo] = []

    class Curious(Socket):
        def connect(self, params: object, info: ConnectInfo) -> Connected:
            seen.append(info)
            return Connected()

    connect(Curious, endpoint=endpoint)
    connect(Curious, endpoint=endpoint, info=ConnectInfo("s", "127.0.0.1", "/socket", {"x": "y"}))

    assert seen[0].secret == endpoint.secret
    assert (seen[1].peer, seen[1].uri, seen[1].headers) == ("127.0.0.1", "/socket", {"x": "y"})


def test_a_socket_may_speak_a_version_of_its_own(endpoint: Endpoint) -> None:
    class Dialect(V2JSON):
        __slots__ = ()

    dialect = Dialect()

    class Own(Socket):
        @classmethod
        def serializer(cls, vsn: object) -> Serializer | None:
            return dialect if vsn == "dialect" else super().serializer(vsn)

    own, usual = (connect_server(endpoint, Own, {"vsn": vsn}) for vsn in ("dialect", "1.0.0"))

    assert isinstance(own, SocketServer)
    assert isinstance(usual, SocketServer)
    assert (own.serializer, usual.serializer.vsn) == (dialect, "1.0.0")
    assert connect_server(endpoint, Own, {"vsn": "other"}) == Refused()
