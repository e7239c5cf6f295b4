from pathlib import Path

import pytest

from rumbl_core.postgres.account import Account
from rumbl_core.postgres.cluster import Cluster


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("could not write: No space left on device", "the disk of .* is full; free some space"),
        ('could not open "x": Permission denied', "let this user write there"),
        ("FATAL:  out of tables\nhint", r"\(FATAL:  out of tables\); set RUMBL_DATA to another folder, or"),
        ("", r"\(initdb failed\); set RUMBL_DATA to another folder, or set DATABASE_URL"),
    ],
)
def test_what_the_programs_say_becomes_one_line(tmp_path: Path, said: str, expected: str) -> None:
    message = Cluster(tmp_path, Account())._explain("initdb", said)
    assert message.startswith("RUMBL_DATA: ")
    assert "\n" not in message
    with pytest.raises(AssertionError, match=expected):
        raise AssertionError(message)


def test_the_log_is_named_once_there_is_one(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("FATAL:  no luck\n")
    said = Cluster(tmp_path, Account())._explain("pg_ctl", "")
    assert f"(FATAL:  no luck); see {tmp_path / 'log'}, or set DATABASE_URL" in said
