from pathlib import Path

import pytest

from rumbl_core.postgres.account import Account
from rumbl_core.postgres.cluster import Cluster


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("could not write: No space left on device", "the disk of .* is full; free some space"),
        ('could not open "x": Permission denied', "let this user write there"),
        ("FATAL:  out of tables\nhint", r"\(FATAL:  out of tables\); see .*log"),
        ("", r"\(initdb failed\); see .*log"),
    ],
)
def test_what_the_programs_say_becomes_one_line(tmp_path: Path, said: str, expected: str) -> None:
    message = Cluster(tmp_path, Account())._explain("initdb", said)
    assert message.startswith("RUMBL_DATA: ")
    assert "\n" not in message
    with pytest.raises(AssertionError, match=expected):
        raise AssertionError(message)
