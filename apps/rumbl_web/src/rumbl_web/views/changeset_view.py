"""How a refused changeset looks on the wire."""

from __future__ import annotations

from typing import Any

from rumbl_core.changeset import Changeset


def errors(changeset: Changeset[Any]) -> dict[str, list[str]]:
    """`{field: [messages]}`; a changeset itself is not JSON (the trap of the book's reply)."""
    return changeset.errors_on()
