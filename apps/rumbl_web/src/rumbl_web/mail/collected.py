"""Mails of a test."""

from __future__ import annotations

from email.message import EmailMessage
from typing import ClassVar


class Collected:
    """Keeps them in a list."""

    real: ClassVar[bool] = False

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    def deliver(self, message: EmailMessage) -> None:
        """Put it at the end."""
        self.mails.append(message)
