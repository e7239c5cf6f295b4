"""A process that looks now and then, whatever the database does."""

from __future__ import annotations

from typing import ClassVar

import pytest

from rumbl_core.errors import Unavailable
from rumbl_web.channels.watch import Watch
from rumbl_web.phoenix.endpoint import Endpoint
from rumbl_web.phoenix.testing_transport import Inbox


class Lookout(Watch):
    """Remembers its looks; the first one finds no database."""

    NAME: ClassVar = "Lookout"
    EVERY_S: ClassVar = 3600.0

    def __init__(self, endpoint: Endpoint, every_s: float | None = None) -> None:
        super().__init__(endpoint, every_s)
        self.looks: Inbox[int] = Inbox()

    def look(self) -> None:
        self.looks.put(len(self.looks.items))
        if len(self.looks.items) == 1:
            raise Unavailable("no database")


def test_it_looks_again_after_the_database_was_away(
    endpoint: Endpoint, caplog: pytest.LogCaptureFixture
) -> None:
    lookout = Lookout(endpoint, every_s=0.01).start()

    assert lookout.looks.take(lambda number: number == 2) == 2

    lookout.stop()
    assert [record.message for record in caplog.records] == ["Lookout looks later: no database"]


def test_a_supervisor_starts_it_under_its_name(endpoint: Endpoint) -> None:
    spec = Lookout.child_spec(endpoint)
    process = spec.start()

    assert (spec.id, repr(process)) == ("Lookout", "<Lookout Lookout>")
    process.stop()
