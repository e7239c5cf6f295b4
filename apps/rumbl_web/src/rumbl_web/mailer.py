"""Sends mails in the background: no page waits for a mail server, or tells by its time what was found."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final, ParamSpec

from info_sys.otp.gen_server import ProcessDown
from info_sys.otp.supervisor import ChildSpec
from info_sys.otp.task import MaxChildren, NoThreadLeft, TaskSupervisor
from rumbl_web.mail import Adapter, Collected, DeliveryError, Mail, Mailbox, Smtp

log = logging.getLogger(__name__)
P = ParamSpec("P")

NAME: Final = "RumblWeb.Mailer"
"""The process that owns the mails under way, as the observer shows it."""
EXTENSION: Final = "rumbl_mailer"
MAX_JOBS: Final = 32
"""Mails under way at once in this process; one more is not sent (and logged), never queued."""
PAUSES_S: Final = (2.0, 15.0)
"""How long to wait before a mail that was not taken is tried again."""
STOP_S: Final = 2.0


class Mailer:
    """Without an adapter it sends nothing: `sends` says so. `inline` runs jobs at once, as tests want it."""

    def __init__(
        self,
        adapter: Adapter | None = None,
        sender: str = "rumbl@localhost",
        *,
        inline: bool = False,
        pauses_s: tuple[float, ...] = PAUSES_S,
    ) -> None:
        self._adapter = adapter
        self._sender = sender
        self._inline = inline
        self._pauses_s = pauses_s
        self._stopping = threading.Event()
        self.tasks = TaskSupervisor(NAME, MAX_JOBS)

    @property
    def sends(self) -> bool:
        """Whether this site sends mails at all."""
        return self._adapter is not None

    @property
    def real(self) -> bool:
        """Whether they reach people."""
        return self._adapter is not None and self._adapter.real

    @property
    def mailbox(self) -> Mailbox | Collected | None:
        """Where they can be read on a site under development."""
        return self._adapter if isinstance(self._adapter, Mailbox | Collected) else None

    def child_spec(self) -> ChildSpec:
        """How a supervisor starts and restarts the process; it gives up on what is under way at the end."""
        return ChildSpec(NAME, self._start, type="supervisor")

    def later(self, job: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        """Run `job`, which may send mails, on another thread. Without a free one it is dropped and logged."""
        if self._inline:
            job(*args, **kwargs)
            return
        try:
            self.tasks.start_child(job, *args, **kwargs)
        except (MaxChildren, NoThreadLeft, ProcessDown) as error:
            log.error("a mail is not sent: %s", type(error).__name__)

    def send(self, mail: Mail) -> bool:
        """Hand a mail over, with a few tries; whether it was taken. It takes a while: see `later`."""
        if self._adapter is None:
            return False
        message = mail.message(self._sender)
        for pause_s in (*self._pauses_s, None):
            try:
                self._adapter.deliver(message)
                return True
            except DeliveryError as error:
                if error.final or pause_s is None or self._stopping.wait(pause_s):
                    log.error("a mail could not be sent: %s", error)
                    return False
        return False

    def wait(self, timeout_s: float = STOP_S) -> bool:
        """Wait until no mail is under way; False when one still is after `timeout_s`. None is tried again."""
        self._stopping.set()
        return self.tasks.drain(timeout_s)

    def _start(self) -> TaskSupervisor:
        self.tasks = TaskSupervisor(NAME, MAX_JOBS).start()
        return self.tasks


def adapter(url: str | None, env: str, folder: Path) -> Adapter | None:
    """By SMTP if there is an address; else into the folder, and in production nowhere."""
    if url is not None:
        return Smtp(url)
    return None if env == "prod" else Mailbox(folder)
