"""`python -m tests.bench.servers.fixtures USERS VIDEOS MEMBERS`: fills the database through the contexts.

Prints one JSON line, `{"tokens": [...], "video_ids": [...]}` with a socket token per user. Holds the database
until its standard input ends or SIGTERM comes: so the database is nobody's child on the servers' core.
"""

from __future__ import annotations

import json
import signal
import sys

import rumbl_core.application
from rumbl_core import accounts, multimedia
from rumbl_core.result import Ok
from rumbl_core.settings import Settings
from rumbl_web.channels.user_socket import user_token
from tests.bench.servers.site import PASSWORD, SECRET


def main(users: int, videos: int, members: int) -> None:
    """Make them in a migrated database; the first user owns the videos, the first `members` may log in."""
    core = rumbl_core.application.start(Settings())
    try:
        core.migrate()
        core.seed(demo=False)
        people = [_user(number, able=number < members) for number in range(users)]
        video_ids = [_video(people[0], number) for number in range(videos)]
        tokens = [user_token(SECRET, person.id) for person in people]
        print(json.dumps({"tokens": tokens, "video_ids": video_ids}), flush=True)
        sys.stdin.read()
    finally:
        core.stop()


def _user(number: int, *, able: bool) -> accounts.User:
    attrs = {"name": f"Member {number}", "username": f"member{number}", "password": PASSWORD}
    made = accounts.register_user(attrs) if able else accounts.create_user(attrs)
    assert isinstance(made, Ok), made
    return made.value


def _video(owner: accounts.User, number: int) -> int:
    attrs = {
        "url": "https://video.example/film.webm",
        "title": f"Film {number}",
        "description": "A film that nobody plays: the bench only talks about it.",
    }
    made = multimedia.create_video(owner, attrs)
    assert isinstance(made, Ok), made
    return int(made.value.id)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda _signal, _frame: sys.exit(0))  # an exit runs what is in finally
    main(*map(int, sys.argv[1:]))
