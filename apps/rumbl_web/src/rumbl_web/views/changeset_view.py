"""How a refused changeset is told: on the wire, and to a reader in their language."""

from __future__ import annotations

from typing import Any

from rumbl_core.changeset import Changeset
from rumbl_core.message import Message
from rumbl_web.gettext import gettext, ngettext, speaking


def errors(changeset: Changeset[Any], language: object = None) -> dict[str, list[str]]:
    """`{field: [messages]}`; a changeset itself is not JSON (the trap of the book's reply)."""
    with speaking(language):
        return {field: [translated(text) for text in said] for field, said in changeset.errors_on().items()}


def translated(message: str) -> str:
    """A message of a changeset in the reader's language."""
    if not isinstance(message, Message):
        return gettext(message)
    if message.plural is None:
        return gettext(message.template, **message.values)
    return ngettext(message.template, message.plural, int(str(message.values["count"])), **message.values)
