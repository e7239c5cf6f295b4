from __future__ import annotations

import psycopg
import pytest

from rumbl_core.own_server import OwnServer


def test_a_server_of_ones_own_can_be_restarted_and_keeps_what_was_committed(own_server: OwnServer) -> None:
    server = own_server.address("postgres")
    with psycopg.connect(server, autocommit=True) as before:
        before.execute("CREATE TABLE kept AS SELECT 7 AS number")
        own_server.restart()
        with pytest.raises(psycopg.OperationalError):
            before.execute("SELECT 1")
    with psycopg.connect(server) as after:
        assert after.execute("SELECT number FROM kept").fetchone() == (7,)
