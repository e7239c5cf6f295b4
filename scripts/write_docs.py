"""`make docs`: writes what the code knows best into the pages, between the marks `<!-- name -->`."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from info_sys.otp.supervisor import Supervisor

ROOT = Path(__file__).resolve().parent.parent
GUIDES = ROOT / "docs" / "guides"
WEB = ROOT / "apps" / "rumbl_web" / "README.md"


@dataclass(frozen=True)
class Block:
    """A generated part of one page."""

    name: str
    page: Path
    render: Callable[[], str]

    def text(self) -> str:
        """The page as it should be. Raises ValueError if the page lacks the marks."""
        page = self.page.read_text(encoding="utf-8")
        marks = re.compile(rf"(<!-- {self.name} -->\n).*?(<!-- /{self.name} -->)", re.DOTALL)
        if not marks.search(page):
            raise ValueError(f"{self.page.name} has no <!-- {self.name} --> ... <!-- /{self.name} -->")
        return marks.sub(lambda found: f"{found[1]}{self.render()}{found[2]}", page)

    def is_current(self) -> bool:
        """Whether the page says what the code says."""
        return self.text() == self.page.read_text(encoding="utf-8")

    def write(self) -> None:
        """Bring the page up to date."""
        self.page.write_text(self.text(), encoding="utf-8")


def environment_table() -> str:
    """Every environment variable of the apps, with the default of the config tree or else of the app."""
    rows = [
        "| Variable | What it is | Default in development | App |",
        "|---|---|---|---|",
        *environment_rows(),
    ]
    return "\n".join(rows) + "\n"


def environment_rows() -> Iterator[str]:
    """One row per variable, app by app."""
    import config

    tree = config.load("dev", environ={})
    for app, section in tree.items():
        for name, field in importlib.import_module(f"{app}.settings").Settings.model_fields.items():
            if field.validation_alias:
                default = section.get(name, field.get_default(call_default_factory=False))
                yield f"| `{field.validation_alias}` | {field.description} | {shown(default)} | {app} |"


def shown(value: object) -> str:
    """A default as a reader would type it; nothing if there is none."""
    if isinstance(value, Path):
        return f"`{value.relative_to(ROOT)}` in the project" if value.is_relative_to(ROOT) else f"`{value}`"
    if value in (None, (), "") or type(value).__name__ == "PydanticUndefinedType":
        return ""
    if isinstance(value, tuple):
        return f"`{','.join(map(str, value))}`"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def make_targets() -> str:
    """What `make help` lists."""
    rows = ["| Command | What it does |", "|---|---|"]
    for target, does in re.findall(r"^([a-z-]+):.*?## (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE):
        rows.append(f"| `make {target}` | {does} |")
    return "\n".join(rows) + "\n"


def routes() -> str:
    """What `make routes` prints."""
    import config
    from rumbl_web import application, configuration, router

    settings = configuration.build(config.load("test", environ={}))
    return f"```text\n{router.routes(application.offline(settings))}\n```\n"


def supervision() -> str:
    """The trees of a server process, from the specs of their children."""
    import config
    from info_sys import application as info
    from info_sys.otp.supervisor import Supervisor
    from rumbl_web import application as web
    from rumbl_web import configuration

    settings = configuration.build(config.load("test", environ={}))
    answering = Supervisor(info.children(settings.info), name=info.SUPERVISOR)
    lines = (*outline(answering), *outline(web.make_live(settings.web).supervisor))
    return "\n".join(("```text", *lines, "```\n"))


def outline(tree: Supervisor) -> Iterator[str]:
    """A tree that need not run: its name, its strategy, and its children in order of start."""
    yield f"{tree.name} ({tree.strategy})"
    for child in tree.specs:
        restart = "" if child.restart == "permanent" else f", {child.restart}"
        yield f"  {child.id} ({child.type}{restart})"


def telemetry_events() -> str:
    """What the channel runtime tells of itself."""
    from rumbl_web.phoenix.telemetry import EVENTS

    rows = ["| Event | Told when | Measurements | Metadata |", "|---|---|---|---|"]
    for event in EVENTS:
        names = [", ".join(f"`{name}`" for name in some) for some in (event.measurements, event.metadata)]
        rows.append(f"| `{event.name}` | {event.when} | {names[0]} | {names[1]} |")
    return "\n".join(rows) + "\n"


def gauges() -> str:
    """What can be asked of a running node."""
    from rumbl_web.phoenix.gauges import GAUGES

    rows = ["| Gauge | What it is |", "|---|---|"]
    rows += [f"| `{name}` | {meaning} |" for name, meaning in GAUGES.items()]
    return "\n".join(rows) + "\n"


BLOCKS = (
    Block("environment", GUIDES / "deployment.md", environment_table),
    Block("make targets", GUIDES / "development.md", make_targets),
    Block("routes", GUIDES / "development.md", routes),
    Block("supervision", GUIDES / "architecture.md", supervision),
    Block("telemetry events", WEB, telemetry_events),
    Block("gauges", WEB, gauges),
)


def main() -> int:
    """Write every block. Returns the exit code."""
    sys.path.insert(0, str(ROOT))
    for block in BLOCKS:
        if not block.is_current():
            block.write()
            print(f"wrote {block.name} into {block.page.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
