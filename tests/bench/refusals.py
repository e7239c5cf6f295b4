"""Whether a refused log-in tells by its time or its bytes that the name exists, on the site as it is served.

Wrong passwords for a name with an account and for one without take turns. Each try comes from an address of
its own, as a proxy would tell it: else they would soon have to wait, which is another answer.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path
from statistics import median

import requests

from tests.bench.figures import Figure, Target
from tests.bench.http_load import CSRF, TIMEOUT_S
from tests.bench.load import Line, LoadError
from tests.bench.plan import Plan
from tests.bench.rounds import Say
from tests.bench.servers import site
from tests.bench.servers.process import started

KNOWN, UNKNOWN = "member0", "nobody0"
ADDRESSES = int(IPv4Address("198.18.0.0"))  # kept for benches by RFC 2544
WARM_UP = 10
TIME_APART = Target(5, at_least=False)
BYTES_APART = Target(0, at_least=False)
_VARYING = re.compile(rb'(?:name="_csrf_token" value|nonce)="[^"]*"')

Try = Callable[[str], tuple[float, bytes]]


def measure(core: int, folder: Path, plan: Plan, say: Say) -> tuple[list[Figure], list[Line]]:
    """The medians of both, and how far they are apart. Raises LoadError when a try is answered otherwise."""
    say(f"{plan.tries} refused log-ins each for a known and an unknown name")
    with site.database(folder / "refusals", users=1, videos=1, members=1) as data:
        spec = site.spec(data, data.video_ids[0])
        spec = replace(spec, environ={**spec.environ, "TRUSTED_PROXIES": "1"})
        with started(spec, core, folder) as server:
            known, unknown, different = _tries(_asker(server.port), plan.tries)
    apart = abs(median(known) / median(unknown) - 1) * 100
    times = f"{median(known):.2f} ms and {median(unknown):.2f} ms"
    figures = [
        Figure(
            f"medians of {plan.tries} log-ins refused, known and unknown name, % apart",
            ours=[apart],
            target=TIME_APART,
            note=times,
        ),
        Figure("of them answered with other bytes", ours=[different], target=BYTES_APART),
    ]
    return figures, []


def _tries(ask: Try, tries: int) -> tuple[list[float], list[float], int]:
    """Milliseconds of both in turns, and how many pages differ from the first."""
    times: dict[str, list[float]] = {KNOWN: [], UNKNOWN: []}
    pages: list[bytes] = []
    for _ in range(WARM_UP + tries):
        for name, spent in times.items():
            spent_ms, page = ask(name)
            spent.append(spent_ms)
            pages.append(_VARYING.sub(b"", page).replace(name.encode(), b"NAME"))
    known, unknown = (spent[WARM_UP:] for spent in times.values())
    return known, unknown, sum(page != pages[0] for page in pages)


def _asker(port: int) -> Try:
    """Tries to log in with a wrong password: milliseconds and answer of each."""
    session, url = requests.Session(), f"http://127.0.0.1:{port}/sessions"
    found = CSRF.search(session.get(f"{url}/new", timeout=TIMEOUT_S).text)
    assert found, "the login page has no token"
    token, addresses = found[1], iter(range(ADDRESSES, ADDRESSES + (1 << 17)))

    def ask(name: str) -> tuple[float, bytes]:
        form = {"_csrf_token": token, "session[username]": name, "session[password]": "a wrong one"}
        headers = {"X-Forwarded-For": str(IPv4Address(next(addresses)))}
        begin = time.perf_counter()
        answer = session.post(url, data=form, headers=headers, timeout=TIMEOUT_S)
        spent_ms = (time.perf_counter() - begin) * 1000
        if answer.status_code != requests.codes.ok:
            raise LoadError(f"a wrong password was answered with {answer.status_code}")
        return spent_ms, answer.content

    return ask
