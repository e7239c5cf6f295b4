"""Where somebody is logged in, in words that tell devices apart: "Firefox", "Linux", a part of the address.

Nothing of what a client says about itself is kept but one of these words.
"""

from __future__ import annotations

import ipaddress
from typing import Final

BROWSERS: Final = (
    # The first that is named wins: nearly all call themselves Safari or Chrome too.
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
)
SYSTEMS: Final = (
    ("iPhone", "iOS"),
    ("iPad", "iPadOS"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)
_IPV6_KEPT: Final = 32  # bits


def browser(agent: str) -> str | None:
    """The browser that a User-Agent header means, None if we don't know it."""
    return _first(BROWSERS, agent)


def system(agent: str) -> str | None:
    """The system that a User-Agent header means, None if we don't know it."""
    return _first(SYSTEMS, agent)


def shortened(address: str | None) -> str | None:
    """So much of a network address as tells a home from an office, and no more.

    >>> shortened("203.0.113.9"), shortened("2001:db8:7::1"), shortened("unknown")
    ('203.0.*.*', '2001:db8:*', None)
    """
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return None
    mapped = getattr(parsed, "ipv4_mapped", None) or parsed
    if mapped.version == 4:
        return ".".join(str(mapped).split(".")[:2]) + ".*.*"
    kept = ipaddress.ip_network((mapped, _IPV6_KEPT), strict=False).network_address
    return ":".join(part.lstrip("0") or "0" for part in kept.exploded.split(":")[:2]) + ":*"


def _first(known: tuple[tuple[str, str], ...], agent: str) -> str | None:
    return next((name for sign, name in known if sign in agent), None)
