import pytest

from info_sys import Options
from info_sys.backend import Context
from info_sys.http_client import HttpFailed, Request
from info_sys.testing import FakeHttpClient, loopback_client
from info_sys.web_backend import WebBackend


class Capitals(WebBackend):
    name, title = "capitals", "Capitals"
    endpoint = "https://capitals.example/search"

    def request(self, query):
        return Request(self.endpoint, {"q": query})

    def read(self, reply, query):
        return [self.result(80, reply.json()["capital"], "https://capitals.example/fr")]


@pytest.fixture
def http():
    return FakeHttpClient({"France": b'{"capital": "Paris"}'})


def test_it_builds_a_request_and_reads_a_reply(http):
    backend = Capitals(http)
    (result,) = backend.compute("capital of France", Options())
    assert (result.score, result.text, result.backend) == (80, "Paris", backend)
    assert http.requests == ["https://capitals.example/search?q=capital+of+France"]


def test_the_application_gives_it_its_way_to_the_web(http):
    assert Capitals.create(Context({}, http)).compute("France", Options())[0].text == "Paris"


def test_it_may_reach_the_host_of_its_endpoint_and_those_it_names():
    class Wide(Capitals):
        more_hosts = frozenset({"www.capitals.example"})

    assert Capitals().hosts == {"capitals.example"}
    assert Wide().hosts == {"capitals.example", "www.capitals.example"}


def test_not_found_is_no_answer_and_other_statuses_are_failures(faults):
    assert Capitals(loopback_client(), faults.url("not-found")).compute("q", Options()) == []
    with pytest.raises(HttpFailed, match="status 500"):
        Capitals(loopback_client(), faults.url("error")).compute("q", Options())


def test_what_is_no_reply_of_the_service_is_an_error(faults):
    with pytest.raises(ValueError, match="by its content type"):
        Capitals(loopback_client(), faults.url("html")).compute("q", Options())


@pytest.mark.parametrize("typed", ["..", ".", "../..", "a/../../b"])
def test_nothing_that_is_typed_leads_to_another_place_of_the_service(http, typed):
    class ByPath(Capitals):
        def request(self, query):
            return Request(f"{self.endpoint}/{query}")

    assert ByPath(http).compute(typed, Options()) == []
    assert http.requests == []
