"""Tests that are shared out among forked workers say what they say in one process."""

from __future__ import annotations

import os
from xml.etree import ElementTree

import pytest

from tests.project import ROOT

pytest_plugins = ["pytester"]

EVERY_END = """
import os, warnings
import pytest

@pytest.fixture
def broken(): raise LookupError("no luck")
@pytest.fixture
def careless():
    yield
    raise LookupError("not put away")

def test_that_passes(): pass
def test_that_fails():
    print("said before")
    assert {"a": 1} == {"a": 2}
def test_that_warns(): warnings.warn("old", DeprecationWarning)
def test_that_is_skipped(): pytest.skip("not today")
@pytest.mark.xfail
def test_that_may_fail(): assert False
def test_without_its_fixture(broken): pass
def test_that_leaves_something(careless): pass
"""
WHERE = """
import os
import pytest

@pytest.fixture(scope="module", autouse=True)
def begun():
    with open("../begun", "a") as file: file.write(f"{__name__} {os.getpid()}\\n")
    yield
    with open("../ended", "a") as file: file.write(f"{__name__} {os.getpid()}\\n")

@pytest.mark.parametrize("n", range(5))
def test_where(n, tmp_path):
    with open("../where", "a") as file: file.write(f"{__name__} {os.getpid()}\\n")
"""


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.makeconftest('pytest_plugins = ["tests.forked"]')
    pytester.makeini("[pytest]\nfilterwarnings = error")
    return pytester


def outcomes(project: pytest.Pytester, *arguments: str) -> tuple[dict[str, int], list[tuple[str, ...]]]:
    """What the summary counts, and what a machine reads: each test and how it ended."""
    result = project.runpytest_subprocess("--junitxml=report.xml", *arguments)
    cases = ElementTree.parse(project.path / "report.xml").iter("testcase")
    told = [
        (case.get("classname", ""), case.get("name", ""), *(child.tag for child in case)) for case in cases
    ]
    return result.parseoutcomes(), sorted(told)


def test_every_end_is_told_as_in_one_process(project: pytest.Pytester) -> None:
    project.makepyfile(test_one=EVERY_END, test_two=EVERY_END)
    alone = outcomes(project)
    assert alone[0] == {"passed": 4, "failed": 4, "skipped": 2, "xfailed": 2, "errors": 4}
    assert outcomes(project, "--workers", "2") == alone


def test_a_failure_shows_what_differs_and_what_was_printed(project: pytest.Pytester) -> None:
    project.makepyfile(EVERY_END)
    result = project.runpytest_subprocess("--workers", "1", "-k", "that_fails")
    result.stdout.fnmatch_lines(["E*{'a': 1} != {'a': 2}", "*Captured stdout call*", "said before"])
    assert result.ret == 1


def test_a_file_stays_in_one_process_and_puts_away_what_it_began(project: pytest.Pytester) -> None:
    project.makepyfile(**{f"test_{name}": WHERE for name in ("a", "b", "c", "d")})
    assert outcomes(project, "--workers", "3")[0] == {"passed": 20}
    where = set((project.path.parent / "where").read_text().split("\n")) - {""}
    assert len(where) == 4
    for note in ("begun", "ended"):
        assert sorted((project.path.parent / note).read_text().split("\n")[:-1]) == sorted(where)
    assert str(os.getpid()) not in " ".join(where)


def test_a_worker_that_dies_is_a_failure_and_what_it_left_undone_too(project: pytest.Pytester) -> None:
    project.makepyfile(test_dies="import os\ndef test_it(): os._exit(0)\ndef test_left(): pass")
    result = project.runpytest_subprocess("--workers", "1")
    result.stdout.fnmatch_lines(["*ended with 0 at test_dies.py::test_it*", "*0 of 2 tests were run*"])
    assert result.ret == 1


def test_a_stop_at_the_first_failure_puts_away_what_runs(project: pytest.Pytester) -> None:
    waits = "import time\ndef test_long(): [time.sleep(0.01) for _ in range(3000)]"
    fails = (
        "import pathlib\ndef test_it():\n    while not pathlib.Path('../begun').exists(): pass\n    assert 0"
    )
    project.makepyfile(test_a=WHERE.partition("@pytest.mark")[0] + waits, test_b=fails)
    result = project.runpytest_subprocess("--workers", "2", "-x")
    assert (result.ret, result.parseoutcomes()) == (1, {"failed": 1})
    assert (project.path.parent / "ended").exists()


def test_what_cant_be_collected_stops_the_run(project: pytest.Pytester) -> None:
    project.makepyfile("import nothing_like_it")
    assert project.runpytest_subprocess("--workers", "2").ret == pytest.ExitCode.INTERRUPTED
