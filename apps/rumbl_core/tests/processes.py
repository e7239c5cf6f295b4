"""Two processes that do the same at the same moment."""

import subprocess
import sys

START = """
import os, sys
os.environ.pop("DATABASE_URL", None)
from rumbl_core import application, settings
app = application.start(settings.Settings(database_url=sys.argv[1], password_cost="cheap"))
print("ready", flush=True)
sys.stdin.readline()
"""


def at_once(statement: str, database_url: str) -> None:
    """Run `statement`, which may use `app`, in two processes that are let go together; both must end well."""
    command = [sys.executable, "-c", START + statement, database_url]
    processes = [
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    said = [process.communicate(timeout=60)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said
