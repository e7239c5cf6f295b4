"""Questions asked in notes: an answer becomes a note of the answering backend's user.

A question is stored with its note. It is looked up here, or by a worker of the information system if there is
a way to them (`remote`); what becomes of it is stored, and told to everybody on the page. Whatever dies in
between, `QuestionWatch` finds the question that still waits, and it is asked again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import info_sys
from info_sys import otp
from info_sys.otp.gen_server import ProcessDown
from info_sys.otp.supervisor import ChildSpec
from info_sys.otp.task import MaxChildren, NoThreadLeft, TaskSupervisor
from rumbl_core import accounts, multimedia
from rumbl_core.errors import Unavailable
from rumbl_core.result import Error, Ok
from rumbl_web import notes
from rumbl_web.phoenix.endpoint import Endpoint

if TYPE_CHECKING:
    from info_sys.letters import Letter
    from info_sys.remote import Remote

log = logging.getLogger(__name__)

NAME = "RumblWeb.Answers"
"""The process that owns the questions under way, as the observer shows it."""
MAX_QUESTIONS = 64
"""Questions under way at once in this process; one more is refused, never queued."""
STOP_S = 2.0
"""How long `stop` waits for the questions under way."""

Ask = Callable[..., info_sys.Answer]
Source = dict[str, Any]
Posted = Ok[multimedia.Annotation] | Error[Any] | None


class Said(NamedTuple):
    """What a backend says, wherever it was asked."""

    name: str
    title: str
    text: str | None
    url: str | None


class Answers:
    """Asks in the background, so a note is never delayed by its question (book: `Task.start`).

    Its process is a supervisor's to start (`child_spec`); until then, and between a crash and the restart,
    nothing is asked.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        ask: Ask = info_sys.ask,
        asks: Callable[[str], bool] = info_sys.asks,
        remote: Remote | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._ask = ask
        self._asks = asks
        self._remote = remote
        self.tasks = TaskSupervisor(NAME, MAX_QUESTIONS)

    def child_spec(self) -> ChildSpec:
        """How a supervisor starts and restarts the process; it gives up on what is under way at the end."""
        return ChildSpec(NAME, self._start, type="supervisor")

    def wanted(self, body: object, video_id: int) -> bool:
        """Whether a note asks something that a source may know, on a video whose owner wants answers."""
        return isinstance(body, str) and self._asks(body.strip()) and multimedia.answers_wanted(video_id)

    def ask(self, question: multimedia.Annotation) -> None:
        """Look for an answer to a stored question; it comes later as a note at the same moment, or never."""
        self._tell(question, "waiting")
        try:
            self.tasks.start_child(self._try, question)
        except (MaxChildren, NoThreadLeft) as error:
            self._refuse(question, error)
        except ProcessDown as error:
            log.warning("question %s is asked later: %s", question.id, error)

    def answer(self, question: multimedia.Annotation) -> None:
        """Ask and post, on the calling thread. A question keeps its first answer, so asking twice is safe.

        Raises Unavailable.
        """
        answer = self._ask(question.body.strip(), limit=1)
        said = (Said(r.backend.name, r.backend.title, r.text, r.url) for r in answer.results if r.backend)
        self._conclude(question, said, [_source(outcome) for outcome in answer.outcomes])

    def told(self, letter: Letter) -> None:
        """Post what a worker found. Raises Unavailable."""
        for question in multimedia.get_annotations([int(letter.reference)]):
            said = (Said(found.backend, found.title, found.text, found.url) for found in letter.found)
            self._conclude(
                question, said, [_row(t.backend, t.title, t.state, t.took_ms, t.score) for t in letter.told]
            )

    def ask_again(self, question: multimedia.Annotation) -> None:
        """As `ask`, unless the owner has switched answers off meanwhile. Raises Unavailable."""
        if multimedia.answers_wanted(question.video_id):
            self.ask(question)
        else:
            self._settle(question, "nothing", [])

    def give_up(self, question: multimedia.Annotation) -> None:
        """Tell that a question is asked no more."""
        log.warning("question %s is given up: it was asked again and again", question.id)
        self._tell(question, "refused")

    def wait(self, timeout_s: float = STOP_S) -> bool:
        """Wait until no question is under way; False when one still is after `timeout_s`."""
        return self.tasks.drain(timeout_s)

    def _start(self) -> TaskSupervisor:
        self.tasks = TaskSupervisor(NAME, MAX_QUESTIONS).start()
        return self.tasks

    def _refuse(self, question: multimedia.Annotation, why: Exception) -> None:
        """The note was acknowledged: if the database is away by now, its question goes on waiting."""
        log.warning("question %s is not asked: %s", question.id, why)
        try:
            with otp.blocking():
                self._settle(question, "refused", [])
        except Unavailable as error:
            log.warning("question %s is asked again later: %s", question.id, error)

    def _try(self, question: multimedia.Annotation) -> None:
        """Ask, as a task. Without a database the question goes on waiting, and is found (`QuestionWatch`)."""
        try:
            self._send(question)
        except Unavailable as error:
            log.warning("question %s is asked again later: %s", question.id, error)

    def _send(self, question: multimedia.Annotation) -> None:
        """To the workers; here if there are none, or if the way to them is cut. Raises Unavailable."""
        if self._remote is None:
            return self.answer(question)
        from info_sys.remote import QueueFull, Unreachable

        try:
            self._remote.submit(question.body.strip(), str(question.id), limit=1)
        except QueueFull as error:
            log.warning("question %s is refused: %s", question.id, error)
            self._settle(question, "refused", [])
        except Unreachable as error:
            log.warning("question %s is asked here: the workers can't be reached (%s)", question.id, error)
            self.answer(question)

    def _conclude(
        self, question: multimedia.Annotation, said: Iterable[Said], sources: Sequence[Source]
    ) -> None:
        """The first that can be posted is the answer. An answer from before stays, and nothing is told."""
        for words in said:
            match self._post(question, words, sources):
                case Ok(annotation):
                    notes.tell(self._endpoint, annotation)
                    return self._tell(question, "answered")
                case Error(refused):
                    log.warning("the answer to %s was refused: %s", question.id, refused)
                case None:
                    return None
        return self._settle(question, "nothing", sources)

    def _settle(self, question: multimedia.Annotation, state: str, sources: Sequence[Source]) -> None:
        if multimedia.settle_question(question.id, state, sources):
            self._tell(question, state)

    def _tell(self, question: multimedia.Annotation, state: str) -> None:
        topic = f"videos:{question.video_id}"
        self._endpoint.broadcast(topic, "question", {"id": question.id, "state": state})

    def _post(self, question: multimedia.Annotation, said: Said, sources: Sequence[Source]) -> Posted:
        backend = accounts.backend_user(said.name, said.title)
        if backend is None:
            return Error(f"the users of the backend {said.name!r} can log in: it can't answer")
        attrs = {"body": said.text, "source_url": said.url}
        return multimedia.answer_question(backend, question, attrs, sources)


def _source(outcome: info_sys.Outcome) -> Source:
    backend = outcome.backend
    return _row(backend.name, backend.title, outcome.state, outcome.took_ms, outcome.score)


def _row(name: str, title: str, state: str, took_ms: float | None, score: float | None) -> Source:
    rounded = None if took_ms is None else round(took_ms, 1)
    return {"name": name, "title": title, "state": state, "took_ms": rounded, "score": score}
