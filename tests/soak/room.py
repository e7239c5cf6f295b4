"""What the tabs on one video share, so that a thousand of them are light."""

from __future__ import annotations

import json
from typing import Any

_MOST_CACHED = 256
_BROADCAST = b"[null,null,"


class Room:
    """One video. Its notes get numbers in the order in which anybody sees them first."""

    def __init__(self, video_id: int) -> None:
        self.video_id = video_id
        self.topic = f"videos:{video_id}"
        self.written: set[str] = set()
        self.acknowledged: dict[str, int] = {}
        """The id of each note that a server said to have stored, by its key."""
        self.ids: list[int] = []
        self._numbers: dict[int, int] = {}
        self._messages: dict[bytes, list[Any]] = {}

    def number(self, id: int) -> int:
        """The number of the note of this id: small, while ids go on."""
        number = self._numbers.get(id)
        if number is None:
            number = self._numbers[id] = len(self.ids)
            self.ids.append(id)
        return number

    def message(self, data: bytes) -> list[Any]:
        """What a frame says; a broadcast is the same bytes for everybody, and read once."""
        if not data.startswith(_BROADCAST):
            return list(json.loads(data))
        found = self._messages.get(data)
        if found is None:
            if len(self._messages) >= _MOST_CACHED:
                self._messages.clear()
            found = self._messages[data] = list(json.loads(data))
        return found
