"""Carries polls to the node that has their session, by PubSub: long-poll needs no sticky load balancer.

The node that a client reached keeps the client's connection and asks the owner:

    poll  {ref, node, token}            here {ref}; then answer {ref, node, status, chunks}
    taken {ref, taken}
    post  {ref, node, token, messages}  posted {ref, status}
    close {token, code}

An owner that gives no sign of life in time is gone, and its session with it: the client begins a new one.
A token outlives its node, so whoever keeps some could have every request thread wait for nodes that are gone:
only a few threads wait, others have a moment to take their turn.
What an answer carried off is mail again unless the other node says that the client took it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, Final
from weakref import WeakValueDictionary

from info_sys import otp
from rumbl_web.phoenix.message import Broadcast
from rumbl_web.phoenix.pubsub import PubSub
from rumbl_web.phoenix.transports import frames, poll_answer
from rumbl_web.phoenix.transports.hub import Hub
from rumbl_web.phoenix.transports.options import PollOptions
from rumbl_web.phoenix.transports.poll_session import PollSession, RemoteRequest, RemoteSession

SIGN_OF_LIFE_S: Final = 2.0
"""How long an owner may take to say that it is there."""
SILENT_S: Final = 5.0
"""How long a node that did not is not asked again: a request thread waits for each answer."""
TURN_S: Final = 0.1
"""How long a request thread waits until it may ask; a word takes a few milliseconds."""
_LONGER_S: Final = 2.0

Payload = dict[str, Any]


class PollRelay:
    """One node's end. `send` is for PubSub, on any thread; the others are for request threads."""

    def __init__(self, pubsub: PubSub, hub: Hub, secret: str, path: str, options: PollOptions) -> None:
        self._pubsub = pubsub
        self._hub = hub
        self._secret = f"{secret} {path}".encode()
        self._options = options
        self._node = pubsub.adapter.node_name
        self._asked: dict[str, Future[int]] = {}
        self._may_ask = threading.BoundedSemaphore(options.most_asking)
        # Both go with what they name: the hub holds that as long as it is of use.
        self._polls: WeakValueDictionary[str, RemoteSession] = WeakValueDictionary()
        self._held: WeakValueDictionary[str, RemoteRequest] = WeakValueDictionary()
        self._silent_until: dict[str, float] = {}
        self._acts: dict[str, Callable[[Payload], None]] = {
            "poll": self._on_poll,
            "here": self._on_here,
            "answer": self._on_answer,
            "taken": self._on_taken,
            "post": self._on_post,
            "posted": self._on_posted,
            "close": self._on_close,
        }
        pubsub.subscribe(self._topic(self._node), self)

    # -- where the client is

    def poll(self, node: str, token: str) -> PollSession | None:
        """Return what a poll of that session waits on; None if it is gone."""
        self._hub.start()
        ref = secrets.token_urlsafe(8)
        window = self._hub.polls.window(self._options.window_s + _LONGER_S)

        def tell(taken: bool) -> None:
            self._polls.pop(ref, None)
            self._say(node, "taken", {"ref": ref, "taken": taken})

        session = self._polls[ref] = RemoteSession(self._hub, window, token, tell)
        status = self._ask(node, "poll", ref, {"token": token})
        return session if status == poll_answer.OK else None

    def post(self, node: str, token: str, messages: Sequence[frames.Event]) -> int:
        """Hand `messages` to the owner; return the status of the POST."""
        coded = [[opcode, base64.b64encode(payload).decode()] for opcode, payload in messages]
        ref = secrets.token_urlsafe(8)
        return self._ask(node, "post", ref, {"token": token, "messages": coded})

    def close(self, node: str, token: str, code: int) -> None:
        """End a session whose client broke a rule."""
        self._say(node, "close", {"token": token, "code": code})

    def _ask(self, node: str, act: str, ref: str, payload: Payload) -> int:
        """Say it and wait for the owner's word: a status, GONE if none comes."""
        if self._is_silent(node):
            return poll_answer.GONE
        with otp.blocking():
            if not self._may_ask.acquire(timeout=TURN_S):
                return poll_answer.GONE
            try:
                # Once more: it may have been found silent while we waited.
                return poll_answer.GONE if self._is_silent(node) else self._word_of(node, act, ref, payload)
            finally:
                self._may_ask.release()

    def _is_silent(self, node: str) -> bool:
        return node == self._node or self._silent_until.get(node, 0.0) > time.monotonic()

    def _word_of(self, node: str, act: str, ref: str, payload: Payload) -> int:
        word = self._asked[ref] = Future()
        try:
            self._say(node, act, {"ref": ref, "node": self._node, **payload})
            return word.result(SIGN_OF_LIFE_S)
        except TimeoutError:
            self._silent_until = {node: time.monotonic() + SILENT_S, **self._still_silent()}
            return poll_answer.GONE
        finally:
            self._asked.pop(ref, None)

    def _still_silent(self) -> dict[str, float]:
        now = time.monotonic()
        return {node: until for node, until in self._silent_until.items() if until > now}

    def _on_here(self, said: Payload) -> None:
        self._word(said["ref"], poll_answer.OK)

    def _on_posted(self, said: Payload) -> None:
        self._word(said["ref"], said["status"])

    def _on_answer(self, said: Payload) -> None:
        status, session = said["status"], self._polls.get(said["ref"])
        if session is not None:
            batch = [base64.b64decode(chunk) for chunk in said["chunks"]]
            self._hub.call_later(self._hub.polls.relayed, session, status, batch)
        elif said["chunks"]:
            self._say(said["node"], "taken", {"ref": said["ref"], "taken": False})
        self._word(said["ref"], poll_answer.GONE if status == poll_answer.GONE else poll_answer.OK)

    def _word(self, ref: str, status: int) -> None:
        word = self._asked.pop(ref, None)
        if word is not None:
            word.set_result(status)

    # -- where the session is

    def _on_poll(self, said: Payload) -> None:
        node, ref = said["node"], said["ref"]

        def deliver(status: int, batch: Sequence[bytes]) -> None:
            chunks = [base64.b64encode(chunk).decode() for chunk in batch]
            self._say(node, "answer", {"ref": ref, "node": self._node, "status": status, "chunks": chunks})

        session = self._session(said)
        if session is None:
            deliver(poll_answer.GONE, ())
            return
        request = self._held[ref] = RemoteRequest(session, deliver)
        self._say(node, "here", {"ref": ref})
        self._hub.call_later(self._hub.polls.wait, session, request)

    def _on_taken(self, said: Payload) -> None:
        request = self._held.get(said["ref"])
        if request is not None:
            self._hub.call_later(self._hub.polls.deliveries.reported, request, bool(said["taken"]))

    def _on_post(self, said: Payload) -> None:
        node, ref, session = said["node"], said["ref"], self._session(said)

        def posted(status: int) -> None:
            self._say(node, "posted", {"ref": ref, "status": status})

        if session is None:
            posted(poll_answer.GONE)
            return
        messages = [(opcode, base64.b64decode(coded)) for opcode, coded in said["messages"]]
        answer: Future[int] = Future()
        answer.add_done_callback(lambda done: posted(done.result()))
        self._hub.call_later(self._hub.polls.receive, session, messages, answer)

    def _on_close(self, said: Payload) -> None:
        session = self._session(said)
        if session is not None:
            session.close(said["code"])

    def _session(self, said: Payload) -> PollSession | None:
        session = self._hub.polls.sessions.get(said["token"])
        return None if session is None or session.over else session

    # -- between them

    def send(self, message: object) -> bool:
        """Take what another node says."""
        if isinstance(message, Broadcast) and message.event in self._acts:
            self._acts[message.event](message.payload)
        return True

    def _say(self, node: str, act: str, payload: Payload) -> None:
        self._pubsub.broadcast_from(self, self._topic(node), act, payload)

    def _topic(self, node: str) -> str:
        """Nobody can guess it, so no client can join it, whatever topics a site has."""
        digest = hmac.new(self._secret, node.encode(), hashlib.sha256).digest()
        return f"long_poll:{base64.urlsafe_b64encode(digest[:18]).decode()}"
