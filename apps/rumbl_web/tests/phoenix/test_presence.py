"""Presence as clients see it: the recorded frames, and crowds."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import pytest

from info_sys.otp import Process
from rumbl_web.phoenix import presence
from rumbl_web.phoenix.endpoint import Endpoint
from rumbl_web.phoenix.presence import AlreadyTracked
from rumbl_web.phoenix.testing import close, connect, join, push
from rumbl_web.phoenix.tracker import room

from .presence_room import JOIN, TOPIC, Ear, Presence, RoomChannel, RoomSocket, enter, entry
from .reference import ReferenceSocket, Wire


@pytest.mark.usefixtures("here")
class TestFrames:
    def test_a_joiner_gets_the_list_without_itself_and_then_itself_in_a_diff(
        self, endpoint: Endpoint
    ) -> None:
        wire = Wire(endpoint, "1", RoomSocket)

        frames = wire.ask(JOIN, 3)

        assert frames[0] == [
            "1",
            "1",
            TOPIC,
            "phx_reply",
            {"response": {"annotations": []}, "status": "ok"},
        ]
        assert frames[1] == ["1", None, TOPIC, "presence_state", {}]
        ref = frames[2][4]["joins"]["1"]["metas"][0]["phx_ref"]
        assert frames[2] == [None, None, TOPIC, "presence_diff", {"joins": entry("1", ref), "leaves": {}}]

    def test_the_second_user_gets_the_first_and_the_first_gets_the_second(self, endpoint: Endpoint) -> None:
        first, ref = enter(endpoint, "1")

        second = Wire(endpoint, "2", RoomSocket)

        assert second.ask(JOIN, 2)[1] == ["1", None, TOPIC, "presence_state", entry("1", ref)]
        assert list(first.receive()[0][4]["joins"]) == ["2"]

    def test_a_second_tab_is_a_second_meta_and_others_see_only_that(
        self, endpoint: Endpoint, here: Presence
    ) -> None:
        first, ref = enter(endpoint, "1")

        _, second_ref = enter(endpoint, "1")

        diff = {"joins": entry("1", second_ref), "leaves": {}}
        assert first.receive() == [[None, None, TOPIC, "presence_diff", diff]]
        assert here.list(TOPIC) == entry("1", ref, second_ref)

    def test_a_closed_tab_leaves_alone(self, endpoint: Endpoint, here: Presence) -> None:
        first, ref = enter(endpoint, "1")
        second, second_ref = enter(endpoint, "1")
        first.receive()

        second.server.closed(1006)

        diff = {"joins": {}, "leaves": entry("1", second_ref)}
        assert first.receive() == [[None, None, TOPIC, "presence_diff", diff]]
        assert here.list(TOPIC) == entry("1", ref)

    def test_an_update_is_one_diff(self, endpoint: Endpoint) -> None:
        wire, ref = enter(endpoint, "2")

        reply, diff = sorted(
            wire.ask('["1","2","room:1","update",{"typing":true}]', 2), key=lambda f: f[0] is None
        )

        assert reply[3] == "phx_reply"
        (after,) = diff[4]["joins"]["2"]["metas"]
        assert after == {
            "device": "browser",
            "typing": True,
            "phx_ref": after["phx_ref"],
            "phx_ref_prev": ref,
        }
        assert diff[4]["leaves"] == entry("2", ref)

    @pytest.mark.parametrize("event", ["crash", "untrack", "phx_leave"])
    def test_a_leave_is_told_however_it_came(self, endpoint: Endpoint, event: str) -> None:
        watcher, _ = enter(endpoint, "1")
        wire, ref = enter(endpoint, "2")
        watcher.receive()

        wire.send(f'["1","2","room:1","{event}",{{}}]')

        diff = {"joins": {}, "leaves": entry("2", ref)}
        assert watcher.receive() == [[None, None, TOPIC, "presence_diff", diff]]

    def test_a_leaver_does_not_get_its_own_diff(self, endpoint: Endpoint, here: Presence) -> None:
        watcher, _ = enter(endpoint, "1")
        wire, _ = enter(endpoint, "2")

        frames = wire.ask('["1","2","room:1","phx_leave",{}]', 2)
        watcher.receive(2)

        assert [frame[3] for frame in frames] == ["phx_reply", "phx_close"]
        assert wire.quiet()
        assert here.count(TOPIC) == 1

    def test_nothing_is_left_when_all_have_gone(self, endpoint: Endpoint, here: Presence) -> None:
        watcher = Wire(endpoint, "5", ReferenceSocket)
        del watcher
        wires = [enter(endpoint, str(n))[0] for n in range(3)]
        channels = [wire.server.channels[TOPIC] for wire in wires]

        for wire in wires:
            wire.server.closed(1006)

        assert all(channel.wait(1) for channel in channels)
        assert (here.list(TOPIC), here.count(TOPIC)) == ({}, 0)
        assert endpoint.fastlane.groups(TOPIC) == ()


class TestProcesses:
    def test_any_process_may_be_present_and_leaves_at_its_end(
        self, endpoint: Endpoint, here: Presence
    ) -> None:
        ear, process = Ear(endpoint), Process().start()
        ref = here.track_process(process, TOPIC, 7, {})
        assert ear.next("presence_diff")["joins"]["7"]["metas"] == [{"phx_ref": ref}]

        process.kill()

        assert ear.next("presence_diff")["leaves"]["7"]["metas"] == [{"phx_ref": ref}]

    def test_a_process_that_has_ended_already_does_not_stay(self, endpoint: Endpoint, here: Presence) -> None:
        process = Process().start()
        process.stop()

        here.track_process(process, TOPIC, 7, {})

        assert here.list(TOPIC) == {}

    def test_being_present_twice_is_an_error(self, here: Presence) -> None:
        process = Process().start()
        here.track_process(process, TOPIC, 7, {})

        with pytest.raises(AlreadyTracked):
            here.track_process(process, TOPIC, "7", {})

    def test_the_metas_of_one_key_can_be_asked_for(self, here: Presence) -> None:
        process = Process().start()
        here.track_process(process, TOPIC, 7, {"device": "browser"})

        assert [meta["device"] for meta in here.get_by_key(TOPIC, 7)] == ["browser"]
        assert here.get_by_key(TOPIC, 8) == here.get_by_key("room:2", 7) == []

    def test_a_killed_announcer_is_replaced(self, endpoint: Endpoint, here: Presence) -> None:
        ear = Ear(endpoint)
        here._tracker._announcer.kill()
        assert here._tracker._announcer.wait(1)

        here.track_process(Process().start(), TOPIC, 7, {})

        assert list(ear.next("presence_diff")["joins"]) == ["7"]

    def test_changes_during_a_slow_fetch_are_merged_into_one_diff(self, endpoint: Endpoint) -> None:
        started, go_on = threading.Event(), threading.Event()

        class Slow(presence.Presence):
            def fetch(self, topic: str, entries: Mapping[str, Any]) -> Mapping[str, Any]:
                started.set()
                assert go_on.wait(2)
                return entries

        slow, ear = Slow(endpoint), Ear(endpoint)
        processes = [Process().start() for _ in range(50)]
        slow.track_process(processes[0], TOPIC, 0, {})
        assert started.wait(1)

        for number, process in enumerate(processes[1:], 1):
            slow.track_process(process, TOPIC, number, {})
        processes[49].stop()
        go_on.set()

        assert list(ear.next("presence_diff")["joins"]) == ["0"]
        assert list(ear.next("presence_diff")["joins"]) == [str(n) for n in range(1, 49)]
        slow.stop()


class TestCrowds:
    @pytest.fixture(autouse=True)
    def told_often(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(room, "MAX_WINDOW_MS", 200.0)

    def test_a_crowd_is_counted_and_listed_again_when_it_has_shrunk(self, endpoint: Endpoint) -> None:
        here, ear = Presence(endpoint, max_listed=5), Ear(endpoint)
        processes = [Process().start() for _ in range(6)]
        for number, process in enumerate(processes):
            here.track_process(process, TOPIC, number, {})

        assert ear.next("presence_count") == {"count": 6}
        assert list(here.list(TOPIC)) == ["0", "1", "2", "3", "4"]
        for process in processes[:2]:
            process.stop()

        assert list(ear.next("presence_state")) == ["2", "3", "4", "5"]
        assert here.list(TOPIC) == here._decorate(TOPIC, here._tracker.list(TOPIC))
        here.stop()

    def test_joiners_of_a_crowd_get_its_size_and_share_one_query(self, endpoint: Endpoint) -> None:
        here = endpoint.services["presence"] = Presence(endpoint, max_listed=2)
        for number in range(3):
            here.track_process(Process().start(), TOPIC, number, {})
        ear = Ear(endpoint)
        here.queries.clear()

        wires = [Wire(endpoint, str(n), RoomSocket) for n in range(10, 15)]
        frames = [wire.ask(JOIN, 3) for wire in wires]

        assert [frame[1][4].keys() for frame in frames] == [{"0", "1"}] * 5
        assert [frame[2][3] for frame in frames] == ["presence_count"] * 5
        assert frames[0][2][4] == {"count": 3}
        assert here.queries.count(["0", "1"]) == 1
        assert ear.heard.take(lambda broadcast: broadcast.payload == {"count": 8}, 2.5)
        here.stop()


def test_the_test_kit_sees_presence_too(endpoint: Endpoint, here: Presence) -> None:
    client = connect(RoomSocket, {"user_id": "1"}, endpoint=endpoint)
    _, channel = join(client, RoomChannel, TOPIC)
    push(channel, "untrack")
    close(client)

    assert here.list(TOPIC) == {}
