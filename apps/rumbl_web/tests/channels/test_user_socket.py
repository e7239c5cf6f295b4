"""Who may connect."""

from __future__ import annotations

import pytest

from rumbl_core import accounts
from rumbl_core.accounts import User
from rumbl_web.channels import user_socket
from rumbl_web.channels.user_socket import UserSocket
from rumbl_web.phoenix import testing, token
from rumbl_web.phoenix.endpoint import Endpoint
from rumbl_web.phoenix.mistakes import Mistakes


def test_socket_authentication_with_valid_token(endpoint: Endpoint) -> None:
    signed = user_socket.user_token(endpoint.secret, "123")
    client = testing.connect(UserSocket, {"token": signed}, endpoint=endpoint)
    assert client.server.assigns["user_id"] == "123"


@pytest.mark.parametrize("params", [{"token": "1313"}, {}, {"token": ""}, {"token": ["x"]}])
def test_socket_authentication_with_invalid_token(endpoint: Endpoint, params: dict[str, object]) -> None:
    with pytest.raises(testing.ConnectRefused):
        testing.connect(UserSocket, params, endpoint=endpoint)


def test_a_token_signed_for_another_purpose_is_refused(endpoint: Endpoint) -> None:
    signed = token.sign(endpoint.secret, "password reset", 1)
    with pytest.raises(testing.ConnectRefused):
        testing.connect(UserSocket, {"token": signed}, endpoint=endpoint)


def test_a_guest_connects_without_a_user_and_without_an_id(endpoint: Endpoint) -> None:
    signed = user_socket.guest_token(endpoint.secret)
    client = testing.connect(UserSocket, {"token": signed}, endpoint=endpoint)
    assert client.server.assigns == {"user_id": None}
    assert client.server.id is None


def test_tokens_of_the_same_minutes_share_one_expiry() -> None:
    step, signed_at = user_socket.EXPIRY_STEP_S, 1_800_000_000.0
    topic = user_socket.expiry_topic(signed_at)

    assert topic is user_socket.expiry_topic(signed_at - 1)
    assert topic != user_socket.expiry_topic(signed_at + step)
    expires = signed_at + user_socket.MAX_AGE_S
    assert not user_socket.expiry_has_passed(topic, expires - 1)
    assert user_socket.expiry_has_passed(topic, expires + step)


def test_a_user_holds_so_many_sockets_and_no_more(
    endpoint: Endpoint, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rumbl_web.phoenix.mistakes.report", Mistakes().report)  # none of other tests count
    endpoint.max_per_id = 2
    tokens = [user_socket.user_token(endpoint.secret, user_id) for user_id in (1, 1, 2)]
    first, *_ = [testing.connect(UserSocket, {"token": token}, endpoint=endpoint) for token in tokens]
    guest = user_socket.guest_token(endpoint.secret)
    for _ in range(3):
        testing.connect(UserSocket, {"token": guest}, endpoint=endpoint)

    with pytest.raises(testing.ConnectRefused) as refused:
        testing.connect(UserSocket, {"token": tokens[0]}, endpoint=endpoint)

    (why,) = refused.value.args
    assert (why.http_status, why.reason) == (429, "too many sockets")
    assert "more than 2 of 'users_socket:1'" in caplog.text
    testing.close(first)
    testing.connect(UserSocket, {"token": tokens[0]}, endpoint=endpoint)


def test_the_token_of_a_session_works_until_the_session_ends(endpoint: Endpoint, user: User) -> None:
    session = accounts.create_session_token(user)
    signed = user_socket.user_token(endpoint.secret, user.id, accounts.session_ref(session))
    client = testing.connect(UserSocket, {"token": signed}, endpoint=endpoint)
    assert client.server.assigns["user_id"] == user.id

    accounts.delete_session_token(session)
    with pytest.raises(testing.ConnectRefused):
        testing.connect(UserSocket, {"token": signed}, endpoint=endpoint)


def test_a_log_out_closes_the_sockets_of_that_session_only(endpoint: Endpoint, user: User) -> None:
    clients = []
    for _ in range(2):
        ref = accounts.session_ref(accounts.create_session_token(user))
        signed = user_socket.user_token(endpoint.secret, user.id, ref)
        clients.append((ref, testing.connect(UserSocket, {"token": signed}, endpoint=endpoint)))
    (ref, ended), (_, other) = clients
    endpoint.disconnect(user_socket.session_topic(ref))
    testing.assert_closed(ended, 1001)
    endpoint.disconnect(user_socket.users_topic(user.id))
    testing.assert_closed(other, 1001)
