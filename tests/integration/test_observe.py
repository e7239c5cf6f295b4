"""`rumbl-web observe` on a really started site, as the book uses its Observer."""

from __future__ import annotations

import os
import urllib.request
from contextlib import suppress

import pytest

from rumbl_web import observer
from tests import preloaded
from tests.running import RunningSite, eventually


def observe(*arguments: str) -> str:
    """What the command prints."""
    run = preloaded.run(["observe", *arguments], os.environ)
    assert run.returncode == 0, run.stderr
    return run.stdout


def worker(site: RunningSite) -> int | None:
    """The pid of the site's server process, if there is one."""
    for pid in observer.pids():
        with suppress(observer.ObserverError):  # gone meanwhile
            if observer.ask(pid, {"top": 0}).startswith(f"rumbl-web on 127.0.0.1:{site.port}: "):
                return pid
    return None


def test_a_site_can_be_looked_into_and_what_is_killed_comes_back(site: RunningSite) -> None:
    pid = str(worker(site))
    told = observe("--pid", pid)
    for line in ("hub.connections", "RumblWeb.Supervisor (Supervisor", "  InfoSys.Cache (Cache"):
        assert f"\n{line}" in told

    assert observe("--pid", pid, "--kill", "RumblWeb.Answers").endswith("RumblWeb.Answers is back\n")
    assert "an observer killed" in site.output()
    run = preloaded.run(["observe", "--pid", pid, "--kill", "Nobody"], os.environ)
    assert run.returncode == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--pid", "1"), "no server process 1 runs on this machine"),
        (("--pid", "0", "--kill", ""), "no server process 0 runs on this machine"),
        (("--top", "-1"), "Invalid value for '--top'"),
    ],
)
def test_what_can_not_be_looked_into_is_told_in_one_line(arguments: tuple[str, ...], told: str) -> None:
    run = preloaded.run(["observe", *arguments], os.environ)

    assert run.returncode != 0
    assert told in run.stderr
    assert "Traceback" not in run.stderr


def test_a_tree_that_gives_up_takes_its_server_process_along_and_a_new_one_begins(site: RunningSite) -> None:
    pid = worker(site)
    assert pid
    observer.ask(pid, {"kill": "RumblWeb.Supervisor"})

    eventually(lambda: worker(site) not in (None, pid), 30)
    with urllib.request.urlopen(site.url, timeout=10) as page:
        assert page.status == 200
    assert "RumblWeb.Supervisor> has given up" in site.output()
