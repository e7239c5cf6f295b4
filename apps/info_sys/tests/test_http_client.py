import time

import pytest

from info_sys.http_client import HttpFailed, RequestsClient
from info_sys.testing import wolfram_xml


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ("error", "status 500"),
        ("redirect", "status 302"),
        ("gzip", "compressed"),
        ("huge", "more than 1000 bytes"),
        ("reset", "ConnectionError"),
        ("cut", "ProtocolError"),
    ],
)
def test_says_in_a_word_what_went_wrong_and_never_where(faults, fault, why):
    with pytest.raises(HttpFailed, match=why) as caught:
        RequestsClient(max_bytes=1000).request(faults.url(fault) + "?appid=SECRET", 2)
    assert "SECRET" not in str(caught.value)
    assert "127.0.0.1" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("fault", ["hang", "drip", "drip-head", "slow"])
def test_keeps_to_one_deadline_wherever_the_server_dawdles(faults, fault):
    begin = time.monotonic()
    with pytest.raises(HttpFailed):
        RequestsClient().request(faults.url(fault), 0.1)
    assert 0.09 < time.monotonic() - begin < 0.3


def test_gives_the_body(faults):
    assert RequestsClient().request(faults.url("ok"), 2) == wolfram_xml()


def test_follows_no_redirect(faults):
    with pytest.raises(HttpFailed):
        RequestsClient().request(faults.url("redirect"), 2)
    assert [line.split()[1] for line in faults.requests] == ["/redirect"]


def test_an_address_that_is_none_is_a_failure_too():
    with pytest.raises(HttpFailed):
        RequestsClient().request("http://127.0.0.1:99999/", 1)
