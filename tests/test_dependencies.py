"""What we build on is chosen, explained and pinned; nothing slips in by the side door."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
RUNS = PROJECT["project"]["dependencies"] + PROJECT["build-system"]["requires"]
EXTRAS = PROJECT["project"]["optional-dependencies"]
LOCKS = {
    "requirements.lock": [*RUNS, *EXTRAS["postgres"]],
    "tests/requirements.lock": [*RUNS, *EXTRAS["postgres"], *EXTRAS["test"]],
}


def name(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~; ]", requirement)[0]).lower()


def pinned(lock: str) -> dict[str, tuple[str, list[str]]]:
    """Each package of a lock file: its version, and the hashes of the files that may be installed."""
    words = re.sub(r"#.*", "", (ROOT / lock).read_text()).replace("\\\n", " ")
    lines = [line.split() for line in words.splitlines() if line.strip()]
    return {name(line[0]): (line[0].partition("==")[2], line[1:]) for line in lines}


def explained() -> dict[str, str]:
    page = (ROOT / "docs/build/dependencies.md").read_text()
    return {name(found[1]): found[2] for found in re.finditer(r"^\| `([^`]+)` (\|.*)$", page, re.MULTILINE)}


@pytest.mark.parametrize("requirement", sorted({*LOCKS["tests/requirements.lock"]}))
def test_every_dependency_says_what_it_is_for_and_why_it(requirement: str) -> None:
    reasons = [cell.strip() for cell in explained().get(name(requirement), "").split("|") if cell.strip()]

    assert len(reasons) == 2, f"{requirement}: a line in docs/build/dependencies.md, please"


def test_nothing_is_explained_that_is_not_used() -> None:
    assert set(explained()) == {name(requirement) for requirement in LOCKS["tests/requirements.lock"]}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_dependency_is_pinned_with_hashes(lock: str) -> None:
    packages = pinned(lock)

    assert {name(requirement) for requirement in LOCKS[lock]} <= set(packages)
    for package, (version, hashes) in packages.items():
        assert re.fullmatch(r"[0-9][0-9a-z.]*", version), package
        assert hashes, package
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", digest) for digest in hashes), package


@pytest.mark.parametrize("lock", LOCKS)
def test_no_lock_says_where_to_get_things(lock: str) -> None:
    words = (ROOT / lock).read_text()

    assert not re.findall(r"://|^-|\s@\s|--(?:index|extra-index|find-links|trusted)|(?:^|\s)/\w+", words, re.MULTILINE)


def test_what_is_tested_is_what_runs() -> None:
    tested = pinned("tests/requirements.lock")

    for package, found in pinned("requirements.lock").items():
        assert tested[package] == found


@pytest.mark.parametrize("package", ["hub", "federation", "web"])
def test_only_what_is_chosen_is_imported(package: str) -> None:
    chosen = {name(requirement) for requirement in LOCKS["requirements.lock"]}
    comes_from = packages_distributions()
    for path in (ROOT / package).rglob("*.py"):
        for module in _imported(path):
            if module in sys.stdlib_module_names or module in {"hub", "federation", "web", "themes"}:
                continue
            names = {name(found).removesuffix("-pool") for found in comes_from.get(module, [])}
            assert names & chosen, f"{path} imports {module}"


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def test_the_licence_is_whole() -> None:
    words = (ROOT / "LICENSE").read_text()

    assert words.lstrip().startswith("GNU AFFERO GENERAL PUBLIC LICENSE")
    assert "13. Remote Network Interaction" in words
    assert words.rstrip().endswith("<https://www.gnu.org/licenses/>.")
    assert PROJECT["project"]["license"] == "AGPL-3.0-or-later"
