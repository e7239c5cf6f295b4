"""otp: processes, servers and supervisors on a few threads. Standard library only."""

from info_sys.otp.process import (
    KILLED,
    NOPROC,
    NORMAL,
    SHUTDOWN,
    Down,
    Exit,
    ExitSignal,
    Process,
    current,
)
from info_sys.otp.registry import AlreadyStarted, Registry, register, unregister, whereis
from info_sys.otp.scheduler import blocking, line_is_empty
from info_sys.otp.timer import Timer, call_after, send_after

__all__ = [
    "KILLED",
    "NOPROC",
    "NORMAL",
    "SHUTDOWN",
    "AlreadyStarted",
    "Down",
    "Exit",
    "ExitSignal",
    "Process",
    "Registry",
    "Timer",
    "blocking",
    "call_after",
    "current",
    "line_is_empty",
    "register",
    "send_after",
    "unregister",
    "whereis",
]
