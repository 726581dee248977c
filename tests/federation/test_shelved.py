"""What is kept written out: new for the few, at most ten seconds old for a crowd."""

from conftest import Clock

from federation.shelved import HOT, STALE, Shelved
from hub.clock import MINUTE


def asked(kept: Shelved[str], times: int, version: int) -> str | None:
    found = None
    for _ in range(times):
        found = kept.get("a", version)
    return found


def test_the_few_never_see_what_was_before_a_change(clock: Clock) -> None:
    kept: Shelved[str] = Shelved(10)
    kept.put("a", 1, "old")
    assert asked(kept, HOT - 1, 1) == "old"
    assert kept.get("a", 2) is None


def test_a_crowd_may_for_ten_seconds_and_no_longer(clock: Clock) -> None:
    kept: Shelved[str] = Shelved(10)
    kept.put("a", 1, "old")
    asked(kept, HOT, 1)
    clock.forward(STALE - 1)
    assert kept.get("a", 2) == "old"
    clock.forward(1)
    assert kept.get("a", 2) is None


def test_nothing_is_kept_for_more_than_a_minute_nor_by_a_clock_that_ran_ahead(clock: Clock) -> None:
    kept: Shelved[str] = Shelved(10)
    kept.put("a", 1, "old")
    clock.forward(MINUTE)
    assert kept.get("a", 1) is None
    kept.put("a", 1, "newer")
    clock.forward(-MINUTE)
    assert asked(kept, HOT + 5, 1) is None


def test_of_too_many_the_one_that_nobody_asks_for_goes() -> None:
    kept: Shelved[str] = Shelved(2)
    for key in ("a", "b"):
        kept.put(key, 1, key)
    kept.get("a", 1)
    kept.put("c", 1, "c")
    assert (kept.get("a", 1), kept.get("b", 1), kept.get("c", 1)) == ("a", None, "c")
