"""The contract finds what it is there to find: sources that break one rule each."""

import pytest

from info_sys import testing_contract as contract
from info_sys.backend import Context
from info_sys.http_client import Request
from info_sys.recording import record
from info_sys.testing import FakeHttpClient
from info_sys.testing_contract import Sample, check_backend
from info_sys.web_backend import WebBackend


class Capitals(WebBackend):
    name, title, licence = "capitals", "Capitals", "CC0"
    endpoint = "https://capitals.example/search"

    def matches(self, query):
        return query.startswith("capital of ")

    def request(self, query):
        return Request(self.endpoint, {"q": query})

    def read(self, reply, query):
        found = reply.json()["capital"]
        return [self.result(80, found)] if found else []


def sample(kind, **says):
    return Sample(
        kind, "capital of France", b'{"capital": "Paris"}', "Paris", nothing=b'{"capital": ""}', **says
    )


def test_a_good_source_passes_even_where_no_information_system_runs():
    check_backend(sample(Capitals))


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ({"licence": None}, "licence"),
        ({"name": "Capitals"}, "small letters"),
        ({"matches": lambda self, query: True}, "must not want"),
        ({"request": lambda self, query: Request(self.endpoint + query)}, "not encoded"),
        ({"request": lambda self, query: Request(f"https://elsewhere.example/{len(query)}")}, "elsewhere"),
        ({"read": lambda self, reply, query: [self.result(80, "Rome")]}, "it reads"),
        ({"read": lambda self, reply, query: [self.result(180, "Paris")]}, "from 0 to 100"),
        ({"read": lambda self, reply, query: [self.result(80, reply.json()["capital"])]}, "empty list"),
    ],
)
def test_a_broken_rule_is_named(broken, said):
    with pytest.raises(AssertionError, match=said):
        check_backend(sample(type("Broken", (Capitals,), broken)))


@pytest.mark.usefixtures("app")
def test_a_source_that_believes_every_page_is_found():
    class Gullible(Capitals):
        def read(self, reply, query):
            return [self.result(80, "Paris")]

    with pytest.raises(AssertionError, match=r"html: the answers are \['Paris', 'good'\]"):
        contract.check_fault(sample(Gullible), "html")


def test_a_recorded_reply_is_a_sample(tmp_path):
    path = tmp_path / "capitals.json"
    web = FakeHttpClient({"France": b'{"capital": "Paris"}'})
    path.write_text(record(Capitals, "capital of France", Context({}, web)).text())
    made = Sample.recorded(Capitals, path, "Paris")
    contract.check_answer(made)
