"""Changesets: what somebody wants to change in a row, judged without a database.

A changeset is a value; every step returns a new one:

>>> class Note:
...     casts = {"body": casts.text}
...     body = None
>>> changeset = cast(Note(), {"body": " ", "admin": "yes"}, ("body",)).validate_required("body")
>>> changeset.valid, changeset.errors_on()
(False, {'body': ["can't be blank"]})

Constraints are only named here. The database checks them, and the repo turns a violation of exactly the named
ones into an error of the changeset.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Self, TypeVar

from rumbl_core import casts
from rumbl_core.message import counted, message

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Constraint:
    """A rule that the database keeps: its name there, and the error that a violation becomes here."""

    name: str
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Changeset(Generic[S]):
    """Wanted changes of `data`. `params` and `changes` may hold a password, so they stay out of the repr."""

    data: S
    params: Mapping[str, object] = field(default_factory=dict, repr=False)
    changes: Mapping[str, Any] = field(default_factory=dict, repr=False)
    errors: Mapping[str, list[str]] = field(default_factory=dict)
    action: str | None = None
    constraints: tuple[Constraint, ...] = field(default=(), repr=False)

    @property
    def valid(self) -> bool:
        """Whether nothing speaks against the changes so far."""
        return not self.errors

    def errors_on(self) -> dict[str, list[str]]:
        """The errors as plain data: field to messages."""
        return {name: list(messages) for name, messages in self.errors.items()}

    def get_field(self, name: str) -> Any:
        """The value that the row would have: the change, else what is in the data."""
        return self.changes[name] if name in self.changes else getattr(self.data, name, None)

    def input_value(self, name: str) -> Any:
        """What a form shows: what was typed, else the value of the field."""
        return self.params[name] if name in self.params else self.get_field(name)

    def cast(self, params: object, permitted: tuple[str, ...]) -> Self:
        """Take the permitted fields, and no others, out of params.

        Empty text counts as none, a value that can't be cast "is invalid", an unchanged value is no change.
        Params that are no mapping (a JSON list, say) hold nothing.
        """
        given = {str(name): value for name, value in params.items()} if isinstance(params, Mapping) else {}
        kinds: Mapping[str, casts.Cast] = getattr(self.data, "casts", {})
        changes, errors = dict(self.changes), dict(self.errors)
        for name in permitted:
            if name not in given:
                continue
            value = _cast_value(kinds[name], given[name])
            if value is casts.INVALID:
                errors[name] = [*errors.get(name, ()), message("is invalid")]
            elif value != getattr(self.data, name, None):
                changes[name] = value
        return replace(self, params={**self.params, **given}, changes=changes, errors=errors)

    def put_change(self, name: str, value: object) -> Self:
        """Set a change that doesn't come from params."""
        return replace(self, changes={**self.changes, name: value})

    def delete_change(self, name: str) -> Self:
        """Forget a change, and what was typed for it."""
        return replace(self, changes=_without(self.changes, name), params=_without(self.params, name))

    def add_error(self, name: str, message: str) -> Self:
        """Add one message to a field."""
        return replace(self, errors={**self.errors, name: [*self.errors.get(name, ()), message]})

    def put_action(self, action: str) -> Self:
        """Note what was tried (insert, update, delete): from now on forms show the errors."""
        return replace(self, action=action)

    def validate_required(self, *names: str) -> Self:
        """Refuse fields that are missing, or of which a reader sees nothing, in the resulting row."""
        changeset = self
        for name in names:
            if name not in self.errors and _blank(self.get_field(name)):
                changeset = replace(changeset, changes=_without(changeset.changes, name))
                changeset = changeset.add_error(name, message("can't be blank"))
        return changeset

    def validate_length(
        self, name: str, *, min: int = 0, max: int, max_code_points: int | None = None
    ) -> Self:
        """Bound the length of a changed text, counted in graphemes; at most one error.

        `max_code_points` bounds what is stored, since one grapheme may have any number of code points;
        default 12 per grapheme, enough for every emoji family with skin tones.
        """
        value = self.changes.get(name)
        if not isinstance(value, str):
            return self
        bound = 12 * max if max_code_points is None else max_code_points
        if len(value) > bound or casts.graphemes(value) > max:
            return self.add_error(name, _at_most(max))
        if casts.graphemes(value) < min:
            return self.add_error(name, _at_least(min))
        return self

    def validate_number(self, name: str, *, min: int, max: int) -> Self:
        """Bound a changed number, both ends included."""
        value = self.changes.get(name)
        if isinstance(value, int) and value < min:
            refusal = message("must be greater than or equal to %(number)s", number=min)
            return self.add_error(name, refusal)
        if isinstance(value, int) and value > max:
            return self.add_error(name, message("must be less than or equal to %(number)s", number=max))
        return self

    def validate_change(self, name: str, judge: Callable[[Any], str | None]) -> Self:
        """Ask `judge` about a changed value without an error; its answer is the message, None is fine."""
        if name not in self.changes or name in self.errors:
            return self
        refusal = judge(self.changes[name])
        return self.add_error(name, refusal) if refusal else self

    def unique_constraint(self, name: str, constraint: str) -> Self:
        """Make a violation of the unique index `constraint` an error of the field."""
        return self._constrain(constraint, name, message("has already been taken"))

    def assoc_constraint(self, assoc: str, constraint: str) -> Self:
        """Make a violation of the foreign key `constraint` an error named after the association."""
        return self._constrain(constraint, assoc, message("does not exist"))

    def foreign_key_constraint(
        self, name: str, constraint: str, text: str = message("does not exist")
    ) -> Self:
        """Make a violation of the foreign key `constraint` an error of the field, with this message."""
        return self._constrain(constraint, name, text)

    def violated(self, constraint: str | None) -> Self | None:
        """This changeset with the error of a violated constraint, or None if that isn't named here."""
        for named in self.constraints:
            if named.name == constraint:
                return self.add_error(named.field, named.message)
        return None

    def _constrain(self, constraint: str, name: str, message: str) -> Self:
        return replace(self, constraints=(*self.constraints, Constraint(constraint, name, message)))


def change(data: S) -> Changeset[S]:
    """A changeset without changes."""
    return Changeset(data)


def cast(data: S, params: object, permitted: tuple[str, ...]) -> Changeset[S]:
    """A changeset of `data` with the permitted fields of params; see `Changeset.cast`."""
    return Changeset(data).cast(params, permitted)


def _at_most(count: int) -> str:
    return counted(
        "should be at most %(count)d character(s)", "should be at most %(count)d character(s)", count
    )


def _at_least(count: int) -> str:
    return counted(
        "should be at least %(count)d character(s)", "should be at least %(count)d character(s)", count
    )


def _cast_value(cast_one: casts.Cast, value: object) -> object:
    return None if value is None or value == "" else cast_one(value)


def _blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and casts.blank(value))


def _without(mapping: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in mapping.items() if key != name}
