"""What a worker does: ask the sources, and send the answer to who asked."""

from __future__ import annotations

import logging
import time
from typing import Any, Final

from billiard.exceptions import SoftTimeLimitExceeded
from celery import shared_task
from celery.signals import worker_process_init, worker_process_shutdown
from redis import Redis, RedisError

from info_sys import application
from info_sys.celery_app import TASK
from info_sys.letters import Letter, send
from info_sys.settings import load
from info_sys.system import Answer
from info_sys.system import ask as ask_sources

log = logging.getLogger(__name__)

STALE_S: Final = 120.0
"""A question older than that is thrown away: who asked has long asked again."""

_running: list[application.Application] = []
_redis: list[Redis] = []


@worker_process_init.connect  # type: ignore[untyped-decorator]  # Celery has no types
def begin(**_kwargs: Any) -> None:
    """Each process of a worker has an information system of its own, joined to the others by Redis."""
    settings = load()
    assert settings.redis_url is not None
    _running.append(application.start(settings))
    url = settings.redis_url.get_secret_value()
    _redis.append(Redis.from_url(url, decode_responses=True, socket_timeout=5.0, socket_connect_timeout=1.0))


@worker_process_shutdown.connect  # type: ignore[untyped-decorator]  # Celery has no types
def end(**_kwargs: Any) -> None:
    """Stop it."""
    while _running:
        _running.pop().stop(1.0)


@shared_task(name=TASK, bind=True, max_retries=20, default_retry_delay=1)  # type: ignore[untyped-decorator]  # Celery has no types
def ask(
    self: Any,
    query: str,
    reference: str,
    reply_to: str,
    limit: int,
    timeout_ms: float | None,
    asked_at: float,
) -> None:
    """Ask, and send a letter. Done again after a crash: the letter may come twice, never not at all."""
    if time.time() > asked_at + STALE_S:
        log.warning("question %s waited for too long and is dropped", reference)
        return
    try:
        answer = ask_sources(query, limit=limit, timeout_ms=timeout_ms)
    except SoftTimeLimitExceeded:
        log.warning("question %s took too long", reference)
        answer = Answer([], [])
    try:
        send(_redis[0], reply_to, Letter.of(reference, answer))
    except (RedisError, OSError) as error:
        raise self.retry(exc=error) from error
