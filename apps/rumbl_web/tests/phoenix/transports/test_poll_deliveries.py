"""What becomes of an answer that another node carries to its client."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rumbl_web.phoenix.transport import Opcode
from rumbl_web.phoenix.transports.frames import decode_own
from rumbl_web.phoenix.transports.poll_session import PollSession, RemoteRequest

from .support import DEADLINE_S, Loopback, Recorder, eventually, opened

Answers = list[tuple[int, list[bytes]]]


def begin(loopback: Loopback) -> tuple[PollSession, Recorder]:
    recorder = Recorder()
    loopback.hub.open_session("t", recorder, window_s=30)
    recorder.opening.get(timeout=DEADLINE_S)
    return loopback.hub.polls.sessions["t"], recorder


def poll(loopback: Loopback, session: PollSession) -> tuple[RemoteRequest, Answers]:
    answers: Answers = []

    def deliver(status: int, batch: Sequence[bytes]) -> None:
        answers.append((status, [payload for chunk in batch for _, payload in decode_own(chunk)]))

    request = RemoteRequest(session, deliver)
    loopback.hub.call_later(loopback.hub.polls.wait, session, request)
    return request, answers


def test_an_answer_that_was_not_taken_comes_again(loopback: Loopback) -> None:
    session, recorder = begin(loopback)
    request, answers = poll(loopback, session)
    opened(recorder).send(Opcode.TEXT, b"[1]")
    eventually(lambda: answers == [(200, [b"[1]"])])

    loopback.hub.call_later(loopback.hub.polls.deliveries.reported, request, False)
    _, again = poll(loopback, session)

    eventually(lambda: again == [(200, [b"[1]"])])


def test_one_that_was_taken_does_not(loopback: Loopback) -> None:
    session, recorder = begin(loopback)
    request, answers = poll(loopback, session)
    opened(recorder).send(Opcode.TEXT, b"[1]")
    eventually(lambda: answers == [(200, [b"[1]"])])

    for taken in (True, False):  # who reports twice changes nothing
        loopback.hub.call_later(loopback.hub.polls.deliveries.reported, request, taken)
    _, again = poll(loopback, session)
    opened(recorder).send(Opcode.TEXT, b"[2]")

    eventually(lambda: again == [(200, [b"[2]"])])


def test_a_client_that_left_the_other_node_polls_no_more(loopback: Loopback) -> None:
    session, _ = begin(loopback)
    request, answers = poll(loopback, session)
    eventually(lambda: session.request is request)

    loopback.hub.call_later(loopback.hub.polls.deliveries.reported, request, False)

    eventually(lambda: session.request is None)
    assert answers == []


def test_the_next_poll_waits_until_it_is_known_what_became_of_the_last_answer(loopback: Loopback) -> None:
    session, recorder = begin(loopback)
    request, answers = poll(loopback, session)
    opened(recorder).send(Opcode.TEXT, b"[1]")
    eventually(lambda: answers == [(200, [b"[1]"])])

    _, again = poll(loopback, session)
    opened(recorder).send(Opcode.TEXT, b"[2]")
    eventually(lambda: session.mail.size == 5)
    assert again == []
    loopback.hub.call_later(loopback.hub.polls.deliveries.reported, request, False)

    eventually(lambda: again == [(200, [b"[1]", b"[2]"])])


def test_a_node_that_never_reports_is_not_waited_for_long(make_loopback: Callable[..., Loopback]) -> None:
    loopback = make_loopback(close_timeout_s=0.1)
    session, recorder = begin(loopback)
    _, answers = poll(loopback, session)
    opened(recorder).send(Opcode.TEXT, b"[1]")
    eventually(lambda: answers == [(200, [b"[1]"])])

    _, again = poll(loopback, session)

    eventually(lambda: again == [(200, [b"[1]"])])
