"""What `fetch` adds to presences, how often it is asked, and what is told when it fails."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from info_sys.otp import Process
from info_sys.testing import eventually
from rumbl_web.phoenix import presence
from rumbl_web.phoenix.endpoint import Endpoint
from rumbl_web.phoenix.tracker.room import Diff

from .presence_room import JOIN, TOPIC, Ear, Presence, RoomSocket, enter, entry
from .reference import Wire


def test_one_diff_is_one_query_also_if_it_has_two_sides(endpoint: Endpoint, here: Presence) -> None:
    watcher, _ = enter(endpoint, "1")
    wire, ref = enter(endpoint, "2")
    watcher.receive()
    here.queries.clear()

    wire.send('["1","2","room:1","update",{"typing":true}]')

    (diff,) = watcher.receive()
    (after,) = diff[4]["joins"]["2"]["metas"]
    assert (after["phx_ref_prev"], diff[4]["leaves"]) == (ref, entry("2", ref))
    assert diff[4]["joins"]["2"]["user"] == {"username": "user2"}
    assert here.queries == [["2"]]


def test_a_fetch_may_decorate_metas_leave_out_keys_and_forget_the_metas(endpoint: Endpoint) -> None:
    class Picky(presence.Presence):
        def fetch(self, topic: str, entries: Mapping[str, Any]) -> Mapping[str, Any]:
            return {
                "1": {"metas": [{**meta, "seen": True} for meta in entries["1"]["metas"]]},
                "2": {"x": 1},
            }

    here = Picky(endpoint)
    old, new, other = ({"metas": [{"phx_ref": ref}]} for ref in ("old", "new", "other"))

    _, diff = here._render(TOPIC, Diff({"1": new, "2": other, "3": other}, {"1": old}))

    assert diff == {
        "joins": {"1": {"metas": [{"phx_ref": "new", "seen": True}]}, "2": {**other, "x": 1}},
        "leaves": {"1": {"metas": [{"phx_ref": "old", "seen": True}]}},
    }
    here.stop()


def test_one_diff_is_one_query_whatever_its_size(endpoint: Endpoint, here: Presence) -> None:
    wires = [enter(endpoint, str(n))[0] for n in range(3)]
    here.queries.clear()

    Wire(endpoint, "9", RoomSocket).ask(JOIN, 3)

    assert here.queries == [["0", "1", "2"], ["9"]]
    assert len(wires) == 3


def test_a_failing_fetch_still_tells_who_is_there(
    endpoint: Endpoint, here: Presence, caplog: pytest.LogCaptureFixture
) -> None:
    here.broken = True

    frames = Wire(endpoint, "1", RoomSocket).ask(JOIN, 3)

    assert set(frames[2][4]["joins"]["1"]) == {"metas"}
    assert "fetch failed" in caplog.text
    before = caplog.text.count("fetch failed")
    assert set(here.list(TOPIC)["1"]) == {"metas"}
    assert caplog.text.count("fetch failed") == before, "one traceback is enough for a while"


def test_who_was_told_undecorated_is_told_again_when_fetch_works_and_not_before(
    endpoint: Endpoint, here: Presence, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rumbl_web.phoenix.tracker.tracker.AGAIN_MS", 5.0)
    here.broken = True
    ear, goes, stays = Ear(endpoint), Process().start(), Process().start()
    for process, key in ((goes, 1), (stays, 2)):
        here.track_process(process, TOPIC, key, {})
        ear.next("presence_diff")
    tries = len(here.queries)
    eventually(lambda: len(here.queries) > tries + 2)
    goes.kill()
    assert set(ear.next("presence_diff")["leaves"]) == {"1"}, "nothing else was told meanwhile"

    here.broken = False

    assert ear.next("presence_diff") == {"joins": here.list(TOPIC), "leaves": {}}
    assert here.list(TOPIC)["2"]["user"] == {"username": "user2"}


def test_what_fetch_expects_is_no_crash(
    endpoint: Endpoint, here: Presence, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(_topic: str, _entries: object) -> None:
        raise presence.Undecorated

    monkeypatch.setattr(here, "fetch", away)

    frames = Wire(endpoint, "1", RoomSocket).ask(JOIN, 3)

    assert set(frames[2][4]["joins"]["1"]) == {"metas"}
    assert "fetch failed" not in caplog.text
