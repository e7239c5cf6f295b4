"""info_sys: asks many sources a question at once and keeps the best answers.

    from info_sys import compute
    compute("1 + 1", limit=1)[0].text  # '2'

`info_sys.application.start(settings)` must have been called before.
"""

from typing import TYPE_CHECKING

from info_sys import door

if TYPE_CHECKING:
    from info_sys.backend import Backend, Options
    from info_sys.backends import licence
    from info_sys.result import Result
    from info_sys.system import Answer, Outcome, ask, asks, compute, stream
else:  # or a type checker would take every name for one that is there
    __getattr__, __dir__ = door.load, door.names

__all__ = ["Answer", "Backend", "Options", "Outcome", "Result", "ask", "asks", "compute", "licence", "stream"]
