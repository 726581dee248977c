"""What apps cost a hub in which a hundred thousand statuses have been said, and whose resident follows 500 people."""

import sqlite3
from contextlib import closing

import pytest
from benchmarks import load
from benchmarks.apps import ROUNDS, TIMELINE, TIMES, measured, request
from benchmarks.calibration import Meter, of, resident
from processes import Hub

pytestmark = pytest.mark.benchmark
MOST_MEMORY = 110  # MB


@pytest.mark.parametrize("path", ["home", "public", "public?local=true"])
def test_a_timeline_of_forty(crowded: tuple[Hub, str], path: str) -> None:
    """Again while nothing has been written meanwhile; and made anew from what is kept of each status."""
    it, token = crowded
    address = f"/api/v1/timelines/{path}{'&' if '?' in path else '?'}limit=40"
    measured(it, request(it, address, token)).figure(f"{path}, 40 statuses, again", TIMELINE, 2)
    assert it.process is not None
    anew = Meter(of(it.process.pid))
    for round in range(ROUNDS):
        each = [request(it, f"{address}&anew={round}.{n}", token) for n in range(TIMES)]
        with anew.running(TIMES):
            assert load.send(it.port, each) == {200: TIMES}
    anew.figure(f"{path}, 40 statuses, made anew", TIMELINE, 2)


def test_memory_after_much_reading(crowded: tuple[Hub, str]) -> None:
    it, token = crowded
    with closing(sqlite3.connect(f"file:{it.data}/hub.db?mode=ro", uri=True)) as conn:
        ids = [row[0] for row in conn.execute("SELECT id FROM thing WHERE personal = 1 ORDER BY id DESC LIMIT 15000")]
    assert it.process is not None
    sizes = [resident(it.process.pid)]
    for paths in (
        [f"/api/v1/statuses/{id}" for id in ids],
        [f"/api/v1/timelines/public?limit=40&max_id={id}" for id in ids[:10_000]],
    ):
        assert load.send(it.port, [request(it, path, token) for path in paths], 8) == {200: len(paths)}
        sizes.append(resident(it.process.pid))
    said = ", ".join(f"{size:.0f}" for size in sizes)
    print(
        f"\nmemory before and after 15,000 statuses, 10,000 pages: {said} MB, target {MOST_MEMORY}", end="", flush=True
    )
