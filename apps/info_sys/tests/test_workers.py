"""Questions answered by real workers, which are killed in the middle of it."""

import os
import signal

import pytest
from redis import Redis

from info_sys import celery_app
from info_sys import remote as remotes
from info_sys.testing import eventually

from .worker import DEADLINE_S, Worker


def test_a_killed_child_costs_no_question(worker, remote, answered):
    remote.submit("1 + 1", "first")
    eventually(lambda: answered["first"], DEADLINE_S)
    for number in range(100):
        remote.submit(f"{number} + 1", f"note {number}")
        if number % 20 == 10:
            for child in worker.children()[:1]:
                os.kill(child, signal.SIGKILL)
    eventually(lambda: len(answered) == 101, DEADLINE_S)


@pytest.mark.timeout(500)
@pytest.mark.skipif("INFO_SYS_FULL" not in os.environ, reason="a minute: make test-workers")
def test_a_thousand_questions_and_twenty_killed_workers(remote, answered, redis_server, tmp_path):
    workers = [Worker(redis_server.url, tmp_path / f"{n}.log") for n in range(2)]
    for number in range(1000):
        remote.submit(f"{number} + 1", f"note {number}")
    for killed in range(20):
        before = len(answered)
        eventually(lambda before=before: len(answered) > before or len(answered) == 1000, DEADLINE_S)
        print(f"{len(answered)} answered, worker {killed % 2} is killed")  # noqa: T201  # pytest -s shows it
        workers[killed % 2].kill()
        workers[killed % 2].start()
    eventually(lambda: len(answered) == 1000, 180)
    for worker in workers:
        worker.stop()
    assert set(answered.values()) == {1}, "none twice"
    assert all(answered.texts[f"note {number}"] == [str(number + 1)] for number in range(1000))


def test_a_question_that_a_dead_worker_took_along_is_asked_again(
    remote, answered, redis_server, tmp_path, monkeypatch
):
    monkeypatch.setattr(remotes, "ASK_AGAIN_S", 0.5)
    monkeypatch.setattr(remotes, "LOOK_S", 1.0)
    remote.submit("1 + 1", "note 1")
    Redis.from_url(redis_server.url).delete(celery_app.QUEUE)
    worker = Worker(redis_server.url, tmp_path / "worker.log")
    eventually(lambda: answered["note 1"], DEADLINE_S)
    worker.stop()
    assert answered.texts == {"note 1": ["2"]}
