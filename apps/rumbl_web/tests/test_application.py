"""The composition root: what lives as long as the site, and who brings it back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from info_sys.otp import observer, whereis
from info_sys.otp.task import Ok
from info_sys.testing import eventually
from rumbl_core import accounts
from rumbl_core.result import Error
from rumbl_core.testing import Sandbox
from rumbl_web import answers, application, configuration
from rumbl_web.application import Live
from rumbl_web.testing import make_settings


@pytest.fixture
def live() -> Iterator[Live]:
    made = application.make_live(make_settings())
    made.supervisor.start()
    yield made
    made.stop()


def test_names_of_installed_sources_can_not_be_registered(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Enough(Exception):
        pass

    def enough(_configuration: object) -> None:
        raise Enough

    for place in ("rumbl_core.application.start", "info_sys.application.start"):
        monkeypatch.setattr(place, lambda *_: None)
    monkeypatch.setattr("info_sys.backends.known", lambda: {"oracle": object, "wolfram": object})
    monkeypatch.setattr(application, "workers", enough)
    try:
        with pytest.raises(Enough):
            application.start(configuration.build({}))
        wanted = {"name": "Eva", "username": "Oracle", "password": "supersecret"}
        match accounts.register_user(wanted):
            case Error(changeset):
                assert changeset.errors_on() == {"username": ["is reserved"]}
            case made:
                pytest.fail(str(made))
    finally:
        accounts.reserve_names(())


def test_what_lives_as_long_as_the_site_stands_in_one_tree(live: Live) -> None:
    lines = [line.split(" (")[0] for line in observer.tree(application.SUPERVISOR).lines()]

    assert lines[:5] == [
        "RumblWeb.Supervisor",
        "  RumblWeb.Presence",
        "    announcer",
        "    replicator",
        "  RumblWeb.Answers",
    ]


def test_how_long_a_node_may_be_silent_is_a_setting() -> None:
    live = application.make_live(make_settings(presence_down_ms=7000))
    live.supervisor.start()

    assert live.endpoint.services["presence"].periods.down == 7000
    live.stop()


def test_killed_answers_come_back_and_questions_are_asked_again(live: Live) -> None:
    old = whereis(answers.NAME)

    observer.kill(answers.NAME)

    eventually(lambda: whereis(answers.NAME) not in (None, old))
    tasks = live.endpoint.services["answers"].tasks
    assert tasks.async_nolink(lambda: "asked").result(5) == Ok("asked")


def test_a_stopped_site_leaves_nothing_running_and_may_start_again() -> None:
    for _ in range(2):
        live = application.make_live(make_settings())
        live.supervisor.start()
        live.stop()

    assert whereis(application.SUPERVISOR) is None
    assert whereis(answers.NAME) is None
