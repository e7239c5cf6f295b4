"""`pytest --workers N`: outcomes as without it, no test lost with its worker, nothing left behind."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from xml.etree import ElementTree

import psutil
import pytest

from tests.parallel.seconds import KEY, LONGEST, Seconds
from tests.parallel.testing import CONFTEST, in_the_middle, make_project, noted, run
from tests.project import ROOT

MANY = """
import os, warnings, pytest
from conftest import note

warnings.warn("at its collection")

@pytest.mark.parametrize("number", range(5))
def test_passes(number, page, tmp_path):
    note("ran", __name__)
    (tmp_path / "mine").mkdir()

def test_fails(page):
    print("what it printed")
    assert 1 == 2, "of course"

@pytest.mark.skip(reason="another time")
def test_is_skipped():
    pass

@pytest.mark.xfail
def test_is_expected_to_fail():
    raise ValueError

@pytest.fixture
def broken():
    yield
    raise RuntimeError("at the end")

def test_ends_badly(broken):
    pass

def test_warns():
    warnings.warn("mind the gap")
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(tmp_path)


def outcomes(project: Path, *arguments: str) -> tuple[list[tuple[str, ...]], str, str]:
    """What the run says of each test, sorted, its dots and other letters, and its last line."""
    done = run(project, f"--junitxml={project}/report.xml", *arguments)
    cases = ElementTree.parse(project / "report.xml").iter("testcase")
    told = [
        (case.get("classname", ""), case.get("name", ""), *(child.tag for child in case)) for case in cases
    ]
    lines = done.stdout.splitlines()
    return sorted(told), "".join(sorted(lines[0].split()[0])), lines[-1].split(" in ")[0]


def test_all_ends_as_it_does_without_workers(project: Path) -> None:
    for number in range(5):
        (project / f"test_{number}.py").write_text(MANY)
    alone = outcomes(project)
    (project / "log").unlink()

    assert outcomes(project, "--workers", "3") == alone
    assert alone[2] == "5 failed, 35 passed, 5 skipped, 5 xfailed, 10 warnings, 5 errors"


def test_a_plugin_is_told_of_each_part_of_a_test_what_it_is_without_workers(project: Path) -> None:
    with (project / "conftest.py").open("a") as conftest:
        conftest.write("""
@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    report = yield
    if item.name == "test_warns":
        report.more = [item.name]
    return report

UNLIKE = {"start", "stop", "duration", "$report_type"}  # the last is a word among serializers

def pytest_runtest_logreport(report):
    assert report.start <= report.stop
    told = {key: value for key, value in vars(report).items() if key not in UNLIKE}
    told["keywords"] = sorted(told["keywords"])
    told["longrepr"] = str(told["longrepr"])
    with (LOG.parent / f"told_{os.environ['WAY']}_{os.getpid()}").open("a") as log:
        print(report.nodeid, report.when, told, sep=" ", file=log)
""")
    marks = "\ndef test_marks(request, record_property, caplog):\n    request.applymarker('late')\n"
    marks += "    print('mind')\n    record_property('made', [1])\n"
    for number in range(2):
        (project / f"test_{number}.py").write_text(MANY + marks)

    assert told_to_plugins(project, "alone") == told_to_plugins(project, "shared", "--workers", "2")


def told_to_plugins(project: Path, way: str, *options: str) -> list[str]:
    """What was noted of the reports by the process that heard of most: a worker hears of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WAY", way)
        run(project, *options)
    notes = [note.read_text().splitlines() for note in project.glob(f"told_{way}_*")]
    return sorted(max(notes, key=len))


def test_a_file_is_run_by_one_worker_and_what_is_shared_ends_with_it(project: Path) -> None:
    for number in range(5):
        (project / f"test_{number}.py").write_text(MANY)
    run(project, "--workers", "3")

    told = noted(project)
    by_file = {name: {pid for what, n, *_, pid in told if (what, n) == ("ran", name)} for _, name, *_ in told}
    assert all(len(by_file[f"test_{number}"]) == 1 for number in range(5))
    for scope, number in (("page", 5), ("server", 3)):
        began = sorted(pid for what, name, *_, pid in told if (what, name) == ("began", scope))
        assert len(began) == number
        assert began == sorted(pid for what, name, *_, pid in told if (what, name) == ("ended", scope))
    assert began == sorted(pid for what, name, *_, pid in told if (what, name) == ("left", "server"))
    assert len([1 for what, *name, _ in told if (what, name) == ("left", ["the", "run"])]) == 1


def test_the_test_in_which_a_worker_dies_has_failed_and_the_others_run(project: Path) -> None:
    dies = "import os\n" + "".join(
        f"def test_{number}():\n    {'os._exit(0)' if number == 1 else 'pass'}\n" for number in range(4)
    )
    for name in ("here", "there"):
        (project / f"test_{name}.py").write_text(dies)
    done = run(project, "--workers", "2")

    assert "2 failed, 6 passed" in done.stdout
    assert "the worker ended here" in done.stdout
    assert "FAILED test_there.py::test_1" in done.stdout
    assert done.returncode == 1


def test_what_a_test_prints_is_its_own(project: Path) -> None:
    prints = (
        "from conftest import note, wait_for\ndef test_one():\n    print(__name__)\n    note('printed')\n"
    )
    for number in range(3):
        (project / f"test_{number}.py").write_text(prints + "    wait_for('printed', 3)\n    assert False\n")
    run(project, "--workers", "3", f"--junitxml={project}/report.xml", "-o", "junit_logging=system-out")

    told = {
        case.get("classname"): case.findtext("system-out", "").split()
        for case in ElementTree.parse(project / "report.xml").iter("testcase")
    }
    assert all(f"test_{number}" in told[f"test_{number}"] for number in range(3))
    assert all("test_1" not in told[f"test_{number}"] for number in (0, 2))


def test_a_failure_at_the_end_of_what_all_tests_share_is_one(project: Path) -> None:
    ended = 'note("ended", "server")'
    fails = f"{ended}\n    raise RuntimeError('the server would not stop')"
    (project / "conftest.py").write_text(CONFTEST.replace(ended, fails))
    for number in range(3):
        (project / f"test_{number}.py").write_text("def test_one(page):\n    pass\n")
    done = run(project, "--workers", "2")

    assert "3 passed, 2 errors" in done.stdout
    assert "the server would not stop" in done.stdout


@pytest.mark.parametrize(("option", "code"), [("-x", 1), ("--maxfail=3", 2)])
def test_after_the_first_failure_nothing_new_begins(project: Path, option: str, code: int) -> None:
    with (project / "conftest.py").open("a") as conftest:  # what a plugin does that has seen enough
        conftest.write("def pytest_runtest_logreport(report):\n    if report.failed and RUN:\n")
        conftest.write("        RUN[0].shouldstop = RUN[0].config.option.maxfail == 3\nRUN = []\n")
        conftest.write("def pytest_sessionstart(session):\n    RUN.append(session)\n")
    fails = "from conftest import note, wait_for\n"
    fails += "def test_one(page):\n    wait_for('went on', 3)\n    assert False\n"
    fails += "def test_two(page):\n    note('ran', 'two')\n"
    goes_on = "import pytest, time\nfrom conftest import note\n@pytest.mark.parametrize('n', range(100))\n"
    goes_on += "def test_it(n, page):\n    note('went on', n)\n    time.sleep(0.02)\n"
    (project / "test_fails.py").write_text(fails)
    (project / "test_goes_on.py").write_text(goes_on)
    for number in range(20):
        (project / f"test_{number}.py").write_text(
            "from conftest import note\ndef test_it(page):\n    note('ran', 'later')\n"
        )
    (project / ".pytest_cache/v/rumbl").mkdir(parents=True)
    (project / ".pytest_cache/v/rumbl/seconds").write_text('{"test_fails.py": 9, "test_goes_on.py": 8}')
    done = run(project, "--workers", "2", option)

    assert done.returncode == code
    assert "1 failed" in done.stdout
    told = [words[:2] for words in noted(project)]
    assert 3 <= told.count(["went", "on"]) < 100
    assert not told.count(["ran", "two"])
    assert not told.count(["ran", "later"])
    assert told.count(["began", "page"]) == told.count(["ended", "page"]) == 2
    assert told.count(["ended", "server"]) == 2


@pytest.mark.parametrize("way", [signal.SIGINT, signal.SIGKILL])
def test_workers_do_not_outlive_the_run_and_end_what_they_began(project: Path, way: signal.Signals) -> None:
    slow = "import time\nfrom conftest import note\n"
    slow += "def test_one(page):\n    note('ran', 'it')\n    time.sleep(0.5)\ndef test_two(page):\n    pass\n"
    for number in range(4):
        (project / f"test_{number}.py").write_text(slow)
    running, workers = in_the_middle(project)

    (os.killpg if way is signal.SIGINT else os.kill)(running.pid, way)

    assert running.wait(10) == (2 if way is signal.SIGINT else -way)
    assert not psutil.wait_procs(workers, timeout=10)[1]
    ended = sorted(name for what, name, *_ in noted(project) if what == "ended")
    assert ended == ["page", "page", "server", "server"]


def test_a_thread_that_a_fork_would_not_have_is_named(project: Path) -> None:
    with (project / "conftest.py").open("a") as conftest:
        conftest.write("\nimport threading\nwaits = threading.Event().wait\n")
        conftest.write("threading.Thread(target=waits, name='Ada', daemon=True).start()\n")
    (project / "test_one.py").write_text("def test_one():\n    pass\n")
    done = run(project, "--workers", "2")

    assert done.returncode == 4
    assert "there are threads" in done.stdout + done.stderr
    assert "Ada" in done.stdout + done.stderr


def test_who_took_longest_begins(pytestconfig: pytest.Config) -> None:
    class Config:
        cache = {KEY: {"quick": 0.1, "slow": 9.0}}

    seconds = Seconds(Config())  # type: ignore[arg-type]
    files = [("quick", [1, 2]), ("new and long", list(range(3, 100))), ("slow", [100]), ("new", [101])]
    assert [tests[0] for tests in seconds.longest_first(files)] == [100, 3, 1, 101]


def test_in_a_new_clone_those_begin_that_took_longest_elsewhere() -> None:
    class Config:
        cache: dict[str, object] = {}

    known = json.loads(LONGEST.read_text())
    assert [file for file in known if not (ROOT / file).is_file()] == [], "renamed, or gone: as in here"
    slower, slow = max(known, key=known.__getitem__), min(known, key=known.__getitem__)
    files = [("short", [1]), (slow, [2]), (slower, [3])]
    assert Seconds(Config()).longest_first(files) == [[3], [2], [1]]  # type: ignore[arg-type]
