"""A socket: what a site says about its connections. Who may connect, as whom, and which channels there are.

The book's, which knows its users by a signed token:

    class UserSocket(Socket):
        channels = {"videos:*": VideoChannel}

        def connect(self, params, info):
            match token.verify(info.secret, "user socket", params.get("token")):
                case token.Verified(user_id):
                    return Connected({"user_id": user_id})
                case _:
                    return Refused()

        def id(self, assigns):
            return f"users_socket:{assigns['user_id']}"
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from rumbl_web.phoenix.channel import Channel, Refused
from rumbl_web.phoenix.serializer import Serializer
from rumbl_web.phoenix.serializers import for_version

__all__ = ["ConnectInfo", "Connected", "Refused", "Socket"]

_MAX_TOPIC = 1024


@dataclass(frozen=True, slots=True)
class ConnectInfo:
    """What is known of a connection besides its parameters. `secret` is the endpoint's, to verify tokens."""

    secret: str
    peer: str | None = None
    uri: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Connected:
    """What `connect` returns to accept; every channel of the connection starts with these assigns.

    `ends_on`: topics on which "disconnect" ends this connection, besides those of its `id`.
    """

    assigns: dict[str, Any] = field(default_factory=dict)
    ends_on: tuple[str, ...] = ()


class Socket:
    """Subclass it once per kind of client."""

    __slots__ = ()

    channels: ClassVar[Mapping[str, type[Channel]]] = {}
    """Topic, or beginning of topics and `*`, to channel. An exact topic wins, then the first that fits."""

    max_channels: ClassVar[int] = 100
    """Topics one connection may be joined to at a time."""

    _exact: ClassVar[dict[str, type[Channel]]] = {}
    _prefixes: ClassVar[tuple[tuple[str, type[Channel]], ...]] = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for pattern in cls.channels:
            if "*" in pattern[:-1]:
                raise ValueError(f"{cls.__name__}.channels: {pattern!r} may have a * only at its end")
        cls._exact = {topic: channel for topic, channel in cls.channels.items() if topic[-1:] != "*"}
        cls._prefixes = tuple((p[:-1], channel) for p, channel in cls.channels.items() if p[-1:] == "*")

    def connect(self, params: Mapping[str, Any], info: ConnectInfo) -> Connected | Refused:
        """Accept or refuse a connection with these query parameters. Runs on a request thread."""
        return Connected()

    def id(self, assigns: Mapping[str, Any]) -> str | tuple[str, ...] | None:
        """Name the topics on which "disconnect" ends this connection. None: it is anonymous.

        The first is whose connection this is: `Endpoint.max_per_id` counts by it.
        """
        return None

    @classmethod
    def serializer(cls, vsn: object) -> Serializer | None:
        """Pick who speaks the protocol version that a client asks for (None: it named none); override it to
        speak one of your own. None refuses the client.
        """
        return for_version(vsn)

    @classmethod
    def route(cls, topic: object) -> type[Channel] | None:
        """Find the channel for a topic; whatever a client sent may be asked for."""
        if not isinstance(topic, str) or len(topic) > _MAX_TOPIC or topic == "phoenix":
            return None
        exact = cls._exact.get(topic)
        if exact is not None:
            return exact
        return next((channel for prefix, channel in cls._prefixes if topic.startswith(prefix)), None)
