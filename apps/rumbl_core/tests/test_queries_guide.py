"""The guide to queries runs as it stands, block by block, against a real database."""

import re
from pathlib import Path

import pytest

GUIDE = Path(__file__).parents[3] / "docs/guides/queries.md"
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@pytest.mark.usefixtures("sandbox")
def test_every_block_of_the_guide_holds() -> None:
    guide = GUIDE.read_text(encoding="utf-8")
    names: dict[str, object] = {}
    for block in BLOCK.finditer(guide):
        # As many empty lines before it as there are in the guide, so that a failure names the guide's line.
        code = "\n" * (guide.count("\n", 0, block.start()) + 1) + block[1]
        exec(compile(code, str(GUIDE), "exec"), names)
    assert len(BLOCK.findall(guide)) == guide.count("```python")
