"""Mails and the ways they take: SMTP, a folder on this machine, or a list of a test."""

from rumbl_web.mail.adapter import Adapter, DeliveryError
from rumbl_web.mail.collected import Collected
from rumbl_web.mail.kept import Kept
from rumbl_web.mail.mail import Mail
from rumbl_web.mail.mailbox import Mailbox
from rumbl_web.mail.smtp import Smtp, refusal

__all__ = ["Adapter", "Collected", "DeliveryError", "Kept", "Mail", "Mailbox", "Smtp", "refusal"]
