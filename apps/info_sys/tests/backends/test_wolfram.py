"""The book's two tests of Wolfram, the form of its answers, and its faults over a real socket."""

import threading
import time
import tracemalloc

import pytest

from info_sys import Backend, Options, Result, application, compute
from info_sys.backends.wolfram import Wolfram
from info_sys.http_client import HttpFailed, Request
from info_sys.otp import whereis
from info_sys.settings import load
from info_sys.system import TASK_SUPERVISOR
from info_sys.testing import FakeHttpClient, eventually, loopback_client


@pytest.fixture
def http():
    return FakeHttpClient()


@pytest.fixture
def wolfram(http):
    return Wolfram("1234", http)


def answering(body):
    return Wolfram("1234", FakeHttpClient({"": body}))


def pods(*pods):
    inner = "".join(
        f"<pod title='{title}'><subpod><plaintext>{text}</plaintext></subpod></pod>" for title, text in pods
    )
    return f"<queryresult>{inner}</queryresult>".encode()


# The two tests of the book.


def test_makes_request_reports_results_then_terminates(wolfram):
    actual = wolfram.compute("1 + 1", Options())[0]
    assert actual.text == "2"


def test_no_query_results_reports_an_empty_list(wolfram):
    assert wolfram.compute("none", Options()) == []


def test_the_request_is_the_documented_one_with_the_question_encoded(wolfram, http):
    wolfram.compute("1 + 1", Options())
    wolfram.compute("a&b=c#d\r\n@host/ü", Options())
    base = "https://api.wolframalpha.com/v2/query?appid=1234&input="
    assert http.requests == [
        base + "1+%2B+1&format=plaintext",
        base + "a%26b%3Dc%23d%0D%0A%40host%2F%C3%BC&format=plaintext",
    ]


def test_a_result_has_its_score_and_the_page_it_came_from(wolfram):
    page = "https://www.wolframalpha.com/input?i=1+%2B+1"
    assert wolfram.compute("1 + 1", Options()) == [Result(95, "2", wolfram, page)]


class TestExtraction:
    @pytest.mark.parametrize("title", ["Result", "Results", "Exact Result(s)", "Definitions"])
    def test_takes_results_and_definitions(self, title):
        body = pods(("Input", "no"), (title, "yes"))
        assert [result.text for result in answering(body).compute("q", Options())] == ["yes"]

    @pytest.mark.parametrize("title", ["result", "Definition", "Number name", ""])
    def test_takes_nothing_else(self, title):
        assert answering(pods((title, "no"))).compute("q", Options()) == []

    def test_takes_the_first_text_that_is_not_empty(self):
        body = pods(("Result", ""), ("Result", "  "), ("Result", "first\nsecond line"), ("Result", "later"))
        assert answering(body).compute("q", Options())[0].text == "first\nsecond line"

    @pytest.mark.parametrize(
        "body", [b"", b"<a/>", b"<html>", b"\xff\xfe", b"<queryresult>" * 3, b"<!DOCTYPE x><queryresult/>"]
    )
    def test_refuses_what_is_no_answer(self, body):
        with pytest.raises(ValueError, match="no "):
            answering(body).compute("q", Options())

    @pytest.mark.parametrize(
        ("query", "asks"),
        [
            ("1 + 1", True),
            ("2*3=", True),
            ("what is elixir", True),
            ("How old is the universe?", True),
            ("really?", True),
            ("nice goal!", False),
            ("what a goal!", False),
            ("I love this part", False),
            ("2024-01-02", False),
            ("??", False),
            ("what", False),
            ("", False),
            ("why is\nthat?", False),
            ("why " + "x" * 300 + "?", False),
        ],
    )
    def test_is_asked_only_for_questions(self, wolfram, query, asks):
        assert wolfram.matches(query) is asks


class Good(Backend):
    name = title = "good"

    def compute(self, query, opts):
        return [Result(1, "good", self)]


FAULTS = [
    "error", "html", "broken", "bomb", "external", "gzip", "cut", "reset", "redirect-for-ever", "huge",
    "hang", "drip", "drip-head", "empty", "too-many", "not-found", "redirect-away",
]  # fmt: skip


@pytest.mark.usefixtures("app")
class TestFaults:
    """Over a real socket: each costs Wolfram's answer, nothing of the others', and no thread."""

    @pytest.mark.parametrize("fault", FAULTS)
    def test_leave_the_other_answers_alone(self, faults, fault):
        wolfram = Wolfram("SECRET", loopback_client(), faults.url(fault))
        begin = time.monotonic()
        results = compute("1 + 1", timeout_ms=250, backends=[wolfram, Good()])
        assert [result.text for result in results] == ["good"]
        assert time.monotonic() - begin < 1.5
        assert len(faults.requests) == (3 if fault == "redirect-for-ever" else 1)
        eventually(lambda: whereis(TASK_SUPERVISOR).children() == [])
        eventually(lambda: faults.connections == 0 or fault == "hang")

    @pytest.mark.parametrize("fault", ["ok", "slow", "redirect"])
    def test_that_are_none_get_an_answer(self, faults, fault):
        wolfram = Wolfram("1234", loopback_client(), faults.url(fault))
        assert [result.text for result in compute("1 + 1", backends=[wolfram])] == ["2"]
        line = faults.requests[0]
        assert line == f"GET /{fault}?appid=1234&input=1+%2B+1&format=plaintext HTTP/1.1"

    def test_never_put_the_app_id_into_the_log(self, faults, caplog):
        for fault in ("error", "hang", "reset", "broken"):
            compute(
                fault + "?", timeout_ms=50, backends=[Wolfram("S3CRET", loopback_client(), faults.url(fault))]
            )
        faults.close()
        compute(
            "closed?",
            backends=[Wolfram("S3CRET", loopback_client(), "http://127.0.0.1:1/")],
        )
        assert "backend wolfram failed" in caplog.text
        assert "S3CRET" not in caplog.text

    def test_of_size_cost_little_memory(self, faults):
        wolfram = Wolfram("1234", loopback_client(), faults.url("huge"))
        tracemalloc.start()
        with pytest.raises(HttpFailed, match="more than 1000000 bytes"):
            wolfram.compute("q", Options(timeout_ms=5000))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 5_000_000


def test_through_the_application_with_a_faked_web():
    http = FakeHttpClient()
    app = application.start(load({"wolfram_app_id": "1234"}), http)
    assert compute("1 + 1", limit=1)[0].backend.name == "wolfram"
    assert compute("nice goal!") == []
    app.stop()
    assert len(http.requests) == 1


def test_threads_of_a_hung_request_end_with_its_deadline(faults):
    before = {thread.ident for thread in threading.enumerate()}
    failed = []

    def ask():
        try:
            loopback_client().fetch(Request(faults.url("hang")), {"127.0.0.1"}, 0.1)
        except HttpFailed as error:
            failed.append(str(error))

    asker = threading.Thread(target=ask)
    asker.start()
    asker.join(5)
    assert failed
    assert asker.ident not in {thread.ident for thread in threading.enumerate()} - before
