"""How often somebody tried something: what throttling counts, kept where every server process sees it.

A key is 16 bytes that stand for who and what; nothing here can be turned back into a name or an address.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import cache
from itertools import count
from typing import Any, Final, NamedTuple, TypeVar, cast

from sqlalchemy import (
    ARRAY,
    DateTime,
    Float,
    Insert,
    LargeBinary,
    Select,
    Table,
    any_,
    bindparam,
    column,
    delete,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TypeEngine

from rumbl_core import repo
from rumbl_core.schema import Schema, now

T = TypeVar("T")
SWEEP_EVERY: Final = 50
SWEPT_AT_ONCE: Final = 500
_LOCKS: Final = 4_271


class State(NamedTuple):
    """What is known of one key. Times are seconds since 1970."""

    level: float
    """So many tries count, when `at` was now; they are forgotten little by little."""
    at: float
    """When it was tried last."""
    expires_at: float
    """When it is all forgotten."""


States = Mapping[bytes, State]
Changes = Mapping[bytes, State | None]
"""The new state of some keys; None forgets one."""
Decide = Callable[[States, float], tuple[T, Changes]]
"""From what is known of the keys, and the time, to an answer and what to keep. It may be asked twice."""


class Attempt(Schema):
    """The state of one key."""

    __tablename__ = "attempts"

    key: Mapped[bytes] = mapped_column(LargeBinary, index=True, unique=True)
    level: Mapped[float] = mapped_column(Float(53))
    at: Mapped[float] = mapped_column(Float(53))
    expires_at: Mapped[float] = mapped_column(Float(53), index=True)


_writes = count(1)


def change(keys: Collection[bytes], decide: Decide[T]) -> T:
    """Decide about these keys while nobody else does; the clock is the database's. Raises Unavailable."""
    with repo.transaction():
        repo.lock(*(int.from_bytes(key[:4]) & 0x7FFFFFFF for key in keys), space=_LOCKS)
        found = repo.values(_states(), {"keys": list(keys)})
        known = {key: State(*rest) for key, _clock, *rest in found if rest[0] is not None}
        answer, changes = decide(known, float(found[0][1]))
        _keep(changes)
    if next(_writes) % SWEEP_EVERY == 0:
        sweep()
    return answer


def sweep() -> int:
    """Delete some of what is forgotten, so that the table stays as small as what counts; how many rows."""
    over = (
        select(Attempt.id)
        .where(Attempt.expires_at < _CLOCK)
        .order_by(Attempt.expires_at)
        .limit(SWEPT_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    return repo.run(delete(Attempt).where(repo.chosen(Attempt.id, over)))


_FORGET: Final = delete(Attempt).where(Attempt.key == any_(bindparam("keys", type_=ARRAY(LargeBinary))))
_CLOCK: Final = func.extract("epoch", func.clock_timestamp())


@cache
def _states() -> Select[*tuple[Any, ...]]:
    """A row for every one of `keys`, whether it is known or not; built once."""
    all_keys = func.unnest(bindparam("keys", type_=ARRAY(LargeBinary)))
    wanted = all_keys.table_valued(column("key", LargeBinary), name="wanted").render_derived()
    return select(wanted.c.key, _CLOCK, Attempt.level, Attempt.at, Attempt.expires_at).outerjoin_from(
        wanted, Attempt, Attempt.key == wanted.c.key
    )


@cache
def _put() -> Insert:
    """Write rows, given as a list for each column, over those that are there; built once."""
    kinds: dict[str, TypeEngine[Any]] = {"key": LargeBinary(), **dict.fromkeys(State._fields, Float(53))}
    lists = [bindparam(name, type_=ARRAY(kind)) for name, kind in kinds.items()]
    columns = [column(name, kind) for name, kind in kinds.items()]
    given = func.unnest(*lists).table_valued(*columns, name="given").render_derived()
    put = insert(cast("Table", Attempt.__table__)).from_select(
        [*kinds, "inserted_at"], select(given, bindparam("inserted_at", type_=DateTime))
    )
    new = {name: put.excluded[name] for name in State._fields}
    return put.on_conflict_do_update(index_elements=["key"], set_=new)


def _keep(changes: Changes) -> None:
    gone = [key for key, state in changes.items() if state is None]
    if gone:
        repo.run(_FORGET, {"keys": gone})
    kept = {key: state for key, state in changes.items() if state}
    if kept:
        # psycopg takes no list of whole numbers and others.
        lists = [[float(number) for number in numbers] for numbers in zip(*kept.values(), strict=True)]
        columns: dict[str, Any] = dict(zip(State._fields, lists, strict=True))
        repo.run(_put(), {"key": list(kept), **columns, "inserted_at": now()})
