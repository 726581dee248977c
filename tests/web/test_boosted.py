"""An event is shared: servers come for it and its page while people like it and answer (trust.md D-15)."""

from collections.abc import Callable
from typing import Any

import pytest
from browsing import Site
from conftest import Clock
from scene import party, stranger

from hub import attendance, events, people, things
from hub.events import Event
from hub.store import Tx


class Counted:
    """How often the database is asked, and when: each read of the store passes here."""

    def __init__(self, site: Site, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at: list[int] = []
        for name in ("read", "read_hot"):
            monkeypatch.setattr(site.store, name, self._noted(getattr(site.store, name), clock))

    def _noted(self, read: Callable[..., Any], clock: Clock) -> Callable[..., Any]:
        def noted(*args: Any, **more: Any) -> Any:
            self.at.append(clock.ms)
            return read(*args, **more)

        return noted


def a_party(tx: Tx) -> Event:
    return events.publish(tx, people.steward(tx).actor, party(places=None))


async def come(site: Site, event: Event, number: int, etags: dict[str, str]) -> int:
    """One server: its resolver wants the document, its preview the page; some have it from before."""
    path, accept = ((f"/event/{event.id}", "application/activity+json"), (f"/events/{event.id}", "text/html"))[
        number % 2
    ]
    head = {"Accept": accept, "User-Agent": f"Mastodon/4.5 (+https://s{number}.example/)"}
    if number % 7 == 0 and path in etags:
        head["If-None-Match"] = etags[path]
    answer = await site.guest.get(path, headers=head)
    etags[path] = answer.headers["etag"]
    assert "max-age=60" in answer.headers["cache-control"] or number % 2
    assert number % 2 or answer.headers["vary"] == "Accept"
    return answer.status_code


@pytest.mark.slow
async def test_likes_that_come_meanwhile_cost_none_and_answers_one_for_each_address_and_not_for_each_server(
    site: Site, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = await site.did(a_party)
    etags = dict[str, str]()
    for number in range(2):
        await come(site, event, number, etags)
    counted, answers, statuses = Counted(site, clock, monkeypatch), 0, set[int]()
    for number in range(900):
        if number % 30 == 0:
            await site.did(liked, event, number)
        if number % 90 == 45:
            await site.did(coming, event, number)
            answers += 1
        statuses.add(await come(site, event, number, etags))
    assert statuses == {200, 304}
    assert answers * 2 <= len(counted.at) <= answers * 4


def liked(tx: Tx, event: Event, number: int) -> None:
    things.react(tx, event.id, stranger(tx, f"n{number}"), "like", None)


def coming(tx: Tx, event: Event, number: int) -> None:
    attendance.answer(tx, event.id, stranger(tx, f"n{number}"), "yes", via="join")
