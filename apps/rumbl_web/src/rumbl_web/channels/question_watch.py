"""Finds questions that still wait long after they were asked: who asked for them may have died."""

from __future__ import annotations

from typing import ClassVar, Final

from rumbl_core import multimedia
from rumbl_web.answers import Answers
from rumbl_web.channels.watch import Watch
from rumbl_web.phoenix.endpoint import Endpoint

WAITED_S: Final = 60.0
"""Longer than any answer takes, also by workers of which one was killed."""


class QuestionWatch(Watch):
    """Looks now and then on every node; each question is given to one of them."""

    NAME: ClassVar = "RumblWeb.QuestionWatch"
    EVERY_S: ClassVar = 20.0

    def __init__(self, endpoint: Endpoint, every_s: float | None = None, waited_s: float = WAITED_S) -> None:
        super().__init__(endpoint, every_s)
        self._answers: Answers = endpoint.services["answers"]
        self._waited_s = waited_s

    def look(self) -> None:
        """Ask them again, and in the end give up. Raises Unavailable."""
        for question in multimedia.give_up_questions(self._waited_s):
            self._answers.give_up(question)
        for question in multimedia.claim_questions(self._waited_s):
            self._answers.ask_again(question)
