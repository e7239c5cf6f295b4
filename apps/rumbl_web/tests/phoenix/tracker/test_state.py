"""Presences as pure data."""

from __future__ import annotations

import random
from typing import Any

import pytest

from info_sys.otp import Process
from rumbl_web.phoenix.tracker.refs import ref_maker
from rumbl_web.phoenix.tracker.room import Diff, group
from rumbl_web.phoenix.tracker.state import AlreadyTracked, NotTracked, State


def listed(state: State, topic: str = "room") -> dict[str, Any]:
    room = state.rooms.get(topic)
    return {} if room is None else group(room.entries.values())


def told(state: State, topic: str = "room") -> Any:
    announcement = state.rooms[topic].announce()
    state.sweep(topic)
    return announcement


def test_track_gives_the_meta_a_ref_of_16_characters() -> None:
    state = State("node")

    entry = state.track(Process(), "room", "1", {"device": "browser"})

    assert len(entry.ref) == 16
    assert listed(state) == {"1": {"metas": [{"device": "browser", "phx_ref": entry.ref}]}}


def test_a_process_is_tracked_once_per_topic_and_key() -> None:
    state, process = State("node"), Process()
    state.track(process, "room", "1", {})

    with pytest.raises(AlreadyTracked):
        state.track(process, "room", "1", {})
    state.track(process, "room", "2", {})
    state.track(process, "other", "1", {})

    assert list(listed(state)) == ["1", "2"]


def test_update_is_one_diff_that_names_the_ref_before() -> None:
    state, process = State("node"), Process()
    old = state.track(process, "room", "1", {"device": "browser"}).ref
    told(state)

    new = state.update(process, "room", "1", {"device": "browser", "typing": True}).ref

    after = {"device": "browser", "typing": True, "phx_ref": new, "phx_ref_prev": old}
    assert told(state) == Diff(
        {"1": {"metas": [after]}}, {"1": {"metas": [{"device": "browser", "phx_ref": old}]}}
    )
    assert listed(state) == {"1": {"metas": [after]}}


def test_updating_or_reading_what_is_not_there_is_an_error() -> None:
    state = State("node")

    with pytest.raises(NotTracked):
        state.update(Process(), "room", "1", {})
    with pytest.raises(NotTracked):
        state.meta(Process(), "room", "1")


def test_two_tabs_are_two_metas_and_one_may_go() -> None:
    state, one, two = State("node"), Process(), Process()
    state.track(one, "room", "1", {})
    stays = state.track(two, "room", "1", {}).ref

    state.forget(one)

    assert listed(state) == {"1": {"metas": [{"phx_ref": stays}]}}


def test_forget_removes_a_process_from_everywhere_and_names_the_topics() -> None:
    state, process = State("node"), Process()
    for topic in ("a", "b"):
        state.track(process, topic, "1", {})
        state.track(process, topic, "2", {})

    assert state.forget(process) == ["a", "b"]
    assert not state.knows(process)
    assert state.forget(process) == []


def test_untrack_takes_one_key_or_all() -> None:
    state, process = State("node"), Process()
    for key in ("1", "2", "3"):
        state.track(process, "room", key, {})

    assert state.untrack(process, "room", "2") == ["room"]
    assert list(listed(state)) == ["1", "3"]
    assert state.untrack(process, "room") == ["room"]
    assert listed(state) == {}
    assert state.untrack(process, "room") == []


def test_empty_rooms_are_swept_once_everything_is_told() -> None:
    state, process = State("node"), Process()
    state.track(process, "room", "1", {})
    told(state)
    state.forget(process)
    state.sweep("room")
    assert "room" in state.rooms

    told(state)

    assert state.rooms == {}


def test_refs_never_repeat() -> None:
    make = ref_maker("node")

    refs = {make() for _ in range(70_000)}

    assert len(refs) == 70_000


@pytest.mark.parametrize("seed", range(20))
def test_folding_the_diffs_of_random_changes_gives_the_list(seed: int) -> None:
    """The promise to clients: state plus diffs is the state."""
    dice, state = random.Random(seed), State("node")
    processes = [Process() for _ in range(8)]
    view: dict[str, dict[str, Any]] = {}
    state.track(Process(), "room", "host", {})
    for _ in range(300):
        process, key = dice.choice(processes), str(dice.randrange(3))
        match dice.randrange(5):
            case 0 | 1:
                state.knows(process) or state.track(process, "room", key, {})
            case 2:
                state.forget(process)
            case 3:
                if any(e.process is process and e.key == key for e in state.rooms["room"].entries.values()):
                    state.update(process, "room", key, {"n": dice.random()})
            case 4:
                fold(view, state.rooms["room"].announce())
    fold(view, state.rooms["room"].announce())

    assert by_ref(view) == by_ref(listed(state))


def fold(view: dict[str, dict[str, Any]], diff: Any) -> None:
    """As phoenix.js does: joins first, then leaves."""
    if diff is None:
        return
    for key, entry in diff.joins.items():
        view.setdefault(key, {"metas": []})["metas"].extend(entry["metas"])
    for key, entry in diff.leaves.items():
        gone = {meta["phx_ref"] for meta in entry["metas"]}
        view[key]["metas"] = [meta for meta in view[key]["metas"] if meta["phx_ref"] not in gone]
        if not view[key]["metas"]:
            del view[key]


def by_ref(entries: dict[str, Any]) -> dict[str, Any]:
    return {key: sorted(meta["phx_ref"] for meta in entry["metas"]) for key, entry in entries.items()}
