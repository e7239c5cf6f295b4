"""`make audit` asks about every pin and says what is known of it; what it cannot ask is not well."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.project import ROOT

sys.path.append(str(ROOT / "scripts"))

import audit

ADVISORY = {
    "id": "PYSEC-0000-1",
    "modified": "2026-01-01T00:00:00Z",
    "summary": "Any page is everybody's",
    "affected": [
        {
            "package": {"name": "flask", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99.1"}]}],
        }
    ],
}


class Database(ThreadingHTTPServer):
    """As much of OSV as is asked: which of some packages have advisories, and one advisory."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.vulnerable = ""
        self.asked: dict[str, str] = {}

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        known = [{"id": ADVISORY["id"], "modified": ADVISORY["modified"]}]
        results = []
        for query in question["queries"]:
            name = query["package"]["name"]
            self.asked[name] = query["version"]
            results.append({"vulns": known} if name == self.vulnerable else {})
        return {"results": results}


class Answers(BaseHTTPRequestHandler):
    server: Database

    def do_POST(self) -> None:
        self.say(self.server.answer(json.loads(self.rfile.read(int(self.headers["content-length"])))))

    def do_GET(self) -> None:
        self.say(ADVISORY)

    def say(self, answer: dict[str, Any]) -> None:
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def database() -> Iterator[Database]:
    with Database() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def run_audit(url: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "scripts" / "audit.py"), url]
    environ = {**os.environ, "UV_HTTP_RETRIES": "0", "PATH": ""}  # as with a venv that is not activated
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environ)


def test_every_pin_is_asked_about_in_its_version(database: Database) -> None:
    done = run_audit(f"http://127.0.0.1:{database.server_port}/")

    assert done.returncode == 0, done.stderr
    assert database.asked == audit.pins(audit.PINS.read_text())
    assert {"flask", "sqlalchemy", "celery"} <= set(database.asked)


def test_a_known_vulnerability_fails_and_says_what_mends_it(database: Database) -> None:
    database.vulnerable = "flask"

    done = run_audit(f"http://127.0.0.1:{database.server_port}/")

    assert done.returncode == 1
    for fact in ("flask", "PYSEC-0000-1", "Any page is everybody's", "99.1"):
        assert fact in done.stdout + done.stderr


def test_a_database_that_cannot_be_asked_is_no_good_news() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as taken:
        free = taken.server_port

    done = run_audit(f"http://127.0.0.1:{free}/")

    assert done.returncode == 2
    assert "Connection refused" in done.stderr


def test_names_are_normalized_and_markers_are_left_out() -> None:
    text = "# why\nPy_Thing.x==1.0  # because\nother==2; python_version < '3.12'\n\n"

    assert audit.pins(text) == {"py-thing-x": "1.0", "other": "2"}


def test_a_line_that_pins_nothing_is_named() -> None:
    with pytest.raises(ValueError, match="flask>=3"):
        audit.pins("flask>=3")
