import json

from info_sys import Backend, Result, report
from info_sys.backends import known
from info_sys.system import Answer, Outcome


class Source(Backend):
    name, title, about, licence = "source", "Source", "all there is", "CC0"
    needs = ("SOURCE_KEY",)


SOURCE = Source()
FOUND = Result(80, "two\nlines", SOURCE, "https://source.example/")
ANSWER = Answer([FOUND], [Outcome(SOURCE, "answered", (FOUND,), 12.34), Outcome(SOURCE, "resting")])


def test_an_answer_is_one_line():
    assert report.answer_table([FOUND]).split(maxsplit=2) == ["80", "source", "two / lines"]


def test_why_has_each_sources_state_time_and_score():
    lines = [line.split() for line in report.why_table(ANSWER.outcomes).splitlines()]
    assert lines[1:] == [["source", "answered", "12", "80"], ["source", "resting", "-", "-"]]


def test_json_has_both():
    whole = json.loads(report.answer_json(ANSWER))
    assert whole["results"] == [
        {"score": 80, "backend": "source", "text": "two\nlines", "url": "https://source.example/"}
    ]
    assert whole["sources"][0] == {
        "backend": "source", "state": "answered", "took_ms": 12.3, "score": 80, "licence": "CC0",
    }  # fmt: skip
    assert whole["sources"][1]["took_ms"] is None


def test_who_is_off_says_why():
    def why(on, wanted, has):
        return report.backend_rows([Source], on, wanted, has)[0]["off_because"]

    assert why({"source"}, None, {}) is None
    assert why((), ["other"], {}) == "INFO_SYS_BACKENDS does not name it"
    assert why((), None, {}) == "set SOURCE_KEY"
    assert why((), None, {"SOURCE_KEY": "x"}) == "it could not be made, see the log"


def test_network_and_local_are_told_apart():
    rows = {row["name"]: row for row in report.backend_rows(known().values(), (), None, {})}
    assert rows["wikipedia"]["network"]
    assert not rows["calculator"]["network"]
    lines = report.backend_table(rows.values()).splitlines()
    assert len(lines) == len(rows) + 1
    assert any(line.startswith("wikipedia ") and " network " in line and " !wiki " in line for line in lines)
