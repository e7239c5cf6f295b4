import pytest
from redis import Redis

from info_sys import application, testing_redis
from info_sys.settings import load
from info_sys.testing import FakeHttpClient, FaultServer


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
    Redis.from_url(redis_session.url).flushall()
    return redis_session
