"""What a hub remembers for a while, and how often others may: also when its clock is set right."""

from conftest import Clock

from federation.wire import Rates, Recent
from hub.clock import HOUR, MINUTE


def test_what_is_kept_is_forgotten_when_its_time_is_over(clock: Clock) -> None:
    kept: Recent[str] = Recent(10 * MINUTE, 10)
    kept.put("a", "b")
    assert kept.get("a") == "b"
    clock.forward(10 * MINUTE)
    assert kept.get("a") is None


def test_what_was_kept_by_a_clock_that_ran_ahead_is_forgotten_when_it_is_set_right(clock: Clock) -> None:
    kept: Recent[str] = Recent(10 * MINUTE, 10)
    clock.forward(3 * HOUR)
    kept.put("a", "no key")
    clock.forward(-3 * HOUR)
    assert kept.get("a") is None


def test_nobody_waits_for_hours_because_our_clock_ran_ahead(clock: Clock) -> None:
    rates = Rates(60, 10)
    clock.forward(3 * HOUR)
    for _ in range(20):
        rates.wait("one.example")
    clock.forward(-3 * HOUR)
    assert rates.wait("one.example") <= 1000
