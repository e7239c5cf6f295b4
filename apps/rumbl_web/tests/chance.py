"""How many examples a test takes that needs more or fewer than usual; the usual is in the root conftest.

`RUMBL_FUZZ` is the number of examples of all fuzz tests of the channel protocol together (`make test-fuzz`
asks for 100,000); without it they are twenty times the usual number of one test. Forms get a tenth of it
beside.
"""

from __future__ import annotations

import os
from typing import Any, Final

from hypothesis import HealthCheck, settings

TOTAL: Final = int(os.environ.get("RUMBL_FUZZ", 20 * settings().max_examples))
_CALM: Final = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]


def times(part: float, **more: Any) -> settings:
    """The settings of a test that takes `part` of the usual number of examples."""
    return settings(max_examples=max(1, round(settings().max_examples * part)), **more)


def share(part: float) -> settings:
    """The settings of a fuzz test that takes `part` of `TOTAL`."""
    examples = max(10, int(TOTAL * part))
    return settings(max_examples=examples, deadline=None, database=None, suppress_health_check=_CALM)
