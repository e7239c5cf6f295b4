"""Picking a protocol version."""

from __future__ import annotations

import pytest

from rumbl_web.phoenix.serializers import for_version


@pytest.mark.parametrize(("vsn", "spoken"), [("2.0.0", "2.0.0"), ("2.0.7", "2.0.0"), ("1.0.3", "1.0.0")])
def test_a_version_is_spoken_by_one_shared_serializer(vsn: str, spoken: str) -> None:
    serializer = for_version(vsn)

    assert serializer is not None
    assert serializer is for_version(spoken)
    assert serializer.vsn == spoken


def test_who_names_no_version_speaks_the_first() -> None:
    assert for_version() is for_version(None) is for_version("1.0.0")


@pytest.mark.parametrize(
    "vsn", ["1.1.0", "1.0", "0.9.0", "3.0.0", "abc", "", "2.0", "2.0.0-rc", "2.0.0\n", 2.0]
)
def test_every_other_version_is_not(vsn: object) -> None:
    assert for_version(vsn) is None
