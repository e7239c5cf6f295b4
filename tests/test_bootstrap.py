"""Set-up steps: done once, redone when their source changes, one make at a time."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.project import ROOT

sys.path.append(str(ROOT / "scripts"))

import bootstrap
import steps


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(steps, "ROOT", tmp_path)
    path = tmp_path / "pins.txt"
    path.write_text("one==1")
    return path


def step(source: Path, made: list[str], after: tuple[str, ...] = ()) -> steps.Step:
    product = source.parent / "product"

    def make() -> None:
        made.append(source.read_text())
        product.touch()

    return steps.Step("Making", lambda: [source], product, make, source.parent / "stamp", after)


def test_a_step_is_done_once(source: Path) -> None:
    made: list[str] = []
    for _ in range(2):
        steps.bring_about("a", {"a": step(source, made)})
    assert made == ["one==1"]


def test_a_changed_source_redoes_it(source: Path) -> None:
    made: list[str] = []
    steps.bring_about("a", {"a": step(source, made)})
    source.write_text("one==2")
    steps.bring_about("a", {"a": step(source, made)})
    assert made == ["one==1", "one==2"]


def test_what_changes_while_it_is_made_redoes_it_the_next_time(source: Path) -> None:
    made: list[str] = []
    plain = step(source, made)

    def make() -> None:
        plain.make()
        source.write_text("one==2")

    steps.bring_about("a", {"a": steps.Step("Making", plain.sources, plain.makes, make, plain.stamp)})
    steps.bring_about("a", {"a": plain})
    assert made == ["one==1", "one==2"]


def test_a_product_that_was_deleted_is_made_again(source: Path) -> None:
    made: list[str] = []
    steps.bring_about("a", {"a": step(source, made)})
    (source.parent / "product").unlink()
    steps.bring_about("a", {"a": step(source, made)})
    assert len(made) == 2


def test_a_step_that_failed_is_not_taken_for_done(source: Path) -> None:
    made: list[str] = []
    good = step(source, made)

    def fail() -> None:
        good.makes.touch()
        raise steps.SetupError("no network")

    with pytest.raises(steps.SetupError):
        steps.bring_about("a", {"a": steps.Step("Making", good.sources, good.makes, fail, good.stamp)})
    steps.bring_about("a", {"a": good})
    assert made == ["one==1"]


def test_what_a_step_needs_comes_first(source: Path) -> None:
    order: list[str] = []
    first = steps.Step("First", list, source, lambda: order.append("first"), source.parent / "1")
    second = steps.Step(
        "Second", list, source, lambda: order.append("second"), source.parent / "2", ("first",)
    )
    steps.bring_about("second", {"first": first, "second": second})
    assert order == ["first", "second"]


def test_the_front_end_is_what_was_written_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "ASSETS", tmp_path)
    for name in (
        "js/app.js",
        "css/deep/app.css",
        "package.json",
        "node_modules/a/b.js",
        "js/dist/app.js",
        "dist",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "gone.js").symlink_to(tmp_path / "nowhere")

    written = [str(path.relative_to(tmp_path)) for path in bootstrap.written_assets()]
    assert written == ["css/deep/app.css", "js/app.js", "package.json"]


def test_a_second_set_up_waits_for_the_first(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    take = f"import steps, pathlib\nwith steps.only_one_at_a_time(pathlib.Path({str(lock)!r})): print('mine')"
    with steps.only_one_at_a_time(lock):
        other = subprocess.Popen(
            [sys.executable, "-u", "-c", take], cwd=ROOT / "scripts", stdout=subprocess.PIPE, text=True
        )
        assert other.stdout is not None
        assert other.stdout.readline() == "==> Waiting: another make is setting up this clone\n"
    rest, _ = other.communicate(timeout=10)
    assert rest == "mine\n"


def test_an_old_python_is_one_clear_line(tmp_path: Path) -> None:
    old = tmp_path / "python"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    env = {"PATH": os.defpath, "PYTHON": str(old)}
    done = subprocess.run(
        [ROOT / "scripts/bootstrap", "venv"], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "needs Python 3.11 or newer" in done.stderr


def test_make_alone_lists_every_public_target() -> None:
    listed = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for target in ("run", "test", "test-core", "test-web", "test-info-sys", "lint", "bench", "dist"):
        assert f"  make {target} " in listed
