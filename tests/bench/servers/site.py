"""The real thing: `rumbl-web serve` on a database of its own, with users who hold tokens."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.bench import build
from tests.bench.servers.process import ServerError, Spec

SECRET = "a secret of the bench, which guards nothing but its own temporary folder"
PROJECT = build.HERE.parents[1]


@dataclass(frozen=True)
class Data:
    """A prepared database and the upgrade paths of its users."""

    folder: Path
    video_ids: list[int]
    paths: Path


def environ(folder: Path) -> dict[str, str]:
    """What the site is told in its environment."""
    return {"RUMBL_DATA": str(folder), "SECRET_KEY_BASE": SECRET, "RUMBL_ENV": "dev", "HOST": "127.0.0.1"}


def prepare(folder: Path, users: int, videos: int) -> Data:
    """Make a database with `users` and `videos` through rumbl's own contexts. Raises ServerError."""
    folder.mkdir(parents=True, exist_ok=True)
    made = subprocess.run(
        [sys.executable, "-m", "tests.bench.servers.fixtures", str(users), str(videos)],
        env={**os.environ, **environ(folder)},
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        raise ServerError(f"the database of the bench can't be made:\n{made.stderr[-2000:]}")
    result = json.loads(made.stdout.splitlines()[-1])
    paths = folder / "paths.txt"
    paths.write_text("".join(f"/socket/websocket?vsn=2.0.0&token={token}\n" for token in result["tokens"]))
    return Data(folder, result["video_ids"], paths)


def spec(data: Data, video_id: int) -> Spec:
    """The site as `make run` starts it, with one worker; the driver joins `video_id`, one user per client."""
    return Spec(
        "rumbl site",
        (sys.executable, "-m", "rumbl_web", "serve", "--config", "config"),
        environ(data.folder),
        PROJECT,
        (
            "--topic",
            f"videos:{video_id}",
            "--paths-file",
            str(data.paths),
            "--join-payload",
            '{"last_seen_id":0}',
        ),
    )
