"""The settings of all three apps, from a config tree given by name or from the environment alone."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import info_sys.settings
import rumbl_core.errors
import rumbl_core.settings
import rumbl_web.settings

Sections = Mapping[str, Mapping[str, object]]


class ConfigurationError(Exception):
    """The configuration can't be used; the message is one line that says what to do."""


@dataclass(frozen=True)
class Configuration:
    """What each app was given at start."""

    core: rumbl_core.settings.Settings
    info: info_sys.settings.Settings
    web: rumbl_web.settings.Settings

    def with_database(self, url: str) -> Configuration:
        """The same, with the address of a database that already runs."""
        return replace(self, core=self.core.model_copy(update={"database_url": url}))


def load(tree: str | None = None) -> Configuration:
    """Read the config tree (an importable module with `load()`, found from the current folder), or none.

    Raises:
        ConfigurationError: the tree is missing, or a setting is refused; names the variable.
    """
    return build(_sections(tree) if tree else {})


def build(sections: Sections) -> Configuration:
    """Turn the sections `rumbl_core`, `info_sys` and `rumbl_web` into settings. Raises ConfigurationError."""
    try:
        configuration = Configuration(
            core=rumbl_core.settings.load(sections.get("rumbl_core", {})),
            info=info_sys.settings.load(sections.get("info_sys", {})),
            web=rumbl_web.settings.load(sections.get("rumbl_web", {})),
        )
    except (
        rumbl_core.errors.SettingsError,
        info_sys.settings.SettingsError,
        rumbl_web.settings.SettingsError,
    ) as error:
        raise ConfigurationError(str(error)) from error
    _refuse_strangers(configuration.web)
    _refuse_homeless_mails(configuration.web)
    return configuration


def _refuse_strangers(web: rumbl_web.settings.Settings) -> None:
    """Refuse what would half work: a note would reach only the pages of its own server process."""
    if web.workers > 1 and web.redis_url is None:
        raise ConfigurationError(
            f"WORKERS: {web.workers} server processes can't hear each other without a Redis; set REDIS_URL "
            "to its address, like redis://localhost:6379/0, or WORKERS to 1"
        )


def _refuse_homeless_mails(web: rumbl_web.settings.Settings) -> None:
    """Refuse mails whose links would have to begin with what a client says in its Host header."""
    if web.mail_url is not None and web.url is None:
        raise ConfigurationError(
            "RUMBL_URL: not set, but links in mails (MAIL_URL) begin with it; "
            "put the public address of the site there"
        )


def _sections(tree: str) -> Sections:
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        module = importlib.import_module(tree)
    except ModuleNotFoundError as error:
        if error.name != tree.split(".", maxsplit=1)[0]:
            raise
        raise ConfigurationError(f"--config: no config tree named {tree!r} in {here}") from error
    try:
        sections: Sections = module.load()
    except ValueError as error:
        raise ConfigurationError(str(error)) from error
    return sections
