"""The adapter of a lonely node."""

from __future__ import annotations

from rumbl_web.phoenix.message import Broadcast
from rumbl_web.phoenix.pubsub_adapters.local import LocalAdapter


def test_nobody_else_is_told() -> None:
    adapter, delivered = LocalAdapter("me"), []

    adapter.start(delivered.append, delivered.append)
    adapter.broadcast(Broadcast("a", "hello", {}))
    adapter.stop()

    assert delivered == []
    assert adapter.node_name == "me"


def test_every_life_of_a_node_has_a_name_of_its_own() -> None:
    assert LocalAdapter().node_name != LocalAdapter().node_name
