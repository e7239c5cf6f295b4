"""`python -m tests.bench.servers.fixtures USERS VIDEOS MEMBERS NOTES`: fills the database by the contexts.

Prints one JSON line, `{"tokens": [...], "video_ids": [...], "url": ...}` with a socket token per user. Holds
the database until its standard input ends or SIGTERM comes: so it is nobody's child on the servers' core.
"""

from __future__ import annotations

import itertools
import json
import signal
import sys

import rumbl_core.application
from rumbl_core import accounts, multimedia
from rumbl_core.result import Ok
from rumbl_core.settings import Settings
from rumbl_web.channels.user_socket import user_token
from tests.bench.servers.site import PASSWORD, SECRET
from tests.members import film, member


def main(users: int, videos: int, members: int, notes: int) -> None:
    """Make them in a migrated database; the first `members` may log in.

    The first user owns the videos, all in turn write `notes` on each.
    """
    core = rumbl_core.application.start(Settings())
    try:
        core.migrate()
        core.seed(demo=False)
        people = [member(number, PASSWORD, able=number < members) for number in range(users)]
        video_ids = [film(people[0], number) for number in range(videos)]
        tokens = [user_token(SECRET, person.id) for person in people]
        for video_id, number in itertools.product(video_ids, range(notes)):
            _note(people[number % users], video_id, number)
        url = core.url.render_as_string(hide_password=False)
        print(json.dumps({"tokens": tokens, "video_ids": video_ids, "url": url}), flush=True)
        sys.stdin.read()
    finally:
        core.stop()


def _note(user: accounts.User, video_id: int, number: int) -> None:
    attrs = {"body": f"Note {number} of {user.name}, which is as long as most are.", "at": number * 7_000}
    assert isinstance(multimedia.annotate_video(user, video_id, attrs), Ok)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda _signal, _frame: sys.exit(0))  # an exit runs what is in finally
    main(*map(int, sys.argv[1:]))
