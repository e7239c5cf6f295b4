"""Mails of a site under development: files in a folder, so that all its processes show the same."""

from __future__ import annotations

import os
import secrets
import time
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import ClassVar, Final

from rumbl_web.mail.adapter import DeliveryError

MAX_KEPT: Final = 50
"""Mails that are kept; older ones go."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One of them, as the page of the mailbox shows it."""

    to: str
    subject: str
    at: datetime
    text: str


class Mailbox:
    """The folder. Only its owner may read it: links in mails are keys."""

    real: ClassVar[bool] = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def deliver(self, message: EmailMessage) -> None:
        """Keep it, whole or not at all. Raises DeliveryError."""
        name = f"{time.time_ns():020d}-{secrets.token_hex(4)}"
        draft = self._folder / f".{name}"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(bytes(message))
            draft.rename(self._folder / f"{name}.eml")
        except OSError as error:
            raise DeliveryError(f"the folder of mails: {error.strerror}", final=True) from None
        for old in self._files()[MAX_KEPT:]:
            old.unlink(missing_ok=True)

    def mails(self) -> list[Kept]:
        """All of them, the newest first."""
        kept = []
        for file in self._files():
            try:
                kept.append(_read(file.read_bytes()))
            except FileNotFoundError:  # another process took it away meanwhile
                continue
        return kept

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("*.eml"), reverse=True)


def _read(content: bytes) -> Kept:
    message = message_from_bytes(content, policy=default)
    at = parsedate_to_datetime(str(message["Date"]))
    return Kept(str(message["To"]), str(message["Subject"]), at, str(message.get_content()).strip())
