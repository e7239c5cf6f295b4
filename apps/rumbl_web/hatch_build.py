"""Refuses a wheel of rumbl_web without its front end: it would install and then serve bare pages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

BUNDLE = Path("src/rumbl_web/static/assets")
NEEDED = ("app.js", "app.css")


class NeedsBuiltAssets(BuildHookInterface[Any]):
    """Runs before each build; an editable install ("editable") may come before the assets."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Raise RuntimeError that names the missing files and the command that makes them."""
        missing = [name for name in NEEDED if not (Path(self.root) / BUNDLE / name).is_file()]
        if version == "standard" and missing:
            names = " and ".join(missing)
            raise RuntimeError(f"{BUNDLE} has no {names}: run `make assets` first, then build the wheel")
