"""The bench measures what it says, in small: against rumbl's channels, and a server that loses messages."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench import build, load, machine, table
from tests.bench.figures import Figure, Target
from tests.bench.servers import catalog
from tests.bench.servers.process import Running, Spec, started

pytestmark = pytest.mark.skipif(
    build.compiler() is None, reason="NO C COMPILER: the load driver of `make bench` was not tested"
)

CLIENTS = 20

LOSSY = """
import naive_flask_sock as naive

app = naive.app
plain = naive.send
sent = 0

def send(ws, message):
    global sent
    if message[3] == "new_annotation":
        sent += 1
        if sent % 7 == 0:
            return
    plain(ws, message)

naive.send = send
"""


def running(spec: Spec, folder: Path) -> Iterator[Running]:
    with started(spec, machine.cores()[0], folder) as server:
        yield server


@pytest.fixture
def channels(tmp_path: Path) -> Iterator[Running]:
    yield from running(catalog.bench_channel(), tmp_path)


@pytest.fixture
def lossy(tmp_path: Path) -> Iterator[Running]:
    tmp_path.joinpath("lossy.py").write_text(LOSSY)
    naive = catalog.naive(threads=True)
    command = [part.replace("naive_flask_sock:app", "lossy:app") for part in naive.command]
    yield from running(
        dataclasses.replace(naive, command=command, environ={"PYTHONPATH": str(tmp_path)}), tmp_path
    )


def test_every_phase_reports_what_rumbls_channels_did(channels: Running) -> None:
    phases = ["fanout:1:5", "fanout:4:20", "rate:100:0.1", "heartbeat:5:0.1", "call:5:0.1", "memory"]
    join, single, burst, rate, heartbeat, call, memory = load.play(channels, CLIENTS, phases, settle=0)
    assert join["joined"] == CLIENTS
    assert [line["deliveries"] for line in (single, burst, rate)] == [5 * CLIENTS, 20 * CLIENTS, 10 * CLIENTS]
    assert not any(
        line[wrong] for line in (single, burst, rate) for wrong in ("missing", "disorder", "errors")
    )
    assert all(line["round_trips"] > 0 and not line["errors"] for line in (heartbeat, call))
    assert memory["server_kib"] > 1_000


def test_a_lost_delivery_is_counted(lossy: Running) -> None:
    _join, line = load.play(lossy, CLIENTS, ["fanout:7:7"], patience=0.5, settle=0)
    assert line["missing"] == 7 * CLIENTS // 7
    assert line["disorder"] > 0


def test_a_client_that_is_refused_fails_the_run(lossy: Running) -> None:
    with pytest.raises(load.LoadError, match="upgrade refused"):
        load.play(lossy, CLIENTS, [], path="/nowhere", patience=0.5, settle=0)


def test_a_ratio_is_taken_round_by_round_and_judged() -> None:
    figure = Figure("x", ours=[40, 100, 90], naive=[10, 20, 30], target=Target(4, of_ratio=True))
    assert (figure.value, figure.ratio, figure.met) == (90, 4, True)
    assert "1 of 1 targets met" in table.verdict([figure])
    assert "NOT met: x" in table.verdict([dataclasses.replace(figure, target=Target(5, of_ratio=True))])
