"""The way of a request: endpoint, browser pipeline, router, action; and the way back.

    id and clock -> limits -> method override -> route -> accepts -> flash -> csrf -> current user -> action
    action -> flash kept or dropped -> session cookie -> headers -> log line

Everything a page needs from the rest of the site is handed in here: pages know no channel and no socket.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import Any, Final

from flask import Blueprint, Flask, Request, abort, request
from flask.sessions import SecureCookieSessionInterface
from flask.typing import ResponseReturnValue
from itsdangerous import URLSafeTimedSerializer
from jinja2 import StrictUndefined
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.routing import MapAdapter

from rumbl_core.accounts import User
from rumbl_core.errors import Busy
from rumbl_web import (
    auth,
    csrf,
    errors,
    flash,
    gettext,
    gthread,
    proxy,
    router,
    security,
    static_files,
    telemetry,
    turnstile,
)
from rumbl_web.controllers import health_controller
from rumbl_web.health import Health
from rumbl_web.mailer import EXTENSION, Mailer
from rumbl_web.settings import Settings, SettingsError
from rumbl_web.throttle import Throttle, making
from rumbl_web.views import compiled, environment

MAX_BODY: Final = 1_000_000  # bytes, the limit of Plug's form parser
MAX_FORM_PARTS: Final = 100
SESSION_COOKIE: Final = "_rumbl_key"
URLENCODED: Final = "application/x-www-form-urlencoded"
FORM_TYPES: Final = frozenset({URLENCODED, "multipart/form-data"})
OVERRIDES: Final = frozenset({"PUT", "PATCH", "DELETE"})

ExcInfo = tuple[type, BaseException, TracebackType] | tuple[None, None, None]
UserToken = Callable[[User | None, str | None], str]
Disconnect = Callable[[str], None]
VideoDeleted = Callable[[int], None]
NotesRemoved = Callable[[int, int, int], None]
Step = Callable[[], ResponseReturnValue | None]


@dataclass(frozen=True, slots=True)
class Hooks:
    """What pages ask of the live half: a socket token; the end of a session's sockets, a video, notes."""

    user_token: UserToken
    disconnect: Disconnect
    video_deleted: VideoDeleted
    notes_removed: NotesRemoved


def no_token(_user: User | None, _session_ref: str | None) -> str:
    """Stand-in for a site without a live half."""
    return ""


def no_sockets(_session_ref: str) -> None:
    """Stand-in for a site without a live half."""


def no_viewers(_video_id: int) -> None:
    """Stand-in for a site without a live half."""


def no_readers(_video_id: int, _user_id: int, _removals: int) -> None:
    """Stand-in for a site without a live half."""


class Sessions(SecureCookieSessionInterface):
    """Flask's sessions; what signs them is made once, not for each cookie that is read or written."""

    def __init__(self) -> None:
        self._signers: dict[tuple[Any, ...], URLSafeTimedSerializer | None] = {}

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """What reads and writes the cookies of this site, with the secrets that it has now."""
        secrets = app.secret_key, *app.config["SECRET_KEY_FALLBACKS"]
        if secrets not in self._signers:
            self._signers = {secrets: super().get_signing_serializer(app)}
        return self._signers[secrets]


class Endpoint(Flask):
    """Flask that reads a hidden `_method` before it looks for the route, and logs a crash with its id."""

    jinja_environment = compiled.Environment
    url_rule_class = router.LazyRule

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.session_interface = Sessions()
        self._addresses: dict[tuple[str, str], str] = {}

    def url_for(self, endpoint: str, **values: Any) -> str:
        """As Flask's; the address of a page without parameters is worked out once."""
        if values or not request or endpoint.startswith("."):
            return super().url_for(endpoint, **values)
        key = endpoint, request.script_root
        if key not in self._addresses:
            self._addresses[key] = super().url_for(endpoint)
        return self._addresses[key]

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """As it is: Flask looks eight times a request whether something of ours is a coroutine."""
        return func

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """Routes are looked up by the method that the form means. A body over the limit answers 413."""
        if request is not None:
            override_method(request)
        return super().create_url_adapter(request)

    def log_exception(self, exc_info: ExcInfo) -> None:
        """One record per crash; the path stays out of it, since a client wrote it."""
        self.logger.error("crash in %s id=%s", request.endpoint, telemetry.request_id(), exc_info=exc_info)


def create_endpoint(
    settings: Settings,
    *,
    socket_blueprint: Blueprint | None = None,
    user_token: UserToken = no_token,
    disconnect: Disconnect = no_sockets,
    video_deleted: VideoDeleted = no_viewers,
    notes_removed: NotesRemoved = no_readers,
    health: Health | None = None,
    mailer: Mailer | None = None,
) -> Flask:
    """The site as a WSGI application.

    `user_token(user, session_ref)` signs what a page's socket connects with (None for a guest);
    `disconnect(session_ref)` closes the live sockets of a session that ended; `video_deleted(id)` tells those
    who watch it, and `notes_removed(video_id, user_id, removals)` that somebody's notes there are gone;
    `health` knows how this process does; `mailer` sends mails, or says that none are sent.
    """
    app = Endpoint(__name__, static_folder=None, template_folder="templates")
    app.extensions["rumbl_web"] = Hooks(user_token, disconnect, video_deleted, notes_removed)
    app.extensions["rumbl_health"] = health or Health()
    app.extensions[EXTENSION] = mailer or Mailer()
    configure(app, settings)
    app.extensions[turnstile.EXTENSION] = throttle(settings)
    gettext.install(app)
    environment.install(app)
    errors.register(app)
    add_pipeline(app, settings)
    app.register_blueprint(static_files.blueprint)
    app.register_blueprint(health_controller.blueprint)
    if socket_blueprint is not None:
        app.register_blueprint(socket_blueprint)
    router.add_routes(app)
    telemetry.hide_secrets_of_paths(app)
    proxy.install(app, settings.url, settings.trusted_proxies)
    return app


def throttle(settings: Settings) -> Throttle:
    """Who may try how often; counted where the settings say."""
    return making.make(
        settings.secret_key_base or "",
        shared=settings.throttle_store == "shared",
        redis_url=settings.redis_url,
        registrations_per_hour=settings.registrations_per_hour,
    )


def configure(app: Flask, settings: Settings) -> None:
    """Turn our settings into Flask's. Raises SettingsError without a secret."""
    if settings.secret_key_base is None:
        raise SettingsError("SECRET_KEY_BASE: not set. Put at least 50 random characters there.")
    app.secret_key = settings.secret_key_base
    app.config.update(
        SECRET_KEY_FALLBACKS=list(settings.secret_key_fallbacks),
        MAX_CONTENT_LENGTH=MAX_BODY,
        MAX_FORM_MEMORY_SIZE=MAX_BODY,
        MAX_FORM_PARTS=MAX_FORM_PARTS,
        TRUSTED_HOSTS=list(settings.trusted_hosts) or None,
        SESSION_COOKIE_NAME=session_cookie(settings),
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.cookie_secure,
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=timedelta(days=settings.session_days),
        TEMPLATES_AUTO_RELOAD=settings.env == "dev",
        SESSION_COOKIE_PATH=proxy.prefix(settings.url) or "/",
        RUMBL_ORIGIN=proxy.origin(settings.url) if settings.url else None,
    )
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.url_map.strict_slashes = app.url_map.merge_slashes = False


def session_cookie(settings: Settings) -> str:
    """Its name. `__Host-` lets no other site of the domain set it; it takes Secure and the path `/`."""
    bound = settings.cookie_secure and not proxy.prefix(settings.url)
    return f"__Host-{SESSION_COOKIE.removeprefix('_')}" if bound else SESSION_COOKIE


def add_pipeline(app: Flask, settings: Settings) -> None:
    """Hang the steps around every request. The steps after it run from the last to the first."""
    app.before_request(telemetry.start)
    app.before_request(browser)
    app.after_request(telemetry.finish)
    app.after_request(security.put_headers)
    if settings.cookie_secure:
        security.hsts(app)
    app.after_request(flash.persist)


def turn_away_late() -> None:
    """Raise Busy for a request that waited too long for its thread, before it takes long itself."""
    if gthread.is_late():
        raise Busy("too many log in at the same moment")


def accepts_html() -> None:
    """Answer 406 to a client that cannot take the only format we have."""
    if not errors.wants_html() or request.args.get("_format", "html") != "html":
        abort(406)


def protect_from_forgery() -> None:
    """Answer 403 to a request that another site may have made."""
    csrf.protect(by_origin=router.goes_by_origin(request.endpoint))


BROWSER: Final[tuple[Step, ...]] = (
    turn_away_late,
    accepts_html,
    flash.fetch,
    protect_from_forgery,
    auth.fetch_current_user,
)


def browser() -> ResponseReturnValue | None:
    """Run the steps that pages share; files, sockets and unknown addresses have no session."""
    if request.routing_exception is not None or not router.is_page(request.endpoint):
        return None
    return next((answer for step in BROWSER if (answer := step()) is not None), None)


def override_method(request: Request) -> None:
    """Let a form say PUT, PATCH or DELETE in a hidden `_method`: only by POST, only in the body.

    Raises RequestEntityTooLarge for a body over the limit.
    """
    if request.method != "POST" or request.mimetype not in FORM_TYPES:
        return
    # Flask's own limits come from the app, which is not in place yet while the route is looked up.
    request.max_content_length = request.max_form_memory_size = MAX_BODY
    request.max_form_parts = MAX_FORM_PARTS
    if request.mimetype == URLENCODED and request.content_length is not None:
        request.get_data()  # is kept: what curl posts to a socket calls itself a form as well
    wanted = request.form.get("_method", "").upper()
    # A chunked body that filled the limit was cut off there without a word.
    if request.content_length is None and getattr(request.stream, "is_exhausted", False):
        raise RequestEntityTooLarge
    if wanted in OVERRIDES:
        request.method = request.environ["REQUEST_METHOD"] = wanted
