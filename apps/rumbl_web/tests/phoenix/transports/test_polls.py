"""Sessions and their polls on the hub: order, what is kept, and how they end."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import Future

import pytest

from rumbl_web.phoenix.transport import Opcode
from rumbl_web.phoenix.transports import frames
from rumbl_web.phoenix.transports.hub import Hub
from rumbl_web.phoenix.transports.options import HubOptions, Limits
from rumbl_web.phoenix.transports.poll_session import PollSession

from .polling import Answer, read_answer
from .support import DEADLINE_S, Client, Loopback, Recorder, eventually, opened

MakeLoopback = Callable[..., Loopback]


class Desk:
    """Sessions on one hub, and connections that poll them."""

    def __init__(self, loopback: Loopback, window_s: float = 30.0, limits: Limits | None = None) -> None:
        self.hub: Hub = loopback.hub
        self.loopback = loopback
        self._window_s = window_s
        self._limits = limits
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._socks: list[socket.socket] = []

    def begin(self, token: str = "t") -> tuple[PollSession, Recorder]:
        recorder = Recorder()
        self.hub.open_session(token, recorder, window_s=self._window_s, limits=self._limits)
        recorder.opening.get(timeout=DEADLINE_S)
        return self.hub.polls.sessions[token], recorder

    def poll(self, session: PollSession, *, small_buffers: bool = False) -> socket.socket:
        """A poll of `session` that is parked; the kernel holds little of its answer with `small_buffers`."""
        sock = socket.socket()
        if small_buffers:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.settimeout(DEADLINE_S)
        sock.connect(self._listener.getsockname())
        accepted, _ = self._listener.accept()
        if small_buffers:
            accepted.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        self.hub.park(session, accepted, b"HTTP/1.1 200 OK\r\n")
        self._socks.append(sock)
        return sock

    def ask(self, session: PollSession) -> Answer:
        return read_answer(self.poll(session))

    def close(self) -> None:
        for sock in self._socks:
            sock.close()
        self._listener.close()


@pytest.fixture
def make_desk(make_loopback: MakeLoopback) -> Iterator[Callable[..., Desk]]:
    desks: list[Desk] = []

    def make(window_s: float = 30.0, limits: Limits | None = None, **options: object) -> Desk:
        desks.append(Desk(make_loopback(**options), window_s, limits))
        return desks[-1]

    yield make
    for desk in desks:
        desk.close()


@pytest.fixture
def desk(make_desk: Callable[..., Desk]) -> Desk:
    return make_desk()


def texts(*numbers: int) -> list[str]:
    return [f"[{number}]" for number in numbers]


def send(recorder: Recorder, *numbers: int) -> None:
    for text in texts(*numbers):
        opened(recorder).send(Opcode.TEXT, text.encode())


def send_much(session: PollSession, recorder: Recorder) -> None:
    """Send 20 messages of 30 kB, which wait for a poll."""
    for number in range(20):
        opened(recorder).send(Opcode.TEXT, (f"[{number}" + " " * 30_000 + "]").encode())
    eventually(lambda: session.mail.size > 20 * 30_000)


class TestOrder:
    def test_sends_and_publishes_come_in_the_order_of_the_calls(self, desk: Desk) -> None:
        session, recorder = desk.begin()
        desk.hub.subscribe(session, "a").release()
        held = desk.hub.subscribe(session, "b")

        send(recorder, 1)
        desk.hub.publish("a", Opcode.TEXT, b"[2]")
        desk.hub.publish("b", Opcode.TEXT, b"[5]")
        send(recorder, 3)
        desk.hub.publish("a", Opcode.TEXT, b"[4]")
        held.release()
        send(recorder, 6)
        eventually(lambda: session.mail.size >= 6 * 5)

        assert desk.ask(session).json["messages"] == texts(1, 2, 3, 4, 5, 6)

    def test_a_crowd_of_both_kinds_hears_the_same(self, desk: Desk) -> None:
        sockets: list[tuple[Client, Recorder]] = [desk.loopback.connect() for _ in range(20)]
        sessions = [desk.begin(f"t{number}") for number in range(20)]
        for connection in [opened(r) for _, r in sockets] + [opened(r) for _, r in sessions]:
            desk.hub.subscribe(connection, "room").release()
        polls = [desk.poll(session) for session, _ in sessions]

        for number in range(3):
            desk.hub.publish("room", Opcode.TEXT, f"[{number}]".encode())

        for client, _ in sockets:
            assert [client.receive_text().decode() for _ in range(3)] == texts(0, 1, 2)
        for (session, _), poll in zip(sessions, polls, strict=True):
            heard = read_answer(poll).json["messages"]
            while len(heard) < 3:
                heard += desk.ask(session).json["messages"]
            assert heard == texts(0, 1, 2)

    def test_nothing_comes_after_a_cancelled_subscription(self, desk: Desk) -> None:
        session, recorder = desk.begin()
        subscription = desk.hub.subscribe(session, "a")
        subscription.release()
        desk.hub.publish("a", Opcode.TEXT, b"[1]")
        subscription.cancel()
        desk.hub.publish("a", Opcode.TEXT, b"[2]")
        send(recorder, 3)
        eventually(lambda: session.mail.size >= 2 * 5)

        assert desk.ask(session).json["messages"] == texts(1, 3)


class TestKept:
    def test_an_answer_that_was_taken_whole_is_not_repeated(self, desk: Desk) -> None:
        session, recorder = desk.begin()
        send(recorder, 1)
        poll = desk.poll(session)
        assert read_answer(poll).json["messages"] == texts(1)

        send(recorder, 2)

        assert desk.ask(session).json["messages"] == texts(2)

    def test_an_answer_that_is_still_being_written_when_the_client_polls_anew_is_repeated(
        self, desk: Desk
    ) -> None:
        session, recorder = desk.begin()
        send_much(session, recorder)
        slow = desk.poll(session, small_buffers=True)
        slow.recv(10)
        eventually(lambda: session.answered is not None and session.answered.outbox is not None)

        heard = desk.ask(session).json["messages"]

        assert [text.split(" ")[0] for text in heard] == [f"[{number}" for number in range(20)]

    def test_an_answer_that_nobody_confirms_is_kept(self, make_desk: Callable[..., Desk]) -> None:
        desk = make_desk(close_timeout_s=0.2, stall_timeout_s=0.2)
        session, recorder = desk.begin()
        send_much(session, recorder)
        silent = desk.poll(session, small_buffers=True)
        eventually(lambda: session.answered is not None)

        eventually(lambda: session.answered is None, "the poll was cut")

        assert len(desk.ask(session).json["messages"]) == 20
        assert silent.fileno() >= 0

    def test_a_slow_reader_gets_a_long_answer_in_the_end(self, make_desk: Callable[..., Desk]) -> None:
        desk = make_desk(close_timeout_s=0.05, stall_timeout_s=5.0)
        session, recorder = desk.begin()
        send_much(session, recorder)

        answer = read_answer(desk.poll(session, small_buffers=True), piece=2000)

        assert len(answer.json["messages"]) == 20

    def test_more_mail_than_fits_ends_the_session(self, make_desk: Callable[..., Desk]) -> None:
        desk = make_desk(outbox_bytes=1000)
        session, recorder = desk.begin()

        for number in range(300):
            send(recorder, number)

        eventually(lambda: recorder.codes == [1013])
        eventually(lambda: desk.hub.stats()["sessions"] == 0)
        assert desk.ask(session).json["status"] == 410


def post(desk: Desk, session: PollSession, *numbers: int) -> int:
    """The status of a POST with these messages."""
    answer: Future[int] = Future()
    messages = [(frames.TEXT, text.encode()) for text in texts(*numbers)]
    desk.hub.call_later(desk.hub.polls.receive, session, messages, answer)
    return answer.result(DEADLINE_S)


class TestRate:
    def test_a_calm_client_may_bring_many_messages_at_once(self, make_desk: Callable[..., Desk]) -> None:
        desk = make_desk(limits=Limits(rate_per_s=30, rate_burst=60))
        session, recorder = desk.begin()

        assert post(desk, session, *range(150)) == 200

        assert len(recorder.texts) == 150

    def test_a_client_that_goes_on_is_stopped_and_nobody_else(self, make_desk: Callable[..., Desk]) -> None:
        desk = make_desk(limits=Limits(rate_per_s=1, rate_burst=20))
        session, recorder = desk.begin()
        other, _ = desk.begin("other")

        statuses = [post(desk, session, *range(11)) for _ in range(4)]

        assert statuses == [200, 200, 429, 410]
        assert recorder.codes == [1008]
        assert post(desk, other, 1) == 200

    def test_where_there_is_no_limit_nobody_is_stopped(self, make_desk: Callable[..., Desk]) -> None:
        desk = make_desk(limits=Limits(rate_per_s=None))
        session, _ = desk.begin()

        assert {post(desk, session, number) for number in range(200)} == {200}


def crash(_recorder: Recorder, _data: bytes) -> None:
    raise RuntimeError("as asked")


class TestEnd:
    def test_a_crash_of_the_handler_ends_its_session_alone(self, desk: Desk) -> None:
        session, recorder = desk.begin()
        other, _ = desk.begin("other")
        recorder.answer = crash
        poll = desk.poll(session)

        assert post(desk, session, 1, 2) == 500

        assert recorder.texts == [b"[1]"]
        assert read_answer(poll).json["status"] == 410
        assert recorder.codes == [1011]
        assert post(desk, other, 1) == 200

    def test_what_was_sent_before_a_close_can_be_fetched(self, desk: Desk) -> None:
        session, recorder = desk.begin()
        desk.hub.subscribe(session, "a").release()
        desk.hub.publish("a", Opcode.TEXT, b"[1]")
        send(recorder, 2)
        opened(recorder).close(1001, "disconnect")
        send(recorder, 3)
        eventually(lambda: recorder.codes == [1001])

        assert desk.ask(session).json["messages"] == texts(1, 2)
        assert desk.ask(session).json["status"] == 410
        eventually(lambda: desk.hub.stats()["sessions"] == 0)

    def test_a_close_answers_the_waiting_poll_at_once(self, desk: Desk) -> None:
        session, recorder = desk.begin()
        poll = desk.poll(session)

        opened(recorder).close(1001)

        assert read_answer(poll).json == {"messages": [], "status": 410, "token": "t"}
        assert recorder.codes == [1001]
        eventually(lambda: desk.hub.stats()["sessions"] == 0)

    def test_a_session_that_nobody_polls_ends(self, make_desk: Callable[..., Desk]) -> None:
        desk = make_desk(window_s=0.1)
        session, recorder = desk.begin()
        desk.hub.subscribe(session, "a").release()

        eventually(lambda: recorder.codes == [1001])

        assert desk.hub.stats()["groups"] == 0
        assert desk.hub.stats()["sessions"] == 0

    def test_a_client_that_left_without_a_word_is_noticed(self, make_desk: Callable[..., Desk]) -> None:
        desk = make_desk(window_s=0.1, close_timeout_s=0.1)
        session, recorder = desk.begin()
        desk.poll(session)

        eventually(lambda: recorder.codes == [1001])
        eventually(lambda: desk.hub.stats()["polls"] == 0, "the descriptor is free")

    def test_draining_answers_every_poll_in_its_turn(self, desk: Desk) -> None:
        sessions = [desk.begin(f"t{number}") for number in range(10)]
        polls = [desk.poll(session) for session, _ in sessions]

        desk.hub.drain(spread_s=0.1)

        assert [read_answer(poll).json["status"] for poll in polls] == [410] * 10
        assert all(recorder.codes == [1012] for _, recorder in sessions)

    def test_draining_waits_for_the_answers(self, desk: Desk) -> None:
        session, _ = desk.begin()
        poll = desk.poll(session)

        assert not desk.hub.drain(spread_s=0.0, wait_s=0.1)
        assert read_answer(poll).json["status"] == 410
        poll.close()

        eventually(lambda: desk.hub.stats()["polls"] == 0)

    def test_stopping_answers_every_poll(self, desk: Desk) -> None:
        session, recorder = desk.begin()
        poll = desk.poll(session)

        desk.hub.stop()

        assert read_answer(poll).json["status"] == 410
        assert recorder.codes == [1012]

    def test_a_session_of_a_stopped_hub_hears_of_its_end(self) -> None:
        hub, recorder = Hub(HubOptions()), Recorder()
        other = Recorder()
        hub.open_session("one", recorder, window_s=1)
        recorder.opening.get(timeout=DEADLINE_S)
        hub.stop()

        hub.open_session("two", other, window_s=1)

        assert (recorder.codes, other.codes) == ([1012], [1006])

    def test_data_instead_of_patience_ends_the_poll_and_not_the_session(self, desk: Desk) -> None:
        session, recorder = desk.begin()
        poll = desk.poll(session)

        poll.sendall(b"GET /another HTTP/1.1\r\n\r\n")
        assert poll.recv(100) == b""
        send(recorder, 1)

        assert desk.ask(session).json["messages"] == texts(1)
