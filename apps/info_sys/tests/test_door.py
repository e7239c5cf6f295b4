"""What stands at the door is there when it is asked for, and not before."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import info_sys
from info_sys.system import compute

SOURCE = Path(__file__).parents[1] / "src"


def test_every_name_of_the_door_is_there() -> None:
    assert all(getattr(info_sys, name) is not None for name in info_sys.__all__)
    assert info_sys.compute is compute
    assert dir(info_sys) == info_sys.__all__


def test_another_name_is_not() -> None:
    with pytest.raises(AttributeError, match="'info_sys' has no attribute 'oracle'"):
        info_sys.oracle  # noqa: B018 - to ask for it is all


def test_who_wants_otp_alone_loads_no_more_than_the_standard_library() -> None:
    """`-S`: this Python finds no installed package."""
    code = "import sys; sys.path.insert(0, sys.argv[1]); import info_sys.otp.supervisor"

    subprocess.run([sys.executable, "-I", "-S", "-c", code, str(SOURCE)], check=True, timeout=60)
