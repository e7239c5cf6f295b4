"""Questions in notes, answered by workers of the information system, while web and workers are killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from rumbl_web.channels.question_watch import WAITED_S, QuestionWatch
from rumbl_web.phoenix.testing_redis import RedisServer
from tests.distributed.conftest import MakeTab
from tests.running import RunningSite, eventually

FOUND_AGAIN_S = WAITED_S + QuestionWatch.EVERY_S + 20
"""When a question is answered at the latest if whoever had it in hand died: a node that has acknowledged the
note but not yet given it to Redis, or a worker in the moment of taking it."""

Start = Callable[[], "subprocess.Popen[bytes]"]


@pytest.fixture(scope="module")
def asking(redis: RedisServer, folder: Path) -> Iterator[list[RunningSite]]:
    """Two nodes that leave their questions to workers."""
    with ExitStack() as stack:
        running = []
        for name in ("asks-one", "asks-two"):
            environ = {"REDIS_URL": redis.url, "INFO_SYS_REDIS_URL": redis.url}
            running.append(RunningSite(folder / "asking", name=name, **environ).start())
            stack.callback(running[-1].stop)
        yield running


@pytest.fixture
def worker(redis: RedisServer, folder: Path) -> Iterator[Start]:
    """Start `info-sys worker`, in a group of its own with its children."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        environ = {**os.environ, "INFO_SYS_REDIS_URL": redis.url, "INFO_SYS_BACKENDS": "calculator"}
        command = [sys.executable, "-m", "info_sys.cli", "worker", "--processes", "1"]
        with (folder / "worker.log").open("ab") as log:
            started.append(
                subprocess.Popen(command, env=environ, stdout=log, stderr=log, start_new_session=True)
            )
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(5)


def test_a_worker_s_answer_reaches_the_pages_of_all_nodes_once(
    asking: list[RunningSite], tab: MakeTab, worker: Start
) -> None:
    worker()
    asker, reader = tab(asking[0], member="asker"), tab(asking[1])

    asker.post("20 + 3", "nice goal!")

    for each in (asker, reader):
        eventually(lambda each=each: each.bodies.count("23") == 1, 30)
    assert "nice goal!" in reader.bodies


def test_no_question_is_lost_when_worker_and_web_are_killed(
    asking: list[RunningSite], tab: MakeTab, worker: Start
) -> None:
    one, two = asking
    first = worker()
    asker, reader = tab(one, two, member="unlucky"), tab(two)
    asker.post("30 + 3")
    eventually(lambda: reader.bodies.count("33") == 1, 30)
    kill(first)

    asker.post("40 + 4")  # waits in Redis: there is nobody to answer
    eventually(lambda: not asker.unanswered)
    one.kill()
    worker()

    eventually(lambda: reader.bodies.count("44") == 1, FOUND_AGAIN_S)
    one.start()
    assert [reader.bodies.count(answer) for answer in ("33", "44")] == [1, 1]
