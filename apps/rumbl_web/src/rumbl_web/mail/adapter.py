"""What takes a mail away."""

from __future__ import annotations

from email.message import EmailMessage
from typing import ClassVar, Protocol


class DeliveryError(Exception):
    """A mail was not taken; `final`: it never will be. The text names no address and nothing of the mail."""

    def __init__(self, reason: str, *, final: bool) -> None:
        super().__init__(reason)
        self.final = final


class Adapter(Protocol):
    """Takes mails from any thread. `real`: they reach people."""

    real: ClassVar[bool]

    def deliver(self, message: EmailMessage) -> None:
        """Hand the mail over and return when it was taken. Raises DeliveryError."""
