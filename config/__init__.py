"""The one configuration of the three apps: `load` builds it, the launcher hands each app its section.

The layers, later ones win: `config` (base), then `dev`, `test` or `prod`, then `runtime` (the environment).
No app imports this package; `rumbl-web serve --config config` gets it by name.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from config import config, dev, prod, runtime, test
from config.errors import ConfigError
from config.tree import Tree, merge

__all__ = ["ConfigError", "Tree", "load"]

OVERLAYS = {"dev": dev.overlay, "test": test.overlay, "prod": prod.overlay}


def load(env: str | None = None, environ: Mapping[str, str] | None = None) -> Tree:
    """The settings of one environment, as sections "rumbl_core", "info_sys" and "rumbl_web".

    `env` wins over RUMBL_ENV, which wins over "dev". Raises ConfigError, one line that names the variable
    and says what to put there.

    >>> load("test", environ={})["rumbl_web"]["port"]
    4002
    """
    values = os.environ if environ is None else environ
    name = env or values.get("RUMBL_ENV") or "dev"
    if name not in OVERLAYS:
        raise ConfigError(f"RUMBL_ENV: {name!r} is not an environment; use one of {', '.join(OVERLAYS)}")
    tree = merge(config.base(), OVERLAYS[name]())
    return merge(tree, runtime.overlay(name, {**values, "RUMBL_ENV": name}))
