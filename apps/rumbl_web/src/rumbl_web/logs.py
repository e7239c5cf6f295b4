"""Logs that a person can read: one line an event, on standard error; standard output is for words."""

from __future__ import annotations

import logging
from typing import Final

FORMAT: Final = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
QUIET: Final = ("alembic", "gunicorn", "urllib3")
"""Libraries whose everyday lines nobody needs."""


def configure(level: str) -> None:
    """Write everything from `level` up; safe to call again."""
    logging.basicConfig(level=level, format=FORMAT, datefmt="%H:%M:%S")
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
