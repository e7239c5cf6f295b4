"""Mails of a site under development: files in a folder, so that all its processes show the same."""

from __future__ import annotations

import os
import secrets
import time
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import ClassVar, Final

from rumbl_web.mail.adapter import DeliveryError
from rumbl_web.mail.kept import Kept, read

MAX_KEPT: Final = 50
"""Mails that are kept; older ones go."""


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

    def kept(self) -> list[Kept]:
        """All of them, the newest first."""
        found = []
        for file in self._files():
            try:
                found.append(read(message_from_bytes(file.read_bytes(), policy=default)))
            except FileNotFoundError:  # another process took it away meanwhile
                continue
        return found

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("*.eml"), reverse=True)
