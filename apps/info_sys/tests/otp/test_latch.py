import threading

import pytest

from info_sys.otp.latch import Latch


def test_the_first_value_stands():
    latch = Latch()
    assert latch.set("first") is True
    assert latch.set("second") is False
    assert latch.value == "first"


def test_a_wait_ends_with_the_value_from_another_thread():
    latch = Latch()
    threading.Thread(target=latch.set, args=(None,)).start()
    assert latch.wait(5)
    assert latch.value is None


def test_a_wait_ends_with_its_deadline():
    latch = Latch()
    assert latch.wait(0) is False
    assert latch.wait(0.01) is False
    assert not latch.is_set


def test_the_value_before_it_is_set_is_an_error():
    with pytest.raises(LookupError):
        _ = Latch().value


def test_one_of_many_setters_wins():
    for _ in range(50):
        latch, won = Latch(), []
        setters = [
            threading.Thread(target=lambda n=n, latch=latch, won=won: won.append(n) if latch.set(n) else None)
            for n in range(4)
        ]
        for setter in setters:
            setter.start()
        for setter in setters:
            setter.join()
        assert won == [latch.value]
