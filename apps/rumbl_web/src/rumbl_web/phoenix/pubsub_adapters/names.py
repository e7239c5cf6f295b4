"""Names of nodes."""

from __future__ import annotations

import os
import re
import secrets
import socket


def new_name() -> str:
    """A name for this life of this process: machine, process id and a random part, without blanks."""
    machine = re.sub(r"[^A-Za-z0-9.-]", "-", socket.gethostname())[:64]
    return f"{machine}.{os.getpid()}.{secrets.token_hex(4)}"
