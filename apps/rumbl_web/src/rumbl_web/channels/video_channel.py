"""The conversation about one video: its notes, as they are made and as they are missed."""

from __future__ import annotations

import logging
import re
from typing import Any, Final, TypeGuard

from info_sys import otp
from rumbl_core import accounts, multimedia
from rumbl_core.errors import NotFound, Unavailable
from rumbl_core.result import Error, Ok
from rumbl_web import notes
from rumbl_web.answers import Answers
from rumbl_web.channels.pages import NO_PAGE, Page, Pages
from rumbl_web.channels.presence import Presence
from rumbl_web.phoenix.channel import Channel, Joined, Refused, Reply, UnknownEvent
from rumbl_web.phoenix.channel_socket import ChannelSocket
from rumbl_web.views import changeset_view

log = logging.getLogger(__name__)

UNAVAILABLE: Final = {"reason": "unavailable"}
"""Why nothing was done: the database is away or too busy. The page keeps what it wanted and tries again."""

MAX_ASKED: Final = 200
"""So many users a page may ask about in one event."""

VIDEOS = "videos:"
TOPIC = re.compile(VIDEOS + r"([1-9][0-9]{0,17})")


class VideoChannel(Channel):
    """Topic `videos:<id>`. Guests (no `user_id`) read along; users post too."""

    def join(self, topic: str, payload: Any, socket: ChannelSocket) -> Joined | Refused:
        """Reply with the first page of notes after `last_seen_id`, in the order of their ids."""
        video_id = _video_id(topic)
        try:
            page = self._page(video_id, _id(payload, "last_seen_id"), socket)
        except Unavailable as error:
            log.warning("join of %r: %s", topic, error)
            return Refused(UNAVAILABLE)
        if page is None:
            return Refused({"reason": "not_found"})
        socket.assigns["video_id"] = video_id
        socket.send_self("after_join")
        return Joined({**page, "guest": socket.assigns["user_id"] is None})

    def handle_info(self, message: object, socket: ChannelSocket) -> None:
        """After the join: tell who is here, then be here (book: list first, then track)."""
        if message != "after_join":
            return
        presence: Presence = socket.endpoint.services["presence"]
        with otp.blocking():
            presence.push_state(socket)
        if socket.assigns["user_id"] is not None:
            presence.track(socket, str(socket.assigns["user_id"]), {"device": "browser"})

    def handle_in(self, event: str, payload: Any, socket: ChannelSocket) -> Reply | None:
        """Run one event of the page; an unknown one is the client's mistake and ends this channel alone.

        A database that hiccups is nobody's mistake: a crash would have every page rejoin it at that moment.
        """
        try:
            match event:
                case "new_annotation":
                    return self._new_annotation(payload, socket)
                case "list_annotations":
                    video_id = socket.assigns["video_id"]
                    return Reply("ok", self._page(video_id, _id(payload, "after_id"), socket) or NO_PAGE)
                case "gone":
                    return self._gone(payload, socket)
                case "why":
                    return self._why(_id(payload, "id"), socket)
                case "questions":
                    return self._questions(_id(payload, "before_id") or multimedia.NEWEST, socket)
                case _:
                    raise UnknownEvent(event)
        except Unavailable as error:
            log.warning("%r on %r: %s", event, socket.topic, error)
            return Reply("error", UNAVAILABLE)

    def _new_annotation(self, payload: Any, socket: ChannelSocket) -> Reply | None:
        if socket.assigns["user_id"] is None:
            return Reply("error", {"reason": "unauthorized"})
        answers: Answers = socket.endpoint.services["answers"]
        video_id, note = socket.assigns["video_id"], _note(payload)
        try:
            with otp.blocking():
                user = accounts.get_user_or_raise(socket.assigns["user_id"])
                asks = answers.wanted(note["body"], video_id)
                store = multimedia.ask_in_video if asks else multimedia.annotate_video
                result = store(user, video_id, note)
        except NotFound:  # the account was deleted a moment ago; its sockets are about to be closed
            return Reply("error", {"reason": "unauthorized"})
        match result:
            case Ok(annotation):
                self._publish(annotation, asks, socket)
                return None
            case Error(changeset):
                problems = changeset_view.errors(changeset, socket.assigns.get("language"))
                return Reply("error", {"errors": problems})

    def _publish(self, annotation: multimedia.Annotation, asks: bool, socket: ChannelSocket) -> None:
        # Tell, acknowledge, then ask: the book's order, and a slow source never delays the note. What is sent
        # again was stored before with its question, which is being asked, or will be by who finds it waiting.
        notes.tell(socket.endpoint, annotation)
        socket.reply(Reply("ok", {"id": annotation.id}))
        if asks and annotation.is_new:
            socket.endpoint.services["answers"].ask(annotation)

    @staticmethod
    def _why(id: int, socket: ChannelSocket) -> Reply:
        """What became of a question, source by source: "why this answer?"."""
        with otp.blocking():
            question = multimedia.get_question(socket.assigns["video_id"], id)
        if question is None:
            return Reply("error", {"reason": "not_found"})
        return Reply("ok", {"state": question.state, "sources": question.sources})

    @staticmethod
    def _questions(before_id: int, socket: ChannelSocket) -> Reply:
        """What was asked and has no answer, for a page that was not there to be told of it."""
        pages: Pages = socket.endpoint.services["pages"]
        with otp.blocking():
            states, rest = pages.open_questions(socket.assigns["video_id"], before_id)
        told = [{"id": id, "state": state} for id, state in states.items()]
        return Reply("ok", {"questions": told, "before": rest})

    @staticmethod
    def _gone(payload: Any, socket: ChannelSocket) -> Reply:
        """Who of some users has left, for a page that shows their notes and was not there to be told."""
        ids = payload.get("user_ids") if isinstance(payload, dict) else None
        if not isinstance(ids, list) or len(ids) > MAX_ASKED:
            return Reply("error", {"reason": "invalid"})
        pages: Pages = socket.endpoint.services["pages"]
        with otp.blocking():
            return Reply("ok", {"user_ids": pages.gone([id for id in ids if _is_id(id)])})

    @staticmethod
    def _page(video_id: int, after_id: int, socket: ChannelSocket) -> Page | None:
        pages: Pages = socket.endpoint.services["pages"]
        with otp.blocking():
            return pages.get(video_id, after_id)


def _video_id(topic: str) -> int:
    """The id in a topic; 0, which no video has, for anything but plain digits."""
    match = TOPIC.fullmatch(topic)
    return int(match[1]) if match else 0


def _note(payload: Any) -> dict[str, Any]:
    fields = payload if isinstance(payload, dict) else {}
    return {"body": fields.get("body"), "at": fields.get("at"), "client_key": fields.get("key")}


def _id(payload: Any, field: str) -> int:
    """The client's high-water mark, or 0: a value that is no id starts from the first note."""
    value = payload.get(field) if isinstance(payload, dict) else None
    return value if _is_id(value) else 0


def _is_id(value: object) -> TypeGuard[int]:
    return type(value) is int and 0 < value < 2**63
