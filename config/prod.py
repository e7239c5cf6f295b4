"""Production: behind a reverse proxy that ends TLS, with a PostgreSQL of its own."""

from __future__ import annotations

from config.tree import Tree


def overlay() -> Tree:
    """What differs from the base. Secrets and addresses come from the environment, see `runtime`."""
    return {"rumbl_web": {"cookie_secure": True, "log_format": "json"}}
