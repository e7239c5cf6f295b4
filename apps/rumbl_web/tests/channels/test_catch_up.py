"""What a node's viewers are told after it was cut off from the other nodes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from info_sys.otp.supervisor import Supervisor
from rumbl_core import accounts, multimedia
from rumbl_core.accounts import User
from rumbl_core.departure import delete_account
from rumbl_core.errors import Unavailable
from rumbl_core.multimedia import Annotation, Video
from rumbl_core.result import Error, Ok
from rumbl_core.testing import Sandbox, annotation_fixture, user_fixture
from rumbl_web import notes
from rumbl_web.channels import catch_up, user_socket
from rumbl_web.channels.catch_up import MAX_NOTES, CatchUp
from rumbl_web.channels.user_socket import SESSIONS, UserSocket
from rumbl_web.channels.video_channel import VideoChannel
from rumbl_web.phoenix import testing
from rumbl_web.phoenix.endpoint import Endpoint
from rumbl_web.phoenix.pubsub_adapters.adapter import Gap
from rumbl_web.phoenix.pubsub_adapters.memory import Network
from rumbl_web.phoenix.testing import (
    ClientChannel,
    assert_broadcast,
    assert_reply,
    push,
    refute_broadcast,
    subscribe_and_join,
)

from .conftest import serving


@pytest.fixture
def network() -> Network:
    return Network()


@pytest.fixture
def other(shared_sandbox: Sandbox, network: Network) -> Iterator[Endpoint]:
    """The node where things happen."""
    endpoint = testing.make_endpoint(network.adapter("other"))
    yield endpoint
    endpoint.stop()


@pytest.fixture
def endpoint(shared_sandbox: Sandbox, network: Network) -> Iterator[Endpoint]:
    """The node of our viewer, which is cut off."""
    with serving(network.adapter("here")) as endpoint:
        supervisor = Supervisor([CatchUp(endpoint, gather_s=0.01).child_spec()]).start()
        yield endpoint
        supervisor.stop()


@pytest.fixture
def channel(
    endpoint: Endpoint, connect: Callable[[User], testing.ClientSocket], user: User, video: Video
) -> ClientChannel:
    return subscribe_and_join(connect(user), VideoChannel, f"videos:{video.id}", {})[1]


def write(endpoint: Endpoint, user: User, video: Video, body: str) -> Annotation:
    """Store a note on a node and tell everybody."""
    note = annotation_fixture(user, video, body=body)
    notes.tell(endpoint, note)
    return note


def test_notes_of_the_gap_come_in_their_order_and_the_latest_is_named(
    channel: ClientChannel, other: Endpoint, network: Network, user: User, video: Video
) -> None:
    network.cut("here")
    bodies = [f"note {number}" for number in range(5)]
    written = [write(other, user, video, body) for body in bodies]

    network.heal("here")

    told = [assert_broadcast(channel, "new_annotation") for _ in bodies]
    assert [note["body"] for note in told] == bodies
    assert assert_broadcast(channel, "latest") == {"id": written[-1].id, "removals": 0}


def test_of_very_many_notes_only_the_latest_is_named_and_pages_fetch_the_rest(
    channel: ClientChannel, other: Endpoint, network: Network, user: User, video: Video
) -> None:
    network.cut("here")
    written = [write(other, user, video, "note") for _ in range(MAX_NOTES)]

    network.heal("here")

    assert assert_broadcast(channel, "latest") == {"id": written[-1].id, "removals": 0}
    refute_broadcast(channel, "new_annotation")


def test_the_gap_of_another_node_counts_too(
    channel: ClientChannel, other: Endpoint, network: Network, user: User, video: Video
) -> None:
    note = annotation_fixture(user, video, body="lost on the way")
    network.cut("other")

    network.heal("other")

    assert assert_broadcast(channel, "new_annotation")["id"] == note.id


def test_a_video_that_was_deleted_meanwhile_is_gone_now(
    channel: ClientChannel, network: Network, video: Video
) -> None:
    network.cut("here")
    multimedia.delete_video(video)

    network.heal("here")

    assert_broadcast(channel, "video_deleted")


def test_who_left_meanwhile_is_found_out_by_the_pages_that_did_not_hear_it(
    channel: ClientChannel, other: Endpoint, network: Network, user: User, video: Video
) -> None:
    leaver = user_fixture(password="correct horse")
    annotation_fixture(leaver, video)
    network.cut("here")
    match delete_account(leaver, {"password": "correct horse", "confirmation": leaver.username}):
        case Ok(departed):
            notes.tell_removed(other, video.id, leaver.id, departed.noted[video.id])
        case Error(refused):
            pytest.fail(str(refused))

    network.heal("here")

    assert assert_broadcast(channel, "latest") == {"id": 0, "removals": 1}
    refute_broadcast(channel, "notes_removed")
    asked = push(channel, "gone", {"user_ids": [user.id, leaver.id]})
    assert assert_reply(asked, "ok") == {"user_ids": [leaver.id]}


def test_what_became_of_the_questions_of_the_gap_is_told_with_them(
    channel: ClientChannel, network: Network, user: User, video: Video
) -> None:
    network.cut("here")
    question = multimedia.ask_in_video(user, video.id, {"body": "1 + 1", "at": 1})
    assert isinstance(question, Ok)
    multimedia.settle_question(question.value.id, "nothing")

    network.heal("here")

    assert assert_broadcast(channel, "question") == {"id": question.value.id, "state": "nothing"}


def test_a_question_from_before_the_gap_that_found_nothing_in_it_is_looked_up_no_more(
    channel: ClientChannel,
    network: Network,
    user: User,
    video: Video,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(catch_up, "MARGIN_S", -20.0)  # all that is written here came long before the gap
    question = multimedia.ask_in_video(user, video.id, {"body": "1 + 1", "at": 1})
    assert isinstance(question, Ok)
    annotation_fixture(user, video)
    network.cut("here")
    multimedia.settle_question(question.value.id, "nothing")

    network.heal("here")

    assert assert_broadcast(channel, "question") == {"id": question.value.id, "state": "nothing"}


def test_a_log_out_that_was_not_heard_ends_its_sockets_and_no_others(
    endpoint: Endpoint, network: Network, user: User
) -> None:
    gone, stays = (accounts.create_session_token(user) for _ in range(2))
    sockets = [
        testing.connect(
            UserSocket,
            {"token": user_socket.user_token(endpoint.secret, user.id, accounts.session_ref(token))},
            endpoint=endpoint,
        )
        for token in (gone, stays)
    ]
    network.cut("here")
    accounts.delete_session_token(gone)

    network.heal("here")

    testing.assert_closed(sockets[0], 1001)
    assert not sockets[1].connection.closings.items


def test_while_the_database_is_away_it_is_tried_again(
    channel: ClientChannel,
    network: Network,
    user: User,
    video: Video,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    note = annotation_fixture(user, video)
    real, failures = multimedia.list_recent_annotations, iter([Unavailable("away")])

    def fails_once(*args: object) -> list[Annotation]:
        for error in failures:
            raise error
        return real(*args)  # type: ignore[arg-type]  # as it was called

    monkeypatch.setattr(multimedia, "list_recent_annotations", fails_once)
    monkeypatch.setattr(catch_up, "RETRY_S", 0.05)
    network.cut("here")

    network.heal("here")

    assert assert_broadcast(channel, "latest") == {"id": note.id, "removals": 0}


def test_a_video_without_viewers_here_costs_no_query(endpoint: Endpoint, video: Video) -> None:
    idle = CatchUp(endpoint)

    idle.on_gap(Gap(10.0))
    assert set(idle._due) == {SESSIONS}


def test_a_subscription_that_came_late_costs_no_query_for_its_channel_has_waited(
    channel: ClientChannel, endpoint: Endpoint, video: Video
) -> None:
    idle = CatchUp(endpoint)

    idle.on_gap(Gap(0.01, frozenset({f"videos:{video.id}"})))

    assert idle._due == {}
