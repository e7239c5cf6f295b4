"""A mail, before it is one on the wire."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid, parseaddr


@dataclass(frozen=True, slots=True)
class Mail:
    """To one address. The text may hold a secret link and stays out of the repr, like the address."""

    to: str = field(repr=False)
    subject: str
    text: str = field(repr=False)

    def message(self, sender: str) -> EmailMessage:
        """As mail servers take it. Raises ValueError for a line break in what becomes a header."""
        message = EmailMessage(policy=SMTP)
        message["From"], message["To"], message["Subject"] = sender, self.to, self.subject
        message["Date"] = format_datetime(datetime.now(UTC))
        message["Message-ID"] = make_msgid(domain=parseaddr(sender)[1].rpartition("@")[2] or "localhost")
        message["Auto-Submitted"] = "auto-generated"  # no robot answers (RFC 3834)
        message.set_content(self.text + "\n")
        return message
