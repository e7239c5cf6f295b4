"""What a joined connection costs, measured as the script beside does."""

from __future__ import annotations

from .measure_memory import measure


def test_a_joined_connection_with_presence_costs_at_most_4_kib() -> None:
    assert 500 < measure(500).bytes_each <= 4096
