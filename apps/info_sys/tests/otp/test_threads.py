import threading

import pytest

from info_sys.otp import threads
from info_sys.otp.threads import NoThreadLeft, Pool
from info_sys.testing import eventually


def test_jobs_run_at_the_same_time():
    together = threading.Barrier(3, timeout=5)
    pool = Pool(3)
    for _ in range(3):
        pool.run(together.wait)
    eventually(lambda: pool.busy == 0)
    assert not together.broken


def test_a_full_pool_refuses():
    gate, pool = threading.Event(), Pool(2)
    for _ in range(2):
        pool.run(lambda: gate.wait(5))
    with pytest.raises(NoThreadLeft):
        pool.run(gate.wait)
    gate.set()
    eventually(lambda: pool.busy == 0)
    pool.run(gate.wait)


def test_a_thread_does_not_end_while_its_next_job_is_on_the_way():
    gate, pool = threading.Event(), Pool(1)
    pool.run(lambda: gate.wait(5))
    assert pool._retire() is False
    gate.set()
    eventually(lambda: pool.busy == 0)
    assert pool._retire() is True


def test_a_crashing_job_keeps_its_thread(caplog):
    pool, done = Pool(1), threading.Event()
    pool.run(lambda: 1 / 0)
    eventually(lambda: pool.busy == 0)
    pool.run(done.set)
    assert done.wait(5)
    assert "a job of the task threads crashed" in caplog.text


def test_idle_threads_end(monkeypatch):
    monkeypatch.setattr(threads, "IDLE_S", 0.01)
    pool = Pool(4)
    for _ in range(4):
        pool.run(lambda: None)
    eventually(lambda: pool._threads == 0)
    assert pool._idle == 0


def test_no_job_is_lost_when_threads_end_as_jobs_come(monkeypatch):
    monkeypatch.setattr(threads, "IDLE_S", 0.0005)
    pool, done = Pool(2), []
    for number in range(500):
        eventually(lambda: pool.busy < 2)
        pool.run(lambda number=number: done.append(number))
    eventually(lambda: len(done) == 500)
