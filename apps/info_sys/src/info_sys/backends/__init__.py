"""Who can be asked: one file per backend, and a catalogue of them."""

from info_sys.backends.catalogue import TITLES, build

__all__ = ["TITLES", "build"]
