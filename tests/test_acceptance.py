"""Every test that the book prints, and every trap on the way, is held by a test that carries its number."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache

import pytest

from tests.project import ROOT, files

BOOK = (
    "GET /",
    "renders 404.html",
    "renders 500.html",
    "with valid data inserts user",
    "with invalid data does not insert user",
    "enforces unique usernames",
    "does not accept long usernames",
    "requires password to be at least 6 chars long",
    "returns user with correct password",
    "returns unauthorized error with invalid password",
    "returns not found error with no matching user for email",
    "list_alphabetical_categories/0",
    "list_videos/0 returns all videos",
    "get_video!/1 returns the video with given id",
    "create_video/2 with valid data creates a video",
    "create_video/2 with invalid data returns error changeset",
    "update_video/2 with valid data updates the video",
    "update_video/2 with invalid data returns error changeset",
    "delete_video/1 deletes the video",
    "change_video/1 returns a video changeset",
    "requires user authentication on all actions",
    "lists all user's videos on index",
    "creates user video and redirects",
    "does not create vid, renders errors when invalid",
    "authorizes actions against access by other users",
    "authenticate_user halts when no current_user exists",
    "authenticate_user for existing current_user",
    "login puts the user in the session",
    "logout drops the session",
    "call places user from session into assigns",
    "call with no session sets current_user assign to nil",
    "renders index.html",
    "renders new.html",
)
"""Names of the tests T1 to T33, as printed."""
TRAPS = range(1, 47)
DECISIONS = ROOT / "docs/guides/decisions.md"
ROW = re.compile(r"^\| (\d+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
Mark = tuple[object, ...]


def marks_of(tree: ast.Module) -> Iterator[tuple[str, str, Mark]]:
    """Name of a test, of a marker on it, and what the marker says."""
    for test in ast.walk(tree):
        if isinstance(test, ast.FunctionDef) and test.name.startswith("test_"):
            for mark in test.decorator_list:
                if isinstance(mark, ast.Call) and isinstance(mark.func, ast.Attribute):
                    constants = tuple(arg.value for arg in mark.args if isinstance(arg, ast.Constant))
                    yield test.name, mark.func.attr, constants


@cache
def marked(name: str) -> frozenset[tuple[str, Mark]]:
    """Every test of the project that carries the marker `name`, with what the marker says."""
    sources = [path for path in files() if path.suffix == ".py" and path.name.startswith("test_")]
    found = (mark for path in sources for mark in marks_of(ast.parse(path.read_text(encoding="utf-8"))))
    return frozenset((test, said) for test, marker, said in found if marker == name)


def test_every_test_of_the_book_is_here_under_its_number_and_name() -> None:
    printed = {(f"T{number}", name) for number, name in enumerate(BOOK, start=1)}
    assert {said for _, said in marked("spec")} == printed


def test_every_trap_is_held_by_a_test() -> None:
    assert {trap for _, said in marked("trap") for trap in said} == set(TRAPS)


@pytest.mark.parametrize("trap", TRAPS)
def test_every_trap_is_decided_in_writing_with_a_test_that_holds_it(trap: int) -> None:
    decided = {int(number): tests for number, _, tests in ROW.findall(DECISIONS.read_text(encoding="utf-8"))}
    named = set(re.findall(r"`(test_\w+)`", decided[trap]))
    assert named <= {test for test, said in marked("trap") if trap in said}
    assert named
