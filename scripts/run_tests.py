"""`make test`: every suite of the umbrella, app by app with a heading, and one summary line at the end.

With arguments it is pytest with those arguments.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import node

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
REPORT = ROOT / ".tools" / "junit.xml"
WIDTH = 100


@dataclass(frozen=True)
class Suite:
    """One heading: a folder and the command that tests it there."""

    name: str
    folder: Path
    command: tuple[str, ...]


PYTEST = (sys.executable, "-m", "pytest", "-q", "-c", str(ROOT / "pyproject.toml"), f"--junitxml={REPORT}")
# Most suites wait about as much as they work, these two more. Browsers work, and hear of a busy machine.
WORKERS = {"info_sys": 6, "rumbl_core": 4, "rumbl_web": 6}
SUITES = (
    *(
        Suite(app, ROOT / "apps" / app, (*PYTEST, "--workers", str(number), "tests"))
        for app, number in WORKERS.items()
    ),
    Suite("the front end", ROOT / "apps" / "rumbl_web" / "assets", ("npm", "test", "--silent")),
    Suite("across the apps", ROOT, (*PYTEST, "--workers", "4", "-m", "not browser", "tests")),
    Suite("in a browser", ROOT, (*PYTEST, "--workers", "2", "-m", "browser", "tests")),
)


def main(arguments: list[str]) -> int:
    """Run everything, whatever fails. Returns the exit code: 0 if all passed."""
    if arguments:
        return subprocess.run([sys.executable, "-m", "pytest", *arguments], check=False).returncode
    REPORT.parent.mkdir(exist_ok=True)
    started = time.monotonic()
    counts: Counter[str] = Counter()
    failed = []
    for suite in SUITES:
        print(f"\n==> {suite.name}", flush=True)
        ended_well, counted = run(suite)
        counts += counted
        if not ended_well:
            failed.append(suite.name)
    if counts["skipped browser"]:
        print(banner("NO BROWSER TEST RAN: install Chromium and run make test again", "!"))
    if failed:
        print(f"Failed: {', '.join(failed)}")
    print(banner(summary(counts, time.monotonic() - started), "="))
    return bool(failed)


def run(suite: Suite) -> tuple[bool, Counter[str]]:
    """Run one suite with its output shown: whether it ended well, and how many tests ended how."""
    environment = node.environment(VENV)
    if suite.command[0] != "npm":
        REPORT.unlink(missing_ok=True)
        done = subprocess.run(suite.command, cwd=suite.folder, env=environment, check=False)
        return done.returncode == 0, from_junit(REPORT)
    told = subprocess.run(
        suite.command, cwd=suite.folder, env=environment, check=False, text=True, stdout=subprocess.PIPE
    )
    counts = from_node(told.stdout)
    print(told.stdout if told.returncode else summary(counts, from_node_seconds(told.stdout)), flush=True)
    return told.returncode == 0, counts


def from_junit(report: Path) -> Counter[str]:
    """What pytest wrote about its run; nothing if it didn't come that far."""
    counts: Counter[str] = Counter()
    if not report.exists():
        return Counter({"error": 1})
    for case in ElementTree.parse(report).iter("testcase"):
        outcomes = {child.tag for child in case}
        outcome = next((tag for tag in ("error", "failure", "skipped") if tag in outcomes), "passed")
        counts["failed" if outcome == "failure" else outcome] += 1
        if outcome == "skipped" and ".browser." in case.get("classname", ""):
            counts["skipped browser"] += 1
    return counts


def from_node(output: str) -> Counter[str]:
    """The totals that `node --test` prints after its tests."""
    totals = re.findall(r"^\W+ (pass|fail|skipped) (\d+)$", output, re.MULTILINE)
    words = {"pass": "passed", "fail": "failed", "skipped": "skipped"}
    return Counter({words[word]: int(number) for word, number in totals})


def from_node_seconds(output: str) -> float:
    """How long `node --test` says it took."""
    found = re.search(r"^\W+ duration_ms ([\d.]+)$", output, re.MULTILINE)
    return float(found[1]) / 1000 if found else 0.0


def summary(counts: Counter[str], seconds: float) -> str:
    """The line that pytest ends with, for all suites together."""
    parts = [f"{counts[word]} {word}" for word in ("failed", "passed", "skipped", "error") if counts[word]]
    return f"{', '.join(parts) or 'no tests ran'} in {seconds:.2f}s"


def banner(text: str, rule: str) -> str:
    """A text in the middle of a ruled line."""
    return f" {text} ".center(int(os.environ.get("COLUMNS", WIDTH)), rule)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
