"""A config tree by name, or the environment alone."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rumbl_web import configuration
from rumbl_web.configuration import ConfigurationError

NAME = "some_tree_of_settings"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The current folder is an empty one; none of our variables is set."""
    for name in ("PORT", "WORKERS", "REDIS_URL", "RUMBL_ENV", "DATABASE_URL", "SECRET_KEY_BASE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield tmp_path
    sys.modules.pop(NAME, None)


def write_tree(folder: Path, body: str) -> str:
    (folder / f"{NAME}.py").write_text(f"def load():\n    {body}\n")
    return NAME


def test_each_app_gets_its_section(folder: Path) -> None:
    sections = {"rumbl_core": {"pool_size": 3}, "info_sys": {"timeout_ms": 5}, "rumbl_web": {"port": 4321}}
    loaded = configuration.load(write_tree(folder, f"return {sections!r}"))
    assert (loaded.core.pool_size, loaded.info.timeout_ms, loaded.web.port) == (3, 5, 4321)


def test_the_environment_wins_over_the_tree(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "5000")
    assert configuration.load(write_tree(folder, "return {'rumbl_web': {'port': 4321}}")).web.port == 5000


def test_without_a_tree_the_environment_alone_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "5001")
    assert configuration.load().web.port == 5001


def test_what_the_tree_refuses_is_passed_on(folder: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"\ARUMBL_URL is not set\Z"):
        configuration.load(write_tree(folder, "raise ValueError('RUMBL_URL is not set')"))


def test_a_missing_tree_is_named() -> None:
    with pytest.raises(ConfigurationError, match="--config: no config tree named 'nowhere_to_be_found'"):
        configuration.load("nowhere_to_be_found")


def test_a_tree_that_lacks_a_module_of_its_own_crashes_with_that_name(folder: Path) -> None:
    with pytest.raises(ModuleNotFoundError, match="missing_library"):
        configuration.load(write_tree(folder, "import missing_library"))


@pytest.mark.parametrize("section", [{"rumbl_core": {"pool_size": 0}}, {"info_sys": {"timeout_ms": "soon"}}])
def test_a_wrong_value_of_any_app_is_one_line(section: configuration.Sections) -> None:
    with pytest.raises(ConfigurationError, match=r"\A[A-Z_]+: [^\n]+\Z"):
        configuration.build(section)


def test_several_workers_need_a_redis_and_the_line_says_so() -> None:
    with pytest.raises(ConfigurationError, match=r"\AWORKERS: 2 [^\n]*REDIS_URL[^\n]*WORKERS to 1\Z"):
        configuration.build({"rumbl_web": {"workers": 2}})

    joined = configuration.build({"rumbl_web": {"workers": 2, "redis_url": "redis://localhost:6379/0"}})
    assert joined.web.workers == 2


def test_with_database_changes_only_the_address() -> None:
    before = configuration.build({"rumbl_core": {"pool_size": 3}})
    after = before.with_database("postgresql://localhost/rumbl")
    assert after.core.database_url == "postgresql://localhost/rumbl"
    assert (after.core.pool_size, after.web) == (3, before.web)


def test_mails_without_a_public_address_for_their_links_are_refused() -> None:
    mails = {"mail_url": "smtp://mail.example"}
    with pytest.raises(ConfigurationError, match=r"^RUMBL_URL: "):
        configuration.build({"rumbl_web": mails})
    assert configuration.build({"rumbl_web": {**mails, "url": "https://rumbl.example"}}).web.mail_url
