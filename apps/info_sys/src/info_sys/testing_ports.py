"""Ports for servers of a test's own."""

from __future__ import annotations

import socket
from contextlib import suppress
from pathlib import Path
from secrets import randbelow
from typing import Final

_LOWEST: Final = 10_000
_RANGE: Final = Path("/proc/sys/net/ipv4/ip_local_port_range")
_TRIES: Final = 100


def free_port() -> int:
    """A port that was free a moment ago, and that the system gives to no outgoing connection.

    So a server that is killed can be started on it again. Raises OSError when there is none.
    """
    for _ in range(_TRIES):
        port = _LOWEST + randbelow(_first_outgoing() - _LOWEST)
        with suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port
    raise OSError("no free port for a server")


def _first_outgoing() -> int:
    """Where Linux says that the ports of outgoing connections begin; elsewhere where they usually do."""
    with suppress(OSError, ValueError):
        return max(int(_RANGE.read_text().split()[0]), _LOWEST + 1000)
    return 32_768
