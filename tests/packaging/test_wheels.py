"""Each app alone: a clone, its three wheels, three empty environments, and their command lines."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.project import APPS, ROOT

pytestmark = [pytest.mark.packaging, pytest.mark.timeout(300)]

ASSETS = Path("apps/rumbl_web/assets")


def run(
    *command: str | Path, cwd: Path, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=240)


def succeed(*command: str | Path, cwd: Path, env: dict[str, str] | None = None) -> str:
    done = run(*command, cwd=cwd, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@dataclass(frozen=True)
class Installed:
    """An environment that has one app and what it asked for, in a folder without the project."""

    folder: Path

    def command(self, name: str, *arguments: str, **variables: str) -> str:
        """What a command line of the app prints, run as a stranger would: no variable of ours is set."""
        env = {"PATH": os.defpath, "HOME": str(self.folder), **variables}
        return succeed(self.folder / "bin" / name, *arguments, cwd=self.folder, env=env)

    def can_import(self, names: Sequence[str]) -> dict[str, bool]:
        """Which of these packages the environment has."""
        look = f"{{name: bool(importlib.util.find_spec(name)) for name in {list(names)}}}"
        code = f"import importlib.util, json; print(json.dumps({look}))"
        found: dict[str, bool] = json.loads(self.command("python", "-c", code))
        return found


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The last commit in a folder of its own, with our npm packages and without a built front end."""
    folder = tmp_path_factory.mktemp("packaging") / "rumbl"
    succeed("git", "clone", "--quiet", ROOT, folder, cwd=ROOT)
    (folder / ASSETS / "node_modules").symlink_to(ROOT / ASSETS / "node_modules")
    return folder


@pytest.fixture(scope="module")
def refusal(clone: Path) -> str:
    """What the build says before the front end is there. Asked before `wheels` makes it."""
    done = run(sys.executable, "scripts/build_wheels.py", "refused", cwd=clone)
    assert done.returncode == 1
    return done.stderr


@pytest.fixture(scope="module")
def wheels(clone: Path, refusal: str) -> dict[str, Path]:
    """The wheel of each app."""
    if not (ROOT / ASSETS / "node_modules").is_dir():
        pytest.fail("the front end's packages are missing: run make assets")
    succeed("npm", "run", "--silent", "build", cwd=clone / ASSETS)
    succeed(sys.executable, "scripts/build_wheels.py", "dist", cwd=clone)
    return {wheel.name.split("-")[0]: wheel for wheel in (clone / "dist").glob("*.whl")}


@pytest.fixture(scope="module")
def environments(wheels: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Installed]:
    """An environment per app. rumbl_web's gets the wheels of the two apps that it declares as well."""
    needs = {"info_sys": ["info_sys"], "rumbl_core": ["rumbl_core"], "rumbl_web": list(APPS)}
    return {
        app: install([wheels[name] for name in names], tmp_path_factory.mktemp(app))
        for app, names in needs.items()
    }


def install(wheels: list[Path], folder: Path) -> Installed:
    succeed(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder)
    target = ("--python", folder / "bin" / "python", "-c", ROOT / "config" / "constraints.txt")
    # uv, since pip takes twenty times as long for the same three environments.
    succeed(sys.executable, "-m", "uv", "pip", "install", "--quiet", *target, *wheels, cwd=folder)
    return Installed(folder)


def test_a_wheel_of_the_site_without_its_front_end_is_refused(refusal: str) -> None:
    assert "app.js" in refusal
    assert "make assets" in refusal


def test_there_is_one_wheel_per_app(wheels: dict[str, Path]) -> None:
    assert sorted(wheels) == sorted(APPS)


@pytest.mark.parametrize("app", APPS)
def test_a_wheel_holds_every_module_and_nothing_else_of_the_project(
    app: str, wheels: dict[str, Path], clone: Path
) -> None:
    source = clone / "apps" / app / "src"
    written = {str(path.relative_to(source)) for path in source.rglob("*.py")}
    packed = set(zipfile.ZipFile(wheels[app]).namelist())
    assert written <= packed
    assert {name.split("/")[0] for name in packed} == {app, f"{app}-0.1.0.dist-info"}


def test_the_wheel_of_the_site_brings_its_pages_and_its_front_end(wheels: dict[str, Path]) -> None:
    packed = set(zipfile.ZipFile(wheels["rumbl_web"]).namelist())
    assert {f"rumbl_web/static/assets/{name}" for name in ("app.js", "app.css")} <= packed
    assert any(name.startswith("rumbl_web/templates/") for name in packed)
    assert "rumbl_web/static/media/demo.webm" in packed
    assert "rumbl_web/translations/ar/LC_MESSAGES/messages.po" in packed


def test_the_wheel_of_the_domain_brings_its_migrations(wheels: dict[str, Path]) -> None:
    packed = zipfile.ZipFile(wheels["rumbl_core"]).namelist()
    assert any(name.startswith("rumbl_core/migrations/versions/") for name in packed)


def test_the_information_system_alone_answers(environments: dict[str, Installed]) -> None:
    assert "2" in environments["info_sys"].command("info-sys", "ask", "1 + 1").split()


def test_the_information_system_brings_no_web_and_no_domain(environments: dict[str, Installed]) -> None:
    found = environments["info_sys"].can_import(
        ["info_sys", "rumbl_core", "rumbl_web", "flask", "sqlalchemy"]
    )
    assert [name for name, there in found.items() if there] == ["info_sys"]


def test_the_domain_alone_makes_its_database(environments: dict[str, Installed], tmp_path: Path) -> None:
    core = environments["rumbl_core"]
    data = {"RUMBL_DATA": str(tmp_path / "data")}
    assert "Migrated" in core.command("rumbl-core", "migrate", **data)
    assert "The seeds are in" in core.command("rumbl-core", "seed", **data)
    assert "up to date" in core.command("rumbl-core", "migrate", **data)


def test_the_domain_brings_no_web_and_no_information_system(environments: dict[str, Installed]) -> None:
    found = environments["rumbl_core"].can_import(["rumbl_core", "info_sys", "rumbl_web", "flask"])
    assert [name for name, there in found.items() if there] == ["rumbl_core"]


def test_the_site_lists_its_routes_without_a_project_around_it(environments: dict[str, Installed]) -> None:
    site = environments["rumbl_web"]
    assert "serve" in site.command("rumbl-web", "--help")
    assert "/watch/" in site.command("rumbl-web", "routes", SECRET_KEY_BASE="x" * 64)
