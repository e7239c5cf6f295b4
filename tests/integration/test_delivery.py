"""Every acknowledged note reaches everybody who stays or comes back, once.

Two nodes on a real database; the network between them is cut and healed, and loses what a cut-off node can't
keep; nodes die and start again; clients are cut, some with an answer on its way. A seed repeats a run:
`SEED=7 pytest tests/integration/test_delivery.py`.
"""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from rumbl_core import multimedia
from rumbl_core.accounts import User
from rumbl_core.testing import committed_database, rumbl_database, user_fixture, video_fixture
from rumbl_web.channels.latest_watch import LatestWatch
from rumbl_web.channels.pages import Pages
from rumbl_web.channels.user_socket import UserSocket, user_token
from rumbl_web.phoenix import testing
from rumbl_web.phoenix.endpoint import Endpoint
from rumbl_web.phoenix.message import Broadcast, Message, Reply
from rumbl_web.phoenix.pubsub_adapters.memory import Network
from tests.viewer import Chain

__all__ = ["committed_database", "rumbl_database"]

SEEDS = [int(os.environ["SEED"])] if "SEED" in os.environ else range(1, 25)
STEPS = 40
DEADLINE_S = 10.0
KEPT_WHEN_CUT = 2
"""Broadcasts that a cut-off node keeps for the others; what is older is lost for good."""


class Node:
    """One server of the site, by a name that it keeps over restarts."""

    def __init__(self, network: Network, name: str) -> None:
        self._network = network
        self._name = name
        self.endpoint = self._start()

    def restart(self) -> None:
        """Die and start again: whoever was connected has lost the connection."""
        self.stop()
        self.endpoint = self._start()

    def stop(self) -> None:
        self.endpoint.stop()
        self.endpoint.pubsub.stop()

    def _start(self) -> Endpoint:
        nobody = SimpleNamespace(push_state=lambda _socket: None, track=lambda *_: "ref")
        mute = SimpleNamespace(wanted=lambda *_: False, ask=lambda _note: None)
        adapter = self._network.adapter(self._name)
        return testing.make_endpoint(adapter, presence=nobody, answers=mute, pages=Pages())


class Tab:
    """A page: keeps what it wrote until that is acknowledged, and what it knows as a chain."""

    def __init__(self, user: User, video_id: int) -> None:
        self._user = user
        self._topic = f"videos:{video_id}"
        self._chain = Chain()
        self._keys: dict[str, str] = {}
        self._client: testing.ClientSocket | None = None
        self.live: Counter[int] = Counter()
        self.node: Node | None = None
        self.notes: dict[int, dict[str, Any]] = {}
        self.pending: dict[str, None] = {}
        self.acknowledged: dict[str, int] = {}

    def connect(self, node: Node) -> None:
        """Connect, join with what is missing, send again what was never acknowledged."""
        token = user_token(node.endpoint.secret, self._user.id)
        self._client = client = testing.connect(UserSocket, {"token": token}, endpoint=node.endpoint)
        self.node = node
        self.live.clear()
        asked = self._chain.ask()
        self._join_ref = client.send(None, self._topic, "phx_join", {"last_seen_id": asked[0]})
        self._list(asked, self._join_ref)
        for key in self.pending:
            self._post(key)

    def write(self, key: str) -> None:
        """Write a note, whose text is its key; without a connection it waits."""
        self.pending[key] = None
        if self._client is not None:
            self._post(key)

    def cut(self) -> None:
        """Lose the connection, and with it all that has arrived and was not read."""
        client, self._client = self._client, None
        self._keys.clear()
        if client is not None:
            testing.close(client)

    def read(self) -> None:
        """Take in what has arrived; fetch what is missing."""
        if self._client is None:
            return
        while (found := self._client.connection.inbox.take(lambda _: True, 0)) is not None:
            self._take(found[1])
        if self._chain.gap:
            self._list(self._chain.ask())

    def _post(self, key: str) -> None:
        self._keys[self._push("new_annotation", {"body": key, "at": 1, "key": key})] = key

    def _push(self, event: str, payload: dict[str, Any]) -> str:
        assert self._client is not None
        return self._client.send(self._join_ref, self._topic, event, payload)

    def _list(self, asked: tuple[int, int], ref: str | None = None) -> None:
        while True:
            ref = ref or self._push("list_annotations", {"after_id": asked[0]})
            page = self._answer(ref)
            self._chain.page(asked, [note["id"] for note in page["annotations"]], page["more"])
            for note in page["annotations"]:
                self.notes.setdefault(note["id"], note)
            if not page["more"]:
                return
            asked, ref = self._chain.ask(), None

    def _answer(self, ref: str) -> Any:
        """Take in what arrives until `ref` is answered, in the order in which it was sent."""
        assert self._client is not None
        while True:
            found = self._client.connection.inbox.take(lambda _: True)
            assert found, f"no answer to {ref}"
            if isinstance(found[1], Reply) and found[1].ref == ref:
                assert found[1].status == "ok", found[1]
                return found[1].payload
            self._take(found[1])

    def _take(self, message: object) -> None:
        match message:
            case Reply(ref=ref, status="ok", payload={"id": id}):
                key = self._keys.pop(ref)
                self.acknowledged[key] = id
                self.pending.pop(key, None)
                self._chain.heard(id)
            case (
                Broadcast(event="new_annotation", payload=note)
                | Message(event="new_annotation", payload=note)
            ):
                self.live[note["id"]] += 1
                self.notes.setdefault(note["id"], note)
                self._chain.live(note["id"], note["prev"])
            case Broadcast(event="latest", payload={"id": id}) | Message(event="latest", payload={"id": id}):
                self._chain.heard(id)


class Site:
    """Two nodes, three writers and a silent one, and what chance does to them."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.network = Network(max_waiting=KEPT_WHEN_CUT)
        self.nodes = [Node(self.network, "a"), Node(self.network, "b")]
        self.video = video_fixture(user_fixture())
        self.tabs = [Tab(user_fixture(), self.video.id) for _ in range(4)]
        self.written: list[str] = []

    def step(self) -> None:
        """Something happens: mostly a note is written."""
        tab = self.chance.choice(self.tabs)
        deeds: list[tuple[float, Callable[[], None]]] = [
            (6, lambda: self.write(self.chance.choice(self.tabs[:3]))),
            (2, lambda: self.chance.choice(self.tabs).read()),
            (1.5, tab.cut),
            (2, lambda: self.back(tab)),
            (0.5, lambda: self.network.cut(self.chance.choice("ab"))),
            (0.7, lambda: self.network.heal(self.chance.choice("ab"))),
            (0.3, lambda: self.restart(self.chance.choice(self.nodes))),
        ]
        self.chance.choices([deed for _, deed in deeds], [weight for weight, _ in deeds])[0]()

    def write(self, tab: Tab) -> None:
        self.written.append(f"note {len(self.written)}")
        tab.write(self.written[-1])

    def back(self, tab: Tab) -> None:
        tab.cut()
        tab.connect(self.chance.choice(self.nodes))

    def restart(self, node: Node) -> None:
        for tab in self.tabs:
            if tab.node is node:
                tab.cut()
        node.restart()

    def last_words(self) -> None:
        """A note of a node that is cut off and dies: it is stored, and no other node has heard of it."""
        for tab in self.tabs:
            if tab._client is None:
                self.back(tab)
        tab, node = self.tabs[0], self.nodes[0]
        tab.cut()
        tab.connect(node)
        self.network.cut("a")
        self.write(tab)
        self.until(lambda: not tab.pending)
        self.restart(node)

    def rest(self) -> None:
        """All is healed, everybody is there; a last note, or the node itself, betrays what was lost."""
        for name in "ab":
            self.network.heal(name)
        for tab in self.tabs:
            if tab._client is None:
                self.back(tab)
        self.until(lambda: not any(tab.pending for tab in self.tabs))
        if self.chance.random() < 0.5:
            self.write(self.tabs[0])
        else:
            for node in self.nodes:
                LatestWatch(node.endpoint).look()
        self.until(lambda: all(len(tab.notes) >= len(self.written) for tab in self.tabs))

    def until(self, done: Callable[[], bool]) -> None:
        end = time.monotonic() + DEADLINE_S
        while not done():
            assert time.monotonic() < end, [(len(tab.notes), list(tab.pending)) for tab in self.tabs]
            for tab in self.tabs:
                tab.read()
            time.sleep(0.002)

    def stop(self) -> None:
        for tab in self.tabs:
            tab.cut()
        for node in self.nodes:
            node.stop()


@pytest.fixture
def site(committed_database: str, request: pytest.FixtureRequest) -> Iterator[Site]:
    site = Site(request.param)
    yield site
    site.stop()


@pytest.mark.parametrize("site", SEEDS, indirect=True)
def test_each_note_is_stored_once_and_reaches_everybody(site: Site) -> None:
    for tab in site.tabs:
        tab.connect(site.nodes[0])
    for _ in range(STEPS):
        site.step()
    site.last_words()
    site.rest()

    stored = {note.id: note for note in multimedia.list_annotations_after(site.video)}
    assert sorted(note.body for note in stored.values()) == sorted(site.written), "stored once"
    for tab in site.tabs:
        assert sorted(tab.notes) == list(stored), "shown once"
        assert max(tab.live.values(), default=1) == 1, "and told once, to clients that keep no count"
        assert {key: stored[id].body for key, id in tab.acknowledged.items()} == {
            key: key for key in tab.acknowledged
        }
