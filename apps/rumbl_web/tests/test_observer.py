"""The observer, here of the test's own process; tests/integration/test_observe.py looks into a site."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from info_sys.counter import Counter
from info_sys.otp import whereis
from info_sys.otp.supervisor import Supervisor, child_spec
from info_sys.testing import eventually
from rumbl_web import observer
from rumbl_web.observer import Listener, ObserverError


class Observed(Counter):
    """One of its kind, whatever other tests have left running."""


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener("a test", lambda: {"hub.connections": 7})
    yield made
    made.stop()


@pytest.fixture
def tree() -> Iterator[Supervisor]:
    counter = child_spec(Observed, 1, name="Observed.Counter")
    supervisor = Supervisor([counter], name="Observed.Supervisor").start()
    yield supervisor
    supervisor.stop()


def ask(**question: object) -> str:
    return observer.ask(os.getpid(), question)


def test_a_report_has_numbers_trees_and_the_longest_queues(listener: Listener, tree: Supervisor) -> None:
    counter = whereis("Observed.Counter")
    told = ask(top=1_000_000)

    assert told.startswith(f"a test: pid {os.getpid()}, ")
    assert "hub.connections                           7\n" in told
    assert "\nObserved.Supervisor (Supervisor, 0 waiting)\n  Observed (Observed, 0 waiting)\n" in told
    # Not the whole text in the assertion's message: after other tests it is a megabyte.
    assert any(line.endswith(f"{hex(id(counter))}  {counter!r}") for line in told.splitlines())
    assert "       1 Observed" in told.splitlines()


def test_the_list_may_be_short(listener: Listener, tree: Supervisor) -> None:
    _, _, listed = ask(top=1).partition("  process\n")
    assert len(listed.splitlines()) == 1


def test_a_killed_process_is_seen_to_come_back(listener: Listener, tree: Supervisor) -> None:
    counter = whereis("Observed.Counter")

    assert ask(kill="Observed.Counter") == f"killed {counter!r}; Observed.Counter is back\n"
    assert whereis("Observed.Counter") not in (None, counter)


def test_a_process_without_a_name_is_killed_by_its_address(listener: Listener) -> None:
    counter = Counter(1).start()

    assert ask(kill=hex(id(counter))) == f"killed {counter!r}\n"
    assert counter.wait(5)


@pytest.mark.parametrize("address", ["Nobody", "0x12"])
def test_an_unknown_process_is_said_to_be_unknown(listener: Listener, address: str) -> None:
    assert ask(kill=address).startswith("nothing killed: ")


def test_a_process_that_listens_is_listed_until_it_stops() -> None:
    listener = Listener("a test", dict)
    assert os.getpid() in observer.pids()

    listener.stop()

    assert os.getpid() not in observer.pids()
    eventually(lambda: "observer" not in [thread.name for thread in threading.enumerate()])
    with pytest.raises(ObserverError, match="no server process"):
        ask()


def test_another_user_is_not_answered(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observer, "_user_of", lambda _peer: 12345)
    with pytest.raises(ObserverError, match="only its own user and root"):
        ask()


@pytest.mark.parametrize("question", [b"nonsense\n", b"[]\n", b"\n", b"x" * 10_000])
def test_nonsense_ends_its_own_connection_only(listener: Listener, question: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as asking:
        asking.settimeout(5)
        asking.connect(f"\0rumbl-web/observer/{os.getpid()}")
        with suppress(BrokenPipeError, ConnectionResetError):
            asking.sendall(question)
            assert asking.recv(100) == b""
    assert ask(top=1)


def test_an_answer_can_not_steer_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    listener = Listener("\x1b[2Jevil\r", dict)
    assert ask(top=0).startswith("?[2Jevil?: pid")
    listener.stop()
