"""The live half of a site in one object; docs/guides/channels.md is a whole site with it."""

from __future__ import annotations

from flask import Flask

from rumbl_web.phoenix.live import EXTENSION, Live

from .reference import ReferenceSocket


def test_sockets_of_several_kinds_are_mounted_side_by_side() -> None:
    app, live = Flask(__name__), Live("a secret for tests, long enough to be one: 0123456789")

    live.mount(app, "/socket", ReferenceSocket)
    live.mount(app, "/admin/socket", ReferenceSocket, check_origin=False)

    paths = {rule.rule for rule in app.url_map.iter_rules()}
    assert {"/socket/websocket", "/admin/socket/websocket"} <= paths
    assert app.extensions[EXTENSION] is live


def test_a_stopped_one_takes_part_in_nothing_and_may_be_stopped_again() -> None:
    live = Live("a secret for tests, long enough to be one: 0123456789")

    live.stop()
    live.stop()

    assert not live.hub.accepting
    live.endpoint.broadcast("room:1", "late", {})
