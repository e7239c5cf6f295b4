import pytest

from rumbl_core.attempts import State, States
from rumbl_web.throttle.policy import ADDRESS, NAME, PAIR, PRESSED_PAIR, LogIn, Rule

ANA = LogIn(b"ana from here", b"ana", b"here")
ANA_ELSEWHERE = LogIn(b"ana from there", b"ana", b"there")
BOB = LogIn(b"bob from here", b"bob", b"here")


class World:
    """Tries of people, on a clock of the test's own."""

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.states: dict[bytes, State] = {}

    def begin(self, log_in: LogIn) -> float:
        return self._decide(log_in.begin)

    def succeed(self, log_in: LogIn) -> None:
        self._decide(log_in.succeeded)

    def wait_and_begin(self, log_in: LogIn) -> float:
        """The wait that was asked for, waited for, and a try that is allowed."""
        wait_s = self.begin(log_in)
        self.now += wait_s
        if wait_s:
            assert self.begin(log_in) == 0
        return wait_s

    def _decide(self, decide):
        answer, changes = decide(dict(self.states), self.now)
        for key, state in changes.items():
            self.states.pop(key, None)
            if state is not None:
                self.states[key] = state
        return answer


def test_five_wrong_passwords_are_free_then_each_wait_is_twice_the_last_up_to_15_minutes() -> None:
    world = World()
    assert [world.begin(ANA) for _ in range(5)] == [0] * 5
    waits = [world.wait_and_begin(ANA) for _ in range(14)]
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900, 900]


def test_who_comes_back_too_early_waits_for_the_rest_and_no_longer() -> None:
    world = World()
    for _ in range(5):
        world.begin(ANA)
    assert world.begin(ANA) == 1
    world.now += 0.25
    assert [world.begin(ANA) for _ in range(100)] == [0.75] * 100


def test_the_right_password_begins_anew() -> None:
    world = World()
    for _ in range(5):
        world.begin(ANA)
    world.now += 1
    assert world.begin(ANA) == 0
    world.succeed(ANA)
    assert [world.begin(ANA) for _ in range(5)] == [0] * 5


def test_people_who_know_their_password_are_never_asked_to_wait() -> None:
    world = World()
    for number in range(1000):
        log_in = LogIn(b"%d from here" % number, b"%d" % number, b"here")
        assert world.begin(log_in) == 0
        world.succeed(log_in)
    assert all(state.level < 1 for state in world.states.values())


def test_the_owner_logs_in_from_another_address_while_one_address_guesses() -> None:
    world = World()
    for _ in range(20):
        world.wait_and_begin(ANA)
    assert world.begin(ANA) > 60
    assert world.begin(ANA_ELSEWHERE) == 0


def test_the_owner_logs_in_while_a_thousand_addresses_guess_and_each_of_them_gets_one_try() -> None:
    world = World()

    def guess(number: int) -> float:
        return world.begin(LogIn(b"ana from %d" % number, b"ana", b"%d" % number))

    for number in range(1000):
        assert guess(number) == 0
    assert guess(999) == 60, "no five free tries for a botnet"
    assert world.begin(ANA_ELSEWHERE) == 0
    assert 0 < world.begin(ANA_ELSEWHERE) <= 60, "an owner who errs once tries again within a minute"


def test_an_address_that_tries_many_names_has_to_wait_whichever_it_tries() -> None:
    world = World()
    for number in range(ADDRESS.free):
        assert world.begin(LogIn(b"%d from here" % number, b"%d" % number, b"here")) == 0
    assert world.begin(BOB) == ADDRESS.first_s
    assert world.begin(LogIn(b"bob from there", b"bob", b"there")) == 0


def test_a_refused_try_leaves_nothing_behind() -> None:
    world = World()
    for number in range(ADDRESS.free):
        world.begin(LogIn(b"%d from here" % number, b"%d" % number, b"here"))
    before = dict(world.states)
    assert world.begin(BOB) > 0
    assert world.states == before


def test_a_try_that_nobody_judged_does_not_count() -> None:
    world = World()
    for _ in range(100):
        assert world.begin(ANA) == 0
        world._decide(ANA.not_judged)
    assert world.states == {}


def test_a_steady_rule_allows_so_many_at_once_and_so_many_in_a_time() -> None:
    rule, state, now, allowed = Rule.steady(10, 3600), None, 0.0, 0
    while now < 2 * 3600:
        if rule.wait_s(state, now) == 0:
            state = rule.more(state, now)
            allowed += 1
        now += 10
    assert 10 + 18 <= allowed <= 10 + 20


def test_a_try_is_forgotten_after_its_time_and_a_state_when_all_are() -> None:
    state = None
    for _ in range(3):
        state = PAIR.more(state, 0.0)
    assert state == State(3, 0, 3 * PAIR.forget_s)
    assert PAIR.level(state, PAIR.forget_s) == 2
    assert PAIR.level(state, 3 * PAIR.forget_s) == 0


@pytest.mark.parametrize("rule", [PAIR, PRESSED_PAIR, NAME, ADDRESS])
@pytest.mark.parametrize("jump_s", [-1e9, -1.0])
def test_a_clock_that_goes_back_locks_nobody_out_for_longer(rule: Rule, jump_s: float) -> None:
    state = State(1000.0, 1e9, 2e9)
    assert 0 < rule.wait_s(state, 1e9 + jump_s) <= rule.most_s


def test_nothing_known_is_nothing_to_wait_for() -> None:
    states: States = {}
    assert ANA.begin(states, 5.0)[0] == 0
    assert ANA.succeeded(states, 5.0) == (None, {b"ana from here": None, b"ana": None, b"here": None})
