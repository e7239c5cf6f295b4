"""The command `rumbl-web`, thin: Ctrl-C while it loads is no traceback."""

from __future__ import annotations

import sys


def main() -> None:
    """Load the command line and run it."""
    try:
        from rumbl_web.cli import main as command  # it takes a while: it belongs inside the try

        command(prog_name="rumbl-web")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
