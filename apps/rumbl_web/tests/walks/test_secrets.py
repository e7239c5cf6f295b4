"""What nobody may read is in no log line, whatever the route, the level and the end of the request."""

from __future__ import annotations

import logging

import pytest

from rumbl_core.testing import Sandbox
from rumbl_web import configuration, logs
from rumbl_web.testing import flatten, make_app

from .world import Tried, World

METHODS = ("GET", "POST", "PUT", "DELETE")
SECRET = "Sesame-Open-4711"
FIELDS = {
    "user": {"name": "n", "username": "n", "password": SECRET, "current_password": SECRET},
    "session": {"username": "n", "password": SECRET, "token": SECRET},
    "password": SECRET,
    "token": SECRET,
    "secret": SECRET,
}


def test_no_route_writes_a_password_a_token_or_a_cookie(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    app = make_app()
    app.add_url_rule("/crash", "crash", lambda: 1 / 0, methods=METHODS)
    world = World(app, sandbox)
    browser = world.browser("owner")
    browser.set_cookie("other_cookie", SECRET)
    headers = {"x-csrf-token": browser.csrf_token(), "authorization": f"Bearer {SECRET}"}
    caplog.clear()
    tried, fields = Tried(app, METHODS), flatten(FIELDS)
    for path in map(world.path, world.rules()):
        for method in tried.by(path):
            options = {"data": fields} if method != "GET" else {"query_string": fields}
            browser.open(path, method=method, headers=headers, **options)
    assert tried.refused == set(METHODS)

    lines = "\n".join(logs.Text().format(record) for record in caplog.records)
    assert "crash in crash" in lines
    for secret in (SECRET, world.tokens["owner"], headers["x-csrf-token"], app.secret_key):
        assert str(secret) not in lines


def test_settings_tell_no_secret_when_they_are_written_out() -> None:
    made = configuration.build(
        {
            "rumbl_core": {"database_url": f"postgresql://u:{SECRET}@h/d", "demo_password": SECRET},
            "info_sys": {"wolfram_app_id": SECRET},
            "rumbl_web": {"secret_key_base": SECRET * 4, "redis_url": f"redis://:{SECRET}@h/0"},
        }
    )

    assert SECRET not in logs.one_line(repr(made.web))
    assert SECRET not in repr(made.info)
    assert SECRET not in repr(made.core)
