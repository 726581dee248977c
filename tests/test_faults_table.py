"""The table of what goes wrong between servers has every row, and each names tests that are there."""

import re
from pathlib import Path

from test_security_table import TESTS, _in, there

TABLE = TESTS.parent / "docs" / "build" / "faults.md"
MUST = [*(f"D-{number:02}" for number in range(1, 20)), "J-01"]
MEASURED = "benchmarks/delivery.py"
WHY = "cannot be shown here: "  # and in words, why


def wrong(text: str) -> list[str]:
    """All that is wrong with the table."""
    rows = dict(re.findall(r"^\| ([DJ]-\d\d) \|.*\| ([^|]*) \|$", text, re.MULTILINE))
    all_there = there() | {f"{MEASURED}::{name}" for name in _in(Path(TESTS, MEASURED))}
    named = {row: re.findall(r"`([\w/]+\.py::\w+)`", tests) for row, tests in rows.items()}
    found = [f"{row} is missing" for row in MUST if row not in rows]
    found += [f"{row} has no test" for row, tests in rows.items() if not named[row] and not tests.startswith(WHY)]
    return found + [f"{row} names {test}" for row, tests in named.items() for test in tests if test not in all_there]


def test_everything_that_goes_wrong_between_servers_is_shown() -> None:
    assert wrong(TABLE.read_text(encoding="utf-8")) == []


def test_a_table_that_leaves_one_out_or_invents_one_is_seen() -> None:
    text = TABLE.read_text(encoding="utf-8")
    assert wrong(re.sub(r"^\| D-10 \|.*\n", "", text, flags=re.MULTILINE)) == ["D-10 is missing"]
    bare = re.sub(r"^(\| D-18 \|.*\|) [^|]* \|$", r"\1 later |", text, flags=re.MULTILINE)
    assert wrong(bare) == ["D-18 has no test"]
    assert wrong(bare.replace("| later |", f"| {WHY}no two hubs |")) == []
    invented = text.replace("test_79_three_redirects", "test_79_four_redirects")
    assert wrong(invented) == ["D-07 names federation/test_http.py::test_79_four_redirects_are_followed_and_not_four"]
