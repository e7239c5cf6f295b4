"""Tests: cheap passwords, a database folder and a port of their own, quiet logs, no network."""

from __future__ import annotations

from config.config import PROJECT
from config.tree import Tree


def overlay() -> Tree:
    """What differs from the base. The secret key is no secret: nothing outside the tests trusts it."""
    return {
        "rumbl_core": {"data_dir": PROJECT / ".rumbl" / "test", "password_cost": "cheap"},
        "info_sys": {"backends": ["wolfram", "calculator", "units", "clock", "currency"]},
        "rumbl_web": {
            "port": 4002,
            "check_origin": False,
            "secret_key_base": "only for tests " * 4,
            "log_level": "WARNING",
            "registrations_per_hour": 0,
        },
    }
