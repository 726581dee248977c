"""Handing over what we say: once, in order, patiently, and with words for the steward when it fails."""

from email.utils import formatdate
from typing import Any

import msgspec
import pytest
from conftest import Clock
from elsewhere import Elsewhere
from here import Here
from scene import party

from federation import resolve, signatures
from federation.keys import load_public
from hub import actors, events, jobs, peers, settings
from hub.clock import DAY, HOUR, MINUTE, now
from hub.peers import Peer


async def a_follower(here: Here, server: Elsewhere, name: str = "ann") -> int:
    """Somebody elsewhere who follows our hub; what was said to them so far is forgotten."""
    id = await resolve.actor(here.wire, server.actor(name))
    hub = (await here.store.read(settings.get)).actor
    await here.store.write(actors.follow, id, hub)
    await here.work()
    server.forget()
    server.headers.clear()
    return id


async def publish(here: Here, **changes: object) -> events.Event:
    event = await here.store.write(events.publish, here.steward, party(**changes))
    await here.work()
    return event


async def due(here: Here) -> list[int]:
    """When the waiting deliveries are tried again, in ms from now."""
    rows = await here.all("SELECT due FROM job WHERE kind = 'deliver' AND dead = 0 ORDER BY due")
    return [row["due"] - now() for row in rows]


async def peer(here: Here, host: str = "mastodon.example") -> Peer:
    found = await here.store.read(peers.get, host)
    assert found is not None
    return found


def told(server: Elsewhere, *statuses: int, **headers: str) -> None:
    server.inbox_answers += [
        (status, {name.replace("_", "-"): value for name, value in headers.items()}) for status in statuses
    ]


async def test_a_delivery_is_signed_in_its_actors_name_and_can_be_checked(here: Here, mastodon: Elsewhere) -> None:
    await a_follower(here, mastodon)
    await publish(here)
    sent, headers = mastodon.received[0], mastodon.headers[0]
    assert (sent["type"], sent["actor"]) == ("Create", "https://glan.example/actor/hub")
    rows = await here.all("SELECT body FROM activity WHERE uri = :uri", uri=sent["id"])
    claim = signatures.parse("POST", "/inbox", mastodon.base, list(headers.items()), rows[0]["body"].encode(), now())
    key = await here.one("SELECT public_key FROM actor WHERE uri = :uri", uri=sent["actor"])
    signatures.verify(claim, load_public(key))
    assert claim.key_id == "https://glan.example/actor/hub#main-key"
    assert headers["content-type"] == "application/activity+json"
    assert await due(here) == []


async def test_ten_followers_on_one_server_are_one_delivery(here: Here, mastodon: Elsewhere) -> None:
    for number in range(10):
        await a_follower(here, mastodon, f"n{number}")
    await publish(here)
    assert [one["type"] for one in mastodon.received] == ["Create"]


@pytest.mark.parametrize("status", [400, 401])
async def test_who_does_not_take_our_signature_is_tried_in_the_newer_way_and_remembered(
    here: Here, mastodon: Elsewhere, clock: Clock, status: int
) -> None:
    await a_follower(here, mastodon)
    told(mastodon, status)
    await publish(here)
    assert ["signature-input" in headers for headers in mastodon.headers] == [False, True]
    assert (await peer(here)).scheme == "rfc9421"
    mastodon.headers.clear()
    await publish(here, title={"en": "Another"})
    assert ["signature-input" in headers for headers in mastodon.headers] == [True]
    clock.forward(31 * DAY)
    mastodon.headers.clear()
    await publish(here, title={"en": "A third"})
    assert ["signature-input" in headers for headers in mastodon.headers] == [False]


@pytest.mark.parametrize("status", [500, 502, 599])
async def test_a_server_in_trouble_is_tried_again_later_and_later(
    here: Here, mastodon: Elsewhere, clock: Clock, status: int
) -> None:
    await a_follower(here, mastodon)
    told(mastodon, *[status] * 3)
    await publish(here)
    waits = []
    for _ in range(3):
        waits.append((await due(here))[0])
        clock.forward(waits[-1])
        await here.work()
    for wait, step in zip(waits, jobs.SCHEDULE, strict=False):
        assert 0.8 * step <= wait <= 1.2 * step
    assert [one["type"] for one in mastodon.received] == ["Create"]
    assert (await peer(here)).failures == 0


async def test_after_five_failures_a_server_rests_and_then_one_letter_goes_first(
    here: Here, mastodon: Elsewhere, clock: Clock
) -> None:
    await a_follower(here, mastodon)
    for number in range(4):
        await here.store.write(events.publish, here.steward, party(title={"en": f"Party {number}"}))
    told(mastodon, *[500] * 100)
    for _ in range(20):
        clock.forward(MINUTE)
        await here.work()
    assert (await peer(here)).open_until > now()
    tried = len(mastodon.headers)
    assert tried < 10
    await here.work()
    assert len(mastodon.headers) == tried
    mastodon.inbox_answers.clear()
    clock.forward(31 * MINUTE)
    await here.work()
    assert len(mastodon.received) == 4
    assert await due(here) == []


@pytest.mark.parametrize(
    ("said", "least", "most"),
    [("120", 120_000, 120_000), ("1000000000", DAY, DAY), ("{date}", 119_000, 121_000), ("soon", 24_000, 36_000), ("", 24_000, 36_000)],  # noqa: E501
)  # fmt: skip
@pytest.mark.parametrize("status", [429, 503])
async def test_a_server_that_asks_for_time_gets_it(
    here: Here, mastodon: Elsewhere, clock: Clock, status: int, said: str, least: int, most: int
) -> None:
    await a_follower(here, mastodon)
    told(mastodon, status, retry_after=said.format(date=formatdate(now() / 1000 + 120, usegmt=True)))
    await publish(here)
    assert least <= (await due(here))[0] <= most
    await here.store.write(events.publish, here.steward, party(title={"en": "Another"}))
    mastodon.headers.clear()
    await here.work()
    assert len(mastodon.headers) == (0 if said in ("120", "1000000000", "{date}") else 1)
    clock.forward(DAY + HOUR)
    await here.work()
    assert len(mastodon.received) == 2


@pytest.mark.parametrize("status", [402, 405, 413, 422, 501])
async def test_what_a_server_refuses_is_given_up_with_the_reason(here: Here, mastodon: Elsewhere, status: int) -> None:
    await a_follower(here, mastodon)
    told(mastodon, status)
    await publish(here)
    dead = await here.store.read(jobs.dead)
    assert [job.last_error for job in dead] == [f"mastodon.example refuses what we send ({status})."]
    assert await here.store.write(jobs.send_again, dead[0].id)
    await here.work()
    assert len(mastodon.received) == 1


async def test_who_blocks_us_is_asked_once_a_day(here: Here, mastodon: Elsewhere, clock: Clock) -> None:
    await a_follower(here, mastodon)
    told(mastodon, 403)
    await publish(here)
    assert await due(here) == [DAY]
    assert await here.one("SELECT last_error FROM job WHERE kind = 'deliver'") == (
        "mastodon.example takes nothing from us (403)."
    )


@pytest.mark.parametrize("status", [404, 410])
async def test_an_inbox_that_is_not_there_is_believed_gone_after_three_looks_in_two_days(
    here: Here, mastodon: Elsewhere, clock: Clock, status: int
) -> None:
    ann = await a_follower(here, mastodon)
    told(mastodon, *[status] * 10)
    await publish(here)
    for _ in range(2):
        assert await here.store.read(jobs.dead) == []
        assert await due(here) == [DAY]
        clock.forward(DAY)
        await here.work()
    assert [job.attempts for job in await here.store.read(jobs.dead)] == [3]
    assert (await here.store.read(actors.get, ann)).removed is None  # their own server still knows them


async def test_a_follower_whose_own_server_says_gone_follows_no_more(here: Here, mastodon: Elsewhere) -> None:
    ann = await a_follower(here, mastodon)
    mastodon.serve("/users/ann", b"", status=410)
    told(mastodon, 410)
    await publish(here)
    assert (await here.store.read(actors.get, ann)).removed is not None
    assert await here.one("SELECT count(*) FROM follow WHERE follower = :ann", ann=ann) == 0


async def test_a_server_that_does_not_exist_is_told_so_to_the_steward(here: Here, mastodon: Elsewhere) -> None:
    await a_follower(here, mastodon)
    del here.servers["mastodon.example"]
    await publish(here)
    assert (await peer(here)).last_error == "There is no server named mastodon.example."
    assert (await peer(here)).failures == 1


async def test_thirty_days_of_patience_then_listed_and_never_dropped(
    here: Here, mastodon: Elsewhere, clock: Clock
) -> None:
    await a_follower(here, mastodon)
    del here.servers["mastodon.example"]
    await publish(here)
    for _ in range(35 * 4):
        clock.forward(6 * HOUR)
        await here.work()
    dead = [job for job in await here.store.read(jobs.dead) if job.kind == "deliver"]
    assert len(dead) == 1
    assert dead[0].attempts <= 45


async def test_after_a_long_outage_only_the_latest_state_is_sent(here: Here, mastodon: Elsewhere, clock: Clock) -> None:
    await a_follower(here, mastodon)
    told(mastodon, *[403] * 1)
    event = await publish(here)
    for number in range(4):
        clock.forward(MINUTE)
        await here.store.write(events.change, here.steward, event.id, party(title={"en": f"Party {number}"}))
    await here.work()
    clock.forward(2 * DAY)
    await here.work()
    assert [one["type"] for one in mastodon.received] == ["Create", "Update"]
    assert "Party 3" in mastodon.received[1]["object"]["content"]


async def test_one_slow_server_does_not_hold_up_the_others(here: Here, mastodon: Elsewhere) -> None:
    for number in range(5):
        await a_follower(here, here.server(f"s{number}.example"))
    await a_follower(here, mastodon)
    del here.servers["mastodon.example"]
    await publish(here)
    assert all(len(here.servers[f"s{number}.example"].received) == 1 for number in range(5))


async def test_no_key_stands_in_a_job(here: Here, mastodon: Elsewhere) -> None:
    await a_follower(here, mastodon)
    await here.store.write(events.publish, here.steward, party())
    rows: Any = await here.all("SELECT args FROM job")
    assert "PRIVATE" not in msgspec.json.encode(rows).decode()
