import gc
import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

from info_sys.backends import known
from info_sys.cli import main
from info_sys.testing import FaultServer, loopback_client


@pytest.fixture
def run(monkeypatch):
    monkeypatch.delenv("WOLFRAM_APP_ID", raising=False)
    return lambda *arguments, web=None: CliRunner().invoke(main, arguments, obj=web)


class Detour:
    """The real client, which asks a server on the loopback whatever it is told to ask."""

    def __init__(self, url):
        self._url = url

    def fetch(self, request, hosts, timeout_s):
        return loopback_client().fetch(replace(request, url=self._url), {"127.0.0.1"}, timeout_s)


def test_ask_prints_a_table(run):
    outcome = run("ask", "1 + 1")
    assert outcome.output.split() == ["90", "calculator", "2"]
    assert outcome.exit_code == 0


def test_what_is_loaded_is_not_looked_through_for_garbage(run):
    loaded = []
    run("ask", "1 + 1")
    assert not any(one is loaded for one in gc.get_objects())


def test_ask_prints_json(run):
    whole = json.loads(run("ask", "what is 2^10?", "--json", "--limit", "1").output)
    assert whole["results"] == [{"score": 90, "backend": "calculator", "text": "1024", "url": None}]
    assert {source["backend"]: source["state"] for source in whole["sources"]}["calculator"] == "answered"


def test_why_shows_every_source(run):
    outcome = run("ask", "1 + 1", "--why")
    answers, states = outcome.output.split("\n\n")
    assert answers.split() == ["90", "calculator", "2"]
    rows = {line.split()[0]: line.split()[1:] for line in states.splitlines()}
    assert rows["calculator"][0] == "answered"
    assert rows["calculator"][2] == "90"
    assert rows["wikipedia"] == ["not", "asked", "-", "-"]


def test_ask_without_an_answer_says_so_and_fails(run):
    outcome = run("ask", "hello", "--timeout-ms", "1000")
    assert (outcome.stderr, outcome.exit_code) == ("No answer.\n", 1)
    assert json.loads(run("ask", "hello", "--json").output)["results"] == []


def test_backends_shows_what_is_on_and_why_not(run, monkeypatch):
    rows = {line.split()[0]: line for line in run("backends").output.splitlines()[1:]}
    assert set(rows) == set(known())
    assert " off " in rows["wolfram"]
    assert rows["wolfram"].endswith("set WOLFRAM_APP_ID")
    assert rows["calculator"].endswith("sums, exact where they can be")
    monkeypatch.setenv("WOLFRAM_APP_ID", "1234")
    assert " on " in run("backends").output.splitlines()[1]


def test_backends_prints_json(run, monkeypatch):
    monkeypatch.setenv("INFO_SYS_BACKENDS", "calculator")
    rows = {row["name"]: row for row in json.loads(run("backends", "--json").output)}
    assert rows["calculator"]["on"]
    assert rows["wikipedia"] == rows["wikipedia"] | {
        "on": False,
        "off_because": "INFO_SYS_BACKENDS does not name it",
        "bangs": ["wikipedia", "wiki", "w"],
        "licence": "CC BY-SA 4.0",
        "network": True,
    }


def test_record_writes_a_fixture_from_a_live_reply(run, tmp_path):
    reply = {"search": [{"id": "Q589", "label": "black hole", "description": "astronomical object"}]}
    with FaultServer(body=json.dumps(reply).encode(), content_type="application/json") as server:
        path = tmp_path / "wikidata.json"
        web = Detour(server.url("ok"))
        outcome = run("record", "wikidata", "what is a black hole?", "--output", str(path), web=web)
        assert len(server.requests) == 1
    assert outcome.exit_code == 0
    assert "black hole: astronomical object" in outcome.stdout
    fixture = json.loads(path.read_text())
    (page,) = fixture["pages"]
    assert (fixture["backend"], fixture["question"]) == ("wikidata", "what is a black hole?")
    assert page["address"].startswith("https://www.wikidata.org/w/api.php?")
    assert json.loads(page["body"]) == reply
    assert page["content_type"] == "application/json"


@pytest.mark.parametrize(
    ("fault", "code", "said"),
    [("error", 1, "status 500"), ("not-found", 1, "has no answer"), ("html", 1, "can't read that")],
)
def test_a_reply_that_is_no_answer_is_a_failure(run, tmp_path, fault, code, said):
    with FaultServer() as server:
        path = str(tmp_path / "reply.json")
        outcome = run("record", "wikidata", "what is life?", "--output", path, web=Detour(server.url(fault)))
    assert (outcome.exit_code, said in outcome.stderr) == (code, True)


@pytest.mark.parametrize(
    ("name", "said"),
    [("google", "is no backend"), ("calculator", "asks no service"), ("wolfram", "set WOLFRAM_APP_ID")],
)
def test_what_can_not_be_recorded_is_wrong_use(run, tmp_path, monkeypatch, name, said):
    monkeypatch.chdir(tmp_path)
    outcome = run("record", name, "1 + 1")
    assert (outcome.exit_code, said in outcome.stderr) == (2, True)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", ["ask", "backends", "record", "worker", "tree"])
def test_every_command_has_help(run, command):
    outcome = run(command, "--help")
    assert outcome.exit_code == 0
    assert outcome.output.splitlines()[2].strip()


def test_tree_shows_the_supervision_tree(run):
    assert run("tree").output.splitlines()[0].startswith("InfoSys.Supervisor (Supervisor")


def test_a_wrong_setting_is_one_clear_line(run, monkeypatch):
    monkeypatch.setenv("INFO_SYS_BACKENDS", "google")
    outcome = run("ask", "1 + 1")
    assert outcome.stderr.startswith("Error: INFO_SYS_BACKENDS: ")
    assert outcome.stderr.count("\n") == 1
