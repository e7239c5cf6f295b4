"""What the suites of all apps share: how much is left to chance, and what the garbage collector looks at."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

gc.disable()  # until all is loaded and collected: it stays to the end, and is looked at for garbage in vain
pytest_plugins = ["tests.parallel", "tests.temporary"]
EXAMPLES = 25
"""Of each test that chance takes part in: a quarter of what CI takes, and other ones in every run."""

settings.register_profile(
    "dev", max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
if settings.get_current_profile_name() != "ci":  # hypothesis has loaded its own "ci" where CI is set
    settings.load_profile("dev")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Modules and collected tests are not looked at later either."""
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()
