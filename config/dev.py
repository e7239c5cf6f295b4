"""Development, the default: on this machine, with demo data and its account."""

from __future__ import annotations

from config.tree import Tree


def overlay() -> Tree:
    """What differs from the base. The launcher makes a secret key once and keeps it in the data folder."""
    return {"rumbl_core": {"demo_password": "demodemo"}, "rumbl_web": {"registrations_per_hour": 0}}
