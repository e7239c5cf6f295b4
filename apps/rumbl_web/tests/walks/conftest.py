from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from rumbl_core.testing import Sandbox

from .world import World


@pytest.fixture(scope="module")
def lasting_world(rumbl_site: tuple[Flask, list[str]], lasting_sandbox: Sandbox) -> World:
    """The world of all tests of a module, which only look at it."""
    return World(rumbl_site[0], lasting_sandbox)


@pytest.fixture
def sandbox(lasting_world: World) -> Iterator[Sandbox]:
    """The world's; what a test does to it is undone."""
    with lasting_world.undone():
        yield lasting_world.sandbox


@pytest.fixture
def world(lasting_world: World, app: Flask) -> World:
    """The module's world, as if it was new."""
    assert lasting_world.app is app
    return lasting_world
