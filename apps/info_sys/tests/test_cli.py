import json

import pytest
from click.testing import CliRunner

from info_sys.backends import known
from info_sys.cli import main


@pytest.fixture
def run(monkeypatch):
    monkeypatch.delenv("WOLFRAM_APP_ID", raising=False)
    return lambda *arguments: CliRunner().invoke(main, arguments)


def test_ask_prints_a_table(run):
    outcome = run("ask", "1 + 1")
    assert outcome.output.split() == ["90", "calculator", "2"]
    assert outcome.exit_code == 0


def test_ask_prints_json(run):
    outcome = run("ask", "what is 2^10?", "--json", "--limit", "1")
    assert json.loads(outcome.output) == [{"score": 90, "backend": "calculator", "text": "1024", "url": None}]


def test_ask_without_an_answer_says_so_and_fails(run):
    outcome = run("ask", "hello", "--timeout-ms", "1000")
    assert (outcome.stderr, outcome.exit_code) == ("No answer.\n", 1)
    assert json.loads(run("ask", "hello", "--json").output) == []


def test_backends_shows_what_is_on(run, monkeypatch):
    rows = {line.split()[0]: line for line in run("backends").output.splitlines()}
    assert set(rows) == set(known())
    assert " off  " in rows["wolfram"]
    assert rows["calculator"].split(maxsplit=3)[1:] == ["Calculator", "on", "sums, exact where they can be"]
    monkeypatch.setenv("WOLFRAM_APP_ID", "1234")
    assert " on   " in run("backends").output.splitlines()[0]


def test_tree_shows_the_supervision_tree(run):
    assert run("tree").output.splitlines()[0].startswith("InfoSys.Supervisor (Supervisor")


def test_a_wrong_setting_is_one_clear_line(run, monkeypatch):
    monkeypatch.setenv("INFO_SYS_BACKENDS", "google")
    outcome = run("ask", "1 + 1")
    assert outcome.stderr.startswith("Error: INFO_SYS_BACKENDS: ")
    assert outcome.stderr.count("\n") == 1
