"""What is there when a server has started is not looked at again by the collector."""

from __future__ import annotations

import gc
import weakref

from rumbl_web import memory


class Circle:
    """Refers to itself."""

    itself: Circle


def test_what_is_kept_is_no_longer_collected_and_what_comes_later_is() -> None:
    kept: list[object] = []
    memory.keep()
    later: list[object] = []

    found = gc.get_objects()

    assert not any(one is kept for one in found)
    assert any(one is later for one in found)


def test_what_is_loaded_is_not_looked_through() -> None:
    loaded: list[object] = []
    with memory.loading():
        assert not gc.isenabled()
        with memory.loading():
            pass
        assert not gc.isenabled()
        loaded.append(loaded)

    assert gc.isenabled()
    assert not any(one is loaded for one in gc.get_objects())


def test_garbage_is_not_kept() -> None:
    circle = Circle()
    circle.itself = circle
    gone = weakref.ref(circle)
    del circle

    memory.keep()

    assert gone() is None


def test_asking_for_few_arenas_may_be_repeated() -> None:
    memory.few_arenas()
    memory.few_arenas()
