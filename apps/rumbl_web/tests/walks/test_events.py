"""Every event of every channel by everybody: who may is what EVENTS says; an event without a line fails."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from rumbl_core import accounts, multimedia
from rumbl_core.result import Ok
from rumbl_core.testing import Sandbox
from rumbl_web.channels import user_socket, video_channel
from rumbl_web.channels.user_socket import UserSocket
from rumbl_web.channels.video_channel import VideoChannel
from rumbl_web.phoenix import testing
from rumbl_web.phoenix.channel import Channel
from rumbl_web.phoenix.endpoint import Endpoint
from rumbl_web.router import MEMBERS, PUBLIC

from ..channels.conftest import serving
from .world import WHO, World

EVENTS = {
    ("videos:*", "new_annotation"): (MEMBERS, {"body": "a note", "at": 0}),
    ("videos:*", "list_annotations"): (PUBLIC, {"after_id": 0}),
    ("videos:*", "gone"): (PUBLIC, {"user_ids": [1]}),
    ("videos:*", "why"): (PUBLIC, {"id": "the question"}),
    ("videos:*", "questions"): (PUBLIC, {}),
}
"""For whom an event is, and a good payload."""
SENT = re.compile(r"""(?:broadcast\((?:topic|f"[^"]*")|_tell\(topic), "(\w+)\"""")
"""Where an event is sent to everybody on a video."""
APP = Path(__file__).parents[2]
GUARD = """    if socket.assigns["user_id"] is None:
        return Reply("error", {"reason": "unauthorized"})
"""


@pytest.fixture
def endpoint(shared_sandbox: Sandbox) -> Iterator[Endpoint]:
    with serving() as endpoint:
        yield endpoint


def events_of(channel: type[Channel]) -> set[str]:
    """The texts that `handle_in` of a channel compares an event with."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(channel.handle_in)))
    compared = [node for node in ast.walk(tree) if isinstance(node, ast.MatchValue | ast.Compare)]
    texts = [part for node in compared for part in ast.walk(node) if isinstance(part, ast.Constant)]
    return {str(text.value) for text in texts if isinstance(text.value, str)}


def token(world: World, endpoint: Endpoint, who: str) -> str:
    if who == "guest":
        return user_socket.guest_token(endpoint.secret)
    user = world.other if who == "other" else world.owner
    session = accounts.create_session_token(user)
    if who == "ended":
        accounts.delete_session_token(session)
    return user_socket.user_token(endpoint.secret, user.id, accounts.session_ref(session))


def walk(world: World, endpoint: Endpoint) -> Iterator[str]:
    """What is wrong with who may do what; nothing if all is well."""
    for (topic, event), (whom, payload) in EVENTS.items():
        for who in WHO:
            refused = who == "guest" and whom is MEMBERS
            name = topic.replace("*", str(world.video.id))
            try:
                client = testing.connect(
                    UserSocket, {"token": token(world, endpoint, who)}, endpoint=endpoint
                )
            except testing.ConnectRefused:
                yield from [] if who == "ended" else [f"{who} has no socket"]
                continue
            wrong = ask(world, client, name, event, payload, refused=refused)
            testing.close(client)
            yield from [f"{event} by {who}: {wrong}"] if wrong or who == "ended" else []


def ask(
    world: World, client: testing.ClientSocket, topic: str, event: str, payload: Any, *, refused: bool
) -> str:
    """What is wrong with the answer, "" if nothing."""
    before = world.stored()
    _, channel = testing.join(client, VideoChannel, topic)
    if payload.get("id") == "the question":
        payload = {"id": asked(world)}
    pushed = testing.push(channel, event, payload)
    try:
        if refused:
            testing.assert_reply(pushed, "error", {"reason": "unauthorized"})
        else:
            testing.assert_reply(pushed, "ok")
    except AssertionError as error:
        return str(error)
    return "was refused and changed something" if refused and world.stored() != before else ""


def asked(world: World) -> int:
    """The id of a question on the video."""
    match multimedia.ask_in_video(world.owner, world.video.id, {"body": "1 + 1", "at": 0}):
        case Ok(note):
            return note.id
        case refused:
            raise AssertionError(refused)


@pytest.fixture
def world(endpoint: Endpoint, rumbl_site: tuple[Flask, list[str]], shared_sandbox: Sandbox) -> World:
    return World(rumbl_site[0], shared_sandbox)


def test_every_event_is_for_whom_the_table_says(world: World, endpoint: Endpoint) -> None:
    assert list(walk(world, endpoint)) == []


def test_every_event_has_a_line() -> None:
    known = {(topic, event) for topic, channel in UserSocket.channels.items() for event in events_of(channel)}
    assert known == EVENTS.keys()


def test_every_event_is_in_the_tables_of_the_readme_and_no_other() -> None:
    text = (APP / "README.md").read_text().split("\n## The conversation about a video\n")[1].split("\n## ")[0]
    of_pages, to_pages = (
        set(re.findall(r"`(\w+)`", " ".join(line.split("|")[1] for line in part.splitlines() if "|" in line)))
        for part in text.split("| Event to the pages |")
    )
    sources = [path for path in (APP / "src/rumbl_web").rglob("*.py") if "phoenix" not in path.parts]
    sent = {name for path in sources for name in SENT.findall(path.read_text())}

    assert of_pages == {event for _topic, event in EVENTS}
    assert to_pages == sent | {"presence_state", "presence_diff"}
    assert len(sent) >= 5


def test_an_event_that_lost_its_guard_is_noticed(
    world: World, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = textwrap.dedent(inspect.getsource(VideoChannel._new_annotation))
    assert GUARD in source
    found: dict[str, Any] = {}
    poster = "world_owner_id if socket.assigns['user_id'] is None else socket.assigns['user_id']"
    bare = source.replace(GUARD, "").replace(
        'get_user_or_raise(socket.assigns["user_id"])', f"get_user_or_raise({poster})"
    )
    exec(bare, {**vars(video_channel), "world_owner_id": world.owner.id}, found)
    monkeypatch.setattr(VideoChannel, "_new_annotation", found["_new_annotation"])

    assert any("new_annotation by guest" in wrong for wrong in walk(world, endpoint))


def test_a_socket_that_forgets_ended_sessions_is_noticed(
    world: World, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts, "session_alive", lambda _ref: True)

    assert any("by ended" in wrong for wrong in walk(world, endpoint))
