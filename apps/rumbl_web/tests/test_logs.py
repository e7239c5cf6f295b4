"""What is written for people and for machines, whatever a client put into it."""

from __future__ import annotations

import io
import json
import logging
import sys
import threading
import warnings
from collections.abc import Callable, Iterator

import pytest
from flask import Flask, g

from rumbl_web import logs

log = logging.getLogger("rumbl_web.of_the_test")
FORGERY = "a\nb\r\x1b[31mred\x00\u2028\u202e\x85\ud800 end"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def writing(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., io.StringIO]]:
    """Log to a text of ours, in a style; afterwards all is as before."""
    root, handlers, level = logging.getLogger(), logging.getLogger().handlers[:], logging.getLogger().level
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)

    def configure(style: logs.Style, stream: io.StringIO | None = None) -> io.StringIO:
        text = stream or io.StringIO()
        # Handlers of pytest stay: basicConfig would close them.
        root.handlers[:] = []
        logs.configure("INFO", style, text)
        return text

    yield configure
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)


def crash(text: str) -> None:
    try:
        raise ValueError(text)
    except ValueError:
        log.exception("it crashed")


def test_a_line_for_people_has_time_weight_place_and_words(writing) -> None:
    text = writing("text")
    log.warning("the %s is low", "bridge")

    time, weight, place, words = text.getvalue().split(maxsplit=3)
    assert len(time) == len("22:00:19")
    assert (weight, place, words) == ("WARNING", "rumbl_web.of_the_test:", "the bridge is low\n")


def test_a_line_for_machines_is_one_object_with_steady_names(writing) -> None:
    text = writing("json")
    log.warning("the %s is low", "bridge", extra={"facts": {"height_m": 3, "level": "never this"}})

    [line] = text.getvalue().splitlines()
    found = json.loads(line)
    assert list(found) == ["time", "level", "logger", "message", "pid", "height_m"]
    assert found["time"].endswith("Z")
    assert (found["level"], found["logger"]) == ("warning", "rumbl_web.of_the_test")
    assert (found["message"], found["height_m"]) == ("the bridge is low", 3)


@pytest.mark.parametrize("style", ["text", "json"])
def test_no_client_can_make_a_second_line(writing, style: logs.Style) -> None:
    text = writing(style)
    log.info("%s", FORGERY)

    assert len(text.getvalue().splitlines()) == 1
    assert text.getvalue().removesuffix("\n").isprintable()
    assert r"a\nb\r\x1b[31mred" in text.getvalue().replace(r"\\", "\\")
    text.getvalue().encode()


def test_the_lines_of_a_traceback_can_pass_for_no_record(writing) -> None:
    text = writing("text")
    crash("boom\n22:00:19 INFO    rumbl_web.request: forged")

    first, *others = text.getvalue().splitlines()
    assert first.endswith("it crashed")
    assert others
    assert all(line.startswith("    ") for line in others)


def test_a_traceback_is_a_member_of_the_object(writing) -> None:
    text = writing("json")
    crash("boom")

    [line] = text.getvalue().splitlines()
    assert json.loads(line)["exception"].endswith("ValueError: boom")


@pytest.mark.parametrize("style", ["text", "json"])
@pytest.mark.parametrize("tell", [lambda words: log.info("it says %s", words), crash])
def test_secrets_that_libraries_tell_are_masked(writing, style: logs.Style, tell) -> None:
    text = writing(style)
    tell(
        "postgresql://rumbl:hunter2@db/x redis://:hunter3@r/0 "
        "($argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA, 'x')"
    )

    for secret in ("hunter2", "hunter3", "c2FsdA", "aGFzaA"):
        assert secret not in text.getvalue()
    assert "@db/x" in text.getvalue()


def test_every_record_of_a_request_has_its_id_once(writing) -> None:
    app = Flask(__name__)
    lines, objects = io.StringIO(), io.StringIO()
    for style, stream in (("text", lines), ("json", objects)):
        writing(style, stream)
        with app.test_request_context("/"):
            g.request_id = "the-id-of-this-request"
            log.info("something on the way")
            log.info("the end id=%s", g.request_id, extra={"facts": {"request_id": g.request_id}})

    assert [line.count("the-id-of-this-request") for line in lines.getvalue().splitlines()] == [1, 1]
    assert [json.loads(line)["request_id"] for line in objects.getvalue().splitlines()] == [
        "the-id-of-this-request"
    ] * 2


def test_a_message_and_a_traceback_have_bounds(writing) -> None:
    text = writing("text")
    log.info("%s", "x" * 100_000)
    crash("y" * 100_000)

    assert len(text.getvalue()) < logs.MAX_MESSAGE + logs.MAX_TRACEBACK + 1000


def test_colours_are_for_a_terminal_only(writing) -> None:
    shown, piped = writing("text", Terminal()), None
    log.warning("look here")
    piped = writing("text")
    log.warning("look here")

    assert "\x1b[33m" in shown.getvalue()
    assert "\x1b" not in piped.getvalue()


def test_the_end_of_a_thread_and_a_warning_are_records(writing) -> None:
    text = writing("json")

    def ends() -> None:
        raise ValueError("in the thread")

    thread = threading.Thread(target=ends, name="worker-7")
    thread.start()
    thread.join(timeout=10)
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        logging.captureWarnings(True)
        warnings.warn("old way", UserWarning, stacklevel=1)

    died, warned = map(json.loads, text.getvalue().splitlines())
    assert (died["level"], died["message"]) == ("critical", "worker-7 ended by an exception")
    assert died["exception"].endswith("ValueError: in the thread")
    assert "old way" in warned["message"]


def test_the_end_of_the_process_is_a_record_but_ctrl_c_is_not(
    writing, capsys: pytest.CaptureFixture[str]
) -> None:
    text = writing("json")
    for error in (ValueError("the last"), KeyboardInterrupt()):
        sys.excepthook(type(error), error, None)

    [line] = text.getvalue().splitlines()
    assert json.loads(line)["message"] == "the process ended by an exception"
    assert "KeyboardInterrupt" in capsys.readouterr().err
