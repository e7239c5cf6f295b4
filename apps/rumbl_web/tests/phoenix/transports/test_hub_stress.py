"""Everything at once, in random order: who listens gets each frame once and in order, whatever the others do.

One thread makes all calls, so that it knows to the byte what everybody must have got (`Opposite.wanted`).
"""

from __future__ import annotations

import os
import random
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from rumbl_web.phoenix.transport import Connection, Opcode
from rumbl_web.phoenix.transports import frames, uring
from rumbl_web.phoenix.transports.group import DETOUR, HubSubscription
from rumbl_web.phoenix.transports.hub import Hub
from rumbl_web.phoenix.transports.poll_session import PollSession

from . import kernels
from .support import DEADLINE_S, Client, Loopback, Recorder, client_frame, eventually, opened

MakeLoopback = Callable[..., Loopback]
GROUPS = ("a", "b", "c")
SIZES = (8, 40, 200, 3000)


@dataclass
class Listening:
    """A subscription, and what it was published while it is held."""

    group: str
    subscription: HubSubscription
    held: list[bytes] | None = field(default_factory=list)


@dataclass
class Opposite:
    """A connection of the hub, its other end if it has one, and the frames that must come out there."""

    connection: Connection
    recorder: Recorder
    client: Client | None
    listens: list[Listening] = field(default_factory=list)
    wanted: list[bytes] = field(default_factory=list)
    said: list[bytes] = field(default_factory=list)

    def got_all(self) -> None:
        """Check what came, to the end."""
        if self.client is None:
            assert isinstance(self.connection, PollSession)
            mail, wanted = self.connection.mail, b"".join(self.wanted)
            eventually(lambda: mail.size >= len(wanted), "all mail is there")
            assert b"".join(bytes(chunk) for chunk in list(mail._chunks)) == wanted
            return
        self.got(self.client)
        eventually(lambda: self.recorder.texts == self.said, "all that was said is heard")

    def got(self, client: Client, *more: bytes) -> None:
        """Check what comes next, to the byte."""
        wanted = b"".join([*self.wanted, *more])
        got = client.take(len(wanted))
        if got != wanted:
            assert short(got) == short(wanted)
            raise AssertionError("as many and as long, but something is spoilt")


class Commotion:
    """Does one thing after another to a hub."""

    def __init__(self, loopback: Loopback, chance: random.Random) -> None:
        self.hub: Hub = loopback.hub
        self.adopt = loopback.adopt
        self.chance = chance
        self.present: list[Opposite] = []
        self.left: list[Opposite] = []
        self.number = 0
        for _ in range(40):
            self.come()
        for number in range(2):
            recorder = Recorder()
            self.hub.open_session(f"session {number}", recorder, window_s=60)
            self.present.append(Opposite(recorder.opening.get(timeout=DEADLINE_S), recorder, None))
        for who in self.present:
            self.listen(who)

    def step(self) -> None:
        """Do something."""
        some = [self.come, self.leave, self.exchange, self.talk, self.read_a_little, self.send]
        many = [self.publish] * 8 + [self.listen, self.release, self.release, self.cancel]
        self.chance.choice(some + many)()

    def come(self) -> None:
        ours, theirs = socket.socketpair()
        if self.chance.random() < 0.3:
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)  # soon full
        client, recorder = self.adopt(ours, theirs)
        self.present.append(Opposite(opened(recorder), recorder, client))

    def leave(self) -> None:
        """Break off, or be closed: then what came before the close still counts."""
        who = self.anybody()
        if who.client is None:
            return
        self.present.remove(who)
        if self.chance.random() < 0.5:
            who.client.close()
        else:
            who.connection.close(1000)
            self.left.append(who)

    def exchange(self) -> None:
        """Somebody leaves and somebody else comes and listens, perhaps under the same descriptor."""
        self.leave()
        self.come()
        self.listen(self.present[-1])

    def listen(self, who: Opposite | None = None) -> None:
        who = who or self.anybody()
        group = self.chance.choice(GROUPS[:1] * 3 + GROUPS)
        who.listens.append(Listening(group, self.hub.subscribe(who.connection, group)))
        if self.chance.random() < 0.7:
            self.release(who)

    def release(self, who: Opposite | None = None) -> None:
        who = who or self.anybody()
        for one in who.listens:
            one.subscription.release()
            who.wanted += one.held or []
            one.held = None

    def cancel(self) -> None:
        who = self.anybody()
        if who.listens:
            who.listens.pop(self.chance.randrange(len(who.listens))).subscription.cancel()

    def publish(self) -> None:
        """A few frames in a row; some leave one subscription out."""
        for _ in range(self.chance.randrange(1, 5)):
            group, text = self.chance.choice(GROUPS), self.text()
            frame = frames.encode(frames.TEXT, text)
            members = [(who, one) for who in self.present for one in who.listens if one.group == group]
            out = self.chance.choice(members)[1] if members and self.chance.random() < 0.3 else None
            for who, one in members:
                if one is not out:
                    (who.wanted if one.held is None else one.held).append(frame)
            self.hub.publish(group, Opcode.TEXT, text, out.subscription if out else None)

    def send(self) -> None:
        """Something for a dozen of them, directly."""
        for who in self.chance.sample(self.present, 12):
            text = self.text()
            who.connection.send(Opcode.TEXT, text, last=self.chance.random() < 0.3)
            who.wanted.append(frames.encode(frames.TEXT, text))

    def talk(self) -> None:
        """A dozen of them say something, a part of it later."""
        said = [(who, self.text()) for who in self.chance.sample(self.present, 14) if who.client is not None]
        sent = [(who.client, client_frame(frames.TEXT, text)) for who, text in said]
        for half in (slice(None, 5), slice(5, None)):
            for client, frame in sent:
                assert client is not None
                client.send(frame[half])
        for who, text in said:
            who.said.append(text)

    def read_a_little(self) -> None:
        for who in self.chance.sample(self.present, 20):
            if who.client is not None:
                with suppress(BlockingIOError):
                    who.client._buffer += os.read(who.client.sock.fileno(), 20_000)

    def anybody(self) -> Opposite:
        return self.chance.choice(self.present)

    def text(self) -> bytes:
        self.number += 1
        return (b"%d " % self.number).ljust(self.chance.choice(SIZES), b"x")

    def end(self) -> None:
        """Let everybody hear the rest, and check what came."""
        for who in self.present:
            self.release(who)
            who.connection.send(Opcode.TEXT, b"the end")
            who.wanted.append(frames.encode(frames.TEXT, b"the end"))
        for who in self.present:
            who.got_all()
        for who in self.left:
            assert who.client is not None
            who.got(who.client, frames.encode_close(1000))
        assert self.hub.stats()["failed"] == 0
        eventually(self.books_are_right, "everybody is written to in slices again")

    def books_are_right(self) -> bool:
        """Whether the groups' arrays and counters agree with the connections."""
        groups = {one.subscription.group for who in self.present for one in who.listens}
        return all(
            group is not None
            and group.shared
            == sum(len(one.connection.subscriptions) > 1 for one in group.members if one.group)
            and all(group.fds[one.place] == descriptor(one) for one in group.members)
            for group in groups
        )


def short(data: bytes) -> list[tuple[bytes, int]]:
    """Something that a person can compare: how the texts begin, and how long they are."""
    return [(text[:8].rstrip(b"x"), len(text)) for _, text in frames.decode_own(data)]


def descriptor(subscription: HubSubscription) -> int:
    """What the group has for a subscription that is not held."""
    connection, group = subscription.connection, subscription.group
    twins = sum(one.group is group for one in connection.subscriptions)
    plain = group is not None and twins == 1 and not isinstance(connection, PollSession)
    return connection.fd if plain else DETOUR


@pytest.fixture(params=["as it is", "none", "failing", "failures first"])
def batches(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the hub writes in batches, and on which kernel."""
    if request.param == "failing":
        monkeypatch.setattr(uring, "_call", kernels.failing(after=20))
    if request.param == "failures first":
        rings: list[Any] = []
        make = uring._Ring._map
        monkeypatch.setattr(
            uring._Ring, "_map", lambda ring, *given: (rings.append(ring), make(ring, *given))
        )
        monkeypatch.setattr(uring, "_call", kernels.failures_first(rings))
    return bool(request.param != "none")


@pytest.mark.parametrize(("seed", "slice_size"), [(1, 500), (2, 20), (3, 7)])
def test_nobody_loses_doubles_or_mixes_anything(
    make_loopback: MakeLoopback, batches: bool, seed: int, slice_size: int
) -> None:
    loopback = make_loopback(batches=batches, slice_size=slice_size, outbox_bytes=1 << 26, close_timeout_s=60)
    commotion = Commotion(loopback, random.Random(seed))

    for _ in range(400):
        commotion.step()

    commotion.end()
