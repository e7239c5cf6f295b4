from pathlib import Path

import pytest

from rumbl_core import accounts, application, multimedia, settings
from rumbl_core.backend_seeds import BACKEND_USERS
from rumbl_core.errors import StartError
from rumbl_core.postgres.embedded import EmbeddedPostgres
from rumbl_core.settings import Settings


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in Settings.model_fields:
        monkeypatch.delenv(settings.variable(field), raising=False)


def test_runs_on_a_postgresql_of_its_own(tmp_path: Path) -> None:
    section = {"data_dir": tmp_path, "password_cost": "cheap", "demo_password": "demodemo"}
    app = application.start(settings.load(section))
    try:
        app.migrate()
        app.seed()
        app.seed()
        assert [video.title for video in multimedia.list_videos()] == ["Welcome to rumbl"]
    finally:
        app.stop()
    app.stop()
    assert EmbeddedPostgres(tmp_path).address() is None
    again = application.start(settings.load(section))
    try:
        assert accounts.get_user_by(username="demo") is not None, "what was written is still there"
        again.rollback()
    finally:
        again.stop()


def test_runs_on_a_given_postgresql(committed_database: str) -> None:
    app = application.start(settings.load({"database_url": committed_database, "password_cost": "cheap"}))
    app.migrate()
    app.seed(demo=False)
    assert [user.username for user in accounts.list_users()] == [username for username, _ in BACKEND_USERS]
    app.stop()
    with pytest.raises(RuntimeError, match="isn't started"):
        accounts.list_users()


def test_says_in_one_line_why_it_can_not_start() -> None:
    with pytest.raises(StartError, match=r"^DATABASE_URL: no connection to [^\n]+$"):
        application.start(
            settings.load({"database_url": "postgresql://x@127.0.0.1:1/x", "password_cost": "cheap"})
        )
