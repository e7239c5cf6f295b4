import pytest

from rumbl_core.testing import Sandbox
from rumbl_web.phoenix import testing_redis
from rumbl_web.throttle import Throttle, making


def make(**options: object) -> Throttle:
    wanted = {"shared": True, "redis_url": None, "registrations_per_hour": 2, **options}
    return making.make("secret", **wanted)  # type: ignore[arg-type]  # a test's own words


def test_counts_in_the_database_are_there_after_a_restart(sandbox: Sandbox) -> None:
    assert [make().allow("register", "192.0.2.1") for _ in range(3)] == [0, 0, 1800]


def test_counts_in_memory_are_not(sandbox: Sandbox) -> None:
    assert [make(shared=False).allow("register", "192.0.2.1") for _ in range(3)] == [0, 0, 0]


def test_no_registrations_an_hour_means_any_number() -> None:
    throttle = make(shared=False, registrations_per_hour=0)
    assert {throttle.allow("register", "192.0.2.1") for _ in range(100)} == {0}


def test_asking_for_mail_is_always_limited() -> None:
    throttle = make(shared=False)
    assert throttle.allow("reset", "192.0.2.1") == 0
    assert max(throttle.allow(action, "192.0.2.1") for action in ("reset", "resend") for _ in range(20)) > 0


@pytest.mark.skipif(testing_redis.binary() is None, reason=testing_redis.MISSING)
def test_without_its_redis_a_site_counts_in_the_database(sandbox: Sandbox, tmp_path) -> None:
    with testing_redis.running(tmp_path) as server:
        throttle = make(redis_url=server.url)
        assert [throttle.allow("register", "192.0.2.1") for _ in range(3)] == [0, 0, 1800]
        server.kill()
        assert [throttle.allow("register", "192.0.2.1") for _ in range(3)] == [0, 0, 1800]
