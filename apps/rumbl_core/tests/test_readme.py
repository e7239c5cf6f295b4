"""The tables in the README are made from the code; RUMBL_WRITE_DOCS=1 writes them anew."""

import inspect
import os
import re
from pathlib import Path
from types import ModuleType

import pytest

from rumbl_core import accounts, multimedia, settings
from rumbl_core.multimedia import Annotation, Category, Video
from rumbl_core.schema import Schema
from rumbl_core.settings import Settings

README = Path(__file__).parent.parent / "README.md"


def functions(module: ModuleType) -> str:
    names = [name for name in module.__all__ if inspect.isfunction(getattr(module, name))]
    return "\n".join(
        f"| `{_call(module, name)}` | {_first_sentence(getattr(module, name))} |" for name in names
    )


def _call(module: ModuleType, name: str) -> str:
    parameters = inspect.signature(getattr(module, name)).parameters.values()
    shown = [p.name if p.kind is not p.VAR_KEYWORD else f"**{p.name}" for p in parameters]
    return f"{name}({', '.join(shown)})"


def _first_sentence(function: object) -> str:
    paragraph = " ".join((inspect.getdoc(function) or "").split("\n\n")[0].split())
    return re.split(r"(?<=[a-z)`])[.;] ", paragraph)[0].rstrip(".")


def setting_rows() -> str:
    rows = []
    for name, field in Settings.model_fields.items():
        variable = f"`{field.validation_alias}`" if field.validation_alias else "none"
        default = "a folder of the user" if name == "data_dir" else f"`{field.default}`"
        rows.append(f"| `{name}` | {variable} | {default} | {field.description} |")
    return "\n".join(rows)


SECTIONS = {"accounts": functions(accounts), "multimedia": functions(multimedia), "settings": setting_rows()}


@pytest.mark.parametrize("name", SECTIONS)
def test_the_tables_are_what_the_code_says(name: str) -> None:
    text = README.read_text()
    table = re.compile(rf"(\| --- \|\n)((?:\| .*\n)*)(<!-- {name} -->\n)")
    assert table.search(text), f"the README has a table {name}"
    wanted = table.sub(lambda found: f"{found[1]}{SECTIONS[name]}\n{found[3]}", text)
    if os.environ.get("RUMBL_WRITE_DOCS"):
        README.write_text(wanted)
    assert text == wanted, "write it anew: RUMBL_WRITE_DOCS=1"


def test_the_diagram_has_every_table_and_column() -> None:
    diagram = README.read_text().split("erDiagram")[1].split("```")[0]
    for table in Schema.metadata.tables.values():
        block = re.search(rf"    {table.name} {{\n(.*?)\n    }}", diagram, re.DOTALL)
        assert block, table.name
        drawn = {line.split()[1] for line in block[1].splitlines()}
        assert drawn == {column.name for column in table.columns} - {"inserted_at", "updated_at"}


def test_every_setting_says_what_it_is() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert settings.variable(name)


def test_every_schema_is_exported() -> None:
    assert {Annotation, Category, Video} <= {getattr(multimedia, name) for name in multimedia.__all__}
