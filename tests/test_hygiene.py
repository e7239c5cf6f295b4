"""Nothing in the repository that belongs to one machine or one person: hosts, paths, secrets."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.project import CODE, ROOT, text_files, under

URL_HOST = re.compile(r"https?://(?:[^/\s'\"@]*@)?([A-Za-z0-9.-]+)")
SECRETS = {
    "private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    "cloud key": r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
    "code host token": r"\bgh[pousr]_[A-Za-z0-9]{36}",
    "chat token": r"\bxox[abpr]-[A-Za-z0-9-]{10,}",
    "assigned secret": (
        r"(?i)\b\w*(?:secret|token|password|api_?key|app_?id)\w*[\"']?"
        r"\s*[:=]\s*[\"'][A-Za-z0-9+/_=-]{32,}[\"']"
    ),
}
SUPPRESSION = re.compile(r"#\s*(?:noqa|type:\s*ignore)(?::\s*[A-Z0-9, ]+|\[[\w, -]+\])?(.*)")
PYPI = "from pip._internal.models.index import PyPI; print(PyPI.url, PyPI.file_storage_domain)"


def registry_hosts() -> set[str]:
    """The hosts that pip and npm fetch from here, as they say themselves, and pip's own default."""
    asked = [[sys.executable, "-m", "pip", "config", "list"], [sys.executable, "-c", PYPI]]
    if npm := shutil.which("npm"):
        asked.append([npm, "config", "get", "registry"])
    said = [subprocess.run(command, capture_output=True, text=True, check=False).stdout for command in asked]
    said += [value for name, value in os.environ.items() if re.search("INDEX|REGISTRY|PROXY", name)]
    hosts = {host for text in said for host in URL_HOST.findall(text)}
    hosts |= {word for word in said[1].split() if "://" not in word}
    return {host for host in hosts if "." in host and not host.startswith(("127.", "0."))}


def found(pattern: re.Pattern[str]) -> list[str]:
    """Where a pattern matches, as file:line."""
    return [
        f"{path.relative_to(ROOT)}:{number}"
        for path in text_files()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_file_names_a_package_registry() -> None:
    hosts = registry_hosts()
    assert hosts
    assert found(re.compile(rf"(?<![\w.-])(?:{'|'.join(map(re.escape, hosts))})(?![\w-])")) == []


def test_no_file_names_a_folder_of_this_machine() -> None:
    assert found(re.compile(rf"(?<![\w.])(?:{re.escape(str(ROOT))}|{re.escape(str(Path.home()))})/")) == []


@pytest.mark.parametrize("kind", SECRETS)
def test_no_file_holds_a_secret(kind: str) -> None:
    assert found(re.compile(SECRETS[kind])) == []


def test_every_suppression_gives_its_reason() -> None:
    silent = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in under(*CODE)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if (match := SUPPRESSION.search(line)) and not re.search(r"[a-z]{3}", match[1])
    ]
    assert silent == []


def test_nothing_waits_in_the_locked_npm_packages_for_one_machine() -> None:
    lock = ROOT / "apps" / "rumbl_web" / "assets" / "package-lock.json"
    assert '"resolved"' not in lock.read_text(encoding="utf-8")
