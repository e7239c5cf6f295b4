"""Who may not be here any more is sent away while connected."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from rumbl_core import accounts
from rumbl_core.accounts import User
from rumbl_core.errors import Unavailable
from rumbl_web.channels import session_watch, user_socket
from rumbl_web.channels.session_watch import SessionWatch
from rumbl_web.channels.user_socket import EXPIRY_STEP_S, MAX_AGE_S, UserSocket
from rumbl_web.phoenix import testing
from rumbl_web.phoenix.endpoint import Endpoint


class Clock:
    """Real time, moved on by hand."""

    ahead_s = 0.0

    def __call__(self) -> float:
        return session_watch.time.time() + self.ahead_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def watch(endpoint: Endpoint, clock: Clock) -> Iterator[SessionWatch]:
    running = SessionWatch(endpoint, every_s=0.01, clock=clock).start()
    yield running
    running.kill()
    assert running.wait(5)


@pytest.fixture
def log_in(endpoint: Endpoint, user: User) -> Iterator[Callable[[], tuple[str, testing.ClientSocket]]]:
    """A session and a socket of it."""
    clients: list[testing.ClientSocket] = []

    def connect() -> tuple[str, testing.ClientSocket]:
        session = accounts.create_session_token(user)
        signed = user_socket.user_token(endpoint.secret, user.id, accounts.session_ref(session))
        clients.append(testing.connect(UserSocket, {"token": signed}, endpoint=endpoint))
        return session, clients[-1]

    yield connect
    for client in clients:
        testing.close(client)


LogIn = Callable[[], tuple[str, testing.ClientSocket]]


@pytest.mark.usefixtures("watch")
def test_a_session_that_ended_unheard_loses_its_sockets_and_no_other(log_in: LogIn) -> None:
    session, ended = log_in()
    _, other = log_in()

    accounts.delete_session_token(session)  # nobody disconnects

    testing.assert_closed(ended, 1001)
    assert not other.connection.closings.items


@pytest.mark.usefixtures("watch")
def test_sockets_whose_tokens_expired_are_closed(endpoint: Endpoint, clock: Clock, log_in: LogIn) -> None:
    guest_token = user_socket.guest_token(endpoint.secret)
    guest = testing.connect(UserSocket, {"token": guest_token}, endpoint=endpoint)
    _, member = log_in()
    clock.ahead_s = MAX_AGE_S - 60
    assert not guest.connection.closings.items

    clock.ahead_s = MAX_AGE_S + EXPIRY_STEP_S + 1

    testing.assert_closed(guest, 1001)
    testing.assert_closed(member, 1001)


def test_while_the_database_is_away_nobody_is_sent_away(
    endpoint: Endpoint, log_in: LogIn, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    session, ended = log_in()
    accounts.delete_session_token(session)
    watch = SessionWatch(endpoint)
    with monkeypatch.context() as broken:

        def away(_refs: object) -> set[str]:
            raise Unavailable("no database")

        broken.setattr(accounts, "sessions_alive", away)
        watch.handle_info("look")

    assert not ended.connection.closings.items
    assert "SessionWatch looks later: no database" in caplog.text
    watch.handle_info("look")
    testing.assert_closed(ended, 1001)


def test_a_site_looks_every_minute_and_so_within_five() -> None:
    assert SessionWatch.EVERY_S + EXPIRY_STEP_S <= 5 * 60
