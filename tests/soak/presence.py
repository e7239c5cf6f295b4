"""Who is said to be there, by connections that come new, against who is there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from tests.soak.judge import Goal
from tests.soak.stage import Stage
from tests.wire import Wire

ASKED_EACH = 2
"""So many times on each video: server processes take connections as they like."""
DEADLINE_S = 30.0
AGAIN_S = 0.5


def goal(stage: Stage, there: Mapping[int, Iterable[str]]) -> Goal:
    """Nobody is missing, nobody too many, a while after the last fault. `there` has user ids by video."""
    expected = {video_id: set(ids) for video_id, ids in there.items()}
    with ThreadPoolExecutor(1) as thread:  # the caller's may have a loop already, as beside a browser's tests
        wrong = thread.submit(lambda: asyncio.run(_until_right(stage, expected))).result()
    return Goal(
        "people who are wrongly said to be there, or not to be", len(wrong), note=", ".join(wrong[:5])
    )


async def _until_right(stage: Stage, there: Mapping[int, set[str]]) -> list[str]:
    end = time.monotonic() + DEADLINE_S
    while (wrong := await _wrong(stage, there)) and time.monotonic() < end:
        await asyncio.sleep(AGAIN_S)
    return wrong


async def _wrong(stage: Stage, there: Mapping[int, set[str]]) -> list[str]:
    videos = list(there) * ASKED_EACH
    found = await asyncio.gather(*(_listed(stage, video_id) for video_id in videos))
    return sorted(
        {
            f"{id} on {video_id}"
            for video_id, ids in zip(videos, found, strict=True)
            for id in ids ^ there[video_id]
        }
    )


async def _listed(stage: Stage, video_id: int) -> set[str]:
    wire = await Wire.connect(stage.site.url, stage.guest_token)
    try:
        topic = f"videos:{video_id}"
        wire.push(topic, "phx_join", {"last_seen_id": 2**62})
        async with asyncio.timeout(10):
            while True:
                _, _, _, event, payload = await wire.receive()
                if event == "presence_state":
                    return set(payload)
    finally:
        await wire.close()
