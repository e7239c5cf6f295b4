"""Throttling: who tries too often has to wait, and longer each time."""

from rumbl_web.throttle.policy import Rule
from rumbl_web.throttle.throttle import Throttle

__all__ = ["Rule", "Throttle"]
