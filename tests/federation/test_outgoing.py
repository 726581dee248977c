"""What goes out when something happens here, and to whom."""

import json
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

import pytest
from conftest import Clock
from scene import BASE, lift, open_hub, orchard, party, person, stranger

from federation import outgoing
from hub import actors, asks, attendance, events, helping, jobs, peers, posts, projects, settings, things
from hub.changes import Kind, record
from hub.clock import DAY, MINUTE
from hub.people import Guest
from hub.store import Store, Tx

P = ParamSpec("P")
T = TypeVar("T")

EVENT, QUESTION, NOTE = "Event", "Question", "Note"
SERVERS = {
    "mastodon.example": ("mastodon", "micro"),
    "gancio.example": ("gancio", "event"),
    "mobilizon.example": ("mobilizon", "mobilizon"),
    "friendica.example": ("friendica", "event"),
    "penarth.example": ("neighbourhub", "hub"),
}
Queued = list[tuple[str, str, str]]


class Hub:
    """A hub whose worker is quick: what happens in one transaction is told before the next."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def do(self, unit: Callable[Concatenate[Tx, P], T], *a: P.args, **k: P.kwargs) -> T:
        result = await self.store.write(unit, *a, **k)
        while await self.store.write(outgoing.announce):
            pass
        return result

    async def sent(self) -> Queued:
        """Host, type of activity, type of object, of what was queued since the last time."""
        return await self.store.write(_sent)

    async def said(self) -> list[Any]:
        """All activities, oldest first."""
        return await self.store.read(_said)


def _sent(tx: Tx) -> Queued:
    found = []
    for row in tx.all("SELECT id, host, args FROM job WHERE kind = 'deliver' ORDER BY id"):
        activity = _activity(tx, json.loads(row["args"])["activity"])
        it = activity["object"]
        found.append((row["host"], activity["type"], it["type"] if isinstance(it, dict) else "id"))
        jobs.done(tx, row["id"])
    return sorted(found)


def _said(tx: Tx) -> list[Any]:
    return [json.loads(row["body"]) for row in tx.all("SELECT body FROM activity ORDER BY id")]


def _activity(tx: Tx, id: int) -> Any:
    row = tx.one("SELECT body FROM activity WHERE id = :id", id=id)
    assert row is not None
    return json.loads(row["body"])


def _queue(tx: Tx, kind: str) -> list[dict[str, Any]]:
    rows = tx.all("SELECT * FROM job WHERE kind = :kind ORDER BY id", kind=kind)
    return [dict(row) | {"args": json.loads(row["args"])} for row in rows]


def opened(tx: Tx) -> int:
    """An open hub with a follower on a server of each kind. Returns its steward."""
    who = open_hub(tx)
    for host, (software, profile) in SERVERS.items():
        peers.describe(tx, host, software=software, profile=profile)
        actors.follow(tx, stranger(tx, "sunil", host), settings.get(tx).actor)
    return who


def note_elsewhere(tx: Tx) -> int:
    seen = things.Seen(uri="https://tredegar.example/1", url="https://tredegar.example/1", published=1, updated=1)
    id = posts.mirror(tx, stranger(tx, "wil", "tredegar.example"), seen)
    assert id is not None
    return id


async def test_an_event_goes_as_a_poll_to_timelines_and_as_an_event_to_calendars(store: Store) -> None:
    hub = Hub(store)
    await hub.do(events.publish, await hub.do(opened), party())

    assert await hub.sent() == [
        ("friendica.example", "Create", EVENT),
        ("gancio.example", "Create", EVENT),
        ("mastodon.example", "Create", QUESTION),
        ("mobilizon.example", "Announce", "id"),
        ("mobilizon.example", "Create", EVENT),
        ("penarth.example", "Create", EVENT),
    ]


async def test_mobilizon_that_follows_the_server_gets_an_announce_by_the_server(store: Store) -> None:
    def followed_by_mobilizon(tx: Tx) -> int:
        who = open_hub(tx)
        peers.describe(tx, "mobilizon.example", software="mobilizon", profile="mobilizon")
        actors.follow(tx, stranger(tx, "relay", "mobilizon.example"), settings.get(tx).instance)
        return who

    hub = Hub(store)
    await hub.do(events.publish, await hub.do(followed_by_mobilizon), party())

    said = [(one["type"], one["actor"]) for one in await hub.said()]
    assert said == [("Create", f"{BASE}/actor/hub"), ("Announce", f"{BASE}/actor")]


async def test_a_server_with_many_followers_gets_one_delivery(store: Store) -> None:
    def well_liked(tx: Tx) -> int:
        who = open_hub(tx)
        for name in ("ann", "bo", "non"):
            actors.follow(tx, stranger(tx, name), settings.get(tx).actor)
        actors.follow(tx, stranger(tx, "ann"), settings.get(tx).instance)
        return who

    hub = Hub(store)
    await hub.do(posts.publish, await hub.do(well_liked), posts.Draft(text={"en": "The bridge is open again."}))

    assert await hub.sent() == [("mastodon.example", "Create", NOTE)]


async def test_what_concerns_one_thing_goes_to_a_server_in_one_line(store: Store) -> None:
    hub = Hub(store)
    who = await hub.do(opened)
    event = await hub.do(events.publish, who, party())
    await hub.do(events.change, who, event.id, party(title={"en": "A better party"}))

    lines = [job["line"] for job in await store.read(_queue, "deliver") if job["host"] == "mobilizon.example"]
    assert lines == [f"https://mobilizon.example/inbox|{event.uri}"] * 3


async def test_an_activity_is_kept_once_for_all_who_get_it(store: Store) -> None:
    hub = Hub(store)
    await hub.do(events.publish, await hub.do(opened), party())

    calendars = ("gancio.example", "penarth.example", "friendica.example")
    queued = [job["args"]["activity"] for job in await store.read(_queue, "deliver") if job["host"] in calendars]
    assert len(queued) == 3
    assert len(set(queued)) == 1


async def test_the_outbox_lists_the_event_and_not_its_poll_nor_its_announce(store: Store) -> None:
    def listed(tx: Tx) -> list[str]:
        rows = tx.all("SELECT body FROM activity WHERE listed = 1 ORDER BY id")
        return [json.loads(row["body"])["object"]["type"] for row in rows]

    hub = Hub(store)
    await hub.do(events.publish, await hub.do(opened), party())

    assert await store.read(listed) == [EVENT]


async def test_an_event_that_nobody_follows_yet_is_in_the_outbox(store: Store) -> None:
    hub = Hub(store)
    await hub.do(events.publish, await hub.do(open_hub), party())

    assert [one["object"]["type"] for one in await hub.said()] == [EVENT]


async def test_a_cancelled_event_is_edited_closed_and_told_in_a_reply(store: Store, clock: Clock) -> None:
    hub = Hub(store)
    who = await hub.do(opened)
    event = await hub.do(events.publish, who, party())
    await hub.sent()
    clock.forward(MINUTE)
    await hub.do(events.cancel, who, event.id, {"en": "Storm warning", "cy": "Rhybudd storm"})

    assert await hub.sent() == [
        ("friendica.example", "Update", EVENT),
        ("gancio.example", "Update", EVENT),
        ("mastodon.example", "Create", NOTE),
        ("mastodon.example", "Update", QUESTION),
        ("mobilizon.example", "Update", EVENT),
        ("penarth.example", "Update", EVENT),
    ]
    changed = [one["object"] for one in await hub.said() if one["type"] == "Update"]
    poll = next(one for one in changed if one["type"] == QUESTION)
    assert poll["closed"]
    assert poll["content"].startswith('<p lang="en"><strong>CANCELLED: Street party')


async def test_the_note_of_a_cancellation_answers_the_poll_and_shows_on_our_page(store: Store) -> None:
    hub = Hub(store)
    who = await hub.do(opened)
    event = await hub.do(events.publish, who, party(title={"en": "Party *for all*"}))
    await hub.do(events.cancel, who, event.id, {"en": "Storm warning"})

    note = (await hub.said())[-1]["object"]
    assert note["inReplyTo"] == f"{BASE}/post/{event.companion}"
    shown = [reply.html["en"] for reply in await store.read(posts.replies, event.id)]
    assert shown == ["<p>Cancelled: Party *for all*. Storm warning</p>"]


async def test_an_ask_goes_to_those_who_read_polls(store: Store) -> None:
    hub = Hub(store)
    await hub.do(asks.publish, await hub.do(opened), "ask", lift())

    assert await hub.sent() == [
        ("friendica.example", "Create", QUESTION),
        ("mastodon.example", "Create", QUESTION),
        ("penarth.example", "Create", QUESTION),
    ]


async def test_a_matched_ask_is_closed_everywhere(store: Store) -> None:
    hub = Hub(store)
    who = await hub.do(opened)
    ask = await hub.do(asks.publish, who, "ask", lift())
    await hub.sent()
    await hub.do(asks.close, who, ask.id, "matched")

    assert [(kind, what) for _, kind, what in await hub.sent()] == [("Update", QUESTION)] * 3
    it = (await hub.said())[-1]["object"]
    assert it["closed"]
    assert "MATCHED" in it["content"]


async def test_a_quiet_change_sends_nothing(store: Store) -> None:
    hub = Hub(store)
    who = await hub.do(opened)
    ask = await hub.do(asks.publish, who, "ask", lift())
    await hub.sent()
    await hub.do(record, Kind.ASK_CHANGED, subject=ask.id, actor=who, quiet=True)

    assert await hub.sent() == []


async def test_a_new_project_is_told_by_the_hub_with_the_name_to_follow(store: Store) -> None:
    hub = Hub(store)
    await hub.do(projects.start, await hub.do(opened), orchard())

    note = (await hub.said())[-1]["object"]
    uri = f"{BASE}/actor/p_old_mill_orchard"
    assert note["attributedTo"] == f"{BASE}/actor/hub"
    assert note["nh:project"] == uri
    assert {"type": "Mention", "name": "@p_old_mill_orchard@glan.example", "href": uri} in note["tag"]


async def followed_project(hub: Hub) -> tuple[int, projects.Project]:
    """One that somebody on Mastodon follows, and of which all is told; and who leads it."""

    def followed(tx: Tx, project: int) -> None:
        actors.follow(tx, stranger(tx, "mair"), project)

    who = await hub.do(opened)
    project = await hub.do(projects.start, who, orchard())
    await hub.do(followed, project.actor)
    await hub.sent()
    return who, project


async def test_a_projects_update_is_shared_only_where_it_was_not_delivered(store: Store) -> None:
    hub = Hub(store)
    who, project = await followed_project(hub)
    await hub.do(posts.publish, who, posts.Draft(text={"en": "Forty trees are in."}, project=project.id))

    assert await hub.sent() == [
        ("friendica.example", "Announce", "id"),
        ("gancio.example", "Announce", "id"),
        ("mastodon.example", "Create", NOTE),
        ("penarth.example", "Announce", "id"),
    ]


async def test_a_projects_new_face_is_shown_to_its_followers_and_to_hubs(store: Store) -> None:
    hub = Hub(store)
    who, project = await followed_project(hub)
    await hub.do(projects.change, who, project.id, orchard(stage="done"))

    assert await hub.sent() == [("mastodon.example", "Update", "Group"), ("penarth.example", "Update", "Group")]


async def test_the_hubs_new_words_are_told_once(store: Store) -> None:
    hub = Hub(store)
    who = await hub.do(opened)
    await hub.do(settings.change, who, hub_words())

    assert [(kind, what) for _, kind, what in await hub.sent()] == [("Update", "Group")] * len(SERVERS)


def hub_words() -> settings.Draft:
    contacts = [settings.Contact("Bethan", "Steward", "01632 960118")]
    return settings.Draft(name={"en": "Riverside Hub"}, rules={"en": "Be kind."}, contacts=contacts)


async def test_a_residents_reply_reaches_the_thread_and_whom_it_answers(store: Store) -> None:
    hub = Hub(store)
    await hub.do(opened)
    mair, note = await hub.do(person, "mair"), await hub.do(note_elsewhere)
    await hub.do(posts.reply, mair, note, {"cy": "Diolch!"})

    assert await hub.sent() == [("tredegar.example", "Create", NOTE)]
    reply = (await hub.said())[-1]
    assert "https://tredegar.example/users/wil" in reply["cc"]
    assert reply["object"]["tag"][0]["name"] == "@wil@tredegar.example"


async def test_a_residents_reply_to_an_event_goes_to_calendars_too(store: Store) -> None:
    hub = Hub(store)
    event = await hub.do(events.publish, await hub.do(opened), party())
    mair = await hub.do(person, "mair")
    await hub.sent()
    await hub.do(posts.reply, mair, event.id, {"en": "Shall I bring cake?"})

    assert await hub.sent() == [(host, "Create", NOTE) for host in sorted(SERVERS)]


async def test_what_was_published_elsewhere_is_not_told_from_here(store: Store) -> None:
    hub = Hub(store)
    await hub.do(opened)
    await hub.do(note_elsewhere)

    assert await hub.sent() == []


async def test_what_is_taken_back_leaves_a_tombstone_with_all_who_had_it(store: Store) -> None:
    hub = Hub(store)
    who = await hub.do(opened)
    event = await hub.do(events.publish, who, party())
    await hub.sent()
    await hub.do(events.remove, who, event.id)

    queued = await hub.sent()
    assert {host for host, *_ in queued} == set(SERVERS)
    assert {(kind, what) for _, kind, what in queued} == {("Delete", "Tombstone")}


async def test_what_is_taken_down_before_it_was_told_is_never_shown(store: Store) -> None:
    def slip(tx: Tx, who: int) -> None:
        posts.remove(tx, who, posts.publish(tx, who, posts.Draft(text={"en": "Oops"})).id)

    hub = Hub(store)
    await hub.do(slip, await hub.do(opened))

    assert {kind for _, kind, _ in await hub.sent()} == {"Delete"}
    assert "Oops" not in json.dumps(await hub.said())


async def test_following_and_no_longer_following_is_told_to_the_other(store: Store) -> None:
    def uri(tx: Tx) -> str:
        row = tx.one("SELECT uri FROM follow WHERE state = 'requested'")
        assert row is not None
        return str(row["uri"])

    hub = Hub(store)
    await hub.do(opened)
    ours = (await store.read(settings.get)).actor
    other = await hub.do(stranger, "hub", "tredegar.example", "hub")
    await hub.do(actors.ask_to_follow, ours, other)
    kept = await store.read(uri)
    await hub.do(actors.stop_following, ours, other)

    assert await hub.sent() == [("tredegar.example", "Follow", "id"), ("tredegar.example", "Undo", "Follow")]
    follow, undo = await hub.said()
    assert follow["id"] == undo["object"]["id"] == kept


async def test_answers_are_counted_together_and_told_after_five_minutes(store: Store, clock: Clock) -> None:
    def vote(tx: Tx, event: int, name: str) -> None:
        attendance.answer(tx, event, stranger(tx, name, "tredegar.example"), "yes", via="poll")

    hub = Hub(store)
    event = await hub.do(events.publish, await hub.do(opened), party(places=None))
    await hub.sent()
    for name in ("wil", "non", "ifan"):
        await hub.do(vote, event.id, name)
    waiting = await store.read(_queue, "tally")
    assert [(job["args"], job["due"] - clock()) for job in waiting] == [({"event": event.id}, 5 * MINUTE)]

    await hub.do(outgoing.tally, "event", event.id)
    assert await hub.sent() == [
        ("mastodon.example", "Update", QUESTION),
        ("penarth.example", "Update", EVENT),
        ("tredegar.example", "Update", QUESTION),
    ]
    poll, calendar = [one["object"] for one in await hub.said() if one["type"] == "Update"]
    assert [option["replies"]["totalItems"] for option in poll["oneOf"]] == [3, 0, 0]
    assert poll["updated"] == poll["published"]
    assert calendar["participantCount"] == 3


async def test_an_answer_that_comes_while_the_last_ones_are_told_is_told_too(store: Store) -> None:
    def vote(tx: Tx, event: int, name: str) -> None:
        attendance.answer(tx, event, stranger(tx, name), "yes")

    def begin(tx: Tx) -> None:
        tx.run("UPDATE job SET leased_until = :later WHERE kind = 'tally'", later=2**52)

    hub = Hub(store)
    event = await hub.do(events.publish, await hub.do(opened), party(places=None))
    await hub.do(vote, event.id, "wil")
    await hub.do(begin)
    await hub.do(vote, event.id, "non")

    assert len(await store.read(_queue, "tally")) == 2


async def test_a_full_event_says_so_on_timelines_as_an_edit(store: Store, clock: Clock) -> None:
    def vote(tx: Tx, event: int) -> None:
        attendance.answer(tx, event, stranger(tx, "wil"), "yes", party=2)

    hub = Hub(store)
    event = await hub.do(events.publish, await hub.do(opened), party(places=2))
    clock.forward(MINUTE)
    await hub.do(vote, event.id)
    await hub.do(outgoing.tally, "event", event.id)

    poll = next(one["object"] for one in await hub.said() if one["type"] == "Update")
    assert "FULL – waiting list" in poll["content"]
    assert poll["updated"] > poll["published"]


async def test_an_accept_carries_what_was_asked_and_goes_to_who_asked(store: Store) -> None:
    asked: dict[str, Any] = {
        "@context": "x", "id": "https://tredegar.example/f/1", "type": "Follow", "object": f"{BASE}/actor/hub",
        "actor": "https://tredegar.example/users/wil", "bto": ["https://secret.example"], "signature": {},
    }  # fmt: skip

    def accept(tx: Tx) -> Any:
        who = actors.get(tx, stranger(tx, "wil", "tredegar.example"))
        id = outgoing.answer(tx, "Accept", settings.get(tx).actor, who, asked)
        outgoing.deliver_to(tx, id, "https://other.example/inbox")
        return _activity(tx, id)

    hub = Hub(store)
    await hub.do(opened)
    said = await hub.do(accept)

    assert set(said["object"]) == {"id", "type", "actor", "object"}
    assert said["to"] == ["https://tredegar.example/users/wil"]
    queued = [(job["args"]["inbox"], job["line"]) for job in await store.read(_queue, "deliver")]
    assert queued == [
        (
            "https://tredegar.example/users/wil/inbox",
            "https://tredegar.example/users/wil/inbox|https://tredegar.example/f/1",
        ),
        ("https://other.example/inbox", "https://other.example/inbox|https://tredegar.example/f/1"),
    ]


async def test_reading_on_says_nothing_twice(store: Store) -> None:
    hub = Hub(store)
    await hub.do(events.publish, await hub.do(opened), party())

    assert await store.write(outgoing.announce) == 0


async def test_what_was_said_in_a_transaction_that_failed_is_said_again(store: Store) -> None:
    def power_cut(tx: Tx) -> None:
        assert outgoing.announce(tx) == 1
        raise RuntimeError("the power went")

    hub = Hub(store)
    who = await hub.do(opened)
    await store.write(events.publish, who, party())
    with pytest.raises(RuntimeError):
        await store.write(power_cut)

    assert await store.write(outgoing.announce) == 1
    assert len(await hub.sent()) == 6


async def test_what_was_sent_long_ago_is_forgotten_and_the_outbox_is_not(store: Store, clock: Clock) -> None:
    hub = Hub(store)
    await hub.do(events.publish, await hub.do(opened), party())
    ours = (await store.read(settings.get)).actor
    await hub.do(actors.ask_to_follow, ours, await hub.do(stranger, "hub", "tredegar.example", "hub"))
    clock.forward(91 * DAY)

    assert await hub.do(outgoing.sweep) == 2
    assert [one["type"] for one in await hub.said()] == ["Create", "Follow"]


async def test_a_guest_is_never_in_what_goes_out(store: Store) -> None:
    hub = Hub(store)
    who = await hub.do(opened)
    event = await hub.do(events.publish, who, party(places=None))
    ask = await hub.do(asks.publish, who, "ask", lift())
    guest = Guest("Gwenllian Canary", "01632 960777")
    await hub.do(attendance.answer, event.id, guest, "yes")
    await hub.do(helping.answer, ask.id, guest, "help", words="my secret words")
    await hub.do(outgoing.tally, "event", event.id)
    await hub.do(outgoing.tally, "ask", ask.id)

    said = json.dumps(await hub.said())
    assert "Canary" not in said
    assert "960777" not in said
    assert "secret words" not in said
