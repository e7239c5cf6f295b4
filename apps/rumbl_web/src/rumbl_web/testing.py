"""The test kit of the pages, after the book's ConnCase: requests go through the whole endpoint.

Put `pytest_plugins = ["rumbl_core.testing", "rumbl_web.testing"]` into a conftest. A test asks for

- `app`: the site; `client`: a browser without JavaScript; both in a transaction that is rolled back,
- `login_as`: `login_as(user)` gives a client whose current user is set without a password,
- `mails`: what the site sent,
- `ended_sessions`: the sessions whose live sockets the site wanted closed.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from email.message import EmailMessage
from functools import lru_cache
from types import CodeType
from typing import Any, Final, cast
from urllib.parse import urlsplit

import pytest
from flask import Flask, Request, Response
from flask.sessions import SessionMixin
from flask.testing import FlaskClient
from jinja2 import Environment
from jinja2.bccache import Bucket, BytecodeCache
from werkzeug.test import TestResponse, run_wsgi_app
from werkzeug.wsgi import get_host

from rumbl_core.accounts import User
from rumbl_core.testing import Sandbox
from rumbl_web import auth, csrf
from rumbl_web.endpoint import create_endpoint
from rumbl_web.mail import Collected
from rumbl_web.mailer import Mailer
from rumbl_web.settings import Settings, load
from rumbl_web.views import compiled

SECRET = "a secret of the tests, which protects nothing at all"  # noqa: S105 - it protects nothing


class Client(FlaskClient):
    """A browser: keeps cookies, and sends forms with the token that their page would carry."""

    def open(self, *args: Any, buffered: bool = True, **kwargs: Any) -> TestResponse:
        """Send a request and read the whole answer, so that a file that was sent is closed again."""
        return super().open(*args, buffered=buffered, **kwargs)

    def submit(
        self, path: str, fields: Mapping[str, Any] | None = None, *, method: str = "POST", **options: Any
    ) -> TestResponse:
        """Send a form. `{"video": {"title": "x"}}` becomes `video[title]=x`; the forgery token is added."""
        data = {**flatten(fields or {}), csrf.FIELD: self.csrf_token()}
        return self.open(path, method=method, data=data, **options)

    def csrf_token(self) -> str:
        """A token that is good for this client's session."""
        session = self.session()
        if "csrf" not in session:
            session["csrf"] = secrets.token_hex(32)
            self._keep(session)
        return csrf.mask(session["csrf"])

    def run_wsgi_app(self, environ: dict[str, Any], buffered: bool = False) -> Any:
        """As werkzeug's, which works out the whole address twice to know whose cookies are meant."""
        self._add_cookies_to_wsgi(environ)
        answer = run_wsgi_app(self.application, environ, buffered=buffered)
        if cookies := answer[2].getlist("set-cookie"):
            self._update_cookies_from_response(*_place(environ), cookies)
        return answer

    def _add_cookies_to_wsgi(self, environ: dict[str, Any]) -> None:
        if self._cookies is None:
            return
        host, path = _place(environ)
        meant = [cookie for cookie in self._cookies.values() if cookie._matches_request(host, path)]
        environ.pop("HTTP_COOKIE", None)
        if meant:
            environ["HTTP_COOKIE"] = "; ".join(cookie._to_request_header() for cookie in meant)

    def twin(self) -> Client:
        """Another browser with the same cookies."""
        twin = self.application.test_client()
        assert isinstance(twin, Client)
        twin._cookies = dict(self._cookies or {})
        return twin

    def session(self) -> SessionMixin:
        """What the session has. It is only read: what changes it here is a `session_transaction`."""
        cookie = self.get_cookie(self.application.config["SESSION_COOKIE_NAME"])
        request = Request({"HTTP_COOKIE": f"{cookie.key}={cookie.value}"} if cookie else {})
        session = self.application.session_interface.open_session(self.application, request)
        assert session is not None
        return session

    def _keep(self, session: SessionMixin) -> None:
        answer = Response()
        self.application.session_interface.save_session(self.application, session, answer)
        self._update_cookies_from_response("localhost", "/", answer.headers.getlist("set-cookie"))


class Compiled(BytecodeCache):
    """The templates that sites of a test run have compiled, for those sites that compile them alike."""

    def __init__(self) -> None:
        self._codes: dict[tuple[object, ...], CodeType | None] = {}

    def get_bucket(self, environment: Environment, name: str, filename: str | None, source: str) -> Bucket:
        """The place of a template's code, which may be there."""
        bucket = Bucket(environment, name, source)
        bucket.code = self._codes.get(self._key(bucket))
        return bucket

    def set_bucket(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        self._codes[self._key(bucket)] = bucket.code

    def _key(self, bucket: Bucket) -> tuple[object, ...]:
        """All that sites of tests change of what a template is compiled with."""
        environment = cast("compiled.Environment", bucket.environment)
        escapes = (
            environment.autoescape(bucket.key) if callable(environment.autoescape) else environment.autoescape
        )
        filters = frozenset(environment.filters.items())
        return bucket.key, bucket.checksum, environment.words, escapes, filters


_COMPILED: Final = Compiled()


def make_settings(**settings: Any) -> Settings:
    """Settings for a test; the environment has no say but through variables of ours that are set."""
    return load({"env": "test", "secret_key_base": SECRET, **settings})


def make_app(**settings: Any) -> Flask:
    """A site of its own, for a test of settings."""
    return _with_test_client(create_endpoint(make_settings(**settings)))


def compile_pages() -> None:
    """Compile the templates for all sites that this process and its forks will make."""
    app = make_app()
    with app.test_request_context():
        for name in app.jinja_env.list_templates():
            app.jinja_env.get_template(name)


def flatten(fields: Mapping[str, Any], inside: str = "") -> dict[str, str]:
    """Nested fields with the names that forms send."""
    flat: dict[str, str] = {}
    for key, value in fields.items():
        name = f"{inside}[{key}]" if inside else key
        flat.update(flatten(value, name) if isinstance(value, Mapping) else {name: str(value)})
    return flat


def html_response(response: TestResponse, status: int = 200) -> str:
    """The text of an HTML answer with this status."""
    assert response.status_code == status, f"status {response.status_code}: {response.text[:2000]}"
    assert response.mimetype == "text/html"
    return response.text


def redirected_to(response: TestResponse) -> str:
    """Where an HTML redirect leads."""
    html_response(response, 302)
    return str(response.headers["location"])


@pytest.fixture(scope="session")
def rumbl_site() -> tuple[Flask, list[str]]:
    """The one site of a test run, and what it wanted disconnected."""
    ended: list[str] = []
    collected = Collected()
    mailer = Mailer(collected, inline=True)
    app = create_endpoint(make_settings(), user_token=_spell_out, disconnect=ended.append, mailer=mailer)
    app.extensions["rumbl_test_mails"] = collected
    return _with_test_client(app), ended


@pytest.fixture
def app(rumbl_site: tuple[Flask, list[str]], sandbox: Sandbox) -> Flask:
    """The site, on a sandboxed database; its mailbox is empty."""
    site, _ = rumbl_site
    site.extensions["rumbl_test_mails"].mails.clear()
    return site


@pytest.fixture
def client(app: Flask) -> Client:
    """A browser of somebody who is not logged in."""
    browser = app.test_client()
    assert isinstance(browser, Client)
    return browser


@pytest.fixture
def login_as(app: Flask) -> Callable[[User], Client]:
    """Make a browser whose current user is given, without a session."""

    def login(user: User) -> Client:
        browser = app.test_client()
        assert isinstance(browser, Client)
        cast("dict[str, Any]", browser.environ_base)[auth.TEST_USER_KEY] = user
        return browser

    return login


@pytest.fixture
def mails(app: Flask) -> list[EmailMessage]:
    """What the site sent during this test."""
    return cast("list[EmailMessage]", app.extensions["rumbl_test_mails"].mails)


@pytest.fixture
def ended_sessions(rumbl_site: tuple[Flask, list[str]]) -> Iterator[list[str]]:
    """Public ids of the sessions that ended during this test."""
    ended = rumbl_site[1]
    ended.clear()
    yield ended
    ended.clear()


def _place(environ: dict[str, Any]) -> tuple[str, str]:
    """Name of a request's host, and its path."""
    return _host_name(get_host(environ)), environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")


@lru_cache
def _host_name(host: str) -> str:
    return urlsplit(f"//{host}").hostname or "localhost"


def _with_test_client(app: Flask) -> Flask:
    app.test_client_class = Client
    app.jinja_env.bytecode_cache = _COMPILED
    return app


def _spell_out(user: User | None, session_ref: str | None) -> str:
    """A socket token that a test can read."""
    return f"token of {user.id if user else 'guest'} in {session_ref}"
