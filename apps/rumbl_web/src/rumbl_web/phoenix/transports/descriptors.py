"""The process's limit of open files, which is the limit of its connections.

Most systems start a process with a soft limit of 1024 and let it raise that. A server without a free
descriptor can't even refuse: it has to accept to answer.
"""

from __future__ import annotations

import resource
from typing import Final

RESERVE: Final = 900
"""What is kept for all that is no WebSocket: requests, files, the database. What comes on top waits to be
accepted."""


def room_for(most: int) -> int:
    """Raise the limit to hold `most` connections, as far as it may be; return how many it has room for.

    Of a small limit, half is kept back.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = most + RESERVE
    if _below(soft, wanted):
        soft = wanted if not _below(hard, wanted) else hard
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft == resource.RLIM_INFINITY:
        return most
    return min(most, max(soft - RESERVE, soft // 2))


def _below(limit: int, number: int) -> bool:
    return limit != resource.RLIM_INFINITY and limit < number
