"""One list of who comes, whichever way they said so, and each told what concerns them on the way they came."""

import msgspec
import pytest
from conftest import Clock
from elsewhere import Elsewhere, Json, activity, create, post
from here import Here
from scene import party, person, stranger

from federation.as2 import words
from hub import attendance, events, messages
from hub.clock import DAY, HOUR, MINUTE
from hub.events import Event
from hub.people import Guest
from hub.store import Tx

HUB = "https://glan.example/actor/hub"
YES = words.OPTIONS["event"]["yes"]["en"]


async def hear(here: Here, sent: Json, *, key: int = 0) -> str:
    """Post it, act on it, and say what came of it."""
    answer = await post(here.app, "https://glan.example/inbox", sent, by="", key=key)
    assert answer.status_code == 202, answer.text
    await here.work()
    return (await here.outcomes())[-1]


async def an_event(here: Here, **changes: object) -> Event:
    return await here.store.write(events.publish, here.steward, party(**changes))


async def companion(here: Here, event: Event) -> str:
    return f"{here.base}/post/{event.companion}"


def a_reply(author: str, asked: str, words: str, number: int = 1) -> Json:
    return create(author, f"{author}/statuses/{number}", inReplyTo=asked, content=f"<p>{words}</p>")


def a_vote(author: str, poll: str, option: str) -> Json:
    return create(author, f"{author}#votes/1", name=option, inReplyTo=poll, to=[HUB], cc=[])


async def going(here: Here, event: Event) -> tuple[int, int, int]:
    it = await here.store.read(events.get, event.id)
    return it.going, it.maybe, it.declined


def private(server: Elsewhere) -> list[str]:
    """The words of the private messages that came there, to whom and with a Mention of them."""
    found = []
    for one in server.received:
        note = one["object"]
        if one["type"] == "Create" and note["cc"] == []:
            assert note["to"] == one["to"] == [note["tag"][0]["href"]]
            assert note["tag"][0]["type"] == "Mention"
            found.append(note["content"])
    return found


def answers(server: Elsewhere) -> list[tuple[str, str]]:
    """What was answered to an activity, and to which, and what was liked."""
    said = [one for one in server.received if one["type"] not in ("Create", "Update")]
    return [(one["type"], one["object"]["id"] if isinstance(one["object"], dict) else one["object"]) for one in said]


async def full(here: Here) -> Event:
    """An event whose only place is taken, by a guest of our own page."""
    event = await an_event(here, places=1)
    await here.store.write(attendance.answer, event.id, Guest("Mair"), "yes")
    return event


async def make_room(here: Here, event: Event) -> None:
    await here.store.write(events.change, here.steward, event.id, party(places=2))
    await here.work()


async def test_a_join_waits_tentatively_and_is_accepted_when_a_place_comes_free(here: Here) -> None:
    mobilizon = here.server("mobilizon.example", "mobilizon")
    ann, event = mobilizon.actor("ann"), await full(here)
    join = activity("Join", ann, event.uri)
    assert await hear(here, join) == "waiting"
    await make_room(here, event)
    assert answers(mobilizon) == [("TentativeAccept", join["id"]), ("Accept", join["id"])]
    assert private(mobilizon) == []
    accepted = [one["object"] for one in mobilizon.received if one["type"] == "Accept"][-1]
    assert (accepted["type"], accepted["actor"], accepted["object"]) == ("Join", ann, event.uri)


async def test_a_voter_is_told_in_private_that_they_wait_and_that_they_come(here: Here, mastodon: Elsewhere) -> None:
    ann, event = mastodon.actor("ann"), await full(here)
    assert await hear(here, a_vote(ann, await companion(here, event), YES)) == "voted: yes, waiting"
    waits = private(mastodon)
    assert len(waits) == 1
    assert "on the waiting list" in waits[0]
    assert "ar y rhestr aros" in waits[0]
    assert event.url in waits[0]
    await make_room(here, event)
    assert "A place has come free" in private(mastodon)[1]


async def test_a_reply_that_waits_is_liked_and_told_in_private(here: Here, mastodon: Elsewhere) -> None:
    ann, event = mastodon.actor("ann"), await full(here)
    reply = a_reply(ann, event.uri, "yes please")
    assert await hear(here, reply) == "answered: yes, waiting"
    assert answers(mastodon) == [("Like", reply["object"]["id"])]
    assert len(private(mastodon)) == 1


async def test_friendica_is_told_in_private_too(here: Here) -> None:
    friendica = here.server("friendica.example", "friendica")
    ann, event = friendica.actor("ann"), await full(here)
    assert await hear(here, activity("Accept", ann, event.uri)) == "going: yes, waiting"
    await make_room(here, event)
    assert len(private(friendica)) == 2


async def test_friendica_takes_its_answer_back(here: Here) -> None:
    ann, event = here.server("friendica.example", "friendica").actor("ann"), await an_event(here)
    accept = activity("Accept", ann, event.uri)
    await hear(here, accept)
    assert await hear(here, activity("Undo", ann, accept)) == "taken back"
    assert await going(here, event) == (0, 0, 0)


async def test_a_neighbour_with_an_account_finds_it_among_their_messages(here: Here) -> None:
    event = await full(here)
    rhys = await here.store.write(person, "rhys")
    await here.store.write(attendance.answer, event.id, rhys, "yes")
    await make_room(here, event)
    told = await here.store.read(messages.to, rhys)
    assert [one.words["cy"].startswith("Mae lle wedi dod yn rhydd") for one in told] == [True]
    assert told[0].about == event.id


async def test_all_ways_share_the_same_places_and_one_line(here: Here, mastodon: Elsewhere) -> None:
    mobilizon = here.server("mobilizon.example", "mobilizon")
    ann, bob, cat = mastodon.actor("ann"), mastodon.actor("bob", key=1), mobilizon.actor("cat", key=2)
    event = await full(here)
    await hear(here, a_vote(ann, await companion(here, event), YES))
    await hear(here, a_reply(bob, event.uri, "ie"), key=1)
    await hear(here, activity("Join", cat, event.uri), key=2)
    found = await here.store.read(attendance.attending, here.steward, event.id)
    assert [(one.via, one.waiting) for one in found] == [
        ("poll", True), ("reply", True), ("join", True), ("web", False),
    ]  # fmt: skip
    assert await hear(here, a_reply(ann, event.uri, "na", 2)) == "answered: no"
    await make_room(here, event)
    by = {one.via: one.waiting for one in await here.store.read(attendance.attending, here.steward, event.id)}
    assert by["join"] is True, "who replied was before them"
    assert await going(here, event) == (2, 0, 1)


@pytest.mark.parametrize("leaves", ["Leave", "Undo", "Undo of an id", "no"])
async def test_whoever_leaves_makes_room_for_the_next(here: Here, leaves: str) -> None:
    mobilizon = here.server("mobilizon.example", "mobilizon")
    ann, bob = mobilizon.actor("ann"), mobilizon.actor("bob", key=1)
    event = await an_event(here, places=1)
    first, second = activity("Join", ann, event.uri), activity("Join", bob, event.uri)
    await hear(here, first)
    assert await hear(here, second, key=1) == "waiting"
    left = {
        "Undo": activity("Undo", ann, first), "Undo of an id": activity("Undo", ann, first["id"]),
        "Leave": activity("Leave", ann, event.uri),
    }  # fmt: skip
    await hear(here, left.get(leaves) or a_reply(ann, event.uri, "no"))
    assert answers(mobilizon)[:2] == [("Accept", first["id"]), ("TentativeAccept", second["id"])]
    assert ("Accept", second["id"]) in answers(mobilizon)


async def test_a_join_for_more_than_there_is_room_keeps_its_place_and_is_told(here: Here) -> None:
    mobilizon = here.server("mobilizon.example", "mobilizon")
    ann, event = mobilizon.actor("ann"), await an_event(here, places=2)
    await here.store.write(attendance.answer, event.id, Guest("Mair"), "yes")
    await hear(here, activity("Join", ann, event.uri))
    more = activity("Join", ann, event.uri, **{"nh:partySize": 2})
    assert (await hear(here, more)).startswith("going as before")
    assert answers(mobilizon)[-1] == ("Accept", more["id"])
    assert "no room for more of you" in private(mobilizon)[0]
    assert await going(here, event) == (2, 0, 0)


async def test_a_join_of_more_than_all_places_or_of_what_is_off_is_rejected(here: Here) -> None:
    mobilizon = here.server("mobilizon.example", "mobilizon")
    ann, event = mobilizon.actor("ann"), await an_event(here, places=2)
    many = activity("Join", ann, event.uri, **{"nh:partySize": 3})
    assert await hear(here, many) == "rejected: There are only 2 places altogether."
    await here.store.write(events.cancel, here.steward, event.id, {"en": "Flood."})
    late = activity("Join", ann, event.uri)
    assert await hear(here, late) == "rejected: This event has been cancelled."
    assert answers(mobilizon) == [("Reject", many["id"]), ("Reject", late["id"])]


async def test_whoever_is_taken_off_the_list_is_told_on_the_way_they_came(here: Here, mastodon: Elsewhere) -> None:
    mobilizon = here.server("mobilizon.example", "mobilizon")
    ann, bob, event = mobilizon.actor("ann"), mastodon.actor("bob", key=1), await an_event(here, places=None)
    join = activity("Join", ann, event.uri)
    await hear(here, join)
    await hear(here, a_reply(bob, event.uri, "yes"), key=1)
    await here.store.write(attendance.answer, event.id, Guest("Mair"), "yes")
    for one in await here.store.read(attendance.attending, here.steward, event.id):
        await here.store.write(attendance.take_off, here.steward, one.id)
    await here.work()
    assert answers(mobilizon) == [("Accept", join["id"]), ("Reject", join["id"])]
    assert "taken you off the list" in private(mastodon)[0]


# --- changes of plan -------------------------------------------------------------------------------


async def public(here: Here) -> list[str]:
    """The notes to everybody, without their marks of language."""
    found = []
    for one in await here.queued("Create"):
        note = one["object"]
        if note["type"] == "Note" and note["cc"]:
            found.append(note["contentMap"]["en"])
    return found


async def somebody_follows(here: Here, server: Elsewhere) -> None:
    await hear(here, activity("Follow", server.actor("fan", key=3), HUB), key=3)
    server.forget()


CHANGES: list[tuple[str, Json, str]] = [
    ("change", {"starts": 2 * DAY, "ends": 2 * DAY + HOUR}, "New time"),
    ("change", {"venue": "The chapel", "street": ""}, "New place"),
    ("change", {"starts": 2 * DAY, "ends": 2 * DAY + HOUR, "venue": "The chapel"}, "New time and place"),
    ("change", {"tentative": True}, "Not certain yet"),
    ("cancel", {}, "Cancelled"),
    ("postpone", {}, "Postponed"),
    ("move_online", {}, "Now online"),
]


async def alter(here: Here, event: Event, verb: str, changes: Json, clock: Clock) -> None:
    moved = {name: clock() + value if name in ("starts", "ends") else value for name, value in changes.items()}
    given: dict[str, tuple[object, ...]] = {
        "change": (party(**moved),), "cancel": ({"en": "Flood."},), "postpone": ({"en": "Flood."},),
        "move_online": ("https://meet.example/x", {"en": "Flood."}),
    }  # fmt: skip
    await here.store.write(getattr(events, verb), here.steward, event.id, *given[verb])
    await here.work()


@pytest.mark.parametrize(("verb", "changes", "begins"), CHANGES)
async def test_a_change_of_plan_is_an_edit_of_both_a_note_and_a_private_word(
    here: Here, mastodon: Elsewhere, clock: Clock, verb: str, changes: Json, begins: str
) -> None:
    mobilizon = here.server("mobilizon.example", "mobilizon")
    await somebody_follows(here, mastodon)
    await hear(here, activity("Follow", mobilizon.actor("group", "Group"), HUB))
    event = await an_event(here)
    ann, bob = mastodon.actor("ann", key=1), mastodon.actor("bob", key=2)
    await hear(here, a_vote(ann, await companion(here, event), YES), key=1)
    await hear(here, a_vote(bob, await companion(here, event), "Can't make it"), key=2)
    mastodon.forget()
    mobilizon.forget()
    await alter(here, event, verb, changes, clock)

    edits = [one["object"] for one in mastodon.received if one["type"] == "Update"]
    assert {it["id"] for it in edits} == {f"{here.base}/post/{event.companion}"}
    assert [it["object"]["id"] for it in mobilizon.received if it["type"] == "Update"] == [event.uri]
    notes = await public(here)
    assert len(notes) == 1
    assert notes[0].startswith(f"<p>{begins}: Street party")
    told = private(mastodon)
    assert len(told) == 1, "one who comes is told, one who does not is not"
    assert f"{begins}: Street party" in told[0]
    assert event.url in told[0]


async def test_other_words_ring_no_bell(here: Here, mastodon: Elsewhere, clock: Clock) -> None:
    await somebody_follows(here, mastodon)
    event = await an_event(here)
    await hear(here, a_vote(mastodon.actor("ann"), await companion(here, event), YES))
    await alter(here, event, "change", {"title": {"en": "Street feast"}, "cost": 300}, clock)
    assert await public(here) == []
    assert private(mastodon) == []


async def test_of_changes_in_a_row_only_the_last_is_told(here: Here, mastodon: Elsewhere, clock: Clock) -> None:
    await somebody_follows(here, mastodon)
    event = await an_event(here)
    await hear(here, a_vote(mastodon.actor("ann"), await companion(here, event), YES))

    def slips(tx: Tx) -> None:
        for place in ("The chapel", "The chaple", "The chapel hall"):
            events.change(tx, here.steward, event.id, party(venue=place))

    await here.store.write(slips)
    await here.work()
    assert len(await public(here)) == len(private(mastodon)) == 1
    assert "The chapel hall" in private(mastodon)[0]


async def test_everybody_is_told_once_however_many_they_are(here: Here, mastodon: Elsewhere) -> None:
    def crowd(tx: Tx, event: int) -> None:
        for n in range(120):
            attendance.answer(tx, event, stranger(tx, f"n{n}"), ("yes", "maybe")[n % 2], via="poll")

    event = await an_event(here, places=10)
    await here.store.write(crowd, event.id)
    await here.store.write(events.cancel, here.steward, event.id, {"en": "Flood."})
    await here.work()
    told = await here.all(
        "SELECT m.actor AS receiver FROM mention m JOIN thing t ON t.id = m.thing WHERE t.about = :id", id=event.id
    )
    assert len(told) == len({one["receiver"] for one in told}) == 120


async def test_a_note_is_written_in_the_languages_of_the_event(here: Here, mastodon: Elsewhere) -> None:
    await somebody_follows(here, mastodon)
    event = await an_event(here, title={"cy": "Parti stryd"})
    await here.store.write(events.cancel, here.steward, event.id, {"cy": "Llifogydd."})
    await here.work()
    note = (await here.queued("Create"))[-1]["object"]
    assert list(note["contentMap"]) == ["cy"]
    assert "Wedi'i ganslo: Parti stryd. Llifogydd." in note["content"].replace("&#x27;", "'").replace("&#39;", "'")


# --- how many there are ----------------------------------------------------------------------------


async def test_the_last_count_is_told_when_the_poll_closes(here: Here, mastodon: Elsewhere, clock: Clock) -> None:
    await somebody_follows(here, mastodon)
    event = await an_event(here)
    poll = await companion(here, event)
    await here.work()
    before = next(one["object"] for one in await here.queued("Create") if one["object"]["id"] == poll)
    await hear(here, a_vote(mastodon.actor("ann"), poll, YES))
    clock.ms = event.starts - 2 * MINUTE
    await here.work()
    mastodon.forget()
    clock.ms = event.starts
    await here.work()
    last = [one["object"] for one in mastodon.received if one["type"] == "Update"]
    assert [(it["id"], it["votersCount"]) for it in last] == [(poll, 1)]
    assert (last[0]["content"], last[0]["updated"]) == (before["content"], before["updated"])


async def test_a_poll_that_was_put_off_closes_at_its_new_time_only(
    here: Here, mastodon: Elsewhere, clock: Clock
) -> None:
    await somebody_follows(here, mastodon)
    event = await an_event(here)
    old = event.starts
    await here.work()
    await alter(here, event, "change", {"starts": 3 * DAY, "ends": 3 * DAY + HOUR}, clock)
    new = (await here.store.read(events.get, event.id)).starts
    mastodon.forget()
    for at, updates in ((old, 0), (new, 1)):
        clock.ms = at
        await here.work()
        assert len([one for one in mastodon.received if one["type"] == "Update"]) == updates


async def test_nobody_who_comes_is_named_in_what_everybody_reads(here: Here, mastodon: Elsewhere) -> None:
    await somebody_follows(here, mastodon)
    ann, event = mastodon.actor("ann"), await full(here)
    await hear(here, a_vote(ann, await companion(here, event), YES))
    await here.store.write(events.cancel, here.steward, event.id, {"en": "Flood."})
    await here.work()
    for kind in ("Create", "Update"):
        for one in await here.queued(kind):
            if one["to"] != [ann]:
                said = msgspec.json.encode(one)
                assert b"/users/ann" not in said
                assert b"Mair" not in said


async def test_an_answer_to_what_the_hub_said_of_a_change_counts_and_so_does_one_in_private(
    here: Here, mastodon: Elsewhere, clock: Clock
) -> None:
    await somebody_follows(here, mastodon)
    event, ann = await full(here), mastodon.actor("ann")
    await hear(here, a_vote(ann, await companion(here, event), YES))
    told = (await here.all("SELECT uri FROM thing WHERE audience = 'direct'"))[0]["uri"]
    quiet = create(ann, f"{ann}/statuses/8", inReplyTo=told, content="<p>na</p>", to=[HUB], cc=[])
    assert await hear(here, quiet | {"to": [HUB], "cc": []}) == "answered: no"
    await here.store.write(events.postpone, here.steward, event.id, {"en": "Flood."})
    await here.work()
    notice = (await here.queued("Create"))[-1]["object"]["id"]
    assert await hear(here, a_reply(ann, notice, "Maybe", 9)) == "answered: maybe"
    assert (await going(here, event))[1:] == (1, 0)
