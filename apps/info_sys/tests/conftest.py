from collections import Counter

import pytest
from redis import Redis

from info_sys import application, letters, testing_redis
from info_sys.remote import Remote
from info_sys.settings import load
from info_sys.testing import FakeHttpClient, FaultServer

from .worker import Worker

SLOW = {"test_remote.py", "test_workers.py", "test_sources.py", "test_letters.py"}
"""Files that mostly wait for processes and deadlines: begun first, they end with the others."""


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.path.name not in SLOW)


@pytest.fixture
def app():
    """A running information system with Wolfram on, its web faked."""
    running = application.start(load({"wolfram_app_id": "1234"}), FakeHttpClient())
    yield running
    running.stop()


@pytest.fixture
def faults():
    with FaultServer() as server:
        yield server


@pytest.fixture(scope="session")
def redis_session():
    if testing_redis.binary() is None:
        pytest.skip(testing_redis.MISSING)
    with testing_redis.running() as server:
        yield server


@pytest.fixture
def redis_server(redis_session):
    """An empty Redis."""
    with Redis.from_url(redis_session.url) as redis:
        redis.flushall()
    return redis_session


@pytest.fixture
def make_remote():
    """Remotes whose connections end with the test: what refused a question keeps them, in a circle."""
    made = []

    def make(url, **options):
        made.append(Remote(url, "site", **options))
        return made[-1]

    yield make
    for remote in made:
        remote.redis.close()
        remote._quick.close()


@pytest.fixture
def remote(redis_server, make_remote):
    return make_remote(redis_server.url)


@pytest.fixture
def answered(remote, monkeypatch):
    """The references that were answered, and how often each."""
    got = Counter()
    texts = {}

    def keep(letter):
        got[letter.reference] += 1
        texts[letter.reference] = [found.text for found in letter.found]

    monkeypatch.setattr(letters, "WAIT_S", 0.05)  # so that it ends soon
    box = remote.letterbox("test", keep)
    box.start()
    got.texts = texts
    yield got
    box.stop()


@pytest.fixture
def worker(redis_server, tmp_path):
    running = Worker(redis_server.url, tmp_path / "worker.log")
    yield running
    running.kill()
