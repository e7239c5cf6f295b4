"""What `kill -9` of the server may cost: a moment, but no note."""

from __future__ import annotations

import pytest
from simple_websocket import ConnectionClosed

from tests.running import RunningSite
from tests.viewer import Account, Viewer

DEMO = "/watch/1"
NOTES_EACH = 60


@pytest.mark.timeout(180)
def test_every_acknowledged_note_survives_kills_and_nobody_sees_one_twice(site: RunningSite) -> None:
    posters = [viewer(site, f"Poster {n}", f"poster{n}") for n in range(3)]
    guest = Viewer(site.url, Account(site.url).boot(DEMO)["userToken"], 1).connect()
    everybody = [*posters, guest]

    for round_number in range(3):
        post_a_third(posters, round_number)
        site.kill()
        site.start()
        for one in everybody:
            one.connect()

    for one in posters:
        one.read_until(lambda one=one: not one.pending)
    expected = {f"p{p}-{n}" for p in range(3) for n in range(NOTES_EACH)}
    for one in everybody:
        one.read_until(lambda one=one: bodies(one) >= expected)

    truth = Viewer(site.url, Account(site.url).boot(DEMO)["userToken"], 1).connect()
    stored = [note["body"] for note in truth.notes.values() if note["body"].startswith("p")]
    assert sorted(stored) == sorted(expected)
    for one in posters:
        assert all(truth.notes[id]["key"] == key for key, id in one.acknowledged.items())
    for one in everybody:
        assert one.notes == truth.notes


def viewer(site: RunningSite, name: str, username: str) -> Viewer:
    boot = Account(site.url).register(name, username).boot(DEMO)
    return Viewer(site.url, boot["userToken"], boot["videoId"]).connect()


def bodies(one: Viewer) -> set[str]:
    return {note["body"] for note in one.notes.values()}


def post_a_third(posters: list[Viewer], round_number: int) -> None:
    """Push a third of each poster's notes, reading only a few replies: many are under way at the kill."""
    third = NOTES_EACH // 3
    for n in range(round_number * third, (round_number + 1) * third):
        for p, one in enumerate(posters):
            body = f"p{p}-{n}"
            try:
                one.post(body, body)
                one.read(0.001)
            except ConnectionClosed:
                one.pending[body] = body
