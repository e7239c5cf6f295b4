"""The examples of the README, run."""

import ast
import re
from pathlib import Path

import pytest

README = (Path(__file__).parents[1] / "README.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.fixture
def namespace():
    names = {}
    yield names
    names["app"].stop()


def test_the_python_examples_give_what_their_comments_say(namespace):
    checked = 0
    for block in BLOCKS:
        if "Remote(" in block:
            continue  # what it says is tested in test_workers.py
        exec(block, namespace)
        for line in block.splitlines():
            if match := re.fullmatch(r"(compute.*)  # (.+)", line):
                assert eval(match[1], namespace) == ast.literal_eval(match[2])
                checked += 1
    assert checked == 2
