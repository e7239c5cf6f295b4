"""The contract of every source that asks a service: right and wrong replies over real sockets."""

import gc
import os
import threading
import time
import tracemalloc

import pytest

from info_sys import Backend, Options, Result, compute
from info_sys.backends.catalogue import OWN
from info_sys.otp import whereis
from info_sys.system import TASK_SUPERVISOR
from info_sys.testing import FakeHttpClient, FaultServer, eventually, loopback_client
from info_sys.web_backend import WebBackend

from .samples import SAMPLES

every_source = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.kind.name)
FAULTS = [
    "error", "not-found", "too-many", "html", "truncated", "deep", "bomb", "external", "gzip", "cut", "reset",
    "redirect-away", "redirect-for-ever", "huge", "hang", "drip", "drip-head",
]  # fmt: skip
TIMEOUT_MS = 120


class Good(Backend):
    name = title = "good"

    def compute(self, query, opts):
        return [Result(1, "good", self)]


def test_no_source_is_without_a_sample():
    assert {sample.kind for sample in SAMPLES} == {kind for kind in OWN if issubclass(kind, WebBackend)}


@every_source
class TestReplies:
    def test_the_request_is_the_documented_one(self, sample):
        assert sample.make().request(sample.question).address == sample.address

    def test_the_question_is_encoded_whatever_it_is(self, sample):
        nasty = sample.make().request("define a&b=c#d\r\n@host/ü\0")
        assert nasty.address.isascii()
        tail = nasty.address.removeprefix(sample.kind.endpoint)
        assert nasty.address.startswith(sample.kind.endpoint)
        assert not {"#", "@", "\r", "\n", "\0", " "} & set(tail)

    def test_an_answer_has_its_text_and_its_page(self, sample):
        with FaultServer(body=sample.reply, content_type=sample.content_type) as server:
            backend = sample.make(loopback_client(), server.url("ok"))
            (result,) = backend.compute(sample.question, Options())
        assert (result.text, result.url, result.backend) == (sample.text, sample.url, backend)
        assert 0 < result.score <= 100
        assert backend.licence

    def test_no_answer_is_an_empty_list(self, sample):
        with FaultServer(body=sample.nothing, content_type=sample.content_type) as server:
            assert sample.make(loopback_client(), server.url("ok")).compute(sample.question, Options()) == []

    def test_it_is_asked_its_kind_of_question_and_not_what_people_chat(self, sample):
        backend = sample.make(FakeHttpClient({}))
        assert backend.matches(sample.question)
        for line in ("nice goal!", "lol", "did you see that?" if sample.kind.kinds == ("fact",) else "brb"):
            assert not backend.matches(line), line

    def test_its_key_is_not_shown(self, sample):
        assert "KEY" not in repr(sample.make())


@every_source
@pytest.mark.usefixtures("app")
class TestFaults:
    @pytest.mark.parametrize("fault", FAULTS)
    def test_each_costs_its_own_answer_and_nothing_else(self, sample, fault):
        with FaultServer(body=sample.reply, content_type=sample.content_type) as server:
            begin = time.monotonic()
            backends = [sample.make(loopback_client(), server.url(fault)), Good()]
            results = compute(sample.question, timeout_ms=TIMEOUT_MS, backends=backends)
            took_s = time.monotonic() - begin
            # Half a line of plain text looks as whole as a whole one.
            untold = fault == "truncated" and sample.content_type.startswith("text/plain")
            assert [result.text for result in results][untold:] == ["good"]
            assert took_s < TIMEOUT_MS / 1000 + 1
            assert server.requests
            eventually(lambda: whereis(TASK_SUPERVISOR).children() == [])

    def test_a_slow_answer_in_time_is_an_answer(self, sample):
        with FaultServer(0.05, sample.reply, sample.content_type) as server:
            results = compute(sample.question, backends=[sample.make(loopback_client(), server.url("slow"))])
        assert [result.text for result in results] == [sample.text]


@pytest.mark.usefixtures("app")
def test_all_faults_of_all_sources_leave_no_memory_no_thread_and_no_socket_behind():
    def descriptors():
        return len(os.listdir("/proc/self/fd"))

    def all_at_once(fault, servers):
        backends = [
            sample.make(loopback_client(), server.url(fault))
            for sample, server in zip(SAMPLES, servers, strict=True)
        ]
        for backend, sample in zip(backends, SAMPLES, strict=True):
            compute(sample.question, timeout_ms=50, backends=[backend])
        eventually(lambda: whereis(TASK_SUPERVISOR).children() == [])

    servers = [FaultServer(body=sample.reply, content_type=sample.content_type) for sample in SAMPLES]
    all_at_once("error", servers)
    before, threads = descriptors(), threading.active_count()
    tracemalloc.start()
    for fault in FAULTS:
        all_at_once(fault, servers)
        eventually(lambda: not any(server.connections for server in servers))
    gc.collect()
    grown, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    eventually(lambda: descriptors() <= before)
    eventually(lambda: threading.active_count() <= threads + 8)  # pooled ones of the tasks, which end later
    for server in servers:
        server.close()
    assert grown < 1_000_000
    assert peak < 10_000_000
