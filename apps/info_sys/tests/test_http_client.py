import time

import pytest

from info_sys.http_client import HttpFailed, Reply, Request, RequestsClient
from info_sys.testing import loopback_client, wolfram_xml


def fetch(url, parameters=None, *, timeout_s=2, max_bytes=1_000_000):
    client = loopback_client(max_bytes)
    return client.fetch(
        Request(url, parameters or {}), {"127.0.0.1"} if "127" in url else {"localhost"}, timeout_s
    )


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ("error", "status 500"),
        ("redirect-away", "host that is not allowed"),
        ("redirect-for-ever", "too many redirects"),
        ("gzip", "compressed"),
        ("huge", "more than 1000 bytes"),
        ("reset", "ConnectionError"),
        ("cut", "ProtocolError"),
    ],
)
def test_says_in_a_word_what_went_wrong_and_never_where(faults, fault, why):
    with pytest.raises(HttpFailed, match=why) as caught:
        fetch(faults.url(fault), {"appid": "SECRET"}, max_bytes=1000)
    assert "SECRET" not in str(caught.value)
    assert "127.0.0.1" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("fault", ["hang", "drip", "drip-head", "slow"])
def test_keeps_to_one_deadline_wherever_the_server_dawdles(faults, fault):
    begin = time.monotonic()
    with pytest.raises(HttpFailed):
        fetch(faults.url(fault), timeout_s=0.1)
    assert 0.09 < time.monotonic() - begin < 1


def test_gives_the_body(faults):
    assert fetch(faults.url("ok")) == Reply(wolfram_xml(), "text/xml")


def test_follows_a_redirect_to_the_same_service(faults):
    assert fetch(faults.url("redirect")) == Reply(wolfram_xml(), "text/xml")
    assert [line.split()[1] for line in faults.requests] == ["/redirect", "/ok"]


def test_follows_no_redirect_to_another_host(faults):
    address = faults.url("redirect").replace("127.0.0.1", "localhost")
    with pytest.raises(HttpFailed, match="host that is not allowed"):
        fetch(address)
    assert [line.split()[1] for line in faults.requests] == ["/redirect"]


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://example.com/", "host that is not allowed"),
        ("https://127.0.0.1@example.com/", "address that is not allowed"),
        ("file:///etc/passwd", "address that is not allowed"),
        ("ftp://127.0.0.1/", "address that is not allowed"),
        ("https://127.0.0.1/" + "x" * 3000, "address that is not allowed"),
    ],
)
def test_asks_the_named_hosts_only(url, why):
    with pytest.raises(HttpFailed, match=why):
        loopback_client().fetch(Request(url), {"127.0.0.1"}, 1)


def test_by_itself_it_neither_asks_without_tls_nor_inside_of_a_network(faults):
    with pytest.raises(HttpFailed, match="address that is not allowed"):
        RequestsClient().fetch(Request(faults.url("ok")), {"127.0.0.1"}, 1)
    for host in ("localhost", "127.0.0.1", "169.254.169.254", "10.0.0.1"):
        with pytest.raises(HttpFailed, match="ForbiddenAddress"):
            RequestsClient().fetch(Request(f"https://{host}/"), {host}, 1)
    assert faults.requests == []


@pytest.mark.parametrize(
    ("fault", "again_s"), [("too-many", 7.0), ("too-many-until", pytest.approx(60, abs=5)), ("error", None)]
)
def test_says_how_long_a_service_wants_its_peace(faults, fault, again_s):
    with pytest.raises(HttpFailed) as caught:
        fetch(faults.url(fault))
    assert caught.value.retry_after_s == again_s


def test_says_who_it_is_and_nothing_of_who_asks(faults):
    fetch(faults.url("ok"))
    head = faults.heads[0].lower()
    assert "user-agent: rumbl-info-sys/" in head
    assert not any(name in head for name in ("cookie:", "referer:", "authorization:", "x-forwarded-for:"))


def test_an_address_that_is_none_is_a_failure_too():
    with pytest.raises(HttpFailed):
        fetch("http://127.0.0.1:99999/")
