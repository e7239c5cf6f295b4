import pytest

from info_sys.flights import Flights
from info_sys.otp import KILLED
from info_sys.otp.task import Task


@pytest.fixture
def flights():
    return Flights()


def unstarted():
    return Task(lambda: None)


def test_a_second_passenger_shares_the_flight(flights):
    first = flights.board("key", unstarted)
    assert flights.board("key", unstarted) is first
    assert flights.board("other", unstarted) is not first


def test_only_the_last_to_leave_abandons_the_task(flights):
    flight = flights.board("key", unstarted)
    flights.board("key", unstarted)
    flights.leave(flight)
    assert not flight.task.done
    flights.leave(flight)
    assert flight.task.result().reason == KILLED
    assert len(flights) == 0


def test_a_landed_flight_takes_nobody(flights):
    landed = flights.board("key", unstarted)
    landed.task.run()
    following = flights.board("key", unstarted)
    assert following is not landed
    flights.leave(landed)
    assert flights.board("key", unstarted) is following


def test_a_flight_that_can_not_start_leaves_nothing_behind(flights):
    with pytest.raises(ZeroDivisionError):
        flights.board("key", lambda: 1 / 0)
    assert len(flights) == 0
