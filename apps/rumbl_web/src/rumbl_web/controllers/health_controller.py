"""How this process does, as JSON for machines: no session, no cookie, nothing that anybody must not know."""

from __future__ import annotations

from flask import Blueprint, current_app, jsonify
from flask.typing import ResponseReturnValue

from rumbl_web.health import Health

blueprint = Blueprint("health", __name__)
NOT_KEPT = {"cache-control": "no-store"}


@blueprint.get("/healthz")
def healthz() -> ResponseReturnValue:
    """The process runs: 200, also while it does not reach the other nodes ("degraded")."""
    return jsonify(_health().alive()), 200, NOT_KEPT


@blueprint.get("/readyz")
def readyz() -> ResponseReturnValue:
    """It can serve: 200, or 503 while its database is away. Without Redis it can."""
    ready = _health().ready()
    return jsonify(ready), 200 if ready["database"] == "ok" else 503, NOT_KEPT


def _health() -> Health:
    health: Health = current_app.extensions["rumbl_health"]
    return health
