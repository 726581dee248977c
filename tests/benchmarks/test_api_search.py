"""What a search costs a hub where a hundred thousand statuses were said, half of them by who likes to be found."""

from collections.abc import Iterator

import pytest
from benchmarks.apps import a_hub, let_in, measured, request
from benchmarks.calibration import Floor
from crowded import crowd
from processes import Hub

from hub.store import Tx

pytestmark = pytest.mark.benchmark
NEWEST = Floor(rest=74.0)  # HTTP without a framework 30, SQL over the index of words 44
SAID = "forty of us planted the last trees this morning thank you to everybody who brought a spade"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Hub, str]]:
    with a_hub(tmp_path_factory.mktemp("searched"), _fill) as it:
        yield it


def _fill(tx: Tx) -> str:
    ann = crowd(tx)
    tx.run("UPDATE actor SET indexable = 1 WHERE id % 2 = 0")
    tx.run(
        """INSERT INTO word (rowid, words)
           SELECT id, :said || CASE WHEN id / 65536 % 1000 = 0 THEN ' heron' ELSE '' END FROM thing""",
        said=SAID,
    )
    tx.run("ANALYZE")
    return let_in(tx, ann)


@pytest.mark.parametrize("words", ["trees", "heron", "trees+planted"])
def test_the_newest_that_say_it(hub: tuple[Hub, str], words: str) -> None:
    """A word that everybody says, one that few do, and two."""
    it, token = hub
    one = request(it, f"/api/v2/search?type=statuses&q={words}", token)
    measured(it, one, 400).figure(f"search for {words}, newest first", NEWEST, 5)
