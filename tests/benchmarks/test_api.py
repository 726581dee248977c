"""What apps cost a hub in which a hundred thousand statuses have been said, and whose resident follows 500 people."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from benchmarks import load
from benchmarks.calibration import Floor, Meter, of, resident
from crowded import crowd
from processes import Hub

from hub import apps, scopes
from hub.store import Tx
from hub.store.open import opened

pytestmark = pytest.mark.benchmark
ROUNDS, TIMES = 5, 1_000
TIMELINE = Floor(rest=107.0)  # HTTP without a framework 30, SQL 74, joining bytes 3.7
PLENTY = {f"NEIGHBOURHUB_LIMITS_API_{name}": "100000000" for name in ("TOKEN", "USER", "GUEST")}
MOST_MEMORY = 110  # MB


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Hub, str]]:
    it = Hub(tmp_path_factory.mktemp("crowded") / "hub", **PLENTY).set_up()

    async def fill() -> str:
        async with opened(str(it.data / "hub.db")) as store:
            return await store.write(_fill)

    token = asyncio.run(fill())
    it.start()
    yield it, token
    it.stop()


def _fill(tx: Tx) -> str:
    ann = crowd(tx)
    tx.run("ANALYZE")
    app, _ = apps.register(tx, apps.Draft("App", (apps.OUT_OF_BAND,), " ".join(scopes.ALL)))
    return apps.let_in(tx, ann, app, "read write")


def request(hub: Hub, path: str, token: str = "") -> bytes:
    head = load.get(hub.domain, path, "application/json")
    return head[:-2] + f"authorization: Bearer {token}\r\n\r\n".encode() if token else head


def measured(hub: Hub, one: bytes, times: int = TIMES) -> Meter:
    assert hub.process is not None
    meter = Meter(of(hub.process.pid))
    assert load.send(hub.port, [one] * (times // 4)) == {200: times // 4}
    for _ in range(ROUNDS):
        with meter.running(times):
            assert load.send(hub.port, [one] * times) == {200: times}
    return meter


@pytest.mark.parametrize("path", ["home", "public", "public?local=true"])
def test_a_timeline_of_forty(hub: tuple[Hub, str], path: str) -> None:
    """Again while nothing has been written meanwhile; and made anew from what is kept of each status."""
    it, token = hub
    address = f"/api/v1/timelines/{path}{'&' if '?' in path else '?'}limit=40"
    measured(it, request(it, address, token)).figure(f"{path}, 40 statuses, again", TIMELINE, 2)
    assert it.process is not None
    anew = Meter(of(it.process.pid))
    for round in range(ROUNDS):
        each = [request(it, f"{address}&anew={round}.{n}", token) for n in range(TIMES)]
        with anew.running(TIMES):
            assert load.send(it.port, each) == {200: TIMES}
    anew.figure(f"{path}, 40 statuses, made anew", TIMELINE, 2)


def test_memory_after_much_reading(hub: tuple[Hub, str]) -> None:
    it, token = hub
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
