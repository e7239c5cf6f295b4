"""A mail that was kept to be looked at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import parsedate_to_datetime


@dataclass(frozen=True, slots=True)
class Kept:
    """What the page of the mailbox shows."""

    to: str
    subject: str
    at: datetime
    text: str


def read(message: EmailMessage) -> Kept:
    """Take a mail of ours apart."""
    at = parsedate_to_datetime(str(message["Date"]))
    return Kept(str(message["To"]), str(message["Subject"]), at, str(message.get_content()).strip())
