"""The settings of development for sites of the tests, which check no password's cost: hashes are cheap.

One of normal cost takes most of what a registration takes.
"""

from __future__ import annotations

import config
from config.tree import Tree


def load() -> Tree:
    """As `config` has them, the environment included."""
    tree = config.load()
    tree["rumbl_core"]["password_cost"] = "cheap"
    return tree
