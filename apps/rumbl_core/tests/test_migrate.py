import subprocess
import sys

import psycopg
from sqlalchemy.engine import URL

from rumbl_core import migrate
from rumbl_core.postgres import address

from .processes import at_once


def tables(url: URL) -> set[str]:
    with psycopg.connect(address.conninfo(url)) as connection:
        rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    return {row[0] for row in rows}


def test_goes_up_and_down_and_up_again(empty: URL) -> None:
    assert migrate.version(empty) is None
    migrate.up(empty)
    migrate.up(empty)
    assert migrate.version(empty) == migrate.latest()
    assert tables(empty) >= {"users", "videos", "categories", "annotations", "user_tokens"}
    while migrate.version(empty) is not None:
        migrate.down(empty)
    assert tables(empty) == {"alembic_version"}
    migrate.up(empty)
    assert migrate.differences(empty) == []


def test_notes_from_before_the_chain_are_chained_in_the_order_of_their_ids(empty: URL) -> None:
    migrate.up(empty)
    while migrate.version(empty) != "0005":
        migrate.down(empty)
    with psycopg.connect(address.conninfo(empty)) as connection:
        connection.execute(
            "INSERT INTO users (id, name, username, inserted_at, updated_at) OVERRIDING SYSTEM VALUE "
            "VALUES (1, 'Eva', 'eva', now(), now())"
        )
        connection.execute(
            "INSERT INTO videos (id, inserted_at, updated_at) OVERRIDING SYSTEM VALUE "
            "VALUES (1, now(), now()), (2, now(), now())"
        )
        connection.execute(
            "INSERT INTO annotations (id, body, at, user_id, video_id, inserted_at) OVERRIDING SYSTEM VALUE "
            "SELECT id, 'x', 9 - id, 1, 1 + id / 3 %% 2, now() FROM generate_series(1, 7) AS id",
            (),
        )
    migrate.up(empty)
    with psycopg.connect(address.conninfo(empty)) as connection:
        chain = connection.execute("SELECT video_id, id, prev_id FROM annotations ORDER BY id").fetchall()
    assert chain == [(1, 1, None), (1, 2, 1), (2, 3, None), (2, 4, 3), (2, 5, 4), (1, 6, 2), (1, 7, 6)]


def test_two_processes_may_migrate_at_once(empty: URL) -> None:
    at_once("app.migrate()", address.conninfo(empty))
    assert migrate.version(empty) == migrate.latest()


def test_who_migrates_nothing_need_not_load_alembic() -> None:
    loads = "import sys, rumbl_core.cli, rumbl_core.testing; print('alembic' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", loads], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
