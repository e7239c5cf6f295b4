"""One `info-sys worker`, which may be killed."""

import os
import signal
import subprocess
import sys
from contextlib import suppress

DEADLINE_S = 60


class Worker:
    """One `info-sys worker`, with its own children."""

    def __init__(self, url, log, processes=2, **environ):
        self._command = [sys.executable, "-m", "info_sys.cli", "worker", f"--processes={processes}"]
        self._environ = {
            **os.environ,
            "INFO_SYS_REDIS_URL": url,
            "INFO_SYS_BACKENDS": "calculator",
            **environ,
        }
        self._log = log
        self.start()

    def start(self):
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                self._command, env=self._environ, stdout=log, stderr=log, start_new_session=True
            )

    def children(self):
        try:
            tasks = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
            with open(tasks) as file:
                return [int(pid) for pid in file.read().split()]
        except OSError:
            return []

    def kill_a_child(self):
        """Whether there was one: it may be gone by itself since it was listed."""
        for child in self.children():
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
                return True
        return False

    def kill(self):
        """The worker with all its children, as a machine that loses power does."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(5)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()
