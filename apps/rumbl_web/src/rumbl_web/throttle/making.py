"""The throttle of a site, as its settings want it."""

from __future__ import annotations

from rumbl_web.throttle.fallback import Fallback
from rumbl_web.throttle.memory import Memory
from rumbl_web.throttle.policy import Rule
from rumbl_web.throttle.redis_store import RedisStore
from rumbl_web.throttle.store import Database, Store
from rumbl_web.throttle.throttle import Throttle

HOUR_S = 3600
RESETS = Rule.steady(10, HOUR_S)
"""Asking for mail: each try may send one to somebody."""


def make(secret: str, *, shared: bool, redis_url: str | None, registrations_per_hour: int) -> Throttle:
    """Count in this process, or where all processes see it: Redis if there is one, else the database.

    No registrations per hour means as many as one likes.
    """
    rules = {"reset": RESETS, "resend": RESETS}
    if registrations_per_hour:
        rules["register"] = Rule.steady(registrations_per_hour, HOUR_S)
    return Throttle(_store(redis_url) if shared else Memory(), secret, rules)


def _store(redis_url: str | None) -> Store:
    database = Database()
    return database if redis_url is None else Fallback(RedisStore(redis_url), database)
