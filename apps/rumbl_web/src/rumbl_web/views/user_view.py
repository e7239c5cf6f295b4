"""Words for users."""

from __future__ import annotations

from typing import Final, Protocol, TypedDict

from rumbl_core.accounts import User

TONES: Final = 8  # number of `.tone-N` colours in the stylesheet


class UserJson(TypedDict):
    """A user on the wire: nothing that others may not know."""

    id: int
    username: str
    name: str | None


class Named(Protocol):
    """Anything with a full name."""

    name: str | None


def first_name(user: Named) -> str:
    """What stands before the first space of the name."""
    return (user.name or "").split(" ")[0]


def initials(text: str) -> str:
    """At most two letters that stand for `text`: "Ana Silva" is "AS", "dogs" is "D"."""
    words = text.split()
    letters = [words[0], words[-1]] if len(words) > 1 else words
    return "".join(word[0] for word in letters).upper()


def tone(number: int | None) -> str:
    """CSS class that gives the same thing the same colour everywhere."""
    return f"tone-{(number or 0) % TONES + 1}"


def user_json(user: User) -> UserJson:
    """Render a user for a channel."""
    return {"id": user.id, "username": user.username, "name": user.name}
