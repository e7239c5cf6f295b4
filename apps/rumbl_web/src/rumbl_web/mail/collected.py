"""Mails of a test."""

from __future__ import annotations

from email.message import EmailMessage
from typing import ClassVar

from rumbl_web.mail.kept import Kept, read


class Collected:
    """Keeps them in a list."""

    real: ClassVar[bool] = False

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    def deliver(self, message: EmailMessage) -> None:
        """Put it at the end."""
        self.mails.append(message)

    def kept(self) -> list[Kept]:
        """All of them, the newest first."""
        return [read(mail) for mail in reversed(self.mails)]
