"""The base layer: what holds in every environment unless a later layer says otherwise."""

from __future__ import annotations

from pathlib import Path

from config.tree import Tree

PROJECT = Path(__file__).resolve().parent.parent


def base() -> Tree:
    """The settings of all three apps. Times end in their unit."""
    return {
        "rumbl_core": {
            "data_dir": PROJECT / ".rumbl",
            "pool_size": 10,
            "password_cost": "normal",
        },
        "info_sys": {
            "timeout_ms": 10_000,
            "cache_clear_interval_ms": 60_000,
        },
        "rumbl_web": {
            "host": "127.0.0.1",
            "port": 4000,
            "workers": 1,
            "threads": 8,
            "check_origin": True,
            "session_days": 60,
            "log_level": "INFO",
        },
    }
