"""The application: the supervision tree of the information system, and its choice of backends."""

from __future__ import annotations

import os
from typing import Final

from info_sys import backends
from info_sys.backend import Backend, Context
from info_sys.cache import NAME as CACHE
from info_sys.cache import Cache
from info_sys.health import Health
from info_sys.http_client import HttpClient
from info_sys.otp.process import SHUTDOWN
from info_sys.otp.supervisor import ChildSpec, Supervisor
from info_sys.otp.task import TaskSupervisor
from info_sys.settings import Settings, variable
from info_sys.shared import Shared
from info_sys.system import TASK_SUPERVISOR, Defaults, defaults, set_defaults

SUPERVISOR: Final = "InfoSys.Supervisor"


class Application:
    """A running information system. There is one per Python process: its names are well known."""

    def __init__(self, supervisor: Supervisor, made: tuple[Backend, ...], before: Defaults) -> None:
        self.supervisor = supervisor
        self.backends = made
        self._before = before

    def stop(self, timeout_s: float = 10.0) -> None:
        """Stop the tree. Questions under way come back without what is missing. May be called twice."""
        self.supervisor.stop(SHUTDOWN, timeout_s)
        set_defaults(self._before)


def start(settings: Settings, http_client: HttpClient | None = None) -> Application:
    """Start the cache, then the supervisor of the tasks. Raises AlreadyStarted while another one runs."""
    supervisor = Supervisor(children(settings), "one_for_one", name=SUPERVISOR).start()
    made, before = backends.build(settings.backends, context(settings, http_client)), defaults()
    shared = None if settings.redis_url is None else Shared(settings.redis_url.get_secret_value())
    set_defaults(Defaults(made, settings.timeout_ms, Health(shared, shared), shared))
    return Application(supervisor, made, before)


def context(settings: Settings, http_client: HttpClient | None = None) -> Context:
    """What backends are made from: the variables of the environment, and what the settings say instead."""
    key = settings.wolfram_app_id
    wolfram = {variable("wolfram_app_id"): key.get_secret_value() if key else ""}
    return Context({**os.environ, **wolfram}, http_client)


def children(settings: Settings) -> list[ChildSpec]:
    """The children in order of start."""
    interval_ms = settings.cache_clear_interval_ms
    return [
        ChildSpec(CACHE, lambda: Cache(CACHE, interval_ms).start()),
        ChildSpec(TASK_SUPERVISOR, lambda: TaskSupervisor(TASK_SUPERVISOR).start(), type="supervisor"),
    ]
