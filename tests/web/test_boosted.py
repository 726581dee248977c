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


LOOKS = 4  # reads when a page or a document is written out anew: the hub as it stands, the thing, what belongs to it


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
async def test_three_thousand_servers_in_a_minute_while_people_answer_cost_a_look_in_ten_seconds_for_each_address(
    site: Site, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = await site.did(a_party)
    etags = dict[str, str]()
    for number in range(60):  # the first few, by whom it is known that many come
        await come(site, event, number, etags)
    counted, statuses = Counted(site, clock, monkeypatch), set[int]()
    for number in range(3000):
        clock.forward(20)
        if number % 30 == 0:
            await site.did(liked, event, number)
        if number % 90 == 45:
            await site.did(coming, event, number)
        statuses.add(await come(site, event, number, etags))
    assert statuses == {200, 304}
    looks = [at // 10_000 for at in counted.at]
    assert max(looks.count(one) for one in set(looks)) <= 2 * LOOKS
    assert (await site.did(events.get, event.id)).going > 20


async def test_what_few_ask_for_is_never_old(site: Site) -> None:
    event = await site.did(a_party)
    etags = dict[str, str]()
    for number in range(10):
        await come(site, event, number, etags)
    before = etags[f"/event/{event.id}"]
    await site.did(coming, event, 1)
    await come(site, event, 1, etags)
    await come(site, event, 2, etags)
    assert etags[f"/event/{event.id}"] != before


def liked(tx: Tx, event: Event, number: int) -> None:
    things.react(tx, event.id, stranger(tx, f"n{number}"), "like", None)


def coming(tx: Tx, event: Event, number: int) -> None:
    attendance.answer(tx, event.id, stranger(tx, f"n{number}"), "yes", via="join")
