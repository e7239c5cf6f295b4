"""Who may import whom, and the other rules of the architecture that a program can check."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable

import pytest
from importlinter.cli import lint_imports

from tests.project import APPS, ROOT, Module, is_inside, modules, suite_modules

DOORS = tuple(
    f"rumbl_core.{door}"
    for door in (
        "accounts",
        "application",
        "attempts",
        "changeset",
        "errors",
        "departure",
        "listing",
        "message",
        "multimedia",
        "result",
        "seeds",
        "settings",
        "testing",
    )
)
SQL = ("sqlalchemy", "psycopg", "psycopg_pool", "alembic")


def stays_in_standard_library(name: str) -> bool:
    return name.split(".", maxsplit=1)[0] in sys.stdlib_module_names or is_inside(name, "info_sys.otp")


def knows_no_rumbl(name: str) -> bool:
    ours = is_inside(name, *APPS)
    return not ours or is_inside(name, "rumbl_web.phoenix", "info_sys.otp")


def goes_through_a_door(name: str) -> bool:
    """`rumbl_core.accounts.get_user` does, the module `rumbl_core.accounts.user` doesn't."""
    if not is_inside(name, "rumbl_core"):
        return True
    door = next((door for door in DOORS if is_inside(name, door)), None)
    beyond = name.removeprefix(door or "").removeprefix(".")
    return door is not None and f"{door}.{beyond}" not in {module.name for module in modules()}


RULES: dict[str, tuple[Callable[[Module], bool], Callable[[str], bool]]] = {
    "no app imports config": (
        lambda module: True,
        lambda name: not is_inside(name, "config"),
    ),
    "only rumbl_core imports sqlalchemy and psycopg": (
        lambda module: module.app != "rumbl_core",
        lambda name: not is_inside(name, *SQL),
    ),
    "flask_sock only in the transports and the endpoint": (
        lambda module: not is_inside(module.name, "rumbl_web.phoenix.transports", "rumbl_web.endpoint"),
        lambda name: not is_inside(name, "flask_sock"),
    ),
    "otp imports only the standard library": (
        lambda module: is_inside(module.name, "info_sys.otp"),
        stays_in_standard_library,
    ),
    "phoenix imports nothing of rumbl and only otp of info_sys": (
        lambda module: is_inside(module.name, "rumbl_web.phoenix"),
        knows_no_rumbl,
    ),
    "contexts are the door of the domain": (
        lambda module: module.app != "rumbl_core",
        goes_through_a_door,
    ),
}


@pytest.mark.parametrize("rule", RULES)
def test_every_module_keeps(rule: str) -> None:
    applies, allows = RULES[rule]
    broken = [
        f"{m.name} imports {name}"
        for m in modules()
        if applies(m)
        for name in m.imports()
        if not allows(name)
    ]
    assert not broken


def test_tests_of_other_apps_use_the_domain_through_its_doors() -> None:
    outside = [module for module in suite_modules() if not module.name.startswith("apps.rumbl_core.")]
    broken = [f"{m.name}: {name}" for m in outside for name in m.imports() if not goes_through_a_door(name)]
    assert not broken


@pytest.mark.trap(43)
def test_the_import_contracts_hold(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # It would silence every logger that there is, and with them the tests after this one.
    monkeypatch.setattr("logging.config.dictConfig", lambda _config: None)
    # Without a cache: it takes a second, and two test runs at once can't meet in it.
    code = lint_imports(config_filename=str(ROOT / ".importlinter"), no_cache=True, no_logo=True)
    assert code == 0, capsys.readouterr().out


def test_every_module_says_what_it_is_for() -> None:
    assert [module.name for module in modules() if not ast.get_docstring(module.tree())] == []


def test_a_package_file_holds_no_logic_of_its_own() -> None:
    logic = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    packages = [module for module in modules() if module.is_package]
    assert [m.name for m in packages if any(isinstance(node, logic) for node in m.tree().body)] == []
