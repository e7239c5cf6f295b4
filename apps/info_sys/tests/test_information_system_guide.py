"""docs/guides/information-system.md works: its files are extracted, installed, asked and tested."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import PathDistribution
from pathlib import Path

import pytest

from info_sys import celery_app
from info_sys import remote as remotes
from info_sys.breaker import FAILURES, REST_S
from info_sys.http_client import MAX_BYTES

GUIDE = Path(__file__).parents[3] / "docs" / "guides" / "information-system.md"
BLOCK = re.compile(r"<!-- file: (\S+) -->\n```\w+\n(.*?)^```", re.DOTALL | re.MULTILINE)

pytestmark = pytest.mark.skipif(not GUIDE.exists(), reason="the guide is not here: this is info_sys alone")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The guide's package, with what an installer would write beside it."""
    folder = tmp_path_factory.mktemp("guide")
    for name, text in BLOCK.findall(GUIDE.read_text(encoding="utf-8")):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    made = folder / "src" / f"{project['name']}-{project['version']}.dist-info"
    made.mkdir()
    made.joinpath("METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    )
    lines = [
        f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in entries.items())
        for group, entries in project["entry-points"].items()
    ]
    made.joinpath("entry_points.txt").write_text("\n".join(lines))
    assert PathDistribution(made).entry_points
    return folder


def run(folder, *command, **environ):
    """A command in the guide's folder, with its package installed."""
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env={"PYTHONPATH": str(folder / "src"), "PATH": "/usr/bin:/bin", **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_sources_are_found_and_say_whether_they_are_on(folder):
    listed = run(folder, "info_sys.cli", "backends")
    assert listed.returncode == 0, listed.stderr
    rows = {line.split()[0]: line for line in listed.stdout.splitlines()}
    assert re.search(r" on  +network +!capitals !capital ", rows["capitals"])
    assert re.search(r" off +network .* set CAPITALS_KEY$", rows["capitals_pro"])
    assert re.search(r" on  +local ", rows["dice"])


def test_the_source_that_knows_by_itself_answers(folder):
    asked = run(folder, "info_sys.cli", "ask", "roll a die", INFO_SYS_BACKENDS="dice,calculator")
    assert asked.returncode == 0, asked.stderr
    assert re.fullmatch(r"\s*99\s+dice\s+[1-6]\s*", asked.stdout)


def test_the_tests_of_the_guide_pass(folder):
    tested = run(folder, "pytest", "-q", "-p", "no:cacheprovider", "test_capitals.py")
    assert tested.returncode == 0, tested.stdout
    assert "3 passed" in tested.stdout


def test_the_figures_of_the_guide_are_those_of_the_code():
    guide = " ".join(GUIDE.read_text(encoding="utf-8").split())
    assert FAILURES == 5
    for figure in (
        f"five failures in a row open the breaker: the source is left in peace for {REST_S:.0f} s",
        f"{MAX_BYTES // 1_000_000} MB at most",
        f"when {remotes.MAX_QUEUE:,} do, more are refused",
        f"has answered for {remotes.GIVE_UP_S / 60:.0f} minutes",
        f"killed after {celery_app.HARD_S} s",
    ):
        assert figure in guide
    assert remotes.ASK_AGAIN_S < 60
