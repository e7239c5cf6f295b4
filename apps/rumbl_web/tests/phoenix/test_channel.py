"""The face of a channel: what its callbacks may leave out and return."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import pytest

from rumbl_web.phoenix.channel import Channel, ChannelSocket, Joined, Refused, Stop, UnknownEvent
from rumbl_web.phoenix.endpoint import Endpoint
from rumbl_web.phoenix.mistakes import Mistakes
from rumbl_web.phoenix.socket import Socket
from rumbl_web.phoenix.testing import (
    ClientChannel,
    JoinRefused,
    assert_push,
    connect,
    join,
    push,
    refute_push,
    settle,
)


class Bare(Channel):
    """Only what must be there."""

    intercepts: ClassVar[frozenset[str]] = frozenset({"watched"})

    def join(self, topic: str, payload: Any, socket: ChannelSocket) -> Joined | Refused:
        return Refused({"reason": payload["refuse"]}) if "refuse" in payload else Joined()


class Counting(Bare):
    """Keeps state on itself, and stops when told to."""

    def handle_info(self, message: Any, socket: ChannelSocket) -> Stop | None:
        if message == "stop":
            return Stop()
        if message == "reply":
            return Stop("normal", reply=message)
        self.count = getattr(self, "count", 0) + 1
        socket.push("ping", {"count": self.count})
        return None

    def terminate(self, reason: object, socket: ChannelSocket) -> None:
        raise RuntimeError("terminate fails too")


class Empty(Channel):
    pass


class Strict(Bare):
    def handle_in(self, event: str, payload: Any, socket: ChannelSocket) -> None:
        raise UnknownEvent(event)


class BareSocket(Socket):
    channels: ClassVar[Mapping[str, type[Channel]]] = {
        "bare": Bare,
        "counting*": Counting,
        "empty": Empty,
        "strict": Strict,
    }


def enter(endpoint: Endpoint, channel: type[Channel], topic: str, payload: Any = None) -> ClientChannel:
    return join(connect(BareSocket, endpoint=endpoint), channel, topic, payload)[1]


def test_a_channel_must_define_join(endpoint: Endpoint, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(JoinRefused, match="join crashed"):
        enter(endpoint, Empty, "empty")
    assert "Empty must define join" in caplog.text


def test_a_refusal_says_why(endpoint: Endpoint) -> None:
    with pytest.raises(JoinRefused) as refused:
        enter(endpoint, Bare, "bare", {"refuse": "full"})
    assert refused.value.response == {"reason": "full"}


@pytest.fixture(autouse=True)
def mistakes(monkeypatch: pytest.MonkeyPatch) -> None:
    """None of the other tests' mistakes count."""
    monkeypatch.setattr("rumbl_web.phoenix.mistakes.report", Mistakes().report)


@pytest.mark.parametrize("topic", ["bare", "strict"])
def test_an_unknown_event_ends_the_channel_with_one_line_in_the_log(
    endpoint: Endpoint, caplog: pytest.LogCaptureFixture, topic: str
) -> None:
    channel = enter(endpoint, BareSocket.channels[topic], topic)

    push(channel, "unheard of" + "!" * 1000)

    assert_push(channel, "phx_error", {"reason": "unknown event"})
    (record,) = caplog.records
    assert record.getMessage().startswith(f"{topic.title()} on '{topic}' has no event 'unheard of!!!")
    assert len(record.getMessage()) < 200
    assert not record.exc_info


def test_unexpected_mail_is_logged_and_dropped(endpoint: Endpoint, caplog: pytest.LogCaptureFixture) -> None:
    channel = enter(endpoint, Bare, "bare")

    channel.process.send({"secret": "never in the log"})
    settle(channel)

    assert "Bare got mail it does not handle: dict" in caplog.text
    assert "never in the log" not in caplog.text


def test_intercepted_events_are_passed_on_by_default(endpoint: Endpoint) -> None:
    channel = enter(endpoint, Bare, "bare")

    endpoint.broadcast("bare", "watched", {"x": 1})

    assert assert_push(channel, "watched") == {"x": 1}


def test_a_channel_may_keep_state_on_itself(endpoint: Endpoint) -> None:
    one, two = enter(endpoint, Counting, "counting:1"), enter(endpoint, Counting, "counting:1")

    one.process.send("tick")
    one.process.send("tick")
    two.process.send("tick")

    assert [assert_push(one, "ping")["count"] for _ in range(2)] == [1, 2]
    assert assert_push(two, "ping") == {"count": 1}
    refute_push(two, "ping")


def test_handle_info_may_stop_and_a_failing_terminate_changes_nothing(
    endpoint: Endpoint, caplog: pytest.LogCaptureFixture
) -> None:
    channel = enter(endpoint, Counting, "counting")

    channel.process.send("stop")

    assert_push(channel, "phx_close")
    assert "Counting on 'counting' crashed in terminate" in caplog.text


def test_only_handle_in_may_reply(endpoint: Endpoint, caplog: pytest.LogCaptureFixture) -> None:
    channel = enter(endpoint, Counting, "counting")

    channel.process.send("reply")

    assert_push(channel, "phx_error")
    assert "handle_info must return None or Stop(reason)" in caplog.text


class Ending(Bare):
    """Ends as it is told, and remembers how."""

    intercepts: ClassVar[frozenset[str]] = frozenset({"last"})
    ends: ClassVar[list[object]] = []

    def handle_in(self, event: str, payload: Any, socket: ChannelSocket) -> Stop | None:
        if event == "crash":
            raise RuntimeError("told to")
        return Stop(payload["reason"])

    def handle_out(self, event: str, payload: Any, socket: ChannelSocket) -> Stop:
        socket.push(event, payload)
        return Stop()

    def terminate(self, reason: object, socket: ChannelSocket) -> None:
        self.ends.append(reason)


class EndingSocket(Socket):
    channels: ClassVar[Mapping[str, type[Channel]]] = {"ending": Ending}


@pytest.fixture
def ending(endpoint: Endpoint) -> ClientChannel:
    Ending.ends.clear()
    return join(connect(EndingSocket, endpoint=endpoint), Ending, "ending")[1]


def test_handle_out_may_stop(ending: ClientChannel, endpoint: Endpoint) -> None:
    endpoint.broadcast("ending", "last", {"x": 1})

    assert assert_push(ending, "last") == {"x": 1}
    assert_push(ending, "phx_close")
    assert Ending.ends == ["normal"]


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("normal", "phx_close"),
        ("shutdown", "phx_close"),
        (("shutdown", "full"), "phx_close"),
        ("other", "phx_error"),
        (("other", 1), "phx_error"),
    ],
)
def test_terminate_hears_why_and_the_client_whether_to_come_back(
    ending: ClientChannel, reason: object, told: str
) -> None:
    push(ending, "stop", {"reason": reason})

    assert_push(ending, told)
    assert ending.process.wait(5)
    assert Ending.ends == [reason]


def test_terminate_hears_the_exception_of_a_crash_and_the_client_not_its_words(ending: ClientChannel) -> None:
    push(ending, "crash")

    assert assert_push(ending, "phx_error") == {"reason": "crashed"}
    assert ending.process.wait(5)
    (error,) = Ending.ends
    assert isinstance(error, RuntimeError)
