"""The last layer: the environment, where secrets and addresses of a deployment live. What is set there wins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from config.errors import ConfigError
from config.tree import Tree


@dataclass(frozen=True)
class Variable:
    """One environment variable: the setting it fills, and what to put there if `prod` can't start without it."""

    name: str
    app: str
    field: str
    needed_in_prod: str = ""


VARIABLES = (
    Variable(
        "DATABASE_URL",
        "rumbl_core",
        "database_url",
        needed_in_prod="put the address of a PostgreSQL database there, like postgresql://user:password@host/rumbl",
    ),
    Variable("RUMBL_DATA", "rumbl_core", "data_dir"),
    Variable("POOL_SIZE", "rumbl_core", "pool_size"),
    Variable("WOLFRAM_APP_ID", "info_sys", "wolfram_app_id"),
    Variable("HOST", "rumbl_web", "host"),
    Variable("PORT", "rumbl_web", "port"),
    Variable("WORKERS", "rumbl_web", "workers"),
    Variable("THREADS", "rumbl_web", "threads"),
    Variable(
        "SECRET_KEY_BASE",
        "rumbl_web",
        "secret_key_base",
        needed_in_prod="put at least 50 random characters there, like the output of "
        "python3 -c 'import secrets; print(secrets.token_urlsafe(48))'",
    ),
    Variable(
        "RUMBL_URL",
        "rumbl_web",
        "url",
        needed_in_prod="put the public address of the site there, like https://rumbl.example.org",
    ),
)


def overlay(env: str, environ: Mapping[str, str]) -> Tree:
    """The settings that `environ` gives, as text: each app's Settings casts and judges its own.

    Raises ConfigError for the first variable that production needs and doesn't have. An empty one is a missing one.
    """
    tree: Tree = {}
    for variable in VARIABLES:
        if value := environ.get(variable.name, "").strip():
            tree.setdefault(variable.app, {})[variable.field] = value
        elif env == "prod" and variable.needed_in_prod:
            raise ConfigError(f"{variable.name} is not set: {variable.needed_in_prod}")
    return tree
