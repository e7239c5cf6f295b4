"""An endpoint with rumbl's own services, on the shared sandbox: the channels' threads see the test's rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import info_sys
from info_sys.otp.supervisor import Supervisor
from rumbl_core import accounts, seeds
from rumbl_core.accounts import User
from rumbl_core.multimedia import Video
from rumbl_core.testing import Sandbox, user_fixture, video_fixture
from rumbl_web.answers import Answers
from rumbl_web.channels.pages import Pages
from rumbl_web.channels.presence import MAX_LISTED, Presence
from rumbl_web.channels.user_socket import UserSocket, user_token
from rumbl_web.phoenix import testing
from rumbl_web.phoenix.endpoint import Endpoint
from rumbl_web.phoenix.pubsub_adapters.adapter import Adapter

Connect = Callable[[User], testing.ClientSocket]


class Calculator:
    """A backend that knows one sum, like the book's stub of Wolfram."""

    name = "wolfram"
    title = "Wolfram"

    def compute(self, query: str, opts: Any) -> list[info_sys.Result]:
        return [info_sys.Result(score=95, text="2", backend=self)] if query == "1 + 1" else []


@pytest.fixture
def endpoint(shared_sandbox: Sandbox) -> Iterator[Endpoint]:
    with serving() as endpoint:
        yield endpoint


@contextmanager
def serving(adapter: Adapter | None = None) -> Iterator[Endpoint]:
    """A node with rumbl's services."""
    endpoint = testing.make_endpoint(adapter)
    backend = Calculator()

    def ask(query: str, limit: int) -> info_sys.Answer:
        results = backend.compute(query, {})[:limit]
        state: Any = "answered" if results else "nothing"
        return info_sys.Answer(results, [info_sys.Outcome(backend, state, tuple(results), 12.34)])

    answers = Answers(endpoint, ask=ask, asks=lambda query: query.endswith(("1", "?")))
    endpoint.services["answers"] = answers
    endpoint.services["pages"] = Pages()
    endpoint.services["presence"] = Presence(endpoint, max_listed=MAX_LISTED)
    supervisor = Supervisor([answers.child_spec()]).start()
    yield endpoint
    answers.wait()
    supervisor.stop()
    endpoint.services["presence"].stop()
    endpoint.stop()


@pytest.fixture
def wolfram(shared_sandbox: Sandbox) -> User:
    seeds.run(demo=False)
    user = accounts.get_user_by(username="wolfram")
    assert user is not None
    return user


@pytest.fixture
def user(shared_sandbox: Sandbox) -> User:
    return user_fixture(name="Gary")


@pytest.fixture
def video(user: User) -> Video:
    return video_fixture(user, title="Testing")


@pytest.fixture
def connect(endpoint: Endpoint) -> Iterator[Connect]:
    """Connect as a user; what is connected is closed before the rollback."""
    clients: list[testing.ClientSocket] = []

    def connect_as(user: User) -> testing.ClientSocket:
        token = user_token(endpoint.secret, user.id)
        clients.append(testing.connect(UserSocket, {"token": token}, endpoint=endpoint))
        return clients[-1]

    yield connect_as
    for client in clients:
        testing.close(client)


@pytest.fixture
def socket(connect: Connect, user: User) -> testing.ClientSocket:
    return connect(user)
