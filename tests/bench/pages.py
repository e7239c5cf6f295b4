"""Pages of the site beside the same pages by a plain Flask app: same rows, same database, same server."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import requests

from tests.bench import build, machine
from tests.bench.figures import Figure, Target
from tests.bench.load import DEADLINE_S, Line, LoadError
from tests.bench.plan import Plan
from tests.bench.profile import cpu_s
from tests.bench.rounds import Say
from tests.bench.servers import catalog, site
from tests.bench.servers.process import Running, started

VIDEOS, NOTES = 60, 12
READERS = 4
PAGE_SECONDS = 2 / 3  # of a phase, for each of two servers
TARGET = Target(0.75)
NO_QUERY = "login page beside one without a query"
"""For information: a page without a row, a session, a forgery token or a log line costs next to nothing."""
_TOKEN = re.compile(r'name="_csrf_token" value="([^"]+)"')


@dataclass(frozen=True)
class Page:
    """One page of the site, the path of the peer's, and whether a member asks for it."""

    name: str
    path: str
    peer_path: str
    member: bool = False


def measure(core: int, folder: Path, plan: Plan, say: Say) -> tuple[list[Figure], list[Line]]:
    """Pages a second of both in turn, and the CPU time of each page, without the database's."""
    say(f"preparing a database with {VIDEOS} videos")
    with site.database(folder / "pages", users=NOTES, videos=VIDEOS, notes=NOTES) as data:
        watch = f"/watch/{data.video_ids[-1]}"
        pages = [
            Page("watch page as a guest", f"{watch}-film", watch),
            Page("watch page as a member", f"{watch}-film", watch, member=True),
            Page("gallery as a guest", "/videos", "/videos"),
            Page("gallery as a member", "/videos", "/videos", member=True),
            Page("login page", "/sessions/new", "/sessions/new"),
            Page(NO_QUERY, "/sessions/new", "/form"),
        ]
        with (
            started(site.production(data), core, folder) as rumbl,
            started(catalog.plain_flask(data.url), core, folder) as plain,
        ):
            cookie = _register(rumbl)
            lines = [
                line
                for run in range(1, plan.runs + 1)
                for page in pages
                for line in _side_by_side(rumbl, plain, page, cookie, plan, say, run)
            ]
    return [_figure(page, lines) for page in pages], lines


def _side_by_side(
    rumbl: Running, plain: Running, page: Page, cookie: str, plan: Plan, say: Say, run: int
) -> list[Line]:
    say(f"{page.name}, run {run} of {plan.runs}")
    seconds = plan.seconds * PAGE_SECONDS
    ours = read(rumbl, page.path, seconds, cookie if page.member else "")
    theirs = read(plain, page.peer_path, seconds)
    return [{**ours, "page": page.name}, {**theirs, "page": page.name}]


def read(server: Running, path: str, seconds: float, cookie: str = "") -> Line:
    """Readers on the drivers' core for so long. Raises LoadError if a page could not be had."""
    words = (str(server.port), str(seconds), str(READERS), path, cookie)
    before = sum(cpu_s(server.pids()))
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.page_load", *words],
        cwd=build.HERE.parents[1],
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
        preexec_fn=lambda: os.sched_setaffinity(0, {machine.cores()[1]}),
    )
    spent = sum(cpu_s(server.pids())) - before
    if done.returncode:
        raise LoadError(f"{server.spec.name}: {path} could not be read:\n{done.stderr[-2000:]}")
    line: Line = json.loads(done.stdout)
    if line["failed"] or not line["pages"]:
        raise LoadError(f"{server.spec.name}: {path} was refused {line['failed']} times")
    return {**line, "label": server.spec.name, "server_us_each": spent * 1e6 / line["pages"]}


def _figure(page: Page, lines: list[Line]) -> Figure:
    ours, theirs = (
        [line for line in lines if line["page"] == page.name and line["label"] == name]
        for name in (site.NAME, catalog.PLAIN)
    )
    shares = [one["pages_per_s"] / other["pages_per_s"] for one, other in zip(ours, theirs, strict=True)]
    rate, other_rate, cost, other_cost = (
        median(line[key] for line in some)
        for key in ("pages_per_s", "server_us_each")
        for some in (ours, theirs)
    )
    busy = max(line["driver_cpu"] for line in (*ours, *theirs))
    return Figure(
        f"{page.name}: share of a plain Flask page's rate",
        ours=shares,
        target=None if page.name == NO_QUERY else TARGET,
        note=f"{rate:,.0f} pages/s of {ours[0]['bytes'] / 1000:.1f} kB beside {other_rate:,.0f} of "
        f"{theirs[0]['bytes'] / 1000:.1f} kB; CPU {cost:,.0f} us beside {other_cost:,.0f} us a page; "
        f"the readers used {busy:.0%} of their core at most",
    )


def _register(server: Running) -> str:
    """The cookies of a new member."""
    base, browser = f"http://127.0.0.1:{server.port}", requests.Session()
    found = _TOKEN.search(browser.get(f"{base}/users/new", timeout=DEADLINE_S).text)
    assert found, "the registration page has no token"
    fields = {"name": "Reader", "username": "reader", "password": "a password of the bench"}
    form = {"_csrf_token": found[1], **{f"user[{name}]": value for name, value in fields.items()}}
    browser.post(f"{base}/users", data=form, timeout=DEADLINE_S).raise_for_status()
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.cookies)
