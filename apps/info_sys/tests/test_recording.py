import json

import pytest

from info_sys import recording
from info_sys.backend import Context
from info_sys.backends.wolfram import Wolfram
from info_sys.http_client import HttpFailed
from info_sys.recording import NotRecordable
from info_sys.testing import FakeHttpClient

KEY = "S3CRET+KEY"
HAS = {"WOLFRAM_APP_ID": KEY}


def context(pages=None):
    return Context(HAS, FakeHttpClient(pages))


def test_a_recording_has_the_page_and_what_is_read_in_it():
    made = recording.record(Wolfram, "1 + 1", context())
    assert [found.text for found in made.results] == ["2"]
    assert len(made.pages) == 1
    assert made.error is None


def test_no_key_is_written():
    made = recording.record(Wolfram, "1 + 1", context({"1+%2B+1": b"<queryresult id='S3CRET+KEY'/>"}))
    text = made.text(recording.secrets(Wolfram, context()))
    assert "S3CRET" not in text
    (page,) = json.loads(text)["pages"]
    assert page["address"].startswith("https://api.wolframalpha.com/v2/query?appid=KEY&input=1")
    assert page["body"] == "<queryresult id='KEY'/>"


def test_bytes_that_are_no_text_are_kept_too():
    made = recording.record(Wolfram, "1 + 1", context({"": b"\xff\xfe"}))
    (page,) = json.loads(made.text())["pages"]
    assert page["body_base64"] == "//4="
    assert made.error.startswith("ValueError: no safe XML")


def test_what_can_not_be_recorded_is_said():
    with pytest.raises(NotRecordable, match="no backend, there are wolfram"):
        recording.find("google")
    with pytest.raises(NotRecordable, match="calculator asks no service"):
        recording.find("calculator")
    with pytest.raises(NotRecordable, match="wolfram is off: set WOLFRAM_APP_ID"):
        recording.record(Wolfram, "1 + 1", Context({}, FakeHttpClient()))


def test_a_service_that_fails_leaves_no_recording():
    class Down:
        def fetch(self, request, hosts, timeout_s):
            raise HttpFailed("status 500", 500)

    with pytest.raises(HttpFailed, match="status 500"):
        recording.record(Wolfram, "1 + 1", Context(HAS, Down()))
