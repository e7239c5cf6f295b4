"""The site of a soak: two server processes, Redis and PostgreSQL, all of its own and all to be broken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import psycopg

import rumbl_core.application
from rumbl_core.settings import Settings
from rumbl_core.testing import OwnServer
from rumbl_web.channels.user_socket import guest_token, user_token
from rumbl_web.phoenix import testing_redis
from rumbl_web.phoenix.testing_redis import RedisServer
from tests.members import film, member
from tests.running import RunningSite, eventually
from tests.soak.judge import Stored

WORKERS = 2
PASSWORD = "a password of the soak"
SECRET = "a secret of the soak, which guards nothing but its own temporary folder"


@dataclass(frozen=True)
class Stage:
    """What runs, and who may connect to it."""

    site: RunningSite
    redis: RedisServer
    database: OwnServer
    database_folder: Path
    user_ids: list[int]
    video_ids: list[int]

    @property
    def tokens(self) -> list[str]:
        """One for the socket of each user."""
        return [user_token(SECRET, id) for id in self.user_ids]

    @property
    def guest_token(self) -> str:
        """For the socket of somebody who only reads."""
        return guest_token(SECRET)

    def stored(self) -> list[Stored]:
        """All notes in the database."""
        with psycopg.connect(self.database.address()) as connection:
            rows = connection.execute(
                "SELECT id, client_key, video_id FROM annotations WHERE video_id = ANY(%s)", [self.video_ids]
            )
            return [Stored(*row) for row in rows]

    def questions(self) -> Counter[str]:
        """How many questions there are in each state."""
        with psycopg.connect(self.database.address()) as connection:
            rows = connection.execute("SELECT state, count(*) FROM questions GROUP BY state")
            return Counter(dict(rows.fetchall()))

    def database_processes(self) -> list[int]:
        """Process ids of PostgreSQL, the one that starts the others first."""
        first = int((self.database_folder / "postgres" / "postmaster.pid").read_text().split()[0])
        return [first, *(child.pid for child in psutil.Process(first).children(recursive=True))]

    def processes(self) -> dict[int, str]:
        """The site's own processes: the launcher and its workers."""
        names = {pid: f"worker {pid}" for pid in self.site.workers()}
        return {self.site.pid: "launcher", **names}


@contextmanager
def started(users: int, videos: int) -> Iterator[Stage]:
    """A running site on a new database with so many users and videos."""
    assert testing_redis.binary() is not None, testing_redis.MISSING
    with ExitStack() as stack:
        # Not in pytest's folder: another run, by root, closes that to the account that runs PostgreSQL.
        made = stack.enter_context(TemporaryDirectory(prefix="rumbl-soak-", ignore_cleanup_errors=True))
        folder = Path(made)
        database = OwnServer(folder / "database")
        stack.callback(database.stop)
        redis = stack.enter_context(testing_redis.running(folder / "redis"))
        user_ids, video_ids = _fill(database.address(), users, videos)
        site = RunningSite(
            folder / "data",
            WORKERS=str(WORKERS),
            REDIS_URL=redis.url,
            DATABASE_URL=database.address(),
            SECRET_KEY_BASE=SECRET,
            LOG_FORMAT="json",
            INFO_SYS_BACKENDS="calculator",
        )
        stack.callback(site.stop)
        site.start()
        eventually(lambda: len(site.workers()) == WORKERS)
        yield Stage(site, redis, database, folder / "database", user_ids, video_ids)


def _fill(address: str, users: int, videos: int) -> tuple[list[int], list[int]]:
    core = rumbl_core.application.start(Settings(database_url=address, password_cost="cheap"))
    try:
        core.migrate()
        core.seed(demo=False)
        people = [member(number, PASSWORD) for number in range(users)]
        return [person.id for person in people], [film(people[0], number) for number in range(videos)]
    finally:
        core.stop()
