"""Passwords: argon2id by argon2-cffi. Nothing here tells by its time whether an account exists."""

from __future__ import annotations

import os
import secrets
from base64 import b64encode
from typing import Final, Literal

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from rumbl_core.quiet_threads import QuietThreads

MAX_LENGTH: Final = 100
"""Longest password, in graphemes."""
_MAX_CODE_POINTS: Final = 12 * MAX_LENGTH

# Normal: about 0.05 s and 32 MiB, above the floor of the OWASP cheat sheet (19 MiB, 2 passes).
_HASHERS: Final = {
    "normal": PasswordHasher(time_cost=3, memory_cost=32 * 1024, parallelism=1),
    # As cheap as argon2 can be: 20 microseconds.
    "cheap": PasswordHasher(time_cost=1, memory_cost=8, parallelism=1),
}
# The top of every list of leaked passwords, from 6 characters on.
_COMMON_TEXT: Final = """
000000 111111 112233 121212 123123 123321 123456 1234567 12345678 123456789 1234567890 123abc 123qwe
1q2w3e 1q2w3e4r 1q2w3e4r5t 222222 555555 654321 666666 696969 777777 888888 987654321 999999 aa123456
abc123 abcd1234 abcdef access admin123 administrator asdfgh asdfghjkl ashley bailey baseball batman
changeme charlie computer daniel default donald dragon flower football freedom hello123 hockey iloveyou
internet jordan letmein liverpool login123 lovely master michael monkey mustang naruto nicole pass123
passw0rd password password1 password12 password123 pokemon princess q1w2e3r4 qazwsx qwerty qwerty1
qwerty123 qwertyuiop secret secret123 shadow starwars summer sunshine superman test123 testtest trustno1
user123 welcome welcome1 whatever zaq12wsx zxcvbn zxcvbnm
"""
_COMMON: Final = frozenset(_COMMON_TEXT.split())
_hasher = _HASHERS["normal"]
# One core stays free for everything else, and nobody waits longer than a person would.
_CORES: Final = len(os.sched_getaffinity(0))
_threads = QuietThreads(max(1, min(4, _CORES - 1)), waiting=100, wait_s=10.0)


def configure(cost: Literal["normal", "cheap"]) -> None:
    """Choose the cost of all hashes from now on; cheap is for tests."""
    global _hasher  # noqa: PLW0603 - the one process-wide choice of this module
    _hasher = _HASHERS[cost]


def hash_password(password: str) -> str:
    """The hash to store: an encoded string with cost and salt in it."""
    return _threads.run(lambda: _hasher.hash(password))


def verify(password_hash: str | None, password: object) -> bool:
    """Whether this is the password. No hash, or no possible password, costs the same time and is False."""
    guess = _possible(password)
    known = _verify(password_hash or _dummy_hash(), guess or b"")
    return known and guess is not None and password_hash is not None


def common(password: str) -> bool:
    """Whether it is among the passwords that everybody tries first.

    >>> common("Password1"), common("a whole sentence is fine")
    (True, False)
    """
    return password.casefold() in _COMMON


def needs_rehash(password_hash: str) -> bool:
    """Whether the hash was made at another cost than today's."""
    try:
        return _hasher.check_needs_rehash(password_hash)
    except InvalidHashError:
        return False


def _possible(password: object) -> bytes | None:
    """The password's bytes; None for what can't be one."""
    if not isinstance(password, str) or len(password) > _MAX_CODE_POINTS:
        return None
    try:
        return password.encode()
    except UnicodeEncodeError:
        return None


def _verify(password_hash: str, guess: bytes) -> bool:
    try:
        return _threads.run(lambda: _hasher.verify(password_hash, guess))
    except (VerificationError, InvalidHashError):
        return False


def _dummy_hash() -> str:
    """A hash of today's cost that belongs to no password: random salt, random digest."""
    salt = b64encode(secrets.token_bytes(_hasher.salt_len)).decode().rstrip("=")
    digest = b64encode(secrets.token_bytes(_hasher.hash_len)).decode().rstrip("=")
    cost = f"m={_hasher.memory_cost},t={_hasher.time_cost},p={_hasher.parallelism}"
    return f"$argon2id$v=19${cost}${salt}${digest}"
