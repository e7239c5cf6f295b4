"""What the walks walk through: some people with what belongs to them, every route with the row of its owner,
one form that every action understands, and a look at all that is stored."""

from __future__ import annotations

import copy
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote

from flask import Flask
from sqlalchemy import Connection, text

from rumbl_core import accounts, multimedia
from rumbl_core.accounts import User
from rumbl_core.multimedia import Video
from rumbl_core.testing import Sandbox, annotation_fixture, user_fixture, video_fixture
from rumbl_web import router
from rumbl_web.testing import Client

PASSWORD: Final = "supersecret"
WHO: Final = ("guest", "ended", "other", "owner")
"""Who walks: nobody, the owner with a session that has ended, another member, the owner."""
_ARGUMENT = re.compile(r"<(?:[^<>:]+:)?([^<>]+)>")


@dataclass
class World:
    """A site, and what is in its database."""

    app: Flask
    sandbox: Sandbox
    owner: User = field(default_factory=lambda: user_fixture(name="Owner"))
    other: User = field(default_factory=lambda: user_fixture(name="Other"))
    tokens: dict[str, str] = field(default_factory=dict)
    digests: str = ""
    browsers: dict[tuple[Flask, str, str, bool], Client] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.category = multimedia.create_category_or_raise("Drama")
        self.video: Video = video_fixture(self.owner, title="Hers", category_id=self.category.id)
        annotation_fixture(self.owner, self.video)
        for user in (self.owner, self.other):
            wanted = {"email": f"{user.username}@old.example", "current_password": PASSWORD}
            accounts.request_mail(user, wanted)
            accounts.create_session_token(user)  # on another device
        self.tokens = {who: accounts.create_session_token(self.user(who)) for who in WHO if who != "guest"}
        accounts.delete_session_token(self.tokens["ended"])
        self.session = accounts.session_ref(accounts.create_session_token(self.owner))

    def user(self, who: str) -> User:
        """The member behind one of WHO, as it was when the world was made."""
        return self.other if who == "other" else self.owner

    def on(self, app: Flask) -> World:
        """The same world as another site shows it."""
        world = copy.copy(self)
        world.app = app
        return world

    def about(self, video: Video) -> World:
        """The same world, where paths of videos lead to this one."""
        world = copy.copy(self)
        world.video = video
        return world

    def undone(self) -> AbstractContextManager[None]:
        """A block whose deeds are undone at its end: sessions that it ended, accounts that it deleted."""
        return self.sandbox.undone()

    def browser(self, who: str, base_url: str = "http://localhost", *, secret: bool = False) -> Client:
        """A new browser of one of WHO, with a real session.

        With `secret` it has seen a form: its session has the secret of the forgery tokens.
        """
        key = self.app, who, base_url, secret
        if key not in self.browsers:
            self.browsers[key] = self._browser(who, base_url, secret=secret)
        return self.browsers[key].twin()

    def _browser(self, who: str, base_url: str, *, secret: bool) -> Client:
        client = self.app.test_client()
        assert isinstance(client, Client)
        if who != "guest":
            with client.session_transaction(base_url=base_url) as session:
                session["user_token"] = self.tokens[who]
        if secret:
            client.csrf_token()
        return client

    def path(self, rule: str) -> str:
        """An address of the rule, at rows of the owner."""
        rows = {
            "videos": self.video.id,
            "watch": self.video.id,
            "users": self.owner.id,
            "categories": self.category.id,
            "static": "favicon.svg",
            "sessions": self.session,
            "reset": "no-token",
            "mail": "no-token",
        }
        noun = rule.split("/<", maxsplit=1)[0].rpartition("/")[2]
        assert "<" not in rule or noun in rows, f"say in {__name__} whose row a path with {noun} names"
        return _ARGUMENT.sub(str(rows.get(noun, "")), rule)

    def rules(self) -> list[str]:
        """All that the site answers to."""
        return sorted({rule.rule for rule in self.app.url_map.iter_rules()})

    def form(self, who: str = "owner") -> dict[str, Any]:
        """Good fields for every action that there is, as one of WHO sends them."""
        user = self.user(who)
        return {
            "video": {"title": "Changed", "url": "https://example.org/a.mp4", "description": "d"},
            "user": {
                "name": "New",
                "username": "newcomer",
                "password": "long enough",
                "email": f"{user.username}@new.example",
                "current_password": PASSWORD,
            },
            "reset": {"login": self.owner.username},
            "session": {"username": self.owner.username, "password": PASSWORD},
            "profile": {"name": "Changed"},
            "change": {"current_password": PASSWORD, "password": "another sentence"},
            "removal": {"current_password": PASSWORD},
            "account": {"confirmation": user.username, "password": PASSWORD},
            "language": "de",
        }

    def stored(self) -> dict[str, str]:
        """A digest of every table's rows, in one statement: it is asked for after each request."""
        with self.sandbox.connection() as connection:
            self.digests = self.digests or _digests(connection)
            return {str(name): str(digest) for name, digest in connection.exec_driver_sql(self.digests)}


class Tried:
    """By which methods paths are tried: by all that lead to something of ours, and by one of the others.

    Those are refused before anything of ours is asked, so by which path is no matter: each has its turn.
    """

    def __init__(self, app: Flask, methods: Sequence[str]) -> None:
        self._urls = app.url_map.bind("localhost")
        self._methods = methods
        self._met = Counter[str]()

    def by(self, path: str) -> list[str]:
        """The methods that a path is tried by, in the order that was given."""
        leads = self.leads(path)
        refused = sorted(set(self._methods) - set(leads), key=lambda method: (self._met[method], method))[:1]
        self._met.update(refused)
        return [method for method in self._methods if method in {*leads, *refused}]

    def leads(self, path: str) -> list[str]:
        """The methods by which a path leads to something of ours."""
        return [method for method in self._methods if self._urls.test(unquote(path), method)]

    @property
    def refused(self) -> set[str]:
        """The methods that were refused on some path."""
        return {method for method, times in self._met.items() if times}


def _digests(connection: Connection) -> str:
    names = connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
    digest = "md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), ''))"
    return " UNION ALL ".join(f"SELECT '{name}', {digest} FROM \"{name}\" t" for name in names)


def steps() -> Iterator[tuple[router.Route, str]]:
    """Every route of the table with each of its methods."""
    for route in router.ROUTES:
        for method in route.methods:
            yield route, method
