"""A session that is ended in the settings, or by a new password, loses its sockets at once, on every node."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextlib import suppress

import pytest
from simple_websocket import ConnectionClosed, ConnectionError

from tests.running import RunningSite
from tests.viewer import Account, Viewer

WITHIN_S = 1.0
SHARED = 3
"""This machine is shared: it gets three times the time."""
PASSWORD = "supersecret"
ENDS = re.compile(r'action="(/settings/sessions/[0-9a-f]+)"')


def log_in(url: str, username: str) -> Account:
    account = Account(url)
    fields = {"session[username]": username, "session[password]": PASSWORD}
    assert "Log out" in account.submit("/sessions/new", "/sessions", fields).text
    return account


def watching(account: Account) -> Viewer:
    boot = account.boot("/watch/1")
    return Viewer(account.url, boot["userToken"], boot["videoId"]).connect()


def seconds_until_closed(viewer: Viewer) -> float:
    begin = time.monotonic()
    with suppress(ConnectionClosed):
        while time.monotonic() < begin + 10:
            viewer.read(0.05)
    return time.monotonic() - begin


def revoke_others(account: Account) -> None:
    account.submit("/settings/sessions", "/settings/sessions", {"_method": "delete"})


def revoke_one(account: Account) -> None:
    page = account.http.get(account.url + "/settings/sessions", timeout=10).text
    rows = [row for row in page.split("<li>") if "/settings/sessions/" in row]
    (other,) = (ENDS.findall(row)[0] for row in rows if "This one" not in row)
    account.submit("/settings/sessions", other, {"_method": "delete"})


def change_password(account: Account) -> None:
    fields = {
        "_method": "put",
        "change[current_password]": PASSWORD,
        "change[password]": "another long secret",
    }
    answer = account.submit("/settings/password", "/settings/password", fields)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("name", "end"), [("others", revoke_others), ("one", revoke_one), ("password", change_password)]
)
def test_the_live_page_of_an_ended_session_is_closed_on_another_node(
    nodes: list[RunningSite], name: str, end: Callable[[Account], None]
) -> None:
    here = Account(nodes[0].url).register("Ends", f"ends{name}")
    there = log_in(nodes[1].url, f"ends{name}")
    viewer, token = watching(there), there.boot("/watch/1")["userToken"]

    end(here)

    assert seconds_until_closed(viewer) < WITHIN_S * SHARED
    assert "Log in" in there.http.get(there.url + "/", timeout=10).text
    with pytest.raises((ConnectionError, ConnectionClosed, AssertionError)):
        Viewer(nodes[1].url, token, 1).connect(deadline_s=0.3)
    assert "Log out" in here.http.get(here.url + "/", timeout=10).text
