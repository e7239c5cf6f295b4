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
    "cheap": PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1),
}
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
