"""The two addresses for machines."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from rumbl_web.endpoint import create_endpoint
from rumbl_web.health import Health
from rumbl_web.settings import Settings, load


@pytest.fixture
def settings() -> Settings:
    return load({"env": "test", "secret_key_base": "s" * 50})


def client(settings: Settings, health: Health) -> FlaskClient:
    app: Flask = create_endpoint(settings, health=health)
    return app.test_client()


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_whole_process_answers_200_without_a_session(settings: Settings, path: str) -> None:
    answer = client(settings, Health()).get(path, headers={"accept": "*/*"})

    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert answer.json is not None
    assert answer.json["status"] == "ok"
    assert "set-cookie" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"


def test_alone_it_is_degraded_and_goes_on_serving(settings: Settings) -> None:
    alone = client(settings, Health(pubsub=lambda: "degraded"))

    for path in ("/healthz", "/readyz"):
        answer = alone.get(path)
        assert answer.status_code == 200
        assert answer.json is not None
        assert answer.json["status"] == "degraded"


def test_without_its_database_it_is_alive_and_not_ready(settings: Settings) -> None:
    def away() -> None:
        raise ConnectionError

    without = client(settings, Health(ping=away))

    assert without.get("/healthz").status_code == 200
    answer = without.get("/readyz")
    assert answer.status_code == 503
    assert answer.json == {"status": "degraded", "pubsub": "connected", "database": "away"}
