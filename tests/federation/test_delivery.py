"""Handing over what we say: once, in order, patiently, and with words for the steward when it fails."""

from datetime import UTC, datetime
from email.utils import formatdate
from typing import Any

import msgspec
import pytest
from conftest import MAY_DAY, Clock
from elsewhere import Elsewhere
from here import Here
from scene import party

from federation import resolve, signatures
from federation.keys import load_public
from hub import actors, events, jobs, peers, settings
from hub.clock import DAY, HOUR, MINUTE, now
from hub.peers import Peer

FAR = MAY_DAY + 90 * DAY


def far(**changes: object) -> events.Draft:
    """A party so far away that nothing is said of it but what a test says."""
    return party(**{"starts": FAR, "ends": FAR + 2 * HOUR} | changes)


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
    event = await here.store.write(events.publish, here.steward, far(**changes))
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
        await here.store.write(events.publish, here.steward, far(title={"en": f"Party {number}"}))
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
    await here.store.write(events.publish, here.steward, far(title={"en": "Another"}))
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


async def changed(here: Here, clock: Clock, event: int, times: int = 4) -> None:
    for number in range(times):
        clock.forward(MINUTE)
        await here.store.write(events.change, here.steward, event, far(title={"en": f"Party {number}"}))
    await here.work()


async def test_after_a_long_outage_a_server_that_never_had_a_thing_gets_it_once_as_it_is_now(
    here: Here, mastodon: Elsewhere, clock: Clock
) -> None:
    await a_follower(here, mastodon)
    told(mastodon, 403)
    event = await publish(here)
    await changed(here, clock, event.id)
    clock.forward(2 * DAY)
    await here.work()
    assert [one["type"] for one in mastodon.received] == ["Create"]
    assert "Party 3" in mastodon.received[0]["object"]["content"]
    assert await here.one("SELECT count(*) FROM job WHERE kind = 'deliver'") == 0


async def test_where_the_first_word_may_have_arrived_the_last_one_goes_too(
    here: Here, mastodon: Elsewhere, clock: Clock
) -> None:
    await a_follower(here, mastodon)
    told(mastodon, 500, 403)  # a server in trouble may have kept what it did not thank for
    event = await publish(here)
    clock.forward(MINUTE)
    await changed(here, clock, event.id)
    clock.forward(2 * DAY)
    await here.work()
    assert [one["type"] for one in mastodon.received] == ["Create", "Update"]
    assert all("Party 3" in one["object"]["content"] for one in mastodon.received)


async def test_after_a_long_outage_a_server_that_has_a_thing_gets_the_latest_change_only(
    here: Here, mastodon: Elsewhere, clock: Clock
) -> None:
    await a_follower(here, mastodon)
    event = await publish(here)
    told(mastodon, 403)
    await changed(here, clock, event.id)
    clock.forward(2 * DAY)
    await here.work()
    assert [one["type"] for one in mastodon.received] == ["Create", "Update"]
    assert "Party 3" in mastodon.received[1]["object"]["content"]


async def test_what_was_taken_down_during_an_outage_is_only_taken_down(
    here: Here, mastodon: Elsewhere, clock: Clock
) -> None:
    await a_follower(here, mastodon)
    told(mastodon, 403)
    event = await publish(here)
    await changed(here, clock, event.id)
    await here.store.write(events.remove, here.steward, event.id)
    await here.work()
    clock.forward(2 * DAY)
    await here.work()
    assert [one["type"] for one in mastodon.received] == ["Delete"]


async def test_within_a_day_everything_is_said_in_order(here: Here, mastodon: Elsewhere, clock: Clock) -> None:
    await a_follower(here, mastodon)
    told(mastodon, 500)
    event = await publish(here)
    await changed(here, clock, event.id, 2)
    assert [one["type"] for one in mastodon.received] == ["Create", "Update", "Update"]


async def test_neighbours_on_a_server_without_a_shared_inbox_do_not_wait_for_one_who_left(
    here: Here, mastodon: Elsewhere, clock: Clock
) -> None:
    for name in ("ann", "bob", "cai"):
        mastodon.actor(name, endpoints={})
        id = await resolve.actor(here.wire, f"{mastodon.base}/users/{name}")
        await here.store.write(actors.follow, id, (await here.store.read(settings.get)).actor)
    await here.work()
    mastodon.forget()
    told(mastodon, 404)
    event = await publish(here)
    assert len(mastodon.received) == 2
    await changed(here, clock, event.id, 1)
    clock.forward(2 * DAY)
    await here.work()
    kinds = sorted(one["type"] for one in mastodon.received)
    assert kinds == ["Create", "Create", "Create", "Update", "Update"]  # ann: once, as it is now


# ---- the pace that a server wants


def counted(left: int, limit: int = 300, **reset: object) -> dict[str, str]:
    return {"x-ratelimit-limit": str(limit), "x-ratelimit-remaining": str(left), "x-ratelimit-reset": str(reset["at"])}


def iso(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize("form", ["a date", "seconds since 1970", "seconds from now"])
async def test_a_server_that_has_had_enough_is_left_alone_until_it_counts_anew(
    here: Here, mastodon: Elsewhere, clock: Clock, form: str
) -> None:
    ends = now() + 2 * MINUTE
    at = {"a date": iso(ends), "seconds since 1970": ends // 1000, "seconds from now": 120}[form]
    await a_follower(here, mastodon)
    mastodon.inbox_answers.append((202, counted(0, at=at)))
    await publish(here)
    await here.store.write(events.publish, here.steward, far(title={"en": "Another"}))
    await here.work()
    assert len(mastodon.received) == 1
    clock.forward(2 * MINUTE)
    await here.work()
    assert len(mastodon.received) == 2


async def test_a_server_that_refuses_without_a_date_is_left_alone_until_it_counts_anew(
    here: Here, mastodon: Elsewhere
) -> None:
    await a_follower(here, mastodon)
    mastodon.inbox_answers.append((429, counted(0, at=iso(now() + 5 * MINUTE))))
    await publish(here)
    assert await due(here) == [5 * MINUTE]
    assert (await peer(here)).failures == 0


@pytest.mark.slow
async def test_what_waits_for_a_server_with_little_room_is_spread_over_the_time_that_is_left(
    here: Here, clock: Clock
) -> None:
    """GoToSocial takes 300 requests in five minutes, and everybody there has an inbox of their own."""
    there, ends, sent = here.server("gts.example", "gotosocial"), now() + 5 * MINUTE, 0

    async def counts(scope: Any, receive: Any, send: Any) -> None:
        nonlocal sent, ends
        if scope["method"] == "POST":
            sent, ends = (1, now() + 5 * MINUTE) if now() >= ends else (sent + 1, ends)
            there.inbox_answers[:] = [(202 if sent <= 300 else 429, counted(max(0, 300 - sent), at=iso(ends)))]
        await Elsewhere.__call__(there, scope, receive, send)

    for number in range(400):
        there.actor(f"n{number}", endpoints={})
    hub = (await here.store.read(settings.get)).actor
    for number in range(400):
        await here.store.write(actors.follow, await resolve.actor(here.wire, f"{there.base}/users/n{number}"), hub)
    await here.work()
    there.forget()
    here.servers["gts.example"] = counts
    await publish(here)
    at_once = len(there.received)
    assert 100 < at_once < 200
    statuses_after: list[int] = []
    while len(there.received) < 400:
        clock.forward(10_000)
        await here.work()
        statuses_after.append(len(there.received))
        assert len(statuses_after) < 120
    assert (await peer(here, "gts.example")).open_until == 0  # it never had to refuse
    assert len(statuses_after) > 10


async def test_a_server_with_plenty_of_room_is_not_served_slowly_any_more(
    here: Here, mastodon: Elsewhere, clock: Clock
) -> None:
    await a_follower(here, mastodon)
    mastodon.inbox_answers.append((202, counted(60, at=iso(now() + MINUTE))))
    await publish(here)
    assert (await peer(here)).next_at == now() + 2000
    clock.forward(MINUTE)
    mastodon.inbox_answers.append((202, counted(299, at=iso(now() + MINUTE))))
    await publish(here, title={"en": "Another"})
    assert (await peer(here)).next_at == 0


@pytest.mark.parametrize("said", ["soon", "-5", "9" * 40, "2026-99-99T00:00:00Z", "1e9"])
async def test_nonsense_about_counting_changes_nothing(here: Here, mastodon: Elsewhere, said: str) -> None:
    await a_follower(here, mastodon)
    mastodon.inbox_answers.append((202, counted(0, at=said)))
    await publish(here)
    await publish(here, title={"en": "Another"})
    assert len(mastodon.received) == 2


async def test_one_slow_server_does_not_hold_up_the_others(here: Here, mastodon: Elsewhere) -> None:
    for number in range(5):
        await a_follower(here, here.server(f"s{number}.example"))
    await a_follower(here, mastodon)
    del here.servers["mastodon.example"]
    await publish(here)
    assert all(len(here.servers[f"s{number}.example"].received) == 1 for number in range(5))


async def test_no_key_stands_in_a_job(here: Here, mastodon: Elsewhere) -> None:
    await a_follower(here, mastodon)
    await here.store.write(events.publish, here.steward, far())
    rows: Any = await here.all("SELECT args FROM job")
    assert "PRIVATE" not in msgspec.json.encode(rows).decode()
