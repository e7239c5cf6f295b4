"""Questions answered by real workers, which are killed in the middle of it."""

import os

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
            eventually(worker.kill_a_child, DEADLINE_S)
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


HANGING = """
import time
from info_sys import Backend, celery_app

celery_app.SOFT_S, celery_app.HARD_S = 1, 2


class Hanging(Backend):
    name, title, about = "hanging", "Hanging", "hangs where no deadline reaches"

    def compute(self, query, opts):
        return []

    def matches(self, query):
        while query == "hang":
            try:
                time.sleep(60)
            except Exception:
                pass
        return False
"""


def test_a_backend_that_hangs_beyond_every_deadline_is_killed_with_its_process(
    remote, answered, redis_server, tmp_path
):
    (tmp_path / "hanging.py").write_text(HANGING)
    info = tmp_path / "hanging-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: hanging\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[info_sys.backends]\nhanging = hanging:Hanging\n")
    worker = Worker(
        redis_server.url,
        tmp_path / "worker.log",
        1,
        PYTHONPATH=str(tmp_path),
        INFO_SYS_BACKENDS="hanging,calculator",
    )
    remote.submit("hang", "note 1")
    remote.submit("1 + 1", "note 2")
    eventually(lambda: answered["note 2"], DEADLINE_S)
    worker.kill()
    assert answered == {"note 2": 1}
    assert "TimeLimitExceeded(2" in (tmp_path / "worker.log").read_text()
