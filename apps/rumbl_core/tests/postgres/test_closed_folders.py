"""Which folders the server's account may pass, when root starts it."""

import logging
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from rumbl_core.errors import StartError
from rumbl_core.postgres import account
from rumbl_core.postgres.account import Account
from rumbl_core.postgres.cluster import Cluster

OTHER = Account(uid=65_534, gid=65_534)


def mode(folder: Path) -> int:
    return folder.stat().st_mode & 0o7777


@pytest.fixture
def private() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="rumbl-private-") as made:
        yield Path(made)


@pytest.fixture
def elsewhere(private: Path) -> Path:
    """A private folder of somebody else."""
    if os.geteuid() != 0:
        pytest.skip("only root can make a folder somebody else's, and only root has to ask")
    os.chown(private, 65_533, 65_533)
    return private


def test_our_own_folders_are_opened_with_a_warning_each(
    private: Path, caplog: pytest.LogCaptureFixture
) -> None:
    inner = private / "inner"
    inner.mkdir(mode=0o700)
    assert account.first_closed(inner / "data", OTHER) is None
    assert (mode(private), mode(inner)) == (0o701, 0o701)
    warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 2
    assert f"pass through {private} (its mode was 700)" in warnings[0]


def test_nobody_else_s_folder_is(elsewhere: Path) -> None:
    assert account.first_closed(elsewhere / "data", OTHER) == elsewhere
    assert mode(elsewhere) == 0o700


def test_a_folder_of_the_account_itself_needs_nothing(elsewhere: Path) -> None:
    owner = Account(65_533, 65_533)
    assert account.first_closed(elsewhere / "data", owner) is None
    assert mode(elsewhere) == 0o700


def test_the_way_of_a_link_is_looked_at_too(elsewhere: Path) -> None:
    (elsewhere / "link").symlink_to("/usr")
    assert account.first_closed(elsewhere / "link" / "data", OTHER) == elsewhere


def test_it_is_one_line_that_names_the_folder(elsewhere: Path) -> None:
    name = OTHER.name
    with pytest.raises(StartError) as caught:
        Cluster(elsewhere / "data", OTHER).ensure_running(durable=False)
    assert str(caught.value) == (
        f"RUMBL_DATA: the system user {name} that runs PostgreSQL can't pass {elsewhere} (mode 700): "
        "set RUMBL_DATA to a folder that it can pass, such as /var/lib/rumbl"
    )


def test_so_it_is_for_the_programs(elsewhere: Path) -> None:
    cluster = Cluster(Path("/usr"), OTHER)
    cluster._bin = elsewhere / "bin"
    with pytest.raises(StartError, match=rf"can't pass {elsewhere} \(mode 700\) to its programs: move rumbl"):
        cluster.ensure_running(durable=False)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes folders for somebody else")
def test_what_root_makes_can_be_passed(private: Path) -> None:
    before = os.umask(0o077)
    try:
        account.make_folder(private / "a" / "b")
    finally:
        os.umask(before)
    assert [mode(private / "a"), mode(private / "a" / "b")] == [0o701, 0o701]
    assert mode(private) == 0o700
