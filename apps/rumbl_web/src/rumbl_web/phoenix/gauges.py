"""What can be asked of a running node at any moment: for a metrics reader that polls.

every ten seconds: report(gauges.measurements(hub))
"""

from __future__ import annotations

from typing import Final

from info_sys.otp import observer
from rumbl_web.phoenix.transports.hub import Hub

GAUGES: Final = {
    "hub.connections": "open connections",
    "hub.adopted": "connections there have been (counts up)",
    "hub.sessions": "long-poll sessions",
    "hub.polls": "polls of theirs that wait, or wait for their answer to be taken",
    "hub.groups": "groups of subscribers that get the same bytes",
    "hub.frames_in": "frames of clients (counts up)",
    "hub.frames_out": "frames to clients (counts up)",
    "hub.bytes_in": "bytes of clients (counts up)",
    "hub.bytes_out": "bytes to clients (counts up)",
    "hub.blocked": "connections that do not take all of what they are sent",
    "hub.outbox_bytes": "bytes that wait for them",
    "hub.failed": "connections ended because the client broke a rule or its handler failed (counts up)",
    "hub.slow_closed": "slow readers closed (counts up)",
    "hub.backlog": "calls of other threads that wait for the hub",
    "otp.processes": "living processes",
    "otp.mailboxes": "messages that wait, all mailboxes together",
    "otp.longest_mailbox": "messages that wait for one process, the most",
    "otp.dropped": "messages refused because a mailbox was full (counts up)",
    "otp.ready": "processes that wait for a scheduler thread",
    "otp.running": "turns under way",
    "otp.long_turns": "turns that have lasted long without saying that they wait",
    "otp.threads": "scheduler threads, stand-ins included",
    "otp.task_threads": "threads that run a task",
}
"""Name to meaning of every measurement."""


def measurements(hub: Hub) -> dict[str, float]:
    """All of `GAUGES` now. It looks at every process: some 10 ms for 100,000 of them."""
    kernel = observer.system()
    taken: dict[str, float] = {f"hub.{name}": value for name, value in hub.stats().items()}
    return taken | {
        "otp.processes": kernel.processes,
        "otp.mailboxes": kernel.waiting,
        "otp.longest_mailbox": kernel.longest,
        "otp.dropped": kernel.dropped,
        "otp.ready": kernel.scheduler.waiting,
        "otp.running": kernel.scheduler.running,
        "otp.long_turns": kernel.scheduler.long,
        "otp.threads": kernel.scheduler.threads,
        "otp.task_threads": kernel.task_threads,
    }
