"""phx_ref: the unique name of one version of one presence, 16 URL-safe characters."""

from __future__ import annotations

import struct
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from itertools import count
from zlib import crc32


def ref_maker(node_name: str) -> Callable[[], str]:
    """Give a function that makes refs: time in ns, the node and a counter, so they never repeat.

    >>> make = ref_maker("node")
    >>> len(make()), make() != make()
    (16, True)
    """
    node = crc32(node_name.encode()) & 0xFFFF
    numbers = count()

    def make() -> str:
        packed = struct.pack(">QHH", time.time_ns(), node, next(numbers) & 0xFFFF)
        return urlsafe_b64encode(packed).decode("ascii")

    return make
