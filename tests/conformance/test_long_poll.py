"""The conformance server over long-poll: all that holds for WebSockets, and the transport's own rules."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from tests.conformance.checks import CHECKS
from tests.conformance.poll_talk import PollTalk
from tests.conformance.talk import ConformanceServer, Talk

pytestmark = pytest.mark.conformance

Dial = Callable[..., PollTalk]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConformanceServer]:
    """One of our own: sessions outlive the tests that began them."""
    running = ConformanceServer(tmp_path_factory.mktemp("conformance")).start()
    yield running
    running.stop()


@pytest.fixture
def dial(server: ConformanceServer) -> Iterator[Dial]:
    """Connect one more client that polls."""
    clients: list[PollTalk] = []

    def connect(mount: str = "/short", **params: str) -> PollTalk:
        clients.append(PollTalk(server.url, mount, **params))
        return clients[-1]

    yield connect
    for client in clients:
        client.close()


@pytest.mark.parametrize("name", CHECKS)
def test_channels_do_the_same_as_over_a_websocket(dial: Dial, name: str) -> None:
    # On /short a session ends soon after its client has gone, on /socket messages may be large.
    mount = "/short" if "presence" in name else "/socket"
    CHECKS[name](lambda **params: dial(mount, **params))


def test_both_transports_are_in_one_room(server: ConformanceServer, dial: Dial) -> None:
    polling, connected = dial(), Talk(server.url)
    polling.join("room:mixed")
    connected.join("room:mixed")

    polling.send("1", "2", "room:mixed", "shout_from", {"from": "poll"})
    connected.send("1", "3", "room:mixed", "shout_from", {"from": "socket"})

    assert connected.frame()[4] == {"from": "poll"}
    heard = [polling.frame() for _ in range(2)]
    assert [frame[3] for frame in heard] == ["phx_reply", "shout"]
    assert heard[1][4] == {"from": "socket"}
    connected.close()


def test_150_lines_are_150_answers(dial: Dial) -> None:
    talk = dial()
    talk.join("room:many")

    lines = [json.dumps(["1", str(number), "room:many", "ping", {"n": number}]) for number in range(150)]
    assert talk.post("\n".join(lines) + "\n") == {"status": 200}

    assert [talk.frame()[4]["response"]["n"] for _ in range(150)] == list(range(150))


def test_a_binary_reply_that_is_no_text_arrives(dial: Dial) -> None:
    talk = dial()
    talk.join("room:binary")
    push = b"\x00\x01\x01\x0b\x08" + b"12room:binaryping_bin" + b"\xff\x00\x01"

    talk.send_raw(push)

    assert talk.frame() == b"\x01\x01\x01\x0b\x02" + b"12room:binaryok" + b"\xff\x00\x01"


@pytest.mark.parametrize("body", ["nonsense", "[", "[1]", "{", base64.b64encode(b"\x03").decode()])
def test_a_malformed_message_ends_only_its_session_and_at_once(dial: Dial, body: str) -> None:
    offender, watcher = dial(), dial()
    watcher.join("room:watched")

    assert offender.post(body)["status"] == 400

    after: Any = offender.get()
    assert (after["status"], after["messages"]) == (410, [])
    assert after["token"] != offender.token
    watcher.quiet()


def test_too_big_a_message_is_refused(dial: Dial) -> None:
    talk = dial()

    assert talk.post(f'["1","1","room:1","ping",{{"x":"{"x" * 65_536}"}}]')["status"] == 413

    assert talk.closed() == 1001


@pytest.mark.parametrize("params", [{"reject": "true"}, {"ratelimit": "true"}, {"vsn": "3.0.0"}])
def test_who_is_refused_gets_403(server: ConformanceServer, params: dict[str, str]) -> None:
    url = server.url.replace("ws", "http", 1) + "/socket/longpoll"

    answer = requests.get(url, params={"vsn": "2.0.0", **params}, timeout=10)

    assert (answer.status_code, answer.json()) == (200, {"status": 403})


def test_strict_lets_only_its_origins_poll(server: ConformanceServer) -> None:
    url = server.url.replace("ws", "http", 1) + "/strict/longpoll"

    def status(**headers: str) -> int:
        answer: dict[str, int] = requests.get(
            url, params={"vsn": "2.0.0"}, headers=headers, timeout=10
        ).json()
        return answer["status"]

    assert status() == status(Origin="https://example.com") == status(Origin="http://example.com") == 410
    assert status(Origin="http://evil.example") == status(Origin="https://example.com:444") == 403
    assert status(Origin="null") == status(Origin="https://example.com.evil") == 403
