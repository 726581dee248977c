"""The table of attacks names tests that are there, and none of those that matter most is without one."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

TESTS = Path(__file__).parent
TABLE = TESTS.parent / "docs" / "build" / "security.md"
MUST = set(range(1, 109))  # all that other servers may try

Rows = dict[int, list[str]]


def rows(text: str) -> Rows:
    """The tests of each attack, by its number."""
    found = re.findall(r"^\| (\d+) \|.*\| ([^|]*) \|$", text, re.MULTILINE)
    return {int(number): re.findall(r"`([\w/]+\.py::\w+)`", tests) for number, tests in found}


@cache
def there() -> frozenset[str]:
    """Every test that there is, as `federation/test_inbox.py::test_1_…`."""
    files = {path.relative_to(TESTS).as_posix(): path for path in TESTS.rglob("test_*.py")}
    return frozenset(f"{file}::{name}" for file, path in files.items() for name in _in(path))


def _in(path: Path) -> Iterator[str]:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            yield node.name


def wrong(text: str) -> list[str]:
    """All that is wrong with the table."""
    table, absent = (
        rows(text),
        {int(number) for number in re.findall(r"^\| (\d+) \|.*\| does not apply: ", text, re.MULTILINE)},
    )
    found = [f"{number} has no test" for number in sorted((MUST | table.keys()) - absent) if not table.get(number)]
    found += [f"{number} names {test}" for number, named in table.items() for test in named if test not in there()]
    return found + [f"{test} is in no row of its own" for test in sorted(there()) if not _listed(test, table)]


def _listed(test: str, table: Rows) -> bool:
    """Whether a test that is called by numbers stands in a row of one of them."""
    called = re.match(r"test_((?:\d+_)+)[a-z]", test.partition("::")[2])
    numbers = [int(number) for number in called[1].split("_") if number] if called else []
    return not numbers or any(test in table.get(number, []) for number in numbers)


def test_every_attack_in_the_table_has_tests_that_are_there() -> None:
    assert wrong(TABLE.read_text(encoding="utf-8")) == []


def test_a_table_that_leaves_one_out_is_seen() -> None:
    text = TABLE.read_text(encoding="utf-8")
    assert "64 has no test" in wrong(text.replace("does not apply: ", "does not matter: "))
    assert "7 has no test" in wrong(re.sub(r"^\| 7 \|.*\n", "", text, flags=re.MULTILINE))
    assert any("test_79_three" in it for it in wrong(text.replace("test_79_three_redirects", "test_79_four_redirects")))
    gone = text.replace("federation/test_attacks.py::test_8_a_letter_that_was_taken_before_makes_no_work", "")
    assert any(it.endswith("is in no row of its own") for it in wrong(gone))
