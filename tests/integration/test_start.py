"""Starting the site where it can't start: one line that says what to do, and an exit code."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import requests

from info_sys.testing_ports import free_port
from tests import preloaded
from tests.running import SERVE, RunningSite


def serve(data: Path, **environ: str) -> tuple[int, str]:
    """Exit code and standard error of a start that is expected to fail."""
    unset = {"DATABASE_URL", "SECRET_KEY_BASE", "RUMBL_ENV", "RUMBL_CONFIG"}
    kept = {name: value for name, value in os.environ.items() if name not in unset}
    here = {"PORT": str(free_port()), "RUMBL_DATA": str(data)}
    done = preloaded.run(SERVE, {**kept, **here, **environ})
    return done.returncode, done.stderr.strip()


def test_an_occupied_port_is_named_with_a_way_out(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, line = serve(tmp_path / "data", PORT=str(port))
    assert code == 1
    assert line == (
        f"rumbl-web: 127.0.0.1:{port} can't be listened on (address already in use); "
        f"stop what runs there, or choose another, for example PORT={port % 65535 + 1}"
    )


REFUSED = [
    ({"DATABASE_URL": "postgresql://rumbl:secret@127.0.0.1:9/rumbl"}, "DATABASE_URL"),
    ({"DATABASE_URL": "mysql://localhost/rumbl"}, "DATABASE_URL"),
    ({"DATABASE_URL": "nonsense"}, "DATABASE_URL"),
    ({"PORT": "many"}, "PORT"),
    ({"RUMBL_ENV": "staging"}, "RUMBL_ENV"),
    ({"RUMBL_ENV": "prod"}, "DATABASE_URL"),
    ({"SECRET_KEY_BASE": "short"}, "SECRET_KEY_BASE"),
    ({"WORKERS": "2"}, "WORKERS"),
    ({"HOST": "1.2.3.4"}, "1.2.3.4:"),
]


@pytest.mark.parametrize(("environ", "variable"), REFUSED)
def test_a_wrong_setting_is_one_line_that_names_it(
    tmp_path: Path, environ: dict[str, str], variable: str
) -> None:
    code, line = serve(tmp_path / "data", **environ)
    assert code == 1
    assert "\n" not in line
    assert line.startswith(f"rumbl-web: {variable}")
    assert "secret@" not in line


def test_a_data_folder_that_can_not_be_written_is_one_line(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("not a folder")
    code, line = serve(in_the_way / "data")
    assert code == 1
    assert line.startswith("rumbl-web: RUMBL_DATA: ")
    assert "\n" not in line


def test_a_secret_that_is_empty_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret_key_base").write_text("")
    code, line = serve(tmp_path)
    assert code == 1
    assert "holds no usable secret" in line


INTERRUPTED = """
import gc
import sys
from rumbl_web.__main__ import main
command, module = sys.argv[1:]
class Loading:
    @staticmethod
    def find_spec(name, *_):
        if name == module:
            assert not gc.isenabled(), "modules are looked through for garbage while they load"
            raise KeyboardInterrupt
sys.argv, sys.meta_path[:0] = ["rumbl-web", command], [Loading]
main()
"""


@pytest.mark.parametrize(
    ("command", "module"),
    [
        ("serve", "rumbl_web.cli"),
        ("serve", "rumbl_web.server"),
        ("routes", "rumbl_web.router"),
        ("console", "rumbl_core.multimedia"),
    ],
)
def test_ctrl_c_while_a_command_loads_is_no_failure(tmp_path: Path, command: str, module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, command, module],
        env={**os.environ, "RUMBL_DATA": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr.strip()) == (130, "", "")


def test_port_0_takes_a_free_port_and_says_which() -> None:
    # Not in pytest's folder: any other run, by root, would close that to the account that runs PostgreSQL.
    with TemporaryDirectory(prefix="rumbl-start-", ignore_cleanup_errors=True) as folder:
        # PYTHONHASHSEED: it loads what it needs by itself.
        site = RunningSite(Path(folder) / "data", PORT="0", PYTHONHASHSEED="random").start()
        found = re.search(r"rumbl is up: http://localhost:([1-9]\d+) ", site.output())
        site.stop()
    assert found, site.output()


def test_a_client_is_no_proxy(site: RunningSite) -> None:
    """gunicorn of itself believes everybody on this machine, thus what a proxy passes on unseen."""
    place = "//evil.example"
    mounted = requests.get(f"{site.url}{place}/", headers={"SCRIPT_NAME": place}, timeout=10)
    schemes = {"X-Forwarded-Proto": "http", "X-Forwarded-Ssl": "on"}

    assert mounted.status_code == 404
    assert requests.get(site.url, headers=schemes, timeout=10).status_code == 200
