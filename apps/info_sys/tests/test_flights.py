from queue import SimpleQueue

import pytest

from info_sys.flights import Flights
from info_sys.otp import KILLED
from info_sys.otp.task import Task


@pytest.fixture
def flights():
    return Flights()


@pytest.fixture
def desk():
    return SimpleQueue()


def unstarted(landed):
    return Task(lambda: landed(None))


def test_a_second_passenger_shares_the_flight(flights, desk):
    first = flights.board("key", unstarted, desk)
    assert flights.board("key", unstarted, desk) is first
    assert flights.board("other", unstarted, desk) is not first


def test_only_the_last_to_leave_abandons_the_task(flights, desk):
    flight = flights.board("key", unstarted, desk)
    flights.board("key", unstarted, desk)
    assert flights.leave(flight) is False
    assert not flight.task.done
    assert flights.leave(flight) is True
    assert flight.task.result().reason == KILLED
    assert len(flights) == 0


def test_a_landed_flight_takes_nobody(flights, desk):
    landed = flights.board("key", unstarted, desk)
    landed.task.run()
    following = flights.board("key", unstarted, desk)
    assert following is not landed
    assert flights.leave(landed) is False
    assert flights.board("key", unstarted, desk) is following


def test_everybody_who_waits_hears_of_the_landing(flights, desk):
    other = SimpleQueue()
    flight = flights.board("key", unstarted, desk)
    flights.board("key", unstarted, other)
    flight.task.run()
    assert (desk.get_nowait(), other.get_nowait()) == (flight, flight)


def test_what_became_of_a_flight_is_noted_once(flights, desk):
    flight = flights.board("key", unstarted, desk)
    assert [flights.settle(flight) for _ in range(3)] == [True, False, False]


def test_a_flight_that_can_not_start_leaves_nothing_behind(flights, desk):
    with pytest.raises(ZeroDivisionError):
        flights.board("key", lambda _landed: 1 / 0, desk)
    assert len(flights) == 0


def test_what_a_flight_brought_is_kept_before_it_is_over(flights, desk):
    brought = []
    with_luggage = lambda landed: Task(lambda: landed(lambda: brought.append("answer")))  # noqa: E731  # two words
    flight = flights.board("key", with_luggage, desk, lambda: brought or None)
    flight.task.run()
    assert flights.board("key", unstarted, desk, lambda: brought or None) == ["answer"]


def test_what_nobody_waits_for_is_not_kept(flights, desk):
    brought = []
    flight = flights.board("key", lambda landed: Task(lambda: landed(lambda: brought.append("x"))), desk)
    flights.leave(flight)
    flight.task.run()
    assert brought == []
