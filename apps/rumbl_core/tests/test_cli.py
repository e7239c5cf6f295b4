import gc
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result
from sqlalchemy.engine import URL

from rumbl_core import accounts, application, cli, migrate
from rumbl_core.postgres import address
from rumbl_core.postgres.embedded import EmbeddedPostgres


def run(*args: str, **env: str | None) -> Result:
    environment: dict[str, str | None] = {"DATABASE_URL": None, "RUMBL_CONFIG": None, **env}
    return CliRunner().invoke(cli.cli, args, env=environment)


def test_every_command_explains_itself() -> None:
    for args in (["--help"], ["-h"], ["migrate", "-h"], ["seed", "-h"], ["console", "-h"], ["db", "-h"]):
        result = run(*args)
        assert result.exit_code == 0
        assert "Usage:" in result.output
    assert run("nonsense").exit_code == 2


def test_what_is_loaded_is_not_looked_through_for_garbage(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[object] = []
    monkeypatch.setattr("sys.argv", ["rumbl-core", "--help"])
    with pytest.raises(SystemExit):
        cli.main()
    assert not any(one is loaded for one in gc.get_objects())


@pytest.fixture
def database(rumbl_database: object, committed_database: str) -> str:
    return committed_database


def test_migrate_and_seed_may_be_repeated(database: str) -> None:
    assert f"up to date ({migrate.latest()})" in run("migrate", DATABASE_URL=database).output
    for _ in range(2):
        result = run("seed", "--no-demo", DATABASE_URL=database)
        assert (result.exit_code, result.output) == (0, "The seeds are in.\n")


def test_what_was_migrated_can_be_taken_back_and_begun_anew(empty: URL) -> None:
    url = address.conninfo(empty)
    assert run("migrate", DATABASE_URL=url).output == f"Migrated to {migrate.latest()}.\n"
    assert run("rollback", "--yes", DATABASE_URL=url).output.startswith("The database is at 0")
    assert migrate.version(empty) != migrate.latest()
    for flags in (["--demo"], ["--no-demo"]):
        result = run("reset", "--yes", *flags, DATABASE_URL=url)
        assert result.output == f"The database is as new, at {migrate.latest()}.\n"
        with psycopg.connect(url) as connection:
            rows = connection.execute("SELECT count(*) FROM videos").fetchone()
        assert rows == (1 if flags == ["--demo"] else 0,)


@pytest.mark.parametrize("command", ["rollback", "reset"])
def test_what_deletes_data_asks_first(database: str, command: str) -> None:
    accounts.create_user({"name": "Ana", "username": "ana"})
    result = run(command, DATABASE_URL=database)
    assert (result.exit_code, "Go on? [y/N]" in result.output) == (1, True)
    assert len(accounts.list_users()) == 1


def test_url_is_for_psql(database: str) -> None:
    assert run("db", "url", DATABASE_URL=database).output == f"{database}\n"


def test_the_settings_may_come_from_a_config_module(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    source = f"def load():\n    return {{'rumbl_core': {{'database_url': {database!r}}}}}\n"
    (tmp_path / "config_of_a_test.py").write_text(source)
    assert run("db", "url", RUMBL_CONFIG="config_of_a_test").output == f"{database}\n"


def test_a_tree_that_misses_a_module_is_not_called_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken_config_of_a_test.py").write_text("import no_such_library\n")
    error = run("db", "url", RUMBL_CONFIG="broken_config_of_a_test").exception
    assert isinstance(error, ModuleNotFoundError)
    assert error.name == "no_such_library"


class TestEmbedded:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Iterator[Path]:
        yield tmp_path
        EmbeddedPostgres(tmp_path).halt()

    def test_start_status_url_stop(self, folder: Path) -> None:
        data = str(folder)
        assert run("db", "status", RUMBL_DATA=data).exit_code == 3
        assert run("db", "start", RUMBL_DATA=data).exit_code == 0
        assert "PostgreSQL runs at postgresql://" in run("db", "status", RUMBL_DATA=data).output
        assert f"Migrated to {migrate.latest()}" in run("migrate", RUMBL_DATA=data).output
        assert f"/{application.DATABASE}?host=" in run("db", "url", RUMBL_DATA=data).output
        assert (
            f"is at {int(migrate.latest() or 0) - 1:04}" in run("rollback", "--yes", RUMBL_DATA=data).output
        )
        assert "rumbl-core migrate" in str(run("seed", RUMBL_DATA=data).exception)
        assert run("db", "stop", RUMBL_DATA=data).output == "Stopped.\n"
        assert run("db", "stop", RUMBL_DATA=data).output == "It wasn't running.\n"


@pytest.mark.parametrize(
    ("args", "env", "said"),
    [
        (["migrate"], {"DATABASE_URL": "mysql://x/y"}, "DATABASE_URL: rumbl runs on PostgreSQL only"),
        (["migrate"], {"POOL_SIZE": "x"}, "POOL_SIZE: "),
        (["db", "start"], {"DATABASE_URL": "postgresql://h/x"}, "DATABASE_URL: is set"),
        (["db", "url"], {"RUMBL_DATA": "nowhere"}, "the embedded PostgreSQL isn't running"),
        (["--config", "no_such_module", "migrate"], {}, "RUMBL_CONFIG: there is no module"),
        (["--config", "tests.no_such_module", "migrate"], {}, "RUMBL_CONFIG: there is no module"),
    ],
)
def test_what_goes_wrong_is_one_line_and_exit_code_1(
    args: list[str],
    env: dict[str, str],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("DATABASE_URL", "RUMBL_CONFIG", "POOL_SIZE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.argv", ["rumbl-core", *args])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    error = capsys.readouterr().err
    assert caught.value.code == 1
    assert error.startswith(f"rumbl-core: {said}")
    assert error.count("\n") == 1
