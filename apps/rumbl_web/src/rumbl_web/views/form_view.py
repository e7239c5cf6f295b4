"""A changeset as a form: names, ids, what was typed, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rumbl_core.changeset import Changeset
from rumbl_web.gettext import gettext
from rumbl_web.views.changeset_view import translated


@dataclass(frozen=True, slots=True)
class Problem:
    """One line of the summary above a form; it links to the field."""

    field_id: str
    text: str


@dataclass(frozen=True, slots=True)
class Form:
    """`labels`: the fields in the page's order, in English (`noop`).

    `shown_at`: errors to show beside another field.
    """

    name: str
    changeset: Changeset[Any]
    labels: Mapping[str, str]
    shown_at: Mapping[str, str] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        """Whether to show errors: only after something was tried."""
        return self.changeset.action is not None and bool(self.changeset.errors)

    @property
    def problems(self) -> list[Problem]:
        """Every error, in the order of the page; last those of fields that the page does not have."""
        shown = {self.shown_at.get(key, key) for key in self.changeset.errors}
        labels = {**self.labels, **{key: key.capitalize() for key in sorted(shown - self.labels.keys())}}
        return [
            Problem(self.id(name), gettext("%(field)s %(problem)s", field=gettext(label), problem=message))
            for name, label in labels.items()
            for message in self.errors(name)
        ]

    def label(self, name: str) -> str:
        """What stands above the field."""
        return gettext(self.labels[name])

    def id(self, name: str) -> str:
        """Id of the field's element."""
        return f"{self.name}_{name}"

    def input_name(self, name: str) -> str:
        """Name the field is sent under."""
        return f"{self.name}[{name}]"

    def value(self, name: str) -> str:
        """What was typed, else the changed value, else the stored one."""
        typed = self.changeset.params.get(name)
        if isinstance(typed, str):
            return typed
        stored = self.changeset.changes.get(name, getattr(self.changeset.data, name, None))
        return "" if stored is None else str(stored)

    def errors(self, name: str) -> list[str]:
        """Messages to show beside the field (the data of an error tag)."""
        if not self.failed:
            return []
        keys = (key for key in self.changeset.errors if self.shown_at.get(key, key) == name)
        return [translated(message) for key in keys for message in self.changeset.errors[key]]
