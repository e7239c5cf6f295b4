"""This clone as the cross-app tests see it: its files, its modules, what they import."""

from __future__ import annotations

import ast
import functools
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
APPS = ("info_sys", "rumbl_core", "rumbl_web")
CODE = (*(f"apps/{app}/src" for app in APPS), "config", "scripts")
TEXT = {
    ".py",
    ".js",
    ".mjs",
    ".css",
    ".html",
    ".md",
    ".toml",
    ".txt",
    ".json",
    ".sh",
    ".c",
    ".yml",
    ".mako",
    "",
}


@dataclass(frozen=True)
class Module:
    """One Python file of an app, under the name it is imported by."""

    name: str
    path: Path

    @property
    def app(self) -> str:
        """The package it belongs to."""
        return self.name.split(".")[0]

    @property
    def is_package(self) -> bool:
        """Whether it is the file of a package itself."""
        return self.path.name == "__init__.py"

    def tree(self) -> ast.Module:
        """Its syntax tree."""
        return ast.parse(self.path.read_text(encoding="utf-8"))

    def imports(self) -> Iterator[str]:
        """Every name it imports, in full: `from a.b import c` is "a.b.c"."""
        for statement in ast.walk(self.tree()):
            if isinstance(statement, ast.Import):
                yield from (alias.name for alias in statement.names)
            elif isinstance(statement, ast.ImportFrom):
                origin = self._origin(statement)
                yield from (f"{origin}.{alias.name}" for alias in statement.names)

    def _origin(self, statement: ast.ImportFrom) -> str:
        if not statement.level:
            return statement.module or ""
        package = self.name.split(".") if self.is_package else self.name.split(".")[:-1]
        base = package[: len(package) - statement.level + 1]
        return ".".join([*base, statement.module] if statement.module else base)


@functools.cache
def files() -> tuple[Path, ...]:
    """Every file that is tracked or would be added, as git sees it."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return tuple(ROOT / name for name in sorted(listed.split("\0")) if name and (ROOT / name).is_file())


def text_files() -> list[Path]:
    """The files a person wrote, by their ending."""
    return [path for path in files() if path.suffix in TEXT]


def under(*folders: str, suffix: str = ".py") -> list[Path]:
    """The files with that ending in these folders of the project."""
    places = [ROOT / folder for folder in folders]
    return [path for path in files() if path.suffix == suffix and any(p in path.parents for p in places)]


@functools.cache
def modules() -> tuple[Module, ...]:
    """Every module of the three apps."""
    return tuple(
        module(path, ROOT / "apps" / app / "src") for app in APPS for path in under(f"apps/{app}/src")
    )


def suite_modules() -> tuple[Module, ...]:
    """Every Python file of every test folder, under a name that begins with the place it has."""
    return tuple(module(path, ROOT) for path in under(*(f"apps/{app}/tests" for app in APPS), "tests"))


def module(path: Path, base: Path) -> Module:
    """The module of a file, named from the folder `base`."""
    parts = path.relative_to(base).with_suffix("").parts
    return Module(".".join(parts[:-1] if parts[-1] == "__init__" else parts), path)


def is_inside(name: str, *packages: str) -> bool:
    """Whether a dotted name is one of these packages or in one."""
    return any(name == package or name.startswith(f"{package}.") for package in packages)
