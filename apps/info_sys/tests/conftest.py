import pytest

from info_sys import application
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
