"""The composition root: builds the three apps and ties pages, channels and answers together."""

from __future__ import annotations

import hashlib
import os
import socket
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Blueprint, Flask

import info_sys.application
import info_sys.backends
import rumbl_core.application
from info_sys import otp
from info_sys.otp.supervisor import Supervisor
from rumbl_core import accounts
from rumbl_web import notes
from rumbl_web.answers import Answers
from rumbl_web.channels import user_socket
from rumbl_web.channels.catch_up import CatchUp
from rumbl_web.channels.latest_watch import LatestWatch
from rumbl_web.channels.pages import Pages
from rumbl_web.channels.presence import MAX_LISTED, Presence
from rumbl_web.channels.question_watch import QuestionWatch
from rumbl_web.channels.session_watch import SessionWatch
from rumbl_web.configuration import Configuration
from rumbl_web.endpoint import create_endpoint
from rumbl_web.health import Health
from rumbl_web.mailer import Mailer
from rumbl_web.mailer import adapter as mail_adapter
from rumbl_web.phoenix import live as phoenix_live
from rumbl_web.phoenix.endpoint import Endpoint
from rumbl_web.phoenix.mount import mount
from rumbl_web.phoenix.presence import Periods
from rumbl_web.phoenix.pubsub import PubSub
from rumbl_web.phoenix.pubsub_adapters.adapter import Adapter
from rumbl_web.phoenix.pubsub_adapters.local import LocalAdapter
from rumbl_web.phoenix.pubsub_adapters.redis import RedisAdapter
from rumbl_web.phoenix.token import Secret
from rumbl_web.phoenix.transports.options import PollOptions
from rumbl_web.settings import Settings

if TYPE_CHECKING:
    from info_sys.remote import Remote

SWITCH_INTERVAL_S = 0.00025
"""How long a busy thread may keep the interpreter from the hub (Python's default is 5 ms)."""

SUPERVISOR = "RumblWeb.Supervisor"
PRESENCE = "RumblWeb.Presence"


class Live(phoenix_live.Live):
    """The live half of the site, with the answers to questions asked in notes.

    It works once `supervisor` is started: there is one per Python process, its names are well known.
    """

    supervisor: Supervisor
    mailer: Mailer


@dataclass
class Application:
    """One running site. `app` is its WSGI face."""

    app: Flask
    live: Live
    core: rumbl_core.application.Application
    info: info_sys.application.Application

    def stop(self) -> None:
        """Stop in the reverse order of the start."""
        self.live.stop()
        self.info.stop()
        self.core.stop()


def start(configuration: Configuration) -> Application:
    """Start everything that one server process needs: domain, information system, channels, pages."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    core = rumbl_core.application.start(configuration.core, otp.blocking)
    info = info_sys.application.start(configuration.info)
    accounts.reserve_names(info_sys.backends.known())  # also of those that are installed and not chosen
    remote = workers(configuration)
    mails = mail_adapter(
        configuration.web.mail_url, configuration.web.env, core.settings.data_dir / "mailbox"
    )
    mailer = Mailer(mails, configuration.web.sender)
    live = make_live(configuration.web, adapter(configuration.web), mailer, remote)
    live.supervisor.start()
    if remote is not None:
        listen(remote, live.endpoint)
    health = Health(lambda: live.endpoint.pubsub.adapter.state, core.ping)
    return Application(pages(configuration.web, live, health), live, core, info)


def adapter(settings: Settings) -> Adapter:
    """How this process reaches the others: by Redis, or not at all."""
    return LocalAdapter() if settings.redis_url is None else RedisAdapter(settings.redis_url)


def workers(configuration: Configuration) -> Remote | None:
    """The way to the workers of the information system, if there is one. All nodes of a site share it."""
    url, secret = configuration.info.redis_url, configuration.web.secret_key_base
    if url is None:
        return None
    from info_sys.remote import Remote

    site = hashlib.sha256(f"answers {secret}".encode()).hexdigest()[:16]
    return Remote(url.get_secret_value(), site)


def listen(remote: Remote, endpoint: Endpoint) -> None:
    """Read what the workers found, until the endpoint stops."""
    letterbox = remote.letterbox(f"{socket.gethostname()}-{os.getpid()}", endpoint.services["answers"].told)
    letterbox.start()
    endpoint.on_stop(letterbox.stop)


def make_live(
    settings: Settings,
    adapter: Adapter | None = None,
    mailer: Mailer | None = None,
    remote: Remote | None = None,
) -> Live:
    """Make the hub, PubSub, presence, answers, the mailer, and the supervisor of what runs for them."""
    assert settings.secret_key_base is not None
    made = Live(Secret(settings.secret_key_base, settings.secret_key_fallbacks), PubSub(adapter))
    made.mailer = mailer = mailer or Mailer()
    endpoint, periods = made.endpoint, Periods(down=settings.presence_down_ms)
    presence, answers = (
        Presence(endpoint, max_listed=MAX_LISTED, periods=periods),
        Answers(endpoint, remote=remote),
    )
    endpoint.services.update(presence=presence, answers=answers, pages=Pages())
    endpoint.max_per_id = settings.sockets_per_user
    children = [
        presence.child_spec(PRESENCE),
        answers.child_spec(),
        mailer.child_spec(),
        CatchUp(endpoint).child_spec(),
        LatestWatch.child_spec(endpoint),
        SessionWatch.child_spec(endpoint),
        QuestionWatch.child_spec(endpoint),
    ]
    made.supervisor = supervisor = Supervisor(children, name=SUPERVISOR)
    endpoint.on_stop(lambda: supervisor.stop(otp.SHUTDOWN))
    endpoint.on_stop(answers.wait)
    endpoint.on_stop(mailer.wait)
    return made


def pages(settings: Settings, live: Live, health: Health | None = None) -> Flask:
    """The Flask application, with the socket mounted at /socket."""
    secret = settings.secret_key_base
    assert secret is not None

    def user_token(user: accounts.User | None, session: str | None) -> str:
        if user is None:
            return user_socket.guest_token(secret)
        return user_socket.user_token(secret, user.id, session)

    def disconnect(session: str) -> None:
        live.endpoint.disconnect(user_socket.session_topic(session))

    def video_deleted(video_id: int) -> None:
        live.endpoint.broadcast(f"videos:{video_id}", "video_deleted", {})

    def notes_removed(video_id: int, user_id: int, removals: int) -> None:
        notes.tell_removed(live.endpoint, video_id, user_id, removals)

    sockets = Blueprint("socket", __name__)
    host = urlsplit(settings.url).hostname if settings.url else None
    mount(
        sockets,
        "/socket",
        user_socket.UserSocket,
        live.endpoint,
        live.hub,
        check_origin=settings.check_origin,
        host=host,
        longpoll=PollOptions(most_asking=max(1, settings.threads // 2)),
    )
    return create_endpoint(
        settings,
        socket_blueprint=sockets,
        user_token=user_token,
        disconnect=disconnect,
        video_deleted=video_deleted,
        notes_removed=notes_removed,
        health=health,
        mailer=live.mailer,
    )


def offline(configuration: Configuration) -> Flask:
    """The site without a database, never served: enough to list its routes."""
    secret = configuration.web.secret_key_base or "x" * 50
    settings = configuration.web.model_copy(update={"secret_key_base": secret})
    return pages(settings, make_live(settings))
