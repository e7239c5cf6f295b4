"""The contract of every source that asks a service: right and wrong replies over real sockets."""

import gc
import os
import threading
import tracemalloc

import pytest

from info_sys import compute
from info_sys import testing_contract as contract
from info_sys.backends.catalogue import OWN
from info_sys.otp import whereis
from info_sys.system import TASK_SUPERVISOR
from info_sys.testing import FakeHttpClient, eventually, loopback_client
from info_sys.web_backend import WebBackend

from .samples import SAMPLES

every_source = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.kind.name)


def test_no_source_is_without_a_sample():
    assert {sample.kind for sample in SAMPLES} == {kind for kind in OWN if issubclass(kind, WebBackend)}


@every_source
class TestReplies:
    def test_it_shows_its_face_and_no_key(self, sample):
        contract.check_face(sample)

    def test_the_request_is_the_documented_one_and_the_question_is_encoded(self, sample):
        assert sample.address
        contract.check_request(sample)

    def test_an_answer_has_its_text_and_its_page(self, sample):
        assert sample.url
        contract.check_answer(sample)

    def test_no_answer_is_an_empty_list(self, sample):
        assert sample.nothing is not None
        contract.check_no_answer(sample)

    def test_it_is_not_asked_what_people_chat(self, sample):
        backend = sample.make(FakeHttpClient({}))
        for line in ("lol", "did you see that?" if sample.kind.kinds == ("fact",) else "brb"):
            assert not backend.matches(line), line


@every_source
@pytest.mark.usefixtures("app")
class TestFaults:
    @pytest.mark.parametrize("fault", contract.FAULTS)
    def test_each_costs_its_own_answer_and_nothing_else(self, sample, fault):
        contract.check_fault(sample, fault)

    def test_a_slow_answer_in_time_is_an_answer(self, sample):
        contract.check_slow(sample)


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

    servers = [sample.server() for sample in SAMPLES]
    all_at_once("error", servers)
    before, threads = descriptors(), threading.active_count()
    tracemalloc.start()
    for fault in contract.FAULTS:
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
