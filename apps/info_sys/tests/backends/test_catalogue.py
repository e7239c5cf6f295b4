import pytest

from info_sys import Backend
from info_sys.backend import Context
from info_sys.backends import build, known
from info_sys.testing import FakeHttpClient

KEY = {"WOLFRAM_APP_ID": "X"}


class Foreign(Backend):
    name, title = "foreign", "Foreign"

    def compute(self, query, opts):
        return []


class Broken(Foreign):
    name = "broken"

    @classmethod
    def create(cls, context):
        raise RuntimeError("no licence file")


class Entry:
    def __init__(self, name, load):
        self.name, self.load = name, load


@pytest.fixture
def installed(monkeypatch):
    """What other packages have installed."""

    def install(*entries):
        monkeypatch.setattr("info_sys.backends.catalogue.entry_points", lambda group: entries)
        known.cache_clear()

    yield install
    known.cache_clear()


def names(backends):
    return [backend.name for backend in backends]


def test_wolfram_is_left_out_without_an_app_id(caplog):
    with caplog.at_level("INFO"):
        assert "wolfram" not in names(build(None, Context()))
    assert caplog.text.count("set WOLFRAM_APP_ID") == 1


def test_the_backends_come_in_the_order_of_the_settings():
    made = build(["calculator", "wolfram"], Context(KEY, FakeHttpClient()))
    assert names(made) == ["calculator", "wolfram"]


def test_every_backend_is_known_by_its_name_and_says_what_it_is():
    for name, kind in known().items():
        assert (kind.name, bool(kind.title), bool(kind.about)) == (name, True, True)
        assert name.isascii()
        assert name == name.lower()


def test_no_two_backends_have_the_same_bang():
    bangs = [bang for kind in known().values() for bang in {kind.name, *kind.bangs}]
    assert len(bangs) == len(set(bangs))


def test_what_another_package_brings_is_found_by_its_entry_point(installed):
    installed(Entry("foreign", lambda: Foreign))
    assert names(build(["foreign"], Context())) == ["foreign"]


def test_what_can_not_be_imported_or_made_is_left_out_and_said(installed, caplog):
    installed(Entry("gone", lambda: __import__("no_such_module")), Entry("broken", lambda: Broken))
    assert names(build(["broken", "calculator"], Context())) == ["calculator"]
    assert "backend gone is left out: ModuleNotFoundError" in caplog.text
    assert "backend broken can't be made" in caplog.text


def test_nobody_takes_the_name_of_ours(installed):
    class Thief(Foreign):
        name = "calculator"

    installed(Entry("calculator", lambda: Thief))
    assert known()["calculator"] is not Thief
