"""What was lost and what came twice, by the records alone; and which goals are missed."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field

_EXAMPLES = 5


@dataclass(frozen=True)
class Stored:
    """A row of the database."""

    id: int
    key: str | None
    """None: an answer of the site to a question."""
    video_id: int


@dataclass(frozen=True)
class View:
    """What one tab has shown, at the end of the run."""

    name: str
    video_id: int
    ids: Set[int]


@dataclass(frozen=True)
class Goal:
    """One thing that has to hold."""

    name: str
    value: float
    at_most: float = 0
    note: str = ""

    @property
    def met(self) -> bool:
        """Whether it does."""
        return self.value <= self.at_most

    def __str__(self) -> str:
        told = (
            f"{'met   ' if self.met else 'MISSED'}  {self.name}: {self.value:,g} (at most {self.at_most:,g})"
        )
        return f"{told}; {self.note}" if self.note else told


@dataclass
class _Count:
    """How often something happened, and where it did first."""

    times: int = 0
    where: list[str] = field(default_factory=list)

    def add(self, times: int, where: str) -> None:
        self.times += times
        if times and len(self.where) < _EXAMPLES:
            self.where.append(where)

    def goal(self, name: str) -> Goal:
        return Goal(name, self.times, note=", ".join(self.where))


def judge(
    written: Mapping[int, Set[str]],
    acknowledged: Mapping[int, Mapping[str, int]],
    stored: Sequence[Stored],
    views: Iterable[Callable[[], View]],
) -> list[Goal]:
    """Nothing lost, nothing twice. `written` has the keys and `acknowledged` the ids by key, by video."""
    return [*_of_notes(written, acknowledged, stored), *_of_views(stored, views)]


def _of_notes(
    written: Mapping[int, Set[str]], acknowledged: Mapping[int, Mapping[str, int]], stored: Sequence[Stored]
) -> list[Goal]:
    never, gone, double, strange = _Count(), _Count(), _Count(), _Count()
    rows = {(note.video_id, note.id): note.key for note in stored}
    for video_id, keys in written.items():
        for key in keys - acknowledged[video_id].keys():
            never.add(1, key)
        for key, id in acknowledged[video_id].items():
            gone.add(rows.get((video_id, id)) != key, f"{key} as {id}")
    keys = Counter((note.video_id, note.key) for note in stored if note.key is not None)
    for (video_id, key), times in keys.items():
        double.add(times - 1, key)
        strange.add(key not in written.get(video_id, ()), key)
    return [
        never.goal("lost: notes that were never acknowledged"),
        gone.goal("lost: acknowledged notes that are not in the database"),
        double.goal("twice: notes stored more than once"),
        strange.goal("notes in the database that nobody wrote"),
    ]


def _of_views(stored: Sequence[Stored], views: Iterable[Callable[[], View]]) -> list[Goal]:
    lost, invented = _Count(), _Count()
    ids: dict[int, set[int]] = defaultdict(set)
    for note in stored:
        ids[note.video_id].add(note.id)
    for make in views:
        view = make()
        missing, beyond = ids[view.video_id] - view.ids, view.ids - ids[view.video_id]
        lost.add(len(missing), f"{view.name} lacks {sorted(missing)[:_EXAMPLES]}")
        invented.add(len(beyond), f"{view.name} shows {sorted(beyond)[:_EXAMPLES]}")
    return [
        lost.goal("lost: stored notes that a tab does not show"),
        invented.goal("shown notes that are not in the database"),
    ]
