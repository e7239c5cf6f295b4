from __future__ import annotations

import pytest
from flask import Flask

from rumbl_core.testing import Sandbox

from .world import World


@pytest.fixture
def world(app: Flask, sandbox: Sandbox) -> World:
    return World(app, sandbox)
