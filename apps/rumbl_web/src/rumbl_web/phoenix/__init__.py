"""phoenix: channels, sockets, PubSub and presence. Knows info_sys.otp and nothing of rumbl.

What a site of its own needs is here; docs/guides/channels.md builds one.
"""

from rumbl_web.phoenix import token
from rumbl_web.phoenix.channel import Channel, ChannelSocket, Joined, Refused, Reply, Stop, UnknownEvent
from rumbl_web.phoenix.endpoint import Endpoint
from rumbl_web.phoenix.live import Live
from rumbl_web.phoenix.message import Broadcast
from rumbl_web.phoenix.presence import Presence
from rumbl_web.phoenix.pubsub import PubSub
from rumbl_web.phoenix.socket import Connected, ConnectInfo, Socket
from rumbl_web.phoenix.transports.options import HubOptions, Limits

__all__ = [
    "Broadcast",
    "Channel",
    "ChannelSocket",
    "ConnectInfo",
    "Connected",
    "Endpoint",
    "HubOptions",
    "Joined",
    "Limits",
    "Live",
    "Presence",
    "PubSub",
    "Refused",
    "Reply",
    "Socket",
    "Stop",
    "UnknownEvent",
    "token",
]
