"""The command `rumbl-web`, thin: Ctrl-C while it loads is no traceback."""

from __future__ import annotations

import sys


def main() -> None:
    """Load the command line and run it."""
    try:
        from rumbl_web import memory  # all this takes a while: it belongs inside the try

        with memory.loading():
            from rumbl_web.cli import main as command

        command(prog_name="rumbl-web")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
