"""Who can be asked: one file per backend, and a catalogue of them."""

from info_sys.backends.catalogue import build, known, licence

__all__ = ["build", "known", "licence"]
