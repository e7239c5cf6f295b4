import unicodedata
from collections.abc import Collection

import pytest
from sqlalchemy import func, select

from rumbl_core.attempts import Decide
from rumbl_core.testing import Sandbox
from rumbl_web.throttle import Rule, Throttle
from rumbl_web.throttle.memory import Memory
from rumbl_web.throttle.throttle import NOWHERE, folded, place


class Seen(Memory):
    """Remembers the keys it was asked for."""

    def __init__(self) -> None:
        super().__init__(clock=lambda: 0.0)
        self.keys: list[bytes] = []

    def change(self, keys: Collection[bytes], decide: Decide[object]) -> object:
        self.keys += keys
        return super().change(keys, decide)


def make(**rules: Rule) -> Throttle:
    return Throttle(Memory(clock=lambda: 0.0), "secret", rules)


def test_an_action_is_allowed_as_often_as_its_rule_says_and_each_address_for_itself() -> None:
    throttle = make(reset=Rule.steady(2, 3600))
    assert [throttle.allow("reset", "192.0.2.1") for _ in range(3)] == [0, 0, 1800]
    assert throttle.allow("reset", "192.0.2.2") == 0


def test_an_action_without_a_rule_is_always_allowed() -> None:
    throttle = make()
    assert {throttle.allow("anything", "192.0.2.1") for _ in range(100)} == {0}


def test_actions_do_not_share_their_counts() -> None:
    throttle = make(a=Rule.steady(1, 60), b=Rule.steady(1, 60))
    assert [throttle.allow(action, "192.0.2.1") for action in ("a", "b", "a", "b")] == [0, 0, 60, 60]


def test_a_wait_is_told_in_whole_seconds_and_never_as_none_at_all() -> None:
    throttle = make(a=Rule(1, 0.2, 0.2, 1))
    assert [throttle.allow("a", None) for _ in range(2)] == [0, 1]


def test_the_case_of_a_name_is_no_way_around() -> None:
    throttle = make()
    for name in ("ana", "ANA", "Ana", "aNa", "anA"):
        assert throttle.begin_log_in(name, "192.0.2.1") == 0
    assert throttle.begin_log_in("AnA", "192.0.2.1") == 1
    throttle.log_in_succeeded("ana", "192.0.2.1")
    assert throttle.begin_log_in("AnA", "192.0.2.1") == 0


@pytest.mark.parametrize("same", ["\u0130da", "i\u0307da", "IDA"])
def test_no_two_names_that_a_database_may_hold_for_one_are_counted_apart(same: str) -> None:
    throttle = make()
    for _ in range(5):
        assert throttle.begin_log_in("ida", "192.0.2.1") == 0
    assert throttle.begin_log_in(same, "192.0.2.1") == 1


def test_whatever_letter_this_database_lowers_to_another_is_counted_as_that(sandbox: Sandbox) -> None:
    letters = [chr(code) for code in range(0x80, 0x20000) if not 0xD800 <= code <= 0xDFFF]
    with sandbox.session(transaction=False) as session:
        lowered = session.scalars(select(func.lower(" ".join(letters)))).one()
    pairs = zip(letters, str(lowered).split(" "), strict=True)
    wrong = [letter for letter, low in pairs if folded(letter) != folded(low)]
    # The database may know letters of a newer Unicode than Python.
    assert [letter for letter in wrong if unicodedata.category(letter) != "Cn"] == []


def test_one_ipv6_household_is_one_address_and_its_neighbour_another() -> None:
    throttle = make(a=Rule.steady(1, 60))
    assert throttle.allow("a", "2001:db8:1:2::1") == 0
    assert throttle.allow("a", "2001:db8:1:2:ffff::9") == 60
    assert throttle.allow("a", "2001:db8:1:3::1") == 0


@pytest.mark.parametrize(
    ("address", "where"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:DB8::1", "2001:db8::"),
        ("fe80::1%eth0", "fe80::"),
        (None, NOWHERE),
        ("", NOWHERE),
        ("unix:", NOWHERE),
        ("1.2.3.4, evil\r\nline", NOWHERE),
    ],
)
def test_an_address_stands_for_a_place(address: str | None, where: str) -> None:
    assert place(address) == where


def test_no_key_shows_a_name_or_an_address_and_another_secret_gives_others() -> None:
    keys: list[list[bytes]] = []
    for secret in ("one", "one", "two"):
        seen = Seen()
        Throttle(seen, secret).begin_log_in("ana", "192.0.2.1")
        keys.append(seen.keys)
    assert keys[0] == keys[1]
    assert not set(keys[0]) & set(keys[2])
    assert all(len(key) == 16 for key in keys[0])


def test_any_name_can_be_counted_and_none_can_be_made_to_meet_another() -> None:
    seen = Seen()
    throttle = Throttle(seen, "secret")
    for name in ("\ud800", "\0", "\0\0", "", "x" * 100_000, "a\x00192.0.2.1"):
        assert throttle.begin_log_in(name, "192.0.2.1") == 0
    assert len(set(seen.keys)) == 6 * 2 + 1, "a pair and a name each, and one address"
