import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from rumbl_core import password
from rumbl_core.errors import Busy
from rumbl_core.quiet_threads import QuietThreads


@pytest.fixture(autouse=True)
def cheap() -> Iterator[None]:
    password.configure("cheap")
    yield
    password.configure("cheap")


def test_a_hash_is_argon2id_with_a_salt_of_its_own() -> None:
    first, second = password.hash_password("secret"), password.hash_password("secret")
    assert first != second
    assert first.startswith("$argon2id$v=19$m=8,t=1,p=1$")
    assert password.verify(first, "secret")
    assert not password.verify(first, "Secret")


def test_the_normal_cost_is_above_the_floor_of_owasp() -> None:
    password.configure("normal")
    cost = dict(part.split("=") for part in password.hash_password("secret").split("$")[3].split(","))
    assert int(cost["m"]) >= 19 * 1024
    assert int(cost["t"]) >= 2


def test_a_user_without_a_hash_has_no_password() -> None:
    for guess in ("", "secret", None):
        assert not password.verify(None, guess)


def test_the_dummy_costs_what_a_real_hash_costs() -> None:
    dummy, real = password._dummy_hash(), password.hash_password("secret")
    assert dummy.rsplit("$", 2)[0] == real.rsplit("$", 2)[0]
    assert [len(part) for part in dummy.split("$")] == [len(part) for part in real.split("$")]
    assert not password.needs_rehash(dummy)


@pytest.mark.parametrize("guess", [None, 7, ["secret"], "x" * 100_000, "\ud800"])
def test_impossible_passwords_are_wrong(guess: object) -> None:
    assert not password.verify(password.hash_password("secret"), guess)
    assert not password.verify(password.hash_password("x" * 1201), "x" * 1201)


def test_a_hash_of_another_cost_wants_to_be_made_again() -> None:
    cheap = password.hash_password("secret")
    assert not password.needs_rehash(cheap)
    password.configure("normal")
    assert password.needs_rehash(cheap)
    assert not password.needs_rehash("no hash at all")
    assert not password.verify("no hash at all", "secret")


def test_only_a_few_are_hashed_at_once_and_the_others_wait_in_a_bounded_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(password, "_threads", QuietThreads(1, waiting=0, wait_s=10))
    with _occupied(password._threads):
        with pytest.raises(Busy):
            password.hash_password("secret")
        with pytest.raises(Busy):
            password.verify(None, "secret")
    assert password.verify(password.hash_password("secret"), "secret")


@contextmanager
def _occupied(threads: QuietThreads) -> Iterator[None]:
    begun, may_end = threading.Event(), threading.Event()

    def work() -> bool:
        begun.set()
        return may_end.wait(10)

    with ThreadPoolExecutor(1) as caller:
        answer = caller.submit(threads.run, work)
        assert begun.wait(10)
        yield
        may_end.set()
        assert answer.result(10)
