"""The bench measures what it says, in small: against rumbl's channels, and a server that loses messages."""

from __future__ import annotations

import dataclasses
import os
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from rumbl_web.phoenix import testing_redis
from tests import preloaded
from tests.bench import (
    build,
    busy,
    crowd,
    half_sent,
    http_load,
    load,
    machine,
    pages,
    refusals,
    run,
    table,
    workers,
)
from tests.bench.figures import Figure, Target
from tests.bench.plan import Plan
from tests.bench.rounds import Say
from tests.bench.servers import catalog, process, site
from tests.bench.servers.process import Running, Spec, started

pytestmark = pytest.mark.skipif(
    build.compiler() is None, reason="NO C COMPILER: the load driver of `make bench` was not tested"
)

CLIENTS = 20
Part = Callable[[int, Path, Plan, Say], tuple[list[Figure], list[load.Line]]]

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


TINY = Plan(
    runs=1,
    sizes=(CLIENTS,),
    seconds=0.15,
    players=4,
    crowd=CLIENTS,
    held=CLIENTS,
    storm=CLIENTS,
    logins=2,
    tries=6,
    readers=5,
    half_sent=5,
    per_driver=CLIENTS,
)
VIDEOS, NOTES = 6, 3
PLAIN_BEGIN = process.begin


def begin_loaded(
    command: Sequence[str], environ: Mapping[str, str], cwd: Path | None, log: Path, cores: set[int]
) -> process.Process:
    """What needs rumbl_web is forked from a process that has loaded it; the peers are not there."""
    if cwd != preloaded.PROJECT:
        return PLAIN_BEGIN(command, environ, cwd, log, cores)
    server = preloaded.start(command[3:], environ, log, module=command[2])
    os.sched_setaffinity(server.pid, cores)
    return server


@pytest.fixture(scope="module", autouse=True)
def loaded() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(process, "begin", begin_loaded)
        yield


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[site.Data]:
    """A database with as much as any part asks for."""
    users = TINY.storm + crowd.STAYING
    folder = tmp_path_factory.mktemp("site")
    with site.database(folder, users, VIDEOS, members=TINY.logins, notes=NOTES) as made:
        yield made


@pytest.fixture
def one_database(everything: site.Data, monkeypatch: pytest.MonkeyPatch) -> None:
    """All parts share one database; each gets as much of it as it asks for."""
    monkeypatch.setattr(pages, "VIDEOS", VIDEOS)
    monkeypatch.setattr(pages, "NOTES", NOTES)

    @contextmanager
    def database(
        folder: Path, users: int, videos: int, *, members: int = 0, notes: int = 0
    ) -> Iterator[site.Data]:
        tokens = everything.paths.read_text().splitlines(keepends=True)[:users]
        video_ids = everything.video_ids[-videos:]
        assert (len(tokens), len(video_ids)) == (users, videos)
        assert members <= TINY.logins
        assert notes <= NOTES
        folder.mkdir()
        paths = folder / "paths.txt"
        paths.write_text("".join(tokens))
        yield dataclasses.replace(everything, video_ids=video_ids, paths=paths)

    monkeypatch.setattr(site, "database", database)


def running(spec: Spec, folder: Path) -> Iterator[Running]:
    with started(spec, machine.cores()[0], folder) as server:
        yield server


@pytest.fixture(scope="module")
def channels(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    yield from running(catalog.bench_channel(), tmp_path_factory.mktemp("channels"))


@pytest.fixture(scope="module")
def lossy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("lossy")
    folder.joinpath("lossy.py").write_text(LOSSY)
    naive = catalog.naive(threads=True)
    command = [part.replace("naive_flask_sock:app", "lossy:app") for part in naive.command]
    yield from running(
        dataclasses.replace(naive, command=command, environ={"PYTHONPATH": str(folder)}), folder
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
    assert 0 < single["p50_ms"] <= single["whole_p50_ms"]


def test_heartbeats_are_timed_while_broadcasts_go_out(channels: Running) -> None:
    _join, mix = load.play(channels, CLIENTS, ["mix:1:5"], settle=0, limit=0.2)
    assert mix["deliveries"] == mix["broadcasts"] * CLIENTS > 0
    assert mix["heartbeats"] > 0
    assert not mix["unanswered"]
    assert 0 < mix["heartbeat_p50_ms"] <= mix["heartbeat_max_ms"]


def test_a_crowd_that_is_cut_off_comes_back_and_hears_again(channels: Running) -> None:
    _join, storm, after = load.play(channels, CLIENTS, [f"storm:{CLIENTS - 1}:20", "fanout:1:3"], settle=0)
    assert (storm["cut"], storm["missing"], storm["lost"]) == (CLIENTS - 1, 0, 0)
    assert storm["seconds"] > 0
    assert after["deliveries"] == 3 * CLIENTS


def test_two_drivers_share_a_broadcast(channels: Running) -> None:
    limits: dict[str, float | str] = {"settle": 0, "patience": 20}
    ear = load.Driver(channels, CLIENTS, ["gate", "listen:0.3"], limits)
    mouth = load.Driver(channels, 5, ["gate", "fanout:2:10"], limits)
    try:
        assert (ear.line()["joined"], mouth.line()["joined"]) == (CLIENTS, 5)
        ear.open_gate()
        mouth.open_gate()
        (said,), (heard,) = mouth.rest(), ear.rest()
    finally:
        ear.end()
        mouth.end()
    assert (said["deliveries"], said["others"]) == (10 * 5, 10)  # each push has its reply
    assert (heard["deliveries"], heard["disorder"]) == (10 * CLIENTS, 0)
    assert said["began_ns"] < heard["ended_ns"]


@pytest.mark.skipif(
    not build.has_peer_packages(), reason="the peers of `make bench` were never installed here"
)
@pytest.mark.parametrize("peer", [catalog.socketio, catalog.starlette])
def test_a_peer_from_pip_does_what_rumbl_does(peer: Callable[[], Spec], tmp_path: Path) -> None:
    with started(peer(), machine.cores()[0], tmp_path) as server:
        join, single, call = load.play(server, CLIENTS, ["fanout:1:5", "call:5:0.1"], settle=0)
        assert join["joined"] == CLIENTS
        assert (single["deliveries"], single["missing"], single["disorder"]) == (5 * CLIENTS, 0, 0)
        assert call["round_trips"] > 0
        assert not call["errors"]
        with pytest.raises(load.LoadError):
            load.play(server, 1, [], path="/nowhere?token=wrong", patience=0.5, settle=0)


@pytest.mark.parametrize(
    "part",
    [
        crowd.storm,
        busy.beside_pages,
        pages.measure,
        busy.beside_logins,
        pytest.param(
            workers.measure,
            marks=pytest.mark.skipif(testing_redis.binary() is None, reason=testing_redis.MISSING),
        ),
    ],
)
@pytest.mark.usefixtures("one_database")
def test_a_part_measures_what_it_says(part: Part, tmp_path: Path) -> None:
    said: list[str] = []
    figures, lines = part(machine.cores()[0], tmp_path, dataclasses.replace(TINY, threads=True), said.append)
    assert said
    assert not any(line.get("missing", 0) or line.get("errors", 0) for line in lines)
    for figure in figures:
        assert figure.ours
        assert all(0 < value < float("inf") for value in figure.ours)
    assert table.figure_lines(figures)


def test_pages_and_notes_are_timed_beside_half_sent_requests(
    channels: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(half_sent, "PATIENCE_S", 0.1)
    quiet = half_sent.visited(channels, TINY)
    with half_sent.Crowd(channels.port, TINY.half_sent) as crowd:
        beside, closed_s = half_sent.visited(channels, TINY), crowd.last_closed_s()
    assert not any(line["missing"] or line["visits"]["failed"] for line in (quiet, beside))
    page, note, closed = half_sent.figures([quiet], [beside], [closed_s], TINY)
    assert 0 < page.value < float("inf")
    assert 0 < note.value < float("inf")
    assert not closed.met, "the server is more patient than this test, and that is said"


def test_who_is_half_sent_is_waited_for_to_the_end() -> None:
    with socket.create_server(("127.0.0.1", 0)) as site, half_sent.Crowd(site.getsockname()[1], 3) as crowd:
        for _ in range(3):
            client, _address = site.accept()
            client.close()
        assert 0 < crowd.last_closed_s() < 10


@pytest.mark.usefixtures("one_database")
def test_refused_log_ins_are_timed_and_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusals, "WARM_UP", 2)
    apart, different = refusals.measure(machine.cores()[0], tmp_path, TINY, lambda _said: None)[0]
    assert 0 <= apart.value < 100
    assert different.value == 0


def test_pages_are_asked_for_beside_the_sockets(channels: Running) -> None:
    with http_load.beside(channels, "repeat", "/heavy/1", "--threads", "2") as report:
        (_join, call) = load.play(channels, CLIENTS, ["call:5:0.2"], settle=0)
        pages = report()
    assert call["round_trips"] > 0
    assert pages["requests"] > 0
    assert not pages["failed"]
    assert 1 <= pages["p50_ms"] <= pages["p99_ms"] <= pages["max_ms"]


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
    other = dataclasses.replace(figure, others={"floor": [80, 200, 180]}, of_floor=True)
    assert other.floor_share == 0.5
    assert any(line.split() == ["x", "90", "20", "180"] for line in table.figure_lines([other]))
    assert "NOT met: x" in table.verdict([dataclasses.replace(figure, target=Target(5, of_ratio=True))])


def test_a_part_that_fails_is_said_and_keeps_no_other_from_being_measured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> tuple[list[Figure], list[load.Line]]:
        raise load.LoadError("the server is gone")

    def good(*_: object) -> tuple[list[Figure], list[load.Line]]:
        return [Figure("x", ours=[3])], []

    monkeypatch.setattr(run.signal, "signal", lambda *_: None)  # those of this test run stay
    monkeypatch.setattr(run, "PARTS", {"broken": broken, "good": good})
    assert run.main([]) == 1
    said = capsys.readouterr()
    assert "NOT MEASURED: broken, the server is gone" in said.out
    assert any(line.split()[:2] == ["x", "3"] for line in said.out.splitlines())
