"""Which pages may open a socket: the check of the Origin header (cross-site WebSocket hijacking).

A browser always sends the header and a page can't forge it; a client that is no browser sends what it
likes, so the check is no authentication. It is made only when the header is present, as in Phoenix.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_ORIGIN = re.compile(
    r"(?:(?P<scheme>[a-z][a-z0-9+.-]{0,30}):)?//(?P<host>(?:\*\.)?[A-Za-z0-9_.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])"
    r"(?::(?P<port>[0-9]{1,5}))?"
)


@dataclass(frozen=True, slots=True)
class Origin:
    """Parts of an origin; a rule may leave the scheme or the port open with None."""

    scheme: str | None
    host: str
    port: int | None


CheckOrigin = bool | str | Sequence[str]
"""True: the host of the origin is ours. "conn": scheme, host and port are those of the request. False: off.

A list of `https://example.com`, `//*.example.com` (any scheme, any depth, example.com too), `//host.com:888`.
"""

Rule = Callable[[str, Origin], bool]
"""Whether the Origin header may reach the request's own scheme, host and port."""


def parse(text: str) -> Origin | None:
    """Return the parts of `text`, with the scheme's own port if it names none; None if it is no origin."""
    match = _ORIGIN.fullmatch(text)
    if match is None:
        return None
    scheme, port = match["scheme"], match["port"]
    number = int(port) if port else _DEFAULT_PORTS.get(scheme or "")
    return Origin(scheme, match["host"], number)


def rule(check: CheckOrigin, host: str | None = None) -> Rule:
    """Return the rule that `check` asks for; `host` is the site's public host if it is known.

    Raises ValueError for an entry that can't be understood.
    """
    if check is False:
        return lambda _, __: True
    if check is True:
        return lambda origin, request: _host_of(origin) == _bare(host or request.host).lower()
    if check == "conn":
        return lambda origin, request: parse(origin) == request
    if isinstance(check, str):
        raise ValueError(f'check_origin must be True, False, "conn" or a list of origins, not {check!r}')
    allowed = [_entry(text) for text in check]
    return lambda origin, _: _matches_any(parse(origin), allowed)


def _entry(text: str) -> Origin:
    entry = parse(text)
    if entry is None:
        raise ValueError(
            f"check_origin has {text!r}; write it like https://example.com, //*.example.com or //host.com:888"
        )
    return entry


def _host_of(origin: str) -> str | None:
    parsed = parse(origin)
    return _bare(parsed.host) if parsed and parsed.scheme else None


def _bare(host: str) -> str:
    """An address of IPv6 has brackets in a URL, but none in a parsed one (`urlsplit(url).hostname`)."""
    return host.removeprefix("[").removesuffix("]")


def _matches_any(origin: Origin | None, allowed: Sequence[Origin]) -> bool:
    if origin is None or origin.scheme is None:
        return False
    return any(_matches(origin, entry) for entry in allowed)


def _matches(origin: Origin, entry: Origin) -> bool:
    if entry.scheme not in (None, origin.scheme) or entry.port not in (None, origin.port):
        return False
    if entry.host.startswith("*."):
        return origin.host == entry.host[2:] or origin.host.endswith(entry.host[1:])
    return origin.host == entry.host
