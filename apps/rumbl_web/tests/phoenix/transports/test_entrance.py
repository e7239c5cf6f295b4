"""What a request says of the client before it comes in."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from rumbl_web.phoenix.transports import entrance
from rumbl_web.phoenix.transports.origin import rule

app = Flask(__name__)


def in_a_request(**headers: str) -> Any:
    return app.test_request_context("/socket/longpoll", base_url="http://rumbl.example:4000", headers=headers)


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("http://rumbl.example:4000", True),
        ("http://rumbl.example", True),
        ("http://evil.example", False),
        ("http://rumbl.example.evil.example", False),
        ("http://rumbl.example@evil.example", False),
        ("null", False),
        ("", False),
    ],
)
def test_only_a_page_of_our_host_may_come(origin: str, allowed: bool) -> None:
    with in_a_request(Origin=origin):
        assert entrance.is_allowed(rule(True)) is allowed


def test_a_client_that_is_no_page_may() -> None:
    with in_a_request():
        assert entrance.is_allowed(rule(True))


def test_what_a_socket_may_know_is_kept_in_plain_values_of_limited_length() -> None:
    with in_a_request(Origin="http://a.example", **{"User-Agent": "x" * 5000}):
        info = entrance.connect_info()

    assert (info.host, info.scheme, info.path) == ("rumbl.example:4000", "http", "/socket/longpoll")
    assert info.origin == "http://a.example"
    assert len(info.user_agent) == 1024
