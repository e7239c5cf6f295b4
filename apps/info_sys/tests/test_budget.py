from info_sys.budget import BURST_S, MemoryBudget


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_a_source_may_be_asked_so_often_per_minute_and_no_more():
    clock = Clock()
    budget = MemoryBudget(clock)
    asked = 0
    for _ in range(600):  # ten minutes, once a second
        asked += budget.take("slow", 12)
        clock.now += 1
    assert asked == 12 * 10 + int(12 * BURST_S / 60) - 1


def test_after_some_quiet_a_few_may_come_at_once():
    budget = MemoryBudget(Clock())
    assert [budget.take("slow", 18) for _ in range(4)] == [True, True, True, False]
    assert budget.take("another", 18)


def test_one_is_always_allowed_after_long_enough():
    clock = Clock()
    budget = MemoryBudget(clock)
    assert [budget.take("rare", 1), budget.take("rare", 1)] == [True, False]
    clock.now = 60.0
    assert budget.take("rare", 1)


def test_a_clock_that_goes_back_takes_nothing_away():
    clock = Clock()
    budget = MemoryBudget(clock)
    budget.take("slow", 60)
    clock.now = -1000.0
    assert budget.take("slow", 60)
