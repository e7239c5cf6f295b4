"""Arithmetic without eval: `tokens` cuts up, `parser` computes, `numbers` bounds and shows the result."""

from info_sys.arithmetic.numbers import Refused, show
from info_sys.arithmetic.parser import evaluate

__all__ = ["Refused", "evaluate", "show"]
