"""The conversation about a video."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from info_sys.otp.task import MaxChildren
from info_sys.testing import eventually
from rumbl_core import accounts, multimedia
from rumbl_core.accounts import User
from rumbl_core.errors import Unavailable
from rumbl_core.multimedia import Video
from rumbl_core.testing import annotation_fixture, annotations_fixture, user_fixture
from rumbl_web.channels import pages, user_socket
from rumbl_web.channels.user_socket import UserSocket
from rumbl_web.channels.video_channel import VideoChannel
from rumbl_web.phoenix import testing
from rumbl_web.phoenix.endpoint import Endpoint
from rumbl_web.phoenix.testing import (
    ClientChannel,
    ClientSocket,
    assert_broadcast,
    assert_push,
    assert_reply,
    push,
    refute_broadcast,
    refute_reply,
    settle,
    subscribe_and_join,
)


def topic(video: Video) -> str:
    return f"videos:{video.id}"


@pytest.fixture
def channel(socket: ClientSocket, video: Video) -> ClientChannel:
    return subscribe_and_join(socket, VideoChannel, topic(video), {"last_seen_id": 0})[1]


def test_join_replies_with_video_annotations(socket: ClientSocket, user: User, video: Video) -> None:
    for body in ("one", "two"):
        annotation_fixture(user, video, body=body, at=0)
    reply, channel = subscribe_and_join(socket, VideoChannel, topic(video), {})
    assert channel.assigns["video_id"] == video.id
    assert [note["body"] for note in reply["annotations"]] == ["one", "two"]
    assert reply["more"] is False
    assert reply["guest"] is False
    assert reply["annotations"][0]["user"]["username"] == user.username


def test_inserting_new_annotations(channel: ClientChannel, video: Video) -> None:
    ref = push(channel, "new_annotation", {"body": "the body", "at": 0})
    stored = assert_reply(ref, "ok")
    note = assert_broadcast(channel, "new_annotation", {"body": "the body", "at": 0})
    assert note["id"] == stored["id"]
    assert [row.id for row in multimedia.list_annotations(video)] == [stored["id"]]


def test_new_annotations_triggers_infosys(channel: ClientChannel, wolfram: User) -> None:
    ref = push(channel, "new_annotation", {"body": "1 + 1", "at": 123})
    stored = assert_reply(ref, "ok")
    assert_broadcast(channel, "new_annotation", {"body": "1 + 1", "at": 123, "answer_to": None})
    answer = assert_broadcast(channel, "new_annotation", {"body": "2", "at": 123})
    assert answer["answer_to"] == stored["id"]
    assert answer["user"]["username"] == "wolfram"
    assert answer["source"] == {"name": "Wolfram", "url": None, "licence": "Wolfram Alpha terms of use"}


def test_everybody_sees_a_question_being_looked_up_and_what_became_of_it(
    channel: ClientChannel, wolfram: User
) -> None:
    stored = assert_reply(push(channel, "new_annotation", {"body": "1 + 1", "at": 123}), "ok")
    assert_broadcast(channel, "question", {"id": stored["id"], "state": "waiting"})
    assert_broadcast(channel, "question", {"id": stored["id"], "state": "answered"})
    why = assert_reply(push(channel, "why", {"id": stored["id"]}), "ok")
    source = {"name": "wolfram", "title": "Wolfram", "state": "answered", "took_ms": 12.3, "score": 95}
    assert why == {"state": "answered", "sources": [source]}


def test_a_question_that_nobody_can_answer_is_told_too(channel: ClientChannel) -> None:
    stored = assert_reply(push(channel, "new_annotation", {"body": "why?", "at": 1}), "ok")
    assert_broadcast(channel, "question", {"id": stored["id"], "state": "nothing"})


def test_plain_chat_is_no_question(channel: ClientChannel) -> None:
    stored = assert_reply(push(channel, "new_annotation", {"body": "nice goal!", "at": 1}), "ok")
    settle(channel)
    assert_reply(push(channel, "why", {"id": stored["id"]}), "error", {"reason": "not_found"})


def test_the_owner_may_switch_answers_off(channel: ClientChannel, video: Video, wolfram: User) -> None:
    multimedia.update_video(video, {"answers": "false"})
    stored = assert_reply(push(channel, "new_annotation", {"body": "1 + 1", "at": 1}), "ok")
    settle(channel)
    channel.client.endpoint.services["answers"].wait()
    assert multimedia.get_question(video.id, stored["id"]) is None
    assert [row.body for row in multimedia.list_annotations(video)] == ["1 + 1"]


def test_more_questions_than_can_be_asked_are_refused_openly(
    channel: ClientChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: object) -> None:
        raise MaxChildren("64 under way")

    monkeypatch.setattr(channel.client.endpoint.services["answers"].tasks, "start_child", full)
    stored = assert_reply(push(channel, "new_annotation", {"body": "1 + 1", "at": 1}), "ok")
    assert_broadcast(channel, "question", {"id": stored["id"], "state": "refused"})


def test_a_note_that_was_acknowledged_is_not_refused_as_well_when_then_the_database_is_away(
    channel: ClientChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: object) -> None:
        raise MaxChildren("64 under way")

    def away(*_args: object) -> None:
        raise Unavailable("the database is away")

    monkeypatch.setattr(channel.client.endpoint.services["answers"].tasks, "start_child", full)
    monkeypatch.setattr(multimedia, "settle_question", away)
    pushed = push(channel, "new_annotation", {"body": "1 + 1", "at": 1})
    assert_reply(pushed, "ok")
    refute_reply(pushed)


def test_no_backend_speaks_in_the_name_of_a_person(
    channel: ClientChannel, video: Video, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rumbl_core.accounts.user.backend_seeds.reserved", lambda _name: False)
    accounts.register_user({"name": "Wolfram", "username": "Wolfram", "password": "supersecret"})
    assert_reply(push(channel, "new_annotation", {"body": "1 + 1", "at": 1}))
    settle(channel)  # the reply comes before the question is asked
    channel.client.endpoint.services["answers"].wait()
    question, answer = multimedia.list_annotations(video)
    assert (answer.answer_to, answer.user.username) == (question.id, "wolfram (information source)")
    assert accounts.get_user_or_raise(answer.user.id).password_hash is None
    told = assert_broadcast(channel, "new_annotation", {"id": answer.id})
    assert told["source"] == {"name": "Wolfram", "url": None, "licence": "Wolfram Alpha terms of use"}
    assert_reply(push(channel, "new_annotation", {"body": "still here", "at": 2}))


def test_an_invalid_note_is_answered_with_its_fields_and_nobody_else_hears(
    channel: ClientChannel, video: Video
) -> None:
    ref = push(channel, "new_annotation", {"body": " ", "at": -1})
    errors = assert_reply(ref, "error")["errors"]
    assert errors["body"] == ["can't be blank"]
    assert "at" in errors
    refute_broadcast(channel, "new_annotation")
    assert multimedia.list_annotations(video) == []


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("de", "darf nicht leer sein"),
        ("en", "can't be blank"),
        ("xx", "can't be blank"),
        (["de"], "can't be blank"),
        (None, "can't be blank"),
    ],
)
def test_a_refusal_is_told_in_the_language_of_the_page(
    endpoint: Endpoint, user: User, video: Video, language: object, said: str
) -> None:
    params = {"token": user_socket.user_token(endpoint.secret, user.id), "language": language}
    client = testing.connect(UserSocket, params, endpoint=endpoint)
    channel = subscribe_and_join(client, VideoChannel, topic(video), {})[1]
    errors = assert_reply(push(channel, "new_annotation", {"body": " ", "at": 1}), "error")["errors"]
    assert errors == {"body": [said]}
    testing.close(client)


@pytest.mark.parametrize(
    "payload", [None, [], "text", {"body": {"x": 1}, "at": "soon"}, {"body": "a\0b", "at": 1}]
)
def test_a_payload_of_any_shape_is_an_error_reply(channel: ClientChannel, payload: object) -> None:
    assert assert_reply(push(channel, "new_annotation", payload), "error")["errors"]


def test_the_same_key_again_is_the_same_note(channel: ClientChannel, video: Video) -> None:
    note = {"body": "once", "at": 5, "key": "k-1"}
    first = assert_reply(push(channel, "new_annotation", note))
    assert_broadcast(channel, "new_annotation")
    assert assert_reply(push(channel, "new_annotation", note)) == first
    refute_broadcast(channel, "new_annotation")
    assert_broadcast(channel, "latest", first)
    assert len(multimedia.list_annotations(video)) == 1


def test_a_note_names_the_one_before_it(channel: ClientChannel, user: User, video: Video) -> None:
    listed = annotation_fixture(user, video)
    push(channel, "new_annotation", {"body": "next", "at": 5})
    live = assert_broadcast(channel, "new_annotation")
    assert live["prev"] == listed.id
    reply = assert_reply(push(channel, "list_annotations", {"after_id": 0}))
    assert [note["prev"] for note in reply["annotations"]] == [None, listed.id]


def test_a_database_that_is_away_is_an_error_reply_and_nothing_crashes(
    socket: ClientSocket, channel: ClientChannel, video: Video, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise Unavailable("the database is away")

    with monkeypatch.context() as patch:
        for way in ("session", "connection"):
            patch.setattr(f"rumbl_core.testing.Sandbox.{way}", away)
        for event in ("new_annotation", "list_annotations"):
            refused = push(channel, event, {"body": "kept by the page", "at": 1})
            assert assert_reply(refused, "error") == {"reason": "unavailable"}
        with pytest.raises(testing.JoinRefused) as refused_join:
            testing.join(socket, VideoChannel, f"videos:{video.id}0")
        assert refused_join.value.response == {"reason": "unavailable"}
    assert_reply(push(channel, "new_annotation", {"body": "kept by the page", "at": 1}))


def test_a_question_sent_again_is_answered_once(channel: ClientChannel, video: Video, wolfram: User) -> None:
    for _ in range(3):
        assert_reply(push(channel, "new_annotation", {"body": "1 + 1", "at": 5, "key": "q-1"}))
    settle(channel)  # the reply comes before the question is asked
    channel.client.endpoint.services["answers"].wait()
    assert_broadcast(channel, "new_annotation", {"body": "1 + 1"})
    assert_broadcast(channel, "new_annotation", {"body": "2"})
    refute_broadcast(channel, "new_annotation")
    assert [note.body for note in multimedia.list_annotations(video)] == ["1 + 1", "2"]


def test_a_client_never_chooses_author_video_or_id(channel: ClientChannel, user: User, video: Video) -> None:
    forged = {"body": "x", "at": 1, "user_id": 1, "video_id": 1, "id": 7, "answer_to": 1, "user": {"id": 1}}
    stored = assert_reply(push(channel, "new_annotation", forged))
    note = assert_broadcast(channel, "new_annotation")
    assert note["user"]["id"] == user.id
    assert note["answer_to"] is None
    assert multimedia.list_annotations(video)[0].id == stored["id"]


def test_a_rejoin_gets_only_what_was_missed(socket: ClientSocket, user: User, video: Video) -> None:
    ids = [annotation_fixture(user, video, body=f"note {n}", at=90 - n).id for n in range(3)]
    reply, _ = subscribe_and_join(socket, VideoChannel, topic(video), {"last_seen_id": ids[0]})
    assert [note["id"] for note in reply["annotations"]] == ids[1:]


def test_a_note_that_is_told_while_somebody_joins_is_neither_missed_nor_first(
    connect: Callable[[User], ClientSocket],
    channel: ClientChannel,
    user: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    listed, told = threading.Event(), threading.Event()
    get = pages.Pages.get

    def slow(self: pages.Pages, *key: int) -> pages.Page | None:
        page = get(self, *key)
        listed.set()
        assert told.wait(10)
        return page

    monkeypatch.setattr(pages.Pages, "get", slow)
    with ThreadPoolExecutor(1) as pool:
        joining = pool.submit(testing.join, connect(user), VideoChannel, channel.topic)
        assert listed.wait(10)
        stored = assert_reply(push(channel, "new_annotation", {"body": "meanwhile", "at": 1}))
        told.set()
        reply, seat = joining.result(10)
    assert reply["annotations"] == []
    assert assert_broadcast(seat, "new_annotation")["id"] == stored["id"]


@pytest.mark.parametrize("mark", ["7", -1, 2**70, None, True, 1.5, [1]])
def test_a_strange_high_water_mark_starts_from_the_first_note(
    socket: ClientSocket, user: User, video: Video, mark: object
) -> None:
    annotation_fixture(user, video, body="first", at=1)
    reply, _ = subscribe_and_join(socket, VideoChannel, topic(video), {"last_seen_id": mark})
    assert len(reply["annotations"]) == 1


def test_who_was_away_for_a_thousand_notes_gets_them_all_in_order(
    socket: ClientSocket, user: User, video: Video
) -> None:
    ids = annotations_fixture(user, video, [(f"note {n}", n % 7) for n in range(1001)])
    reply, channel = subscribe_and_join(socket, VideoChannel, topic(video), {"last_seen_id": ids[0]})
    pages = [[note["id"] for note in reply["annotations"]]]
    assert [note["prev"] for note in reply["annotations"]] == ids[:500]
    while reply["more"]:
        reply = assert_reply(push(channel, "list_annotations", {"after_id": pages[-1][-1]}))
        pages.append([note["id"] for note in reply["annotations"]])
    assert pages == [ids[1:501], ids[501:]]


def test_a_long_list_comes_in_pages(
    socket: ClientSocket, user: User, video: Video, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "PAGE", 2)
    ids = [annotation_fixture(user, video, body="x", at=9 - n).id for n in range(5)]
    reply, channel = subscribe_and_join(socket, VideoChannel, topic(video), {})
    seen = [note["id"] for note in reply["annotations"]]
    while reply["more"]:
        reply = assert_reply(push(channel, "list_annotations", {"after_id": seen[-1]}))
        seen += [note["id"] for note in reply["annotations"]]
    assert seen == ids


def test_a_page_of_long_notes_is_cut_by_its_bytes(socket: ClientSocket, user: User, video: Video) -> None:
    ids = annotations_fixture(user, video, [("é" * 10_000, n) for n in range(30)])
    reply, channel = subscribe_and_join(socket, VideoChannel, topic(video), {})
    assert 1 <= len(reply["annotations"]) < 15
    seen = [note["id"] for note in reply["annotations"]]
    while reply["more"]:
        reply = assert_reply(push(channel, "list_annotations", {"after_id": seen[-1]}))
        seen += [note["id"] for note in reply["annotations"]]
    assert seen == ids


def test_a_note_longer_than_a_page_comes_alone(
    socket: ClientSocket, user: User, video: Video, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "PAGE_BYTES", 10)
    ids = [annotation_fixture(user, video, body="longer than ten", at=n).id for n in range(2)]
    reply, _ = subscribe_and_join(socket, VideoChannel, topic(video), {})
    assert [note["id"] for note in reply["annotations"]] == ids[:1]
    assert reply["more"] is True


@pytest.mark.parametrize(
    "subtopic",
    ["abc", "13-slug", "", "0", "-1", "999999999", "9999999999999999999", "99999999999999999999", " 1"],
)
def test_a_topic_without_a_video_is_a_refused_join(socket: ClientSocket, subtopic: str) -> None:
    with pytest.raises(testing.JoinRefused) as refused:
        testing.join(socket, VideoChannel, f"videos:{subtopic}")
    assert refused.value.response == {"reason": "not_found"}


def test_an_unknown_event_ends_this_channel_alone(socket: ClientSocket, video: Video, user: User) -> None:
    other = multimedia.create_video(user, {"title": "b", "url": "http://b", "description": "b"}).value
    _, broken = subscribe_and_join(socket, VideoChannel, topic(video))
    _, sibling = subscribe_and_join(socket, VideoChannel, topic(other))
    push(broken, "no_such_event")
    assert_push(broken, "phx_error")
    assert_reply(push(sibling, "new_annotation", {"body": "alive", "at": 1}))


def test_presence_is_listed_first_then_joined(socket: ClientSocket, video: Video, user: User) -> None:
    _, channel = testing.join(socket, VideoChannel, topic(video))
    assert assert_push(channel, "presence_state") == {}
    diff = assert_broadcast(channel, "presence_diff", {"leaves": {}})
    entry = diff["joins"][str(user.id)]
    assert entry["user"] == {"id": user.id, "username": user.username, "name": "Gary"}
    assert [meta["device"] for meta in entry["metas"]] == ["browser"]


def test_two_tabs_are_one_person_and_closing_one_leaves_the_other(connect, video: Video, user: User) -> None:  # type: ignore[no-untyped-def]
    watcher, first, second = connect(user_fixture()), connect(user), connect(user)
    _, seat = testing.join(watcher, VideoChannel, topic(video))
    for tab in (first, second):
        testing.join(tab, VideoChannel, topic(video))
    presence = watcher.endpoint.services["presence"]
    assert_broadcast(seat, "presence_diff", {"joins": {str(user.id): testing.ANY}})
    eventually(lambda: len(presence.list(topic(video))[str(user.id)]["metas"]) == 2)
    testing.close(first)
    assert_broadcast(seat, "presence_diff", {"leaves": {str(user.id): testing.ANY}})
    assert len(presence.list(topic(video))[str(user.id)]["metas"]) == 1


def test_a_guest_reads_along_but_posts_nothing(
    endpoint: Endpoint, channel: ClientChannel, video: Video
) -> None:
    token = user_socket.guest_token(endpoint.secret)
    client = testing.connect(UserSocket, {"token": token}, endpoint=endpoint)
    reply, guest = testing.join(client, VideoChannel, topic(video))
    assert reply["guest"] is True
    refused = push(guest, "new_annotation", {"body": "spam", "at": 1})
    assert assert_reply(refused, "error") == {"reason": "unauthorized"}
    push(channel, "new_annotation", {"body": "hello", "at": 1})
    assert_broadcast(guest, "new_annotation", {"body": "hello"})
    assert multimedia.list_annotations(video)[0].body == "hello"
    testing.close(client)
