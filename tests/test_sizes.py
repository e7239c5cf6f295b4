"""Small functions, small files, and a test file for every module."""

from __future__ import annotations

import pytest

from scripts import sizes
from tests.project import APPS, CODE, ROOT, Module, modules, under

WRITTEN = ("apps", "config", "scripts", "tests")
# Modules without a test file of their own, and what tests them instead.
TESTED_ELSEWHERE: dict[str, str] = {}


def test_no_function_is_longer_than_the_cap() -> None:
    found = [size for path in under(*CODE) for size in sizes.functions(path)]
    assert [size for size in found if size.lines > sizes.FUNCTION_CAP] == []


@pytest.mark.parametrize("suffix", [".py", ".js", ".mjs", ".css", ".html"])
def test_no_file_is_longer_than_the_cap(suffix: str) -> None:
    lengths = [sizes.length(path) for path in under(*WRITTEN, suffix=suffix)]
    assert [size for size in lengths if size.lines > sizes.FILE_CAP] == []


@pytest.mark.parametrize("app", APPS)
def test_every_module_has_a_test_file_in_the_same_place(app: str) -> None:
    ours = [module for module in modules() if module.app == app and needs_a_test_file(module)]
    assert [module.name for module in ours if not has_a_test_file(module)] == []


def test_the_list_of_exceptions_is_no_longer_than_it_must_be() -> None:
    named = {module.name: module for module in modules()}
    assert [name for name in TESTED_ELSEWHERE if name not in named or has_a_test_file(named[name])] == []


def needs_a_test_file(module: Module) -> bool:
    is_migration = ".migrations." in module.name
    return not (module.is_package or is_migration or module.name in TESTED_ELSEWHERE)


def has_a_test_file(module: Module) -> bool:
    folders = module.name.split(".")[1:-1]
    return (ROOT / "apps" / module.app / "tests").joinpath(*folders, f"test_{module.path.name}").is_file()
