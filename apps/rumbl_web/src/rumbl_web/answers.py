"""Questions asked in notes: an answer becomes a note of the answering backend's user."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import info_sys
from info_sys.otp.gen_server import ProcessDown
from info_sys.otp.supervisor import ChildSpec
from info_sys.otp.task import MaxChildren, NoThreadLeft, TaskSupervisor
from rumbl_core import accounts, multimedia
from rumbl_core.result import Ok
from rumbl_web import notes
from rumbl_web.phoenix.endpoint import Endpoint

log = logging.getLogger(__name__)

NAME = "RumblWeb.Answers"
"""The process that owns the questions under way, as the observer shows it."""
MAX_QUESTIONS = 64
"""Questions under way at once in this process; one more is not asked (and logged), never queued."""
STOP_S = 2.0
"""How long `stop` waits for the questions under way."""

Compute = Callable[..., list[info_sys.Result]]


class Answers:
    """Asks in the background, so a note is never delayed by its question (book: `Task.start`).

    Its process is a supervisor's to start (`child_spec`); until then, and between a crash and the restart,
    nothing is asked.
    """

    def __init__(self, endpoint: Endpoint, *, compute: Compute = info_sys.compute) -> None:
        self._endpoint = endpoint
        self._compute = compute
        self.tasks = TaskSupervisor(NAME, MAX_QUESTIONS)

    def child_spec(self) -> ChildSpec:
        """How a supervisor starts and restarts the process; it gives up on what is under way at the end."""
        return ChildSpec(NAME, self._start, type="supervisor")

    def ask(self, question: multimedia.Annotation) -> None:
        """Look for an answer to a stored note; it appears later as a note at the same moment, or never."""
        try:
            self.tasks.start_child(self.answer, question)
        except (MaxChildren, NoThreadLeft, ProcessDown) as error:
            log.warning("question %s is not asked: %s", question.id, error)

    def answer(self, question: multimedia.Annotation) -> None:
        """Ask and post, on the calling thread. Posting twice is once: (question, backend) is unique."""
        for result in self._compute(question.body, limit=1):
            self._post(question, result)

    def wait(self, timeout_s: float = STOP_S) -> bool:
        """Wait until no question is under way; False when one still is after `timeout_s`."""
        deadline = time.monotonic() + timeout_s
        for task in self.tasks.children():
            task.result(max(deadline - time.monotonic(), 0.0))
        return not self.tasks.children()

    def _start(self) -> TaskSupervisor:
        self.tasks = TaskSupervisor(NAME, MAX_QUESTIONS).start()
        return self.tasks

    def _post(self, question: multimedia.Annotation, result: info_sys.Result) -> None:
        if result.backend is None:
            return
        backend = accounts.backend_user(result.backend.name, result.backend.title)
        if backend is None:
            log.error("%r is a person's name: the backend of that name can't answer", result.backend.name)
            return
        attrs = {
            "body": result.text,
            "at": question.at,
            "answer_to": question.id,
            "source_url": result.url,
        }
        match multimedia.annotate_video(backend, question.video_id, attrs):
            case Ok(annotation):
                notes.tell(self._endpoint, annotation)
            case refused:
                log.warning("the answer to %s was refused: %s", question.id, refused)
