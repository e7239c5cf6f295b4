"""Ports for servers of a test's own."""

from __future__ import annotations

import socket
from contextlib import suppress
from pathlib import Path
from secrets import randbelow
from typing import Final

_LOWEST: Final = 10_000
_USUALLY: Final = 32_768
_RANGE: Final = Path("/proc/sys/net/ipv4/ip_local_port_range")
_TRIES: Final = 100


def free_port() -> int:
    """A port that was free a moment ago; if the system leaves some, one that no outgoing connection is given.

    So a server that is killed can be started on it again. Raises OSError when there is none.
    """
    for _ in range(_TRIES):
        port = _LOWEST + randbelow(_first_outgoing() - _LOWEST)
        with suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port
    raise OSError("no free port for a server")


def _first_outgoing() -> int:
    """Where the ports of outgoing connections begin: as Linux says, unless that leaves none, or as usual."""
    with suppress(OSError, ValueError):
        first = int(_RANGE.read_text().split()[0])
        return first if first > 2 * _LOWEST else _USUALLY
    return _USUALLY
