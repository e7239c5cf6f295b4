import logging

import pytest

from info_sys import application, compute, system
from info_sys.cache import NAME as CACHE
from info_sys.cache import fetch, put
from info_sys.otp import AlreadyStarted, whereis
from info_sys.otp.observer import kill, tree
from info_sys.settings import load
from info_sys.testing import eventually


def test_the_tree_has_the_cache_first_then_the_tasks(app):
    lines = [line.split(" (")[0] for line in tree(application.SUPERVISOR).lines()]
    assert lines == ["InfoSys.Supervisor", "  InfoSys.Cache", "  InfoSys.TaskSupervisor"]


@pytest.mark.parametrize("name", [CACHE, system.TASK_SUPERVISOR])
def test_a_killed_child_comes_back_and_answers_go_on(app, name):
    old = whereis(name)
    kill(name)
    eventually(lambda: whereis(name) not in (None, old))
    assert compute("2 * 3", limit=1)[0].text == "6"


def test_a_killed_cache_comes_back_empty(app):
    put("key", "value")
    old = whereis(CACHE)
    kill(CACHE)
    eventually(lambda: whereis(CACHE) not in (None, old))
    assert fetch("key") is None


def test_stop_ends_everything_and_may_be_repeated(app):
    app.stop()
    app.stop()
    names = (application.SUPERVISOR, CACHE, system.TASK_SUPERVISOR)
    assert [whereis(name) for name in names] == [None] * 3


def test_two_at_once_are_refused(app):
    with pytest.raises(AlreadyStarted):
        application.start(load())


def test_without_an_app_id_wolfram_is_off_with_one_line(caplog):
    caplog.set_level(logging.INFO, "info_sys")
    running = application.start(load({"wolfram_app_id": None}))
    assert "wolfram" not in [backend.name for backend in running.backends]
    assert [record.getMessage() for record in caplog.records if "WOLFRAM_APP_ID" in record.getMessage()] == [
        "Wolfram Alpha is off: set WOLFRAM_APP_ID to the app id of your account to turn it on"
    ]
    assert compute("1 + 1", limit=1)[0].text == "2"
    running.stop()


def test_the_settings_choose_backends_and_timeout():
    running = application.start(load({"backends": "calculator", "timeout_ms": 1234}))
    assert system.defaults().timeout_ms == 1234
    assert [backend.name for backend in system.defaults().backends] == ["calculator"]
    running.stop()
    assert system.defaults().timeout_ms == system.TIMEOUT_MS
