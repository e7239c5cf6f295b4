from rumbl_core.attempts import State
from rumbl_web.throttle.memory import Memory


def keep(memory: Memory, key: bytes, state: State) -> None:
    memory.change((key,), lambda _states, _now: (None, {key: state}))


def known(memory: Memory, *keys: bytes) -> set[bytes]:
    return memory.change(keys, lambda states, _now: (set(states), {}))


def test_what_has_expired_is_not_known() -> None:
    clock = [100.0]
    memory = Memory(clock=lambda: clock[0])
    keep(memory, b"a", State(1, 100, 130))
    clock[0] = 129.9
    assert known(memory, b"a") == {b"a"}
    clock[0] = 130.0
    assert known(memory, b"a") == set()


def test_beyond_the_most_keys_the_one_not_tried_for_longest_is_forgotten() -> None:
    memory = Memory(clock=lambda: 0.0, most=2)
    for key in (b"a", b"b", b"a", b"c"):
        keep(memory, key, State(1, 0, 10))
    assert known(memory, b"a", b"b", b"c") == {b"a", b"c"}
