"""`pytest --workers N` when tests do what they should not: nothing is lost, and nobody waits for ever."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import psutil
import pytest

from tests.parallel.testing import begin, eventually, in_the_middle, make_project, noted, run


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(tmp_path)


@pytest.mark.parametrize("method", ["signal", "thread"])
def test_a_test_that_takes_too_long_has_failed_whatever_it_catches(project: Path, method: str) -> None:
    catches = "import time\ndef test_one():\n    try:\n        time.sleep(20)\n"
    catches += "    except Exception:\n        pass\n"
    (project / "test_one.py").write_text(catches + "def test_two():\n    pass\n")
    done = run(project, "--workers", "1", "--timeout", "0.5", "--timeout-method", method)

    assert "1 failed, 1 passed" in done.stdout
    assert "Timeout" in done.stdout + done.stderr


def test_what_a_last_test_leaves_open_ends_the_run_badly_as_without_workers(project: Path) -> None:
    leaks = "import socket\ndef test_one():\n    ring = []\n    ring.append((ring, socket.socket()))\n"
    (project / "test_one.py").write_text(leaks)

    for options in ([], ["--workers", "2"]):
        done = run(project, "-W", "error", *options)
        assert done.returncode
        assert "socket" in done.stdout + done.stderr


@pytest.mark.parametrize("end", ["pass", "os.kill(os.getpid(), 9)"])
def test_nobody_waits_for_what_a_test_has_forked_and_forgotten(project: Path, end: str) -> None:
    forks = "import os, time\nfrom conftest import note\ndef test_one():\n"
    forks += "    if not (pid := os.fork()):\n        time.sleep(60)\n        os._exit(0)\n"
    (project / "test_one.py").write_text(forks + f"    note('forked', pid)\n    {end}\n")
    running = begin(project)
    code = running.wait(15)
    [forked] = [int(pid) for what, pid, *_ in noted(project) if what == "forked"]

    os.kill(forked, signal.SIGKILL)
    assert code == (end != "pass")


def test_a_fork_that_comes_back_from_its_test_goes_no_further(project: Path) -> None:
    forks = "import os\nfrom conftest import note\ndef test_one(page):\n    if pid := os.fork():\n"
    forks += "        assert os.waitpid(pid, 0)[1] == 0\n"
    (project / "test_one.py").write_text(f"{forks}\ndef test_two():\n    note('ran', 'two')\n")
    done = run(project, "--workers", "1")

    assert "1 failed, 1 passed" in done.stdout
    assert "test_one.py::test_one: what it forked came back" in done.stderr
    assert [words[:2] for words in noted(project)].count(["ended", "server"]) == 1


def test_a_worker_that_would_not_end_is_ended_and_named(project: Path) -> None:
    with (project / "conftest.py").open("a") as conftest:
        conftest.write("\nfrom tests.parallel import crew\ncrew.END_S = 0.5\n")
    waits = "import threading\ndef test_one():\n    threading.Thread(target=threading.Event().wait).start()\n"
    (project / "test_one.py").write_text(waits)
    done = run(project, "--workers", "2")

    assert done.returncode == 3
    assert "1 passed" in done.stdout
    assert "would not end" in done.stdout


def test_a_worker_that_ends_though_there_is_more_to_do_ends_the_run_badly(project: Path) -> None:
    leaves = "def test_one():\n    pass\n"
    (project / "test_0.py").write_text(leaves)
    for number in range(1, 3):
        (project / f"test_{number}.py").write_text("def test_one():\n    pass\n")
    with (project / "conftest.py").open("a") as conftest:
        conftest.write("\nfrom tests.parallel import worker\n")
        conftest.write("worker._Worker._ask = lambda self: os._exit(0)\n")
    done = run(project, "--workers", "1")

    assert done.returncode == 3
    assert "did not end well" in done.stdout


def test_who_asks_for_the_end_of_the_run_gets_it(project: Path) -> None:
    asks = "import pytest\ndef test_one():\n    pytest.exit('no database', returncode=7)\n"
    (project / "test_one.py").write_text(asks + "def test_two():\n    pass\n")
    done = run(project, "--workers", "1")

    assert done.returncode == 7
    assert "no database" in done.stdout
    assert "test_two" not in done.stdout


def test_what_only_a_worker_knows_of_too_much_time_ends_the_run(project: Path) -> None:
    (project / "test_one.py").write_text(
        "import time\ndef test_one():\n    time.sleep(0.2)\ndef test_two():\n    pass\n"
    )
    done = run(project, "--workers", "1", "--session-timeout", "0.1")

    assert done.returncode == 1
    assert "sec exceeded" in done.stdout
    assert "1 passed" in done.stdout
    assert "failed" not in done.stdout


def test_a_warning_of_any_kind_is_told(project: Path) -> None:
    warns = "import warnings\ndef test_one():\n    class Odd(UserWarning):\n        pass\n"
    (project / "test_one.py").write_text(f"{warns}    warnings.warn('mind the gap', Odd)\n")
    done = run(project, "--workers", "1")

    assert "1 passed, 1 warning" in done.stdout
    assert "Odd: mind the gap" in done.stdout


def test_after_the_death_of_a_worker_nothing_new_begins_either(project: Path) -> None:
    dies = "import os\nfrom conftest import note\ndef test_one():\n    os._exit(0)\n"
    (project / "test_one.py").write_text(f"{dies}def test_two():\n    note('ran', 'two')\n")
    done = run(project, "--workers", "1", "-x")

    assert "stopping after 1 failures" in done.stdout
    assert ["ran", "two"] not in [words[:2] for words in noted(project)]


def test_step_by_step_is_one_after_the_other(project: Path) -> None:
    for number in range(3):
        (project / f"test_{number}.py").write_text("def test_one(page):\n    pass\n")
    run(project, "--workers", "3", "--stepwise")

    assert len([1 for what, name, *_ in noted(project) if (what, name) == ("began", "server")]) == 1


def test_all_workers_keep_their_files_in_one_folder(
    project: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    for number in range(3):
        (project / f"test_{number}.py").write_text(
            "from conftest import note\ndef test_it(tmp_path):\n    note('ran', tmp_path.parent.parent)\n"
        )
    run(project, "--workers", "3")

    assert len({folder for what, folder, *_ in noted(project) if what == "ran"}) == 1


def test_a_second_ctrl_c_ends_workers_that_did_not_hear_the_first(project: Path) -> None:
    deaf = "import signal, time\nfrom conftest import note\ndef test_one():\n"
    deaf += "    signal.signal(signal.SIGINT, signal.SIG_IGN)\n    note('ran', 'it')\n    time.sleep(60)\n"
    for number in range(2):
        (project / f"test_{number}.py").write_text(deaf)
    running, workers = in_the_middle(project)

    def has_ended() -> bool:
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGINT)
        return running.returncode is not None

    assert eventually(has_ended)
    assert not psutil.wait_procs(workers, timeout=10)[1]


def test_a_test_that_stops_the_session_stops_the_run(project: Path) -> None:
    stops = "def test_one(request):\n    request.session.shouldstop = 'seen enough'\n"
    (project / "test_one.py").write_text(stops + "def test_two():\n    pass\n")
    done = run(project, "--workers", "1")

    assert done.returncode == 2
    assert "seen enough" in done.stdout
    assert "1 passed" in done.stdout


def test_a_worker_that_would_not_end_outlives_no_run_that_was_killed(project: Path) -> None:
    with (project / "conftest.py").open("a") as conftest:
        conftest.write("\nfrom tests.parallel import worker\nworker.LONGEST_END_S = 1.0\n")
    waits = "import threading\nfrom conftest import note\ndef test_one():\n    note('ran', 'it')\n"
    waits += "    threading.Thread(target=threading.Event().wait).start()\n"
    (project / "test_one.py").write_text(waits)
    running = begin(project)
    assert eventually(lambda: ["ran", "it"] in [words[:2] for words in noted(project)])
    workers = psutil.Process(running.pid).children()

    running.kill()
    running.wait(10)
    assert workers
    assert not psutil.wait_procs(workers, timeout=10)[1]
