"""`make messages`: collects every text for people out of code and templates and updates the catalogues.

Two domains: `messages` for what the server says, `scripts` for what the page's scripts say. A new text comes
into each `.po` empty, for somebody to translate; one that is gone is dropped. `--check` only compares.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT: Final = Path(__file__).resolve().parent.parent
WEB: Final = ROOT / "apps" / "rumbl_web"
CORE: Final = ROOT / "apps" / "rumbl_core" / "src" / "rumbl_core"
TRANSLATIONS: Final = WEB / "src" / "rumbl_web" / "translations"
SOURCES: Final = {"messages": (WEB / "src" / "rumbl_web", CORE), "scripts": (WEB / "assets" / "js",)}
METHODS: Final = [
    ("**/test/**", "ignore"),
    ("static/**", "ignore"),  # the bundle: its short names may be those of a function that marks a text
    ("**.py", "python"),
    ("**.html", "jinja2"),
    ("**.js", "javascript"),
]
OPTIONS: Final = {"**.html": {"newstyle_gettext": "true", "silent": "false", "trimmed": "true"}}
# `noop` marks a constant; `message` and `counted` are the domain's own, which knows no catalogue.
KEYWORDS: Final = {**DEFAULT_KEYWORDS, "noop": None, "message": None, "counted": (1, 2), "add_error": (2,)}
HEADER: Final = (
    "# The texts of rumbl. Kept current by `make messages`; only msgstr lines are written by hand."
)
# A date in the file would change it each time.
NO_DATE: Final = datetime(2026, 1, 1, tzinfo=UTC)


def main(arguments: list[str]) -> int:
    """Write, or with `--check` compare. Returns the exit code: 1 for a file that is not current."""
    current = files()
    stale = [path for path, content in current.items() if not path.is_file() or path.read_bytes() != content]
    for path in stale:
        print(f"{'not current: ' if arguments else ''}{path.relative_to(ROOT)}")
        if "--check" not in arguments:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(current[path])
    return bool(stale and arguments)


def files() -> dict[Path, bytes]:
    """Every file of the catalogues as it should be."""
    made = {}
    for domain in SOURCES:
        template = extract(domain)
        made[TRANSLATIONS / f"{domain}.pot"] = text(template)
        for path in sorted(TRANSLATIONS.glob(f"*/LC_MESSAGES/{domain}.po")):
            made[path] = text(updated(path, template))
    return made


def extract(domain: str) -> Catalog:
    """All texts of a domain, as the code has them now."""
    catalog = Catalog(project="rumbl", version="0.1.0", creation_date=NO_DATE, charset="utf-8")
    catalog.fuzzy, catalog.header_comment = False, HEADER
    for folder in SOURCES[domain]:
        for _file, _line, message, _comments, context in extract_from_dir(
            folder, METHODS, OPTIONS, keywords=KEYWORDS, comment_tags=()
        ):
            catalog.add(message, context=context)
    return catalog


def updated(path: Path, template: Catalog) -> Catalog:
    """The catalogue at `path` with the texts of `template`: translations are kept, nothing is guessed."""
    with path.open("rb") as file:
        catalog = read_po(file, locale=path.parent.parent.name)
    catalog.update(template, no_fuzzy_matching=True)
    catalog.obsolete.clear()
    catalog.header_comment = HEADER
    catalog.creation_date = catalog.revision_date = NO_DATE
    return catalog


def text(catalog: Catalog) -> bytes:
    """A catalogue in a stable order and without line numbers: two branches rarely touch the same line."""
    out = BytesIO()
    write_po(out, catalog, width=0, no_location=True, sort_output=True)
    return out.getvalue()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
