"""People and a video for sites that are only talked about: who measures or soaks one fills it with these."""

from __future__ import annotations

from rumbl_core import accounts, multimedia
from rumbl_core.accounts import User
from rumbl_core.result import Ok


def member(number: int, password: str, *, able: bool = True) -> User:
    """The member of this number, with an account if `able` to log in."""
    attrs = {"name": f"Member {number}", "username": f"member{number}", "password": password}
    made = accounts.register_user(attrs) if able else accounts.create_user(attrs)
    assert isinstance(made, Ok), made
    return made.value


def film(owner: User, number: int) -> int:
    """The id of a video that nobody can play."""
    attrs = {
        "url": "https://video.example/film.webm",
        "title": f"Film {number}",
        "description": "A film that nobody plays: this site is only talked about.",
    }
    made = multimedia.create_video(owner, attrs)
    assert isinstance(made, Ok), made
    return int(made.value.id)
