"""How long the functions and files of rumbl are: `make lint` prints the medians, the tests hold the caps."""

from __future__ import annotations

import ast
import statistics
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FUNCTION_CAP = 50
FILE_CAP = 400


@dataclass(frozen=True)
class Size:
    """Lines of one function or file, docstring and blank lines included."""

    lines: int
    name: str


def functions(path: Path) -> Iterator[Size]:
    """Every function and method of a Python file, without its decorators."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield Size((node.end_lineno or node.lineno) - node.lineno + 1, f"{path.name}:{node.name}")


def length(path: Path) -> Size:
    """The lines of a file."""
    return Size(len(path.read_text(encoding="utf-8").splitlines()), path.name)


def report(title: str, sizes: list[Size], cap: int) -> str:
    """One line: the median, the ninth tenth, the longest."""
    ordered = sorted(sizes, key=lambda size: size.lines)
    ninth = ordered[len(ordered) * 9 // 10].lines
    longest = ordered[-1]
    median = statistics.median_low(size.lines for size in ordered)
    middle = f"{len(ordered)}, median {median} lines, p90 {ninth}"
    return f"{title}: {middle}, longest {longest.lines} ({longest.name}, cap {cap})"


def main() -> int:
    """Print the sizes of each app. Returns 1 if a cap is broken."""
    broken = False
    for app in sorted(path.name for path in (ROOT / "apps").iterdir()):
        paths = [path for path in (ROOT / "apps" / app / "src").rglob("*.py") if path.stat().st_size]
        found = [size for path in paths for size in functions(path)]
        lengths = [length(path) for path in paths]
        print(report(f"{app:10}  functions", found, FUNCTION_CAP))
        print(report(f"{'':10}  files", lengths, FILE_CAP))
        broken |= any(s.lines > FUNCTION_CAP for s in found) or any(s.lines > FILE_CAP for s in lengths)
    return int(broken)


if __name__ == "__main__":
    sys.exit(main())
