"""Whether the time that an answer takes tells who has an account here (trust.md S-07).

The hub runs in this process, on SQLite as it is kept on a disk; its clock stands still and moves on between two
requests, so that no limit is in the way. Known and unknown take turns, in an order that is drawn, and what is done
between them is not counted. What is printed is the median of each and their difference.
"""

import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from statistics import median

import httpx
import pytest
import pytest_asyncio
from browsing import PASSWORD, Site, a_site, settle
from conftest import Clock
from postbox import HERE

from hub.clock import HOUR, MINUTE, now
from hub.store import Tx
from hub.store.open import opened

pytestmark = pytest.mark.benchmark
TIMES, WARM, MOST = 250, 10, 1.0  # pairs, pairs that are not counted, ms
Ask = Callable[[Site, str], Awaitable[httpx.Response]]
WRONG = "not the password at all"


@pytest_asyncio.fixture
async def site(tmp_path: Path, migrated: Path, clock: Clock) -> AsyncIterator[Site]:
    path = tmp_path / "hub.db"
    path.write_bytes(migrated.read_bytes())
    async with opened(str(path)) as store:
        await store.write(settle)
        async with a_site(store, tmp_path, mail=HERE | {"port": 1}) as it:
            yield it


def afresh(tx: Tx) -> None:
    """As if nobody had tried anything yet."""
    for table in ("letter", "job", "signup", "link", "session", "sign_in_try"):
        tx.run(f"DELETE FROM {table}")
    tx.run("UPDATE account SET failures = 0, wait_until = 0")


def waiting(tx: Tx) -> None:
    """Somebody has tried so often that rhys has to wait."""
    afresh(tx)
    tx.run("UPDATE account SET failures = 9, wait_until = 9000000000000")


async def sign_in(site: Site, name: str) -> httpx.Response:
    return await site.guest.post("/signin", data={"name": name, "password": WRONG})


async def forgotten(site: Site, name: str) -> httpx.Response:
    return await site.guest.post("/password/forgotten", data={"email": f"{name}@glan.example"})


async def by_letter(site: Site, name: str) -> httpx.Response:
    return await site.guest.post("/signin/letter", data={"email": f"{name}@glan.example"})


async def sign_up(site: Site, name: str) -> httpx.Response:
    typed = {
        "login": "delyth", "email": f"{name}@glan.example", "password": "five odd words in a row", "answer": "Here.",
        "agreed": "1", "started": str(now() - MINUTE),
    }  # fmt: skip
    return await site.guest.post("/signup", data=typed)


async def new_address(site: Site, name: str) -> httpx.Response:
    typed = {"email": f"{name}@glan.example", "now": PASSWORD}
    return await site.olwen.post("/account/email", data=typed)  # type: ignore[attr-defined]


KINDS: dict[str, tuple[Ask, Callable[[Tx], None]]] = {
    "sign in": (sign_in, afresh), "sign in, where rhys has to wait": (sign_in, waiting),
    "forgotten password": (forgotten, afresh), "link to sign in with": (by_letter, afresh),
    "sign up": (sign_up, afresh), "another address": (new_address, afresh),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
async def test_known_and_unknown_take_as_long(site: Site, clock: Clock, kind: str) -> None:
    ask, prepare = KINDS[kind]
    took: dict[str, list[float]] = {"rhys": [], "nest": []}
    work: dict[str, list[float]] = {"rhys": [], "nest": []}
    statuses, draw = set(), random.Random(7)
    for turn in range(TIMES + WARM):
        for name in draw.sample([*took], 2):
            clock.forward(HOUR)
            await site.did(prepare)
            site.olwen = await site.who("olwen") if ask is new_address else site.guest  # type: ignore[attr-defined]
            began, worked = time.perf_counter(), time.process_time()
            answer = await ask(site, name)
            if turn >= WARM:
                took[name].append((time.perf_counter() - began) * 1000)
                work[name].append((time.process_time() - worked) * 1000)
            statuses.add((answer.status_code, answer.headers.get("location"), len(answer.content)))
    known, unknown = median(took["rhys"]), median(took["nest"])
    cpu = median(work["rhys"]) - median(work["nest"])
    how = "met" if abs(known - unknown) < MOST else "missed"
    print(
        f"\n{kind:<32} known {known:6.2f} ms  unknown {unknown:6.2f} ms  differ {known - unknown:+5.2f}  of that CPU"
        f" {cpu:+5.2f}   target under {MOST:g} ms   {how}", end="", flush=True,
    )  # fmt: skip
    assert len(statuses) == 1, statuses
