"""The Celery application: one queue of questions, JSON only, acknowledged when the answer is on its way.

A worker that dies gives its question to another one: at once if only its child died, else when the time is
over after which Redis gives it out again (`VISIBLE_S`).
"""

from __future__ import annotations

from typing import Final

from celery import Celery

QUEUE: Final = "info_sys"
SOFT_S: Final = 15
HARD_S: Final = 20
"""A question that hangs in spite of every deadline is killed with its process, seconds after `SOFT_S`."""
VISIBLE_S: Final = 30
LOOK_S: Final = 5
"""How often to look for questions whose worker died."""
CONNECT_S: Final = 1.0
TASK: Final = "info_sys.ask"


def make(url: str) -> Celery:
    """The application on the Redis at `url`."""
    app = Celery("info_sys", broker=url, include=["info_sys.tasks"], set_as_current=True)
    app.conf.update(
        task_default_queue=QUEUE,
        task_serializer="json",
        accept_content=["json"],
        task_ignore_result=True,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_soft_time_limit=SOFT_S,
        task_time_limit=HARD_S,
        task_publish_retry=False,
        worker_prefetch_multiplier=1,
        worker_max_tasks_per_child=1_000,
        worker_cancel_long_running_tasks_on_connection_loss=True,
        worker_enable_remote_control=False,
        worker_send_task_events=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options={
            "visibility_timeout": VISIBLE_S,
            # Left as they are, some 10 questions of dead workers are given out again every 100 s.
            "unacked_restore_interval": LOOK_S,
            "unacked_restore_throttle": 1,
            # A worker that dies while it looks must not keep the others from it for 5 minutes.
            "unacked_mutex_expire": 2 * LOOK_S,
            "socket_timeout": 5.0,
            "socket_connect_timeout": CONNECT_S,
        },
    )
    return app
