"""Questions answered by real workers, which are killed in the middle of it."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter

import pytest
from redis import Redis

from info_sys import celery_app, testing_redis
from info_sys import remote as remotes
from info_sys.remote import QueueFull, Remote, Unreachable
from info_sys.testing import eventually

DEADLINE_S = 60


class Worker:
    """One `info-sys worker`, with its own children."""

    def __init__(self, url, log, processes=2, **environ):
        self._command = [sys.executable, "-m", "info_sys.cli", "worker", f"--processes={processes}"]
        self._environ = {
            **os.environ,
            "INFO_SYS_REDIS_URL": url,
            "INFO_SYS_BACKENDS": "calculator",
            **environ,
        }
        self._log = log
        self.start()

    def start(self):
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                self._command, env=self._environ, stdout=log, stderr=log, start_new_session=True
            )

    def children(self):
        try:
            tasks = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
            with open(tasks) as file:
                return [int(pid) for pid in file.read().split()]
        except OSError:
            return []

    def kill(self):
        """The worker with all its children, as a machine that loses power does."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(5)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()


@pytest.fixture
def remote(redis_server):
    return Remote(redis_server.url, "site")


@pytest.fixture
def answered(remote):
    """The references that were answered, and how often each."""
    got = Counter()
    texts = {}

    def keep(letter):
        got[letter.reference] += 1
        texts[letter.reference] = [found.text for found in letter.found]

    box = remote.letterbox("test", keep)
    box.start()
    got.texts = texts
    yield got
    box.stop()


@pytest.fixture
def worker(redis_server, tmp_path):
    running = Worker(redis_server.url, tmp_path / "worker.log")
    yield running
    running.stop()


def test_a_worker_answers(worker, remote, answered):
    remote.submit("1 + 1", "note 1")
    eventually(lambda: answered["note 1"], DEADLINE_S)
    assert answered.texts == {"note 1": ["2"]}


def test_questions_from_before_the_worker_came_are_answered(remote, answered, redis_server, tmp_path):
    for number in range(5):
        remote.submit(f"{number} + 1", f"note {number}")
    assert remote.waiting() == 5
    worker = Worker(redis_server.url, tmp_path / "worker.log")
    eventually(lambda: len(answered) == 5, DEADLINE_S)
    worker.stop()
    assert answered.texts["note 4"] == ["5"]


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


def test_an_answer_that_comes_twice_is_told_once(worker, remote, answered):
    remote.submit("1 + 1", "note 1")
    remote.submit("1 + 1", "note 1")
    remote.submit("2 + 1", "note 2")
    eventually(lambda: answered["note 2"], DEADLINE_S)
    assert answered == {"note 1": 1, "note 2": 1}


def test_a_queue_that_is_too_long_takes_no_more(redis_server):
    remote = Remote(redis_server.url, "site", max_queue=2)
    for number in range(2):
        remote.submit("1 + 1", str(number))
    with pytest.raises(QueueFull, match="2 questions wait"):
        remote.submit("1 + 1", "one more")
    assert remote.waiting() == 2


def test_without_redis_it_is_said_within_two_seconds():
    begin = time.monotonic()
    with pytest.raises(Unreachable):
        Remote("redis://127.0.0.1:1/0", "site").submit("1 + 1", "note")
    assert time.monotonic() - begin < 2


def test_questions_survive_a_killed_redis(tmp_path):
    if testing_redis.binary() is None:
        pytest.skip(testing_redis.MISSING)
    with testing_redis.running() as server:
        remote = Remote(server.url, "site")
        for number in range(5):
            remote.submit(f"{number} + 1", str(number))
        server.kill()
        with pytest.raises(Unreachable):
            remote.submit("1 + 1", "not taken")
        server.start()
        assert remote.waiting() == 5
        assert Redis.from_url(server.url).llen(celery_app.QUEUE) == 5
