"""check_origin, by what a real Phoenix was seen to do."""

from __future__ import annotations

import pytest

from rumbl_web.phoenix.transports.origin import CheckOrigin, Origin, parse, rule

OWN = Origin("http", "127.0.0.1", 4000)
LIST = ["https://example.com", "//*.other.com", "//host.com:888"]


@pytest.mark.parametrize(
    ("check", "origin", "allowed"),
    [
        (True, "http://localhost", True),
        (True, "https://localhost:8443", True),
        (True, "http://LOCALHOST", False),
        (True, "http://localhost.evil.com", False),
        (True, "http://evil.com#localhost", False),
        (True, "http://localhost@evil.com", False),
        (True, "//localhost", False),
        (True, "localhost", False),
        (True, "null", False),
        (True, "", False),
        (LIST, "https://example.com", True),
        (LIST, "https://example.com:443", True),
        (LIST, "http://a.other.com", True),
        (LIST, "http://other.com", True),
        (LIST, "https://a.b.other.com:99", True),
        (LIST, "http://host.com:888", True),
        (LIST, "http://example.com", False),
        (LIST, "https://example.com:8443", False),
        (LIST, "http://host.com", False),
        (LIST, "http://evilother.com", False),
        (LIST, "http://other.com.evil.com", False),
        (LIST, "//a.other.com", False),
        (LIST, "null", False),
        ("conn", "http://127.0.0.1:4000", True),
        ("conn", "https://127.0.0.1:4000", False),
        ("conn", "http://127.0.0.1:4001", False),
        ("conn", "http://localhost:4000", False),
        (False, "null", True),
        (False, "http://evil.com", True),
    ],
)
def test_which_origins_may_come(check: CheckOrigin, origin: str, allowed: bool) -> None:
    assert rule(check, "localhost")(origin, OWN) is allowed


def test_without_a_public_host_the_request_s_own_counts() -> None:
    may_come = rule(True)

    assert may_come("http://127.0.0.1:5000", OWN)
    assert not may_come("http://localhost:4000", OWN)


@pytest.mark.parametrize("host", ["::1", "[::1]", None])
def test_an_address_of_ipv6_may_be_given_with_or_without_its_brackets(host: str | None) -> None:
    may_come = rule(True, host)

    assert may_come("http://[::1]:4000", Origin("http", "[::1]", 4000))
    assert not may_come("http://[::2]:4000", Origin("http", "[::1]", 4000))


@pytest.mark.parametrize("bad", [["example.com"], ["https://example.com/path"], ["https://*"], "example.com"])
def test_what_can_t_be_understood_is_refused_with_an_example(bad: CheckOrigin) -> None:
    with pytest.raises(ValueError, match="check_origin"):
        rule(bad)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("https://example.com", Origin("https", "example.com", 443)),
        ("http://[::1]:4000", Origin("http", "[::1]", 4000)),
        ("//host.com", Origin(None, "host.com", None)),
        ("http://host.com:123456", None),
        ("http://host com", None),
        ("http://" + "a" * 300, None),
    ],
)
def test_an_origin_has_a_scheme_a_host_and_a_port(text: str, parts: Origin | None) -> None:
    assert parse(text) == parts
