from info_sys import Backend, Options


class Plain(Backend):
    name = title = "plain"

    def compute(self, query, opts):
        return []


def test_a_backend_is_asked_everything_unless_it_is_picky():
    assert Plain().matches("anything") is True


def test_the_remaining_time_shrinks_to_nothing():
    assert 9 < Options(timeout_ms=10_000).remaining_s <= 10
    assert Options(timeout_ms=10_000, started=0).remaining_s == 0
