"""The secret: given, or made once and kept for its owner only."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from rumbl_web import configuration, secret
from rumbl_web.configuration import Configuration, ConfigurationError

Make = Callable[..., Configuration]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """A configuration whose data folder is empty, without our environment variables."""
    for name in ("SECRET_KEY_BASE", "RUMBL_ENV", "RUMBL_DATA"):
        monkeypatch.delenv(name, raising=False)

    def build(**web: object) -> Configuration:
        return configuration.build({"rumbl_core": {"data_dir": tmp_path / "data"}, "rumbl_web": web})

    return build


def test_a_given_secret_is_used_and_nothing_is_written(make: Make, tmp_path: Path) -> None:
    assert secret.with_secret(make(secret_key_base="x" * 60)).web.secret_key_base == "x" * 60
    assert not (tmp_path / "data").exists()


def test_in_development_one_is_made_and_the_next_start_finds_it(make: Make) -> None:
    first = secret.with_secret(make()).web.secret_key_base
    assert first is not None
    assert len(first) >= 50
    assert secret.with_secret(make()).web.secret_key_base == first


def test_only_its_owner_may_read_it(make: Make, tmp_path: Path) -> None:
    secret.with_secret(make())
    kept = [path for path in (tmp_path / "data").iterdir() if path.is_file()]
    assert [stat.S_IMODE(path.stat().st_mode) for path in kept] == [0o600]


STARTS = 6


def start(go: int, said: int) -> int:
    """Begin a process that reads its settings, waits for a byte of `go`, makes its secret and says it."""
    if child := os.fork():
        return child
    try:
        loaded = configuration.load()
        os.read(go, 1)
        made = secret.with_secret(loaded).web.secret_key_base
        os.write(said, f"{made}\n".encode())  # in one piece
    finally:
        os._exit(0)  # never back into the tests


def test_starts_at_the_same_moment_agree_on_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("RUMBL_DATA", str(tmp_path)), ("RUMBL_ENV", "dev"), ("SECRET_KEY_BASE", "")):
        monkeypatch.setenv(name, value)
    (go, gate), (hear, said) = os.pipe(), os.pipe()
    children = [start(go, said) for _ in range(STARTS)]
    os.write(gate, b"." * STARTS)
    for child in children:
        os.waitpid(child, 0)
    os.close(said)
    made = os.read(hear, 10_000).decode().split()
    for descriptor in (go, gate, hear):
        os.close(descriptor)

    assert len(made) == STARTS
    assert len(set(made)) == 1
    assert len(made[0]) >= 50


def test_production_without_one_is_refused_by_name(make: Make) -> None:
    with pytest.raises(ConfigurationError, match=r"\ASECRET_KEY_BASE: [^\n]+\Z"):
        secret.with_secret(make(env="prod"))


def test_a_folder_that_is_none_is_one_line(make: Make, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("in the way")
    with pytest.raises(ConfigurationError, match=r"\ARUMBL_DATA: [^\n]+\Z"):
        secret.with_secret(make())
