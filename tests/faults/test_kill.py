"""Kill -9 at any moment: what was acknowledged is there, and nothing is half done."""

import asyncio
import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import publisher
import pytest

from hub.store import Tx
from hub.store.open import opened

ROUNDS = int(os.environ.get("HUB_KILL_ROUNDS", "50"))
PUBLISHER = Path(publisher.__file__)


def kill_one(url: str) -> set[int]:
    """Start a publisher, kill it a little after its first word, return what it said was kept."""
    process = subprocess.Popen(
        [sys.executable, PUBLISHER, url], stdout=subprocess.PIPE, text=True, env={"PYTHONPATH": ".:tests"}
    )
    with process as running:
        assert running.stdout is not None
        first = running.stdout.readline()
        time.sleep(random.uniform(0.08, 0.25))
        running.kill()
        rest = running.stdout.read()
    return {int(line) for line in (first + rest).splitlines(keepends=True) if line.endswith("\n")}


def check(tx: Tx, acknowledged: set[int]) -> None:
    """Every publishing is there whole or not at all, with its fan-out done once or not yet begun."""
    rows = {row["id"] for row in tx.all("SELECT id FROM cursor WHERE reader <> 'fan-out'")}
    log = tx.all(
        "SELECT c.subject, (c.xid, c.id) <= (r.xid, r.id) AS passed FROM change c, cursor r WHERE r.reader = 'fan-out'"
    )
    queued = {kind: Counter[int]() for kind in ("with", "after")}
    for job in tx.all("SELECT kind, args FROM job"):
        queued[job["kind"]][json.loads(job["args"])["of"]] += 1

    assert acknowledged <= rows
    assert {change["subject"] for change in log} == rows
    assert queued["with"] == dict.fromkeys(rows, publisher.WITH)
    assert queued["after"] == {change["subject"]: publisher.AFTER for change in log if change["passed"]}
    if tx.dialect.name == "sqlite":
        assert [dict(row) for row in tx.all("PRAGMA quick_check")] == [{"quick_check": "ok"}]


@pytest.mark.faults
@pytest.mark.parametrize(("kind", "rounds"), [("sqlite_path", ROUNDS), ("postgres_url", ROUNDS // 5)])
def test_a_hub_that_is_killed_loses_nothing_it_acknowledged(
    request: pytest.FixtureRequest, kind: str, rounds: int
) -> None:
    url = str(request.getfixturevalue(kind))
    acknowledged: set[int] = set()
    for _ in range(rounds):
        acknowledged |= kill_one(url)
        asyncio.run(look(url, acknowledged))
    assert len(acknowledged) > rounds


async def look(url: str, acknowledged: set[int]) -> None:
    async with opened(url) as store:
        await store.read(check, acknowledged)
