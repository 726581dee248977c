"""The crowded hub: filling it takes as long as all that is measured there."""

from collections.abc import Iterator

import pytest
from benchmarks.apps import a_hub, let_in
from crowded import crowd
from processes import Hub

from hub.store import Tx

SAID = "forty of us planted the last trees this morning thank you to everybody who brought a spade"


@pytest.fixture(scope="package")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Hub, str]]:
    """A hundred thousand statuses, half of them by who likes to be found, and a resident's token."""
    with a_hub(tmp_path_factory.mktemp("crowded"), _fill) as it:
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
