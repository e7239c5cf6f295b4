"""The way to the workers: questions go out, letters come back, and what is said when they can not."""

import time

import pytest
from redis import Redis

from info_sys import celery_app, testing_redis
from info_sys.remote import QueueFull, Unreachable
from info_sys.testing import eventually

from .worker import DEADLINE_S, Worker


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


def test_an_answer_that_comes_twice_is_told_once(worker, remote, answered):
    remote.submit("1 + 1", "note 1")
    remote.submit("1 + 1", "note 1")
    remote.submit("2 + 1", "note 2")
    eventually(lambda: answered["note 2"], DEADLINE_S)
    assert answered == {"note 1": 1, "note 2": 1}


def test_a_queue_that_is_too_long_takes_no_more(redis_server, make_remote):
    remote = make_remote(redis_server.url, max_queue=2)
    for number in range(2):
        remote.submit("1 + 1", str(number))
    with pytest.raises(QueueFull, match="2 questions wait"):
        remote.submit("1 + 1", "one more")
    assert remote.waiting() == 2


def test_without_redis_it_is_said_within_two_seconds(make_remote):
    begin = time.monotonic()
    with pytest.raises(Unreachable):
        make_remote("redis://127.0.0.1:1/0").submit("1 + 1", "note")
    assert time.monotonic() - begin < 2


def test_questions_survive_a_killed_redis(make_remote):
    if testing_redis.binary() is None:
        pytest.skip(testing_redis.MISSING)
    with testing_redis.running() as server:
        remote = make_remote(server.url)
        for number in range(5):
            remote.submit(f"{number} + 1", str(number))
        server.kill()
        with pytest.raises(Unreachable):
            remote.submit("1 + 1", "not taken")
        server.start()
        assert remote.waiting() == 5
        with Redis.from_url(server.url) as redis:
            assert redis.llen(celery_app.QUEUE) == 5
