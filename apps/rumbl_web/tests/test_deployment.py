"""Each unsafe setting makes its finding and no other; a safe site makes none."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from rumbl_core.settings import Settings
from rumbl_web import configuration, deployment
from rumbl_web.__main__ import main as command
from rumbl_web.cli import main

from . import forked

RANDOM = "q8Zr2v_Kx5TnW0bYc7Lh-4JmPd9sGfE3uAoRi6tXw1NyBkQzVe"
WEB = {
    "env": "prod",
    "secret_key_base": RANDOM,
    "url": "https://rumbl.example.org",
    "trusted_hosts": ("rumbl.example.org",),
    "trusted_proxies": 1,
}
AWAY = "postgresql://rumbl:pw@db.example.org/rumbl"


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """None of our variables has a say."""
    web = configuration.rumbl_web.settings.Settings
    for field in (*web.model_fields.values(), *Settings.model_fields.values()):
        monkeypatch.delenv(str(field.validation_alias), raising=False)


def findings(tmp_path: Path, core: dict[str, object] | None = None, **web: object) -> list[str]:
    sections = {
        "rumbl_core": {
            "data_dir": tmp_path,
            "database_url": "postgresql://rumbl:pw@localhost/rumbl",
            **(core or {}),
        },
        "rumbl_web": {**WEB, **web},
    }
    return deployment.findings(configuration.build(sections))


def test_a_safe_site_has_no_findings(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    safe = {"database_url": f"{AWAY}?sslmode=verify-full"}

    assert findings(tmp_path) == []
    assert findings(tmp_path, safe, redis_url="rediss://:pw@redis.example.org/0", workers=4) == []


UNSAFE_WEB = [
    ("RUMBL_ENV: dev", {"env": "dev", "cookie_secure": True}),
    ("SECRET_KEY_BASE: not set", {"secret_key_base": None}),
    ("SECRET_KEY_BASE: it does not look random", {"secret_key_base": "ab" * 30}),
    ("SECRET_KEY_BASE: it", {"secret_key_base": "words of a sentence that anybody could have guessed"}),
    ("SECRET_KEY_FALLBACKS: one", {"secret_key_fallbacks": ("ab" * 30,)}),
    ("SECRET_KEY_FALLBACKS: the secret of today", {"secret_key_fallbacks": (RANDOM,)}),
    ("RUMBL_URL: not set", {"url": None}),
    ("RUMBL_URL: passwords", {"url": "http://rumbl.example.org"}),
    ("TRUSTED_HOSTS: every name", {"trusted_hosts": ()}),
    ("TRUSTED_HOSTS: it names a whole domain", {"trusted_hosts": (".example.org",)}),
    ("CHECK_ORIGIN: ", {"check_origin": False}),
    ("COOKIE_SECURE: ", {"cookie_secure": False}),
    ("TRUSTED_PROXIES: behind", {"trusted_proxies": 0}),
    ("TRUSTED_PROXIES: with 9", {"trusted_proxies": 9}),
    ("HOST: ", {"host": "0.0.0.0"}),
    ("THROTTLE_STORE: ", {"throttle_store": "memory"}),
    ("REGISTRATIONS_PER_HOUR: ", {"registrations_per_hour": 0}),
    ("REDIS_URL: a Redis", {"redis_url": "rediss://redis.example.org/0"}),
    ("REDIS_URL: the way", {"redis_url": "redis://:pw@redis.example.org/0"}),
]  # fmt: skip
UNSAFE_CORE = [
    ("password_cost: ", {"password_cost": "cheap"}),
    ("RUMBL_DEMO_PASSWORD: ", {"demo_password": "rumble"}),
    ("DATABASE_URL: the embedded", {"database_url": None}),
    ("DATABASE_URL: a database", {"database_url": "postgresql://rumbl@db.example.org/rumbl?sslmode=require"}),
    ("DATABASE_URL: the way", {"database_url": AWAY}),
    ("DATABASE_URL: the way", {"database_url": f"{AWAY}?sslmode=prefer"}),
]


@pytest.mark.parametrize(("expected", "web"), UNSAFE_WEB)
def test_an_unsafe_setting_of_the_site_is_found(
    tmp_path: Path, expected: str, web: dict[str, object]
) -> None:
    found = findings(tmp_path, **web)

    assert len(found) == 1
    assert found[0].startswith(expected)


@pytest.mark.parametrize(("expected", "core"), UNSAFE_CORE)
def test_an_unsafe_setting_of_the_domain_is_found(
    tmp_path: Path, expected: str, core: dict[str, object]
) -> None:
    found = findings(tmp_path, core)

    assert len(found) == 1
    assert found[0].startswith(expected)
    assert "pw" not in found[0]


def test_files_that_others_may_touch_are_found(tmp_path: Path) -> None:
    (tmp_path / "secret_key_base").write_text(RANDOM)
    (tmp_path / "secret_key_base").chmod(0o640)
    tmp_path.chmod(0o775)

    assert [found.split("run ")[1] for found in findings(tmp_path)] == ["chmod go-w on it", "chmod 600 on it"]


SAFE = {
    "RUMBL_ENV": "prod",
    "SECRET_KEY_BASE": RANDOM,
    "RUMBL_URL": "https://rumbl.example.org",
    "TRUSTED_HOSTS": "rumbl.example.org",
    "TRUSTED_PROXIES": "1",
    "DATABASE_URL": "postgresql://rumbl:pw@localhost/rumbl",
}


def test_the_command_ends_with_0_for_a_safe_site(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["check", "--deploy"], env={"RUMBL_DATA": str(tmp_path), **SAFE})

    assert (done.exit_code, done.output) == (0, "no findings\n")


def test_the_command_ends_with_1_and_a_line_for_each_finding(tmp_path: Path) -> None:
    unsafe = {**SAFE, "COOKIE_SECURE": "false", "TRUSTED_HOSTS": ""}
    environ = {"PATH": os.environ["PATH"], "RUMBL_DATA": str(tmp_path), **unsafe}
    code, said = rumbl_web(["check", "--deploy"], environ, tmp_path)

    assert code == 1
    assert [line.split(":")[0] for line in said.splitlines()] == ["TRUSTED_HOSTS", "COOKIE_SECURE"]


def rumbl_web(arguments: list[str], environ: dict[str, str], folder: Path) -> tuple[int, str]:
    """The exit code and the output of `rumbl-web ARGUMENTS`, in a process with this environment alone."""

    def run() -> None:
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environ)
        sys.argv[1:] = arguments
        command()

    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        code = forked.start(run, stdout, stderr).wait(60)
        stdout.seek(0)
        return code, stdout.read().decode()
