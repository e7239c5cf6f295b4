"""Which serializer a client's `vsn` parameter picks."""

from __future__ import annotations

import re
from typing import Final

from rumbl_web.phoenix.serializer import Serializer
from rumbl_web.phoenix.serializers.v1_json import V1JSON
from rumbl_web.phoenix.serializers.v2_json import V2JSON

_KNOWN: Final[tuple[tuple[re.Pattern[str], Serializer], ...]] = (
    (re.compile(r"2\.0\.\d{1,5}"), V2JSON()),
    (re.compile(r"1\.0\.\d{1,5}"), V1JSON()),
)
_MISSING: Final = "1.0.0"  # what a client speaks that does not say (Phoenix 1.2 and older)


def for_version(vsn: object = None) -> Serializer | None:
    """Give the serializer for a `vsn` parameter; None if there is none, and the client must be refused.

    >>> for_version("2.0.0").vsn, for_version().vsn
    ('2.0.0', '1.0.0')
    >>> for_version("3.0.0") is None
    True
    """
    wanted = _MISSING if vsn is None else vsn
    if not isinstance(wanted, str):
        return None
    for pattern, serializer in _KNOWN:
        if pattern.fullmatch(wanted):
            return serializer
    return None
