"""The secret that signs cookies and tokens: given in production, else made once and kept with the data."""

from __future__ import annotations

import os
import secrets
from dataclasses import replace
from pathlib import Path

from rumbl_web.configuration import Configuration, ConfigurationError

SECRET_BYTES = 48
MIN_LENGTH = 50
"""Characters of a secret, as SECRET_KEY_BASE is held to."""


def with_secret(configuration: Configuration) -> Configuration:
    """Return `configuration` with a `secret_key_base`. Raises ConfigurationError in prod without one."""
    web = configuration.web
    if web.secret_key_base:
        return configuration
    if web.env == "prod":
        raise ConfigurationError(
            "SECRET_KEY_BASE: missing; set at least 50 random characters, "
            "for example from: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
        )
    kept = _kept_secret(Path(configuration.core.data_dir))
    return replace(configuration, web=web.model_copy(update={"secret_key_base": kept}))


def _kept_secret(folder: Path) -> str:
    path = folder / "secret_key_base"
    try:
        if not folder.exists():
            folder.mkdir(parents=True)
            folder.chmod(0o755)  # PostgreSQL's own user has to pass through it, whatever the umask
        if not path.exists():
            _write_once(path, secrets.token_urlsafe(SECRET_BYTES))
        return _checked(path, path.read_text(encoding="ascii").strip())
    except OSError as error:
        raise ConfigurationError(
            f"RUMBL_DATA: can't write in {folder} ({error.strerror}); choose a folder that you own"
        ) from error


def _checked(path: Path, value: str) -> str:
    if len(value) < MIN_LENGTH:
        raise ConfigurationError(f"RUMBL_DATA: {path} holds no usable secret; delete it and start again")
    return value


def _write_once(path: Path, value: str) -> None:
    # A link appears whole or not at all, so no other process ever reads half a secret.
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(value + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
