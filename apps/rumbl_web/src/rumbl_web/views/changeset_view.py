"""How a refused changeset looks on the wire."""

from __future__ import annotations

from rumbl_core.changeset import Changeset


def errors(changeset: Changeset) -> dict[str, list[str]]:
    """`{field: [messages]}`; a changeset itself is not JSON (the trap of the book's reply)."""
    return changeset.errors_on()
