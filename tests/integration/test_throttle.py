"""Wrong passwords on a really started site: the count outlives a server that is killed."""

from __future__ import annotations

from tests.running import RunningSite, eventually
from tests.viewer import Account

FREE = 5


def log_in(url: str, password: str) -> tuple[int, int]:
    """The status of the answer, and the seconds that it asks to wait."""
    fields = {"session[username]": "demo", "session[password]": password}
    answer = Account(url).submit("/sessions/new", "/sessions", fields)
    return answer.status_code, int(answer.headers.get("retry-after", 0))


def test_a_restart_forgives_nothing_and_who_waits_as_told_is_let_in(site: RunningSite) -> None:
    assert [log_in(site.url, "wrong") for _ in range(FREE)] == [(200, 0)] * FREE
    site.kill()
    site.start()

    answers = [log_in(site.url, "wrong") for _ in range(FREE - 1)]  # a new count would let in all of them

    waits = [wait_s for status, wait_s in answers if status == 429]
    assert waits
    assert all(1 <= wait_s <= 8 for wait_s in waits)
    eventually(lambda: log_in(site.url, "demodemo")[0] == 200, max(waits) + 10)
    assert [log_in(site.url, "wrong")[0] for _ in range(FREE)] == [200] * FREE
