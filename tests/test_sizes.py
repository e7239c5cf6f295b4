"""Small functions, small files."""

from __future__ import annotations

import pytest

from scripts import sizes
from tests.project import CODE, under

WRITTEN = ("apps", "config", "scripts", "tests")


def test_no_function_is_longer_than_the_cap() -> None:
    found = [size for path in under(*CODE) for size in sizes.functions(path)]
    assert [size for size in found if size.lines > sizes.FUNCTION_CAP] == []


@pytest.mark.parametrize("suffix", [".py", ".js", ".mjs", ".css", ".html"])
def test_no_file_is_longer_than_the_cap(suffix: str) -> None:
    lengths = [sizes.length(path) for path in under(*WRITTEN, suffix=suffix)]
    assert [size for size in lengths if size.lines > sizes.FILE_CAP] == []
