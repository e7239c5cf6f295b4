from info_sys.backends import TITLES, build
from info_sys.settings import load
from info_sys.testing import FakeHttpClient


def test_wolfram_is_left_out_without_an_app_id(caplog, monkeypatch):
    monkeypatch.delenv("WOLFRAM_APP_ID", raising=False)
    with caplog.at_level("INFO"):
        assert [backend.name for backend in build(load({}))] == ["calculator"]
    assert "set WOLFRAM_APP_ID" in caplog.text


def test_the_backends_come_in_the_order_of_the_settings():
    settings = load({"wolfram_app_id": "X", "backends": "calculator,wolfram"})
    assert [backend.name for backend in build(settings, FakeHttpClient())] == ["calculator", "wolfram"]


def test_every_backend_has_a_title_for_its_user():
    settings = load({"wolfram_app_id": "X"})
    assert {backend.name: backend.title for backend in build(settings, FakeHttpClient())} == TITLES
