"""Mails by SMTP, with the standard library.

`smtps://user:password@host` is TLS from the first byte (port 465); `smtp://...` begins in the clear and
insists on STARTTLS (port 587); `smtp+plain://host` has no TLS (port 25), for a relay of one's own.
"""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from functools import cache
from typing import ClassVar, Final
from urllib.parse import unquote, urlsplit

from rumbl_web.mail.adapter import DeliveryError

PORTS: Final = {"smtps": 465, "smtp": 587, "smtp+plain": 25}
TIMEOUT_S: Final = 10.0
"""How long each step of a conversation may take."""
_OWN: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def refusal(url: str) -> str | None:
    """What is wrong with an address of a mail server, without repeating it: it may hold a password."""
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname or parts.path.strip("/") or parts.query:
        return "it must be smtps://, smtp:// or smtp+plain://, perhaps user:password@, a host, perhaps a port"
    if parts.port == 0:
        return "0 is no port of a server"
    if parts.scheme == "smtp+plain" and parts.password and parts.hostname not in _OWN:
        return "a password is never sent in the clear: use smtps:// or smtp://"
    return None


class Smtp:
    """One conversation for each mail."""

    real: ClassVar[bool] = True

    def __init__(
        self, url: str, *, context: ssl.SSLContext | None = None, timeout_s: float = TIMEOUT_S
    ) -> None:
        parts = urlsplit(url)
        self._scheme, self._host = parts.scheme, parts.hostname or ""
        self._port = parts.port or PORTS[parts.scheme]
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._context = context or (_trusting() if self._scheme in {"smtps", "smtp"} else None)
        self._timeout_s = timeout_s

    def deliver(self, message: EmailMessage) -> None:
        """Hand the mail to the server. Raises DeliveryError."""
        try:
            with self._connect() as server:
                if self._scheme == "smtp":
                    server.starttls(context=self._context)
                if self._user:
                    server.login(self._user, self._password)
                server.send_message(message)
        except (smtplib.SMTPException, OSError) as error:
            raise _delivery_error(error) from None

    def _connect(self) -> smtplib.SMTP:
        if self._scheme == "smtps":
            return smtplib.SMTP_SSL(self._host, self._port, timeout=self._timeout_s, context=self._context)
        return smtplib.SMTP(self._host, self._port, timeout=self._timeout_s)


@cache
def _trusting() -> ssl.SSLContext:
    """Made once: to read whom the system trusts takes 25 ms."""
    return ssl.create_default_context()


def _delivery_error(error: Exception) -> DeliveryError:
    """The kind of the error and the server's number: its words repeat addresses."""
    kind = type(error).__name__
    codes = (
        [code for code, _ in error.recipients.values()]
        if isinstance(error, smtplib.SMTPRecipientsRefused)
        else []
    )
    code = codes[0] if codes else getattr(error, "smtp_code", None)
    final = isinstance(error, smtplib.SMTPNotSupportedError) or (isinstance(code, int) and code >= 500)
    return DeliveryError(kind if code is None else f"{kind} {code}", final=final)
