"""Which network addresses a service of the internet may have: public ones, and no others.

A name is resolved once and the connection goes to the very addresses that were checked, so that a name which
answers differently the second time (DNS rebinding) gains nothing (OWASP: Server-Side Request Forgery).
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

MAX_TRIES: Final = 4
"""So many addresses of one name are tried."""

Resolve = Callable[[str, int], list[str]]
Allowed = Callable[[str], bool]


class ForbiddenAddress(OSError):
    """The name stands for an address inside of a network that is none of its business."""


def is_public(address: str) -> bool:
    """Whether an address is one of the public internet: not private, not link-local, not this machine.

    >>> is_public("93.184.216.34"), is_public("169.254.169.254"), is_public("::ffff:10.0.0.1")
    (True, False, False)
    """
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    inner = _embedded(parsed)
    return parsed.is_global and not parsed.is_multicast and (inner is None or is_public(str(inner)))


def anything(_address: str) -> bool:
    """Every address will do: for tests with servers on the loopback."""
    return True


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a name, each once. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(place[0]) for *_, place in found))


def connect(
    host: str, port: int, timeout_s: float, allowed: Allowed = is_public, look_up: Resolve = resolve
) -> socket.socket:
    """A connection to `host`. Raises ForbiddenAddress if any of its addresses is not allowed, OSError."""
    found = look_up(host, port)
    if not found or not all(map(allowed, found)):
        raise ForbiddenAddress(f"an address of {host} is not allowed")
    error: OSError = ForbiddenAddress("no address")
    for address in found[:MAX_TRIES]:
        try:
            return socket.create_connection((address, port), timeout_s)
        except OSError as failed:
            error = failed
    raise error


def _embedded(address: IPv4Address | IPv6Address) -> IPv4Address | None:
    """The IPv4 address inside of an IPv6 one that only wraps it: mapped, 6to4, NAT64."""
    if isinstance(address, IPv4Address):
        return None
    if address.packed[:12] == IPv6Address("64:ff9b::").packed[:12]:
        return IPv4Address(address.packed[12:])
    return address.ipv4_mapped or address.sixtofour
