"""What rumbl_core raises on purpose. Refusals of user input are no exceptions, they are `result.Error`."""

from __future__ import annotations


class NotFound(Exception):
    """There is no such row, or it is not the caller's. The web answers 404."""


class StaleEntry(NotFound):
    """The row was deleted by somebody else before it could be written."""


class Unavailable(Exception):
    """The database, or a free connection to it, could not be had in time. The web answers 503."""


class Busy(Unavailable):
    """So many ask for the same at this moment that this one is turned away. The web answers 503."""


class StartError(Exception):
    """rumbl_core can't start. The message is one line: what is wrong and what to do."""


class SettingsError(StartError):
    """A setting is wrong. The message names its environment variable."""
