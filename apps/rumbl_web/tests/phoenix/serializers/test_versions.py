"""Picking a protocol version."""

from __future__ import annotations

import pytest

from rumbl_web.phoenix.serializers import for_version


@pytest.mark.parametrize("vsn", ["2.0.0", "2.0.7"])
def test_version_2_is_spoken_by_one_shared_serializer(vsn: str) -> None:
    serializer = for_version(vsn)

    assert serializer is not None
    assert serializer is for_version("2.0.0")
    assert serializer.vsn == "2.0.0"


@pytest.mark.parametrize("vsn", ["1.0.0", None, "3.0.0", "abc", "", "2.0", "2.0.0-rc", "2.0.0\n", 2.0])
def test_every_other_version_is_not(vsn: object) -> None:
    assert for_version(vsn) is None
