"""The conformance server, by raw frames: what others' suites are pointed at must be right itself."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import pytest
import requests

from tests.conformance.checks import CHECKS
from tests.conformance.faults import FAULTS
from tests.conformance.talk import ConformanceServer, Talk

pytestmark = pytest.mark.conformance

Dial = Callable[..., Talk]

UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


@pytest.mark.parametrize("name", CHECKS)
def test_it_does_what_clients_rely_on(dial: Dial, name: str) -> None:
    CHECKS[name](dial)


NOTICED_BY = {
    "lost broadcast": "broadcast_from_spares_the_sender",
    "doubled broadcast": "broadcasts_reach_everybody_once_and_in_order",
    "swapped broadcasts": "broadcasts_reach_everybody_once_and_in_order",
    "refs as text": "refs_of_any_type",
    "no join_ref": "join_reply_and_push",
    "lost phx_close": "leave_is_answered_then_closed",
    "lost phx_error": "a_crash_is_an_error_and_contained",
    "one phx_ref": "presence_comes_changes_and_goes",
    "lost presence leave": "presence_comes_changes_and_goes",
    "lost push": "join_reply_and_push",
    "ok for error": "refused_joins_say_why",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_server_is_noticed(dial: Dial, fault: str) -> None:
    check = CHECKS[NOTICED_BY[fault]]
    check(lambda **params: dial("/broken", **params))  # without its fault it is good

    with pytest.raises(AssertionError):
        check(lambda **params: dial("/broken", deadline_s=1.0, fault=fault, **params))


def upgrade(server: ConformanceServer, path: str, headers: dict[str, str], **params: str) -> int:
    url = server.url.replace("ws", "http", 1)
    query = urlencode({"vsn": "2.0.0", **params})
    with requests.get(f"{url}{path}/websocket?{query}", headers={**UPGRADE, **headers}, timeout=10) as answer:
        return answer.status_code


@pytest.mark.parametrize(
    ("params", "status"), [({"reject": "true"}, 403), ({"ratelimit": "true"}, 429), ({"vsn": "3.0.0"}, 403)]
)
def test_a_connection_is_refused_with_its_status(
    server: ConformanceServer, params: dict[str, str], status: int
) -> None:
    assert upgrade(server, "/socket", {}, **params) == status


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "https://example.com.evil", "https://example.com:444", "null"]
)
def test_strict_lets_only_its_two_origins_in(server: ConformanceServer, origin: str) -> None:
    assert upgrade(server, "/strict", {"Origin": origin}) == 403


def test_strict_lets_in_who_names_no_origin(dial: Dial) -> None:
    dial("/strict").quiet()


def test_short_closes_the_idle(dial: Dial) -> None:
    assert dial("/short").closed() == 1001


@pytest.mark.parametrize("size", [4097, 70_000])
def test_short_closes_who_sends_too_much(dial: Dial, size: int) -> None:
    talk = dial("/short")
    talk.send_raw("x" * size)

    assert talk.closed() == 1009


def test_short_takes_a_frame_of_4096(dial: Dial) -> None:
    talk = dial("/short")
    talk.join("room:short")
    padding = 4096 - len('["1", "2", "room:short", "ping", {"x": ""}]')

    assert len(talk.ask("1", "2", "room:short", "ping", {"x": "x" * padding})[4]["response"]["x"]) == padding


@pytest.mark.parametrize("data", ["text", b"\x00\xff" * 40_000, ""])
def test_echo_sends_everything_back(server: ConformanceServer, data: str | bytes) -> None:
    talk = Talk(server.url, "/echo")
    talk.send_raw(data)

    assert talk._socket.receive(timeout=10) == data
    talk.close()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ("", 1011),
        ("nonsense", 1011),
        ("{}", 1011),
        ('["1","1","room:1","phx_join"]', 1011),
        (b"", 1011),
        (b"\x01\x00\x00\x00\x00", 1011),
        (b"\x00\x01\x01", 1011),
        (b"\x03\x01\x01", 1011),
        (b"\x03\x00\x00\x00\x00\x00\x02", 1011),
    ],
)
def test_malformed_messages_close_only_the_offender(dial: Dial, data: str | bytes, code: int) -> None:
    offender, watcher = dial(), dial()
    watcher.join("room:watched")
    offender.join("room:watched")

    offender.send_raw(data)

    assert offender.closed() == code
    assert watcher.ask("1", "2", "room:watched", "shout", {"x": 1}) == [
        None,
        None,
        "room:watched",
        "shout",
        {"x": 1},
    ]


def test_a_restart_closes_with_1012_and_the_port_comes_back(tmp_path: Path) -> None:
    server = ConformanceServer(tmp_path).start()
    try:
        talk = Talk(server.url)
        talk.join("room:restart")
        server.stop()
        assert talk.closed() == 1012
        Talk(server.start().url).join("room:restart")
    finally:
        server.stop()


def test_every_fault_has_a_check_that_notices_it() -> None:
    assert NOTICED_BY.keys() == FAULTS.keys()
    assert set(NOTICED_BY.values()) <= set(CHECKS)
    assert len(set(itertools.chain(CHECKS))) == len(CHECKS)
