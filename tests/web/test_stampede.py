"""Three thousand servers that fetch what was published: how often the database is asked, whatever the clock says."""

from collections.abc import Callable
from typing import Any

import pytest
from browsing import Site
from conftest import Clock
from scene import party

from hub import events, people
from hub.store.sqlite import SqliteStore, SqliteTx

SERVERS, MINUTE, STEP = 3_000, 60_000, 10_000
AS2 = {"accept": "application/activity+json"}
PAGE = {"accept": "text/html", "accept-language": "en"}


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How many transactions that read, and statements, there were."""
    count = 0

    def spied(cls: type, name: str) -> None:
        real = getattr(cls, name)

        def noted(self: Any, *a: Any, **k: Any) -> Any:
            nonlocal count
            count += 1
            return real(self, *a, **k)

        monkeypatch.setattr(cls, name, noted)

    for name in ("all", "one"):
        spied(SqliteTx, name)
    for name in ("read", "read_hot"):
        spied(SqliteStore, name)
    return lambda: count


@pytest.mark.slow
async def test_d15_three_thousand_servers_in_a_minute_cost_a_read_or_so_in_ten_seconds(
    site: Site, clock: Clock, reads: Callable[[], int]
) -> None:
    steward = (await site.store.read(people.steward)).actor
    event = await site.did(events.publish, steward, party())
    path = f"/events/{event.id}"
    uri = event.uri.removeprefix(site.base)
    for asked, headers in ((uri, AS2), (path, PAGE)):  # the first who asks has it made
        assert (await site.guest.get(asked, headers=headers)).status_code == 200
    began, busiest = reads(), 0
    for number in range(SERVERS):
        if number % (SERVERS * STEP // MINUTE) == 0:
            busiest, began = max(busiest, reads() - began if number else 0), reads()
            clock.forward(STEP)
        for asked, headers in ((uri, AS2), (path, PAGE)):
            assert (await site.guest.get(asked, headers=headers)).status_code == 200
    assert busiest <= 1
