"""Names of nodes."""

from __future__ import annotations

import os
import re

from rumbl_web.phoenix.pubsub_adapters.names import new_name


def test_every_life_has_a_name_of_its_own() -> None:
    assert len({new_name() for _ in range(100)}) == 100


def test_a_name_tells_the_process_and_has_no_blanks() -> None:
    assert re.fullmatch(rf"[A-Za-z0-9.-]+\.{os.getpid()}\.[0-9a-f]{{8}}", new_name())
