"""Who may try now, and who has to wait: what controllers ask.

    wait_s = throttle.allow("register", address)        # 0, or whole seconds to wait
    wait_s = throttle.begin_log_in(username, address)   # then log_in_succeeded, or nothing

Names and addresses are kept as keyed hashes only. Who the client is, behind how many proxies, is for the
caller to know.
"""

from __future__ import annotations

import hashlib
import hmac
import math
from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address
from typing import Final

from rumbl_core.attempts import Changes, States
from rumbl_web.throttle.policy import LogIn, Rule
from rumbl_web.throttle.store import Store

NOWHERE: Final = "nowhere"
"""The address of a client that has none, as on a Unix socket, or none that is one."""


class Throttle:
    """Rules by name, counted in a store. An action without a rule is always allowed."""

    def __init__(self, store: Store, secret: str, rules: Mapping[str, Rule] | None = None) -> None:
        self._store = store
        self._secret = hashlib.sha256(f"throttle {secret}".encode()).digest()
        self._rules = dict(rules or {})

    def allow(self, action: str, address: str | None) -> int:
        """Count one try of `action` from `address`; 0, or the seconds to wait, and then it doesn't count."""
        rule = self._rules.get(action)
        if rule is None:
            return 0
        key = self._key(action, place(address))

        def decide(states: States, now: float) -> tuple[float, Changes]:
            state = states.get(key)
            wait_s = rule.wait_s(state, now)
            return wait_s, {} if wait_s > 0 else {key: rule.more(state, now)}

        return math.ceil(self._store.change((key,), decide))

    def begin_log_in(self, username: str, address: str | None) -> int:
        """Count one try to log in; 0, or the seconds to wait. It asks nothing of whether the name exists."""
        log_in = self._log_in(username, address)
        return math.ceil(self._store.change(log_in.keys, log_in.begin))

    def log_in_succeeded(self, username: str, address: str | None) -> None:
        """The password was right: it does not count, and what was wrong before from here is forgotten."""
        log_in = self._log_in(username, address)
        self._store.change(log_in.keys, log_in.succeeded)

    def log_in_not_judged(self, username: str, address: str | None) -> None:
        """The site was too busy to look at the password: it does not count."""
        log_in = self._log_in(username, address)
        self._store.change(log_in.keys, log_in.not_judged)

    def _log_in(self, username: str, address: str | None) -> LogIn:
        name, where = folded(username), place(address)
        return LogIn(
            pair=self._key("log in", name, where),
            name=self._key("log in as", name),
            address=self._key("log in from", where),
        )

    def _key(self, *parts: str) -> bytes:
        text = "\0".join(part.replace("\0", "\0\0") for part in parts)
        digest = hmac.digest(self._secret, text.encode(errors="surrogatepass"), "sha256")
        return digest[:16]


def folded(name: str) -> str:
    """A name as it is counted: whatever a database may hold for the same is the same.

    Some lower the Turkish capital I with a dot to a plain i, others to an i with a dot of its own.

    >>> folded("I\u0307DA"), folded("\u0130da")
    ('ida', 'ida')
    """
    return name.casefold().replace("i\N{COMBINING DOT ABOVE}", "i")


def place(address: str | None) -> str:
    """Whom an address stands for: all of an IPv6 network of 64 bits are one, as a household has one.

    >>> place("2001:db8:1:2:3:4:5:6"), place("::ffff:192.0.2.7"), place("no address")
    ('2001:db8:1:2::', '192.0.2.7', 'nowhere')
    """
    try:
        known = ip_address(address or "")
    except ValueError:
        return NOWHERE
    if not isinstance(known, IPv6Address):
        return str(known)
    if known.ipv4_mapped is not None:
        return str(known.ipv4_mapped)
    return str(IPv6Address(int(known) >> 64 << 64))
