"""A hub that apps ask: as a real process, filled before it starts, and what one call of it costs."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import load
from benchmarks.calibration import Floor, Meter, of
from processes import Hub

from hub import apps, scopes
from hub.store import Tx
from hub.store.open import opened

ROUNDS, TIMES = 3, 600
TIMELINE = Floor(rest=107.0)  # HTTP without a framework 30, SQL 74, joining bytes 3.7
PLENTY = {f"NEIGHBOURHUB_LIMITS_API_{name}": "100000000" for name in ("TOKEN", "USER", "GUEST")}


@contextmanager
def a_hub(folder: Path, fill: Callable[[Tx], str]) -> Iterator[tuple[Hub, str]]:
    """The hub at work, and the token that `fill` returned."""
    it = Hub(folder / "hub", **PLENTY).set_up()

    async def filled() -> str:
        async with opened(str(it.data / "hub.db")) as store:
            return await store.write(fill)

    token = asyncio.run(filled())
    it.start()
    try:
        yield it, token
    finally:
        it.stop()


def let_in(tx: Tx, who: int) -> str:
    """A token of an app that may read and write for somebody."""
    app, _ = apps.register(tx, apps.Draft("App", (apps.OUT_OF_BAND,), " ".join(scopes.ALL)))
    return apps.let_in(tx, who, app, "read write")


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
