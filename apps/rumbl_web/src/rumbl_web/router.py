"""Every page of the site: method, path, name, action, and who may come in. The first match wins."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from flask import Flask
from werkzeug.routing import Rule

from rumbl_web.auth import Action, authenticate_user
from rumbl_web.controllers import (
    account_controller,
    gallery_controller,
    language_controller,
    mail_controller,
    mailbox_controller,
    own_session_controller,
    page_controller,
    password_change_controller,
    profile_controller,
    reset_controller,
    session_controller,
    user_controller,
    video_controller,
    watch_controller,
)


class Who(Enum):
    """For whom a route is; tests walk through the table and try every route as everybody."""

    PUBLIC = "everybody"
    MEMBERS = "who is logged in"
    OWNER = "the member whose row the path names; for other members it isn't there"


PUBLIC: Final = Who.PUBLIC
MEMBERS: Final = Who.MEMBERS
OWNER: Final = Who.OWNER


@dataclass(frozen=True, slots=True)
class Route:
    """One line of the table. Only PUBLIC routes run without `authenticate_user` before the action.

    `lists` routes show rows a page at a time: tests hold that more rows cost no more queries. `hashes` routes
    hash passwords, which keeps a thread for long: their requests wait for each other in a line of their own.
    `by_origin` routes take a form of our pages without a token: what they change concerns this browser alone
    and would harm nobody if it were forged.
    """

    methods: tuple[str, ...]
    path: str
    name: str
    action: Action
    who: Who
    lists: bool = False
    hashes: bool = False
    by_origin: bool = False

    @property
    def members(self) -> bool:
        """Whether it takes a log-in."""
        return self.who is not PUBLIC


GET: Final = ("GET",)
POST: Final = ("POST",)
PUT: Final = ("PUT", "PATCH")
DELETE: Final = ("DELETE",)

ROUTES: Final = (
    Route(GET, "/", "page.index", page_controller.index, PUBLIC, lists=True),
    Route(GET, "/users", "user.index", user_controller.index, MEMBERS, lists=True),
    Route(GET, "/users/new", "user.new", user_controller.new, PUBLIC),
    Route(GET, "/users/<id>", "user.show", user_controller.show, MEMBERS),
    Route(POST, "/users", "user.create", user_controller.create, PUBLIC, hashes=True),
    Route(GET, "/sessions/new", "session.new", session_controller.new, PUBLIC),
    Route(POST, "/sessions", "session.create", session_controller.create, PUBLIC, hashes=True),
    Route(DELETE, "/sessions/<id>", "session.delete", session_controller.delete, PUBLIC),
    Route(GET, "/watch/<id>", "watch.show", watch_controller.show, PUBLIC),
    Route(GET, "/videos", "gallery.index", gallery_controller.index, PUBLIC, lists=True),
    Route(GET, "/categories", "gallery.categories", gallery_controller.categories, PUBLIC, lists=True),
    Route(GET, "/categories/<id>", "gallery.category", gallery_controller.category, PUBLIC, lists=True),
    Route(GET, "/manage/videos", "video.index", video_controller.index, MEMBERS, lists=True),
    Route(GET, "/manage/videos/new", "video.new", video_controller.new, MEMBERS),
    Route(POST, "/manage/videos", "video.create", video_controller.create, MEMBERS),
    Route(GET, "/manage/videos/<id>", "video.show", video_controller.show, OWNER),
    Route(GET, "/manage/videos/<id>/edit", "video.edit", video_controller.edit, OWNER),
    Route(PUT, "/manage/videos/<id>", "video.update", video_controller.update, OWNER),
    Route(DELETE, "/manage/videos/<id>", "video.delete", video_controller.delete, OWNER),
    Route(GET, "/settings", "profile.edit", profile_controller.edit, MEMBERS),
    Route(PUT, "/settings/profile", "profile.update", profile_controller.update, MEMBERS),
    Route(GET, "/settings/password", "password.edit", password_change_controller.edit, MEMBERS),
    Route(
        PUT, "/settings/password", "password.update", password_change_controller.update, MEMBERS, hashes=True
    ),
    Route(GET, "/settings/sessions", "own_session.index", own_session_controller.index, MEMBERS),
    Route(DELETE, "/settings/sessions", "own_session.clear", own_session_controller.clear, MEMBERS),
    Route(DELETE, "/settings/sessions/<id>", "own_session.delete", own_session_controller.delete, OWNER),
    Route(GET, "/settings/account", "account.show", account_controller.show, MEMBERS),
    Route(DELETE, "/settings/account", "account.delete", account_controller.delete, MEMBERS, hashes=True),
    Route(GET, "/reset/new", "reset.new", reset_controller.new, PUBLIC),
    Route(POST, "/reset", "reset.create", reset_controller.create, PUBLIC),
    Route(GET, "/reset/edit", "reset.edit", reset_controller.edit, PUBLIC),
    Route(PUT, "/reset", "reset.update", reset_controller.update, PUBLIC, hashes=True),
    Route(GET, "/reset/<token>", "reset.open", reset_controller.open, PUBLIC),
    Route(GET, "/settings/mail", "mail.edit", mail_controller.edit, MEMBERS),
    Route(PUT, "/settings/mail", "mail.update", mail_controller.update, MEMBERS, hashes=True),
    Route(DELETE, "/settings/mail", "mail.delete", mail_controller.delete, MEMBERS, hashes=True),
    Route(POST, "/settings/mail/again", "mail.again", mail_controller.again, MEMBERS),
    Route(GET, "/mail/confirm", "mail.ask", mail_controller.ask, PUBLIC),
    Route(POST, "/mail/confirm", "mail.confirm", mail_controller.confirm, PUBLIC),
    Route(GET, "/mail/<token>", "mail.open", mail_controller.open, PUBLIC),
    Route(GET, "/dev/mailbox", "mailbox.index", mailbox_controller.index, PUBLIC),
    Route(POST, "/language", "language.update", language_controller.update, PUBLIC, by_origin=True),
)
_NAMES: Final = frozenset(route.name for route in ROUTES)
_BY_ORIGIN: Final = frozenset(route.name for route in ROUTES if route.by_origin)


class LazyRule(Rule):
    """A rule that learns to build addresses when it is first asked for one: two thirds of a site's start.

    Werkzeug compiles two functions for each rule, and most are never called.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        built: list[Callable[..., tuple[str, str]]] = []

        def build(rule: LazyRule, /, **values: Any) -> tuple[str, str]:
            if not built:
                built.append(super()._compile_builder(append_unknown))
            return built[0](rule, **values)

        return build


def add_routes(app: Flask) -> None:
    """Put the table into `app`."""
    for route in ROUTES:
        action = authenticate_user(route.action) if route.members else route.action
        app.add_url_rule(route.path, route.name, action, methods=route.methods)


def slow_requests(table: Iterable[Route] = ROUTES) -> re.Pattern[bytes]:
    """How requests of the routes that hash begin, wherever the site is mounted. Forms send all by POST."""
    paths = {re.sub(r"<[^>]*>", "[^/? ]+", route.path) for route in table if route.hashes}
    return re.compile(rf"\A(?:POST|PUT|PATCH|DELETE) \S*?(?:{'|'.join(sorted(paths))})/?[?# ]".encode())


def is_page(endpoint: str | None) -> bool:
    """Whether a request that matched `endpoint` runs the browser pipeline."""
    return endpoint in _NAMES


def goes_by_origin(endpoint: str | None) -> bool:
    """Whether a request that matched `endpoint` needs no token if a page of ours sent it."""
    return endpoint in _BY_ORIGIN


def routes(app: Flask) -> str:
    """The table as text, one line per method: name, verb, path, action. Other rules of `app` come last."""
    lines = [
        (route.name, method, route.path, f"{_module(route.action)}.{route.action.__name__}")
        for route in ROUTES
        for method in route.methods
    ]
    for rule in app.url_map.iter_rules():
        if not is_page(rule.endpoint):
            verbs = sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
            lines += [(rule.endpoint, verb, rule.rule, "") for verb in verbs]
    widths = [max(len(line[column]) for line in lines) for column in range(3)]
    return "\n".join(
        f"{name:>{widths[0]}}  {verb:<{widths[1]}}  {path:<{widths[2]}}  {action}".rstrip()
        for name, verb, path, action in lines
    )


def _module(action: Action) -> str:
    return action.__module__.rpartition(".")[2]
