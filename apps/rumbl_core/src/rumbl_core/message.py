"""What is wrong with a field, in English, and in parts for those who say it in another language.

>>> refusal = message("must be greater than or equal to %(number)d", number=3)
>>> refusal, refusal.template, refusal.values
('must be greater than or equal to 3', 'must be greater than or equal to %(number)d', {'number': 3})
>>> counted("should have %(count)d letter", "should have %(count)d letters", 2)
'should have 2 letters'

`make messages` finds the texts by the names of these functions.
"""

from __future__ import annotations

from collections.abc import Mapping


class Message(str):
    """The English text; `template % values` says the same. With a `plural`, `values["count"]` decides."""

    template: str
    plural: str | None
    values: Mapping[str, object]


def message(template: str, **values: object) -> Message:
    """A text with named places, filled with `values`."""
    return _message(template, template, None, values)


def counted(singular: str, plural: str, count: int, **values: object) -> Message:
    """A text that depends on a count."""
    return _message(singular if count == 1 else plural, singular, plural, {**values, "count": count})


def _message(chosen: str, template: str, plural: str | None, values: Mapping[str, object]) -> Message:
    made = Message(chosen % values if values else chosen)
    made.template, made.plural, made.values = template, plural, values
    return made
