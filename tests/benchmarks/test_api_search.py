"""What a search costs a hub where a hundred thousand statuses were said, half of them by who likes to be found."""

import pytest
from benchmarks.apps import measured, request
from benchmarks.calibration import Floor
from processes import Hub

pytestmark = pytest.mark.benchmark
NEWEST = Floor(rest=74.0)  # HTTP without a framework 30, SQL over the index of words 44


@pytest.mark.parametrize("words", ["trees", "heron", "trees+planted"])
def test_the_newest_that_say_it(crowded: tuple[Hub, str], words: str) -> None:
    """A word that everybody says, one that few do, and two."""
    it, token = crowded
    one = request(it, f"/api/v2/search?type=statuses&q={words}", token)
    measured(it, one, 400).figure(f"search for {words}, newest first", NEWEST, 5)
