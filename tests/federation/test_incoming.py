"""What activities from elsewhere do here, and what they may not do (trust.md §8.2)."""

import msgspec
import pytest
from conftest import Clock
from elsewhere import PUBLIC, Elsewhere, Json, activity, create, post
from hearing import HUB, INBOX, a_reply, a_vote, an_event, companion, followed, going, hear
from here import Here
from scene import lift, orchard

from federation import resolve
from federation.as2.content import stamp
from hub import actors, asks, attendance, events, helping, posts, projects, things
from hub.clock import DAY, HOUR, MINUTE

# --- follows ---------------------------------------------------------------------------------------


async def test_a_follow_is_accepted_with_what_was_asked(here: Here, mastodon: Elsewhere) -> None:
    ann = mastodon.actor("ann")
    asked = activity("Follow", ann, HUB)

    assert await hear(here, asked) == "accepted"

    accept = mastodon.received[0]
    assert (accept["type"], accept["actor"], accept["to"]) == ("Accept", HUB, [ann])
    assert accept["object"] == {key: asked[key] for key in ("id", "type", "actor", "object")}
    assert "rsa-sha256" in mastodon.headers[0]["signature"]
    hub = await here.store.read(actors.at, HUB)
    assert [one.uri for one in await here.store.read(actors.followers, hub.id)] == [ann]
    assert await here.all("SELECT software, profile FROM peer WHERE host = 'mastodon.example'") == [
        {"software": "mastodon", "profile": "micro"}
    ]


@pytest.mark.parametrize("shape", ["whole", "id"])
async def test_who_no_longer_follows_gets_nothing_more(here: Here, mastodon: Elsewhere, shape: str) -> None:
    ann = mastodon.actor("ann")
    asked = activity("Follow", ann, HUB)
    await hear(here, asked)
    assert await hear(here, activity("Undo", ann, asked if shape == "whole" else asked["id"])) == "taken back"
    mastodon.forget()
    await an_event(here)
    await here.work()
    assert mastodon.received == []


async def test_an_undo_that_overtakes_its_follow_still_counts(here: Here, mastodon: Elsewhere) -> None:
    ann = mastodon.actor("ann")
    asked = activity("Follow", ann, HUB)
    assert await hear(here, activity("Undo", ann, asked)) == "no news"
    assert await hear(here, asked) == "ignored: taken back before it came"
    assert await here.one("SELECT count(*) FROM follow") == 0


async def test_35_nobody_takes_back_what_others_did(here: Here, mastodon: Elsewhere) -> None:
    ann, bob = mastodon.actor("ann"), mastodon.actor("bob", key=1)
    asked = activity("Follow", ann, HUB)
    await hear(here, asked)
    assert (await hear(here, activity("Undo", bob, asked), key=1)).startswith("refused")
    await hear(here, activity("Undo", bob, asked["id"]), key=1)
    assert await here.one("SELECT count(*) FROM follow") == 1


async def test_36_an_accept_that_nobody_asked_for_makes_us_follow_nobody(here: Here, mastodon: Elsewhere) -> None:
    ann = mastodon.actor("ann")
    forged = {"id": f"{here.base}/activity/1", "type": "Follow", "actor": HUB, "object": ann}
    assert await hear(here, activity("Accept", ann, forged)) == "ignored: nobody asked"
    assert (await hear(here, activity("Accept", ann, f"{here.base}/activity/7"))).startswith("refused")
    assert await here.one("SELECT count(*) FROM follow") == 0


@pytest.mark.parametrize(("answer", "state"), [("Accept", "accepted"), ("Reject", "refused")])
@pytest.mark.parametrize("shape", ["whole", "id"])
async def test_37_we_follow_once_they_say_yes_and_not_before(
    here: Here, mastodon: Elsewhere, answer: str, state: str, shape: str
) -> None:
    other, bob = mastodon.actor("hub", "Group"), mastodon.actor("bob", key=1)
    hub, id = await here.store.read(actors.at, HUB), await resolve.actor(here.wire, other)
    await here.store.write(actors.ask_to_follow, hub.id, id)
    await here.work()
    asked = mastodon.received[0]
    assert (asked["type"], asked["object"]) == ("Follow", other)
    assert await here.store.read(actors.follows, hub.id, id) == "requested"
    said = asked if shape == "whole" else asked["id"]
    await hear(here, activity(answer, bob, said), key=1)
    assert await here.store.read(actors.follows, hub.id, id) == "requested"
    await hear(here, activity(answer, other, said))
    assert await here.store.read(actors.follows, hub.id, id) == state


# --- going -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("option", "said"), [("Yes, I'll be there", (1, 0, 0)), ("Maybe", (0, 1, 0)), ("Alla i ddim dod", (0, 0, 1))]
)
async def test_a_vote_on_the_poll_is_an_answer(
    here: Here, mastodon: Elsewhere, option: str, said: tuple[int, int, int]
) -> None:
    ann, event = mastodon.actor("ann"), await an_event(here)
    await hear(here, a_vote(ann, await companion(here, event), option))
    assert await going(here, event) == said


async def test_42_votes_that_do_not_count(here: Here, mastodon: Elsewhere, clock: Clock) -> None:
    ann, bob, event = mastodon.actor("ann"), mastodon.actor("bob", key=1), await an_event(here)
    poll = await companion(here, event)
    assert await hear(here, a_vote(ann, poll, "Perhaps")) == "ignored: no option of a poll of ours"
    assert await hear(here, a_vote(ann, poll, "Maybe", 2)) == "voted: maybe"
    assert await hear(here, a_vote(ann, poll, "Yes, I'll be there", 3)) == "ignored: answered before"
    forged = a_vote(ann, poll, "Yes, I'll be there", 4) | {"actor": bob}
    assert (await hear(here, forged, key=1)).startswith("refused")
    clock.forward(3 * DAY)
    assert (await hear(here, a_vote(bob, poll, "Maybe", 5), key=1)).startswith("refused")
    assert await going(here, event) == (0, 1, 0)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("Yes please!", (1, 0, 0)),
        ("Ydw", (1, 0, 0)),
        ("efallai", (0, 1, 0)),
        ("No, sorry", (0, 0, 1)),
        ("I’ll be there!", (1, 0, 0)),
        ("Bydda i yno, diolch", (1, 0, 0)),
        ("Dw i’n dod", (1, 0, 0)),
        ("Falle", (0, 1, 0)),
        ("Can't make it", (0, 0, 1)),
        ("Alla i ddim dod", (0, 0, 1)),
        ("Nac ydw", (0, 0, 1)),
    ],
)
@pytest.mark.parametrize("to", ["event", "companion"])
async def test_a_reply_that_begins_with_an_answer_is_one_and_is_liked(
    here: Here, mastodon: Elsewhere, words: str, said: tuple[int, int, int], to: str
) -> None:
    ann, event = mastodon.actor("ann"), await an_event(here)
    asked = event.uri if to == "event" else await companion(here, event)
    mention = (
        '<span class="h-card"><a href="https://glan.example/@hub" class="u-url mention">@<span>hub</span></a></span> '
    )

    await hear(here, a_reply(ann, asked, mention + words))

    assert await going(here, event) == said
    assert [(one["type"], one["object"]) for one in mastodon.received] == [("Like", f"{ann}/statuses/1")]
    assert await here.store.read(posts.replies, event.id) == []


async def test_an_answer_may_be_changed_by_another_reply(here: Here, mastodon: Elsewhere) -> None:
    ann, event = mastodon.actor("ann"), await an_event(here)
    await hear(here, a_vote(ann, await companion(here, event), "Yes, I'll be there"))
    await hear(here, a_reply(ann, event.uri, "No, my knee"))
    assert await going(here, event) == (0, 0, 1)


@pytest.mark.parametrize("words", ["Yesterday was fine", "Is there parking?", "nope", "I can help"])
async def test_other_words_are_a_comment(here: Here, mastodon: Elsewhere, words: str) -> None:
    ann, event = mastodon.actor("ann"), await an_event(here)
    assert await hear(here, a_reply(ann, await companion(here, event), words)) == "kept"
    assert [one.html for one in await here.store.read(posts.replies, event.id)] == [{"und": f"<p>{words}</p>"}]
    assert await going(here, event) == (0, 0, 0)


async def test_a_yes_to_a_full_event_waits(here: Here, mastodon: Elsewhere) -> None:
    ann, bob, event = mastodon.actor("ann"), mastodon.actor("bob", key=1), await an_event(here, places=1)
    await hear(here, a_reply(ann, event.uri, "yes"))
    assert await hear(here, a_reply(bob, event.uri, "yes"), key=1) == "answered: yes, waiting"
    assert await going(here, event) == (1, 0, 0)


async def test_60_a_private_reply_is_shown_to_nobody_but_may_answer(here: Here, mastodon: Elsewhere) -> None:
    ann, event = mastodon.actor("ann"), await an_event(here)
    private = {"to": [HUB], "cc": []}
    assert await hear(here, a_reply(ann, event.uri, "May I bring my dog?", **private)) == "told us"
    assert await hear(here, a_reply(ann, event.uri, "yes", 2, **private)) == "answered: yes"
    assert await here.store.read(posts.replies, event.id, hidden=True) == []


async def test_a_join_is_accepted_while_there_are_places_and_then_waits(here: Here) -> None:
    mobilizon = here.server("mobilizon.example", "mobilizon")
    ann, bob, event = mobilizon.actor("ann"), mobilizon.actor("bob", key=1), await an_event(here, places=1)
    joined = activity("Join", ann, event.uri, participationMessage="Bringing two spades")
    assert await hear(here, joined) == "going: yes"
    assert await hear(here, activity("Join", bob, event.uri), key=1) == "waiting"
    assert await going(here, event) == (1, 0, 0)
    assert await hear(here, activity("Undo", ann, joined)) == "taken back"
    assert [(one["type"], one["object"]["type"]) for one in mobilizon.received] == [
        ("Accept", "Join"), ("TentativeAccept", "Join"), ("Accept", "Join"),
    ]  # fmt: skip
    assert await going(here, event) == (1, 0, 0)
    assert await hear(here, activity("Leave", bob, event.uri), key=1) == "no longer going"
    assert await going(here, event) == (0, 0, 0)


async def test_44_who_signs_is_who_goes_and_only_so_many(here: Here) -> None:
    mobilizon = here.server("mobilizon.example", "mobilizon")
    ann, event = mobilizon.actor("ann"), await an_event(here, places=None)
    claims = {"attributedTo": f"{mobilizon.base}/users/bob", "nh:partySize": 10**15, "nh:attendance": "yes"}
    await hear(here, activity("Join", ann, event.uri, **claims))
    assert await going(here, event) == (attendance.MOST_TOGETHER, 0, 0)
    assert await here.one("SELECT uri FROM actor JOIN attendance ON attendance.actor = actor.id") == ann


async def test_a_join_of_something_else_is_refused_quietly(here: Here, mastodon: Elsewhere) -> None:
    ann = mastodon.actor("ann")
    for about in (HUB, "https://glan.example/event/1", "https://other.example/event/1", 7, None, [], {}):
        assert (await hear(here, activity("Join", ann, about))).startswith("refused")


@pytest.mark.parametrize(
    ("kind", "said"), [("Accept", (1, 0, 0)), ("TentativeAccept", (0, 1, 0)), ("Reject", (0, 0, 1))]
)
async def test_friendica_says_who_is_going_in_its_own_way(here: Here, kind: str, said: tuple[int, int, int]) -> None:
    ann, event = here.server("friendica.example", "friendica").actor("ann"), await an_event(here)
    await hear(here, activity(kind, ann, event.uri))
    assert await going(here, event) == said


# --- asks ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["vote", "I can help", "Gallaf helpu!", "galla i helpu, wrth gwrs"])
async def test_help_is_offered_by_a_vote_or_in_words_and_only_coordinators_see_it(
    here: Here, mastodon: Elsewhere, way: str
) -> None:
    ann, ask = mastodon.actor("ann"), await here.store.write(asks.publish, here.steward, "ask", lift())
    await hear(here, a_vote(ann, ask.uri, "I can help") if way == "vote" else a_reply(ann, ask.uri, way))
    answers = await here.store.read(helping.answers, here.steward, ask.id)
    assert [(one.name, one.handle, one.said) for one in answers] == [("Ann", "@ann@mastodon.example", "help")]
    assert await here.store.read(posts.replies, ask.id) == []
    assert await hear(here, a_vote(ann, ask.uri, "Just sharing", 9)) == "ignored: answered before"


async def test_a_closed_ask_takes_no_votes(here: Here, mastodon: Elsewhere) -> None:
    ann, ask = mastodon.actor("ann"), await here.store.write(asks.publish, here.steward, "ask", lift())
    await here.store.write(asks.close, here.steward, ask.id, "matched")
    assert (await hear(here, a_vote(ann, ask.uri, "I can help"))).startswith("refused")


# --- replies, likes, shares ------------------------------------------------------------------------


async def test_a_reply_in_the_middle_of_a_thread_brings_what_it_answers(here: Here, mastodon: Elsewhere) -> None:
    ann, bob, event = mastodon.actor("ann"), mastodon.actor("bob", key=1), await an_event(here)
    middle = a_reply(bob, event.uri, "Is it far?")["object"]
    mastodon.serve("/users/bob/statuses/1", middle)
    assert await hear(here, a_reply(ann, middle["id"], "Ten minutes", cc=[HUB])) == "kept"
    thread = await here.store.read(posts.replies, event.id)
    assert [(one.by.uri, one.html["und"]) for one in thread] == [
        (bob, "<p>Is it far?</p>"),
        (ann, "<p>Ten minutes</p>"),
    ]


async def test_94_a_thread_without_end_is_not_followed_for_ever(here: Here, mastodon: Elsewhere) -> None:
    ann = mastodon.actor("ann")
    for number in range(200):
        note = a_reply(ann, f"{ann}/statuses/{number + 1}", "and so on", number)["object"]
        mastodon.serve(f"/users/ann/statuses/{number}", note)
    assert (await hear(here, a_reply(ann, f"{ann}/statuses/1", "hello", 0, cc=[HUB]))).startswith("refused")
    assert len(mastodon.asked) <= 60
    assert await here.one("SELECT count(*) FROM thing WHERE local = 0") == 0


async def test_a_stranger_who_is_not_followed_is_not_kept(here: Here, mastodon: Elsewhere) -> None:
    ann = mastodon.actor("ann")
    assert await hear(here, create(ann, f"{ann}/1", content="buy")) == "ignored: nobody here follows them"
    assert await here.one("SELECT count(*) FROM thing") == 0


async def test_likes_and_shares_are_counted_once_and_can_be_taken_back(here: Here, mastodon: Elsewhere) -> None:
    ann, event = mastodon.actor("ann"), await an_event(here)
    like, share = activity("Like", ann, event.uri), activity("Announce", ann, await companion(here, event))
    assert [await hear(here, like), await hear(here, share)] == ["like", "share"]
    assert await hear(here, activity("Like", ann, event.uri, id=f"{ann}#again")) == "no news"
    assert await here.store.read(things.reactions, event.id) == (1, 1)
    assert await hear(here, activity("Undo", ann, like["id"])) == "taken back"
    assert await here.store.read(things.reactions, event.id) == (0, 1)


async def test_a_reply_is_changed_and_deleted_by_its_author_alone(here: Here, mastodon: Elsewhere) -> None:
    ann, bob, event = mastodon.actor("ann"), mastodon.actor("bob", key=1), await an_event(here)
    note = a_reply(ann, event.uri, "Is there parking?")["object"]
    await hear(here, a_reply(ann, event.uri, "Is there parking?"))
    edited = note | {"content": "<p>Is there cycle parking?</p>", "updated": "2026-05-01T08:30:00Z"}
    assert (await hear(here, activity("Update", bob, edited), key=1)).startswith("refused")
    assert (await hear(here, activity("Update", bob, edited | {"attributedTo": bob}), key=1)).startswith("refused")
    assert await hear(here, activity("Update", ann, edited)) == "kept"
    older = note | {"content": "<p>old</p>", "updated": "2026-05-01T08:00:00Z"}
    assert await hear(here, activity("Update", ann, older)) == "no news"
    assert (await here.store.read(posts.replies, event.id))[0].html == {"und": "<p>Is there cycle parking?</p>"}
    assert (await hear(here, activity("Delete", bob, note["id"]), key=1)).startswith("refused")
    stone = {"id": note["id"], "type": "Tombstone"}
    assert await hear(here, activity("Delete", ann, stone)) == "removed"
    assert await here.store.read(posts.replies, event.id, hidden=True) == []
    assert await hear(here, activity("Update", ann, edited | {"updated": "2026-05-01T08:59:00Z"})) == "no news"


async def test_a_delete_that_overtakes_its_create_still_counts(here: Here, mastodon: Elsewhere) -> None:
    ann, event = mastodon.actor("ann"), await an_event(here)
    reply = a_reply(ann, event.uri, "Oops")
    await hear(here, activity("Like", ann, event.uri))  # of somebody whom we never met we do not even look
    assert await hear(here, activity("Delete", ann, reply["object"]["id"])) == "no news"
    assert await hear(here, reply) == "no news"
    assert await here.store.read(posts.replies, event.id) == []


async def test_34_nobody_deletes_somebody_else_or_themselves_by_mistake(here: Here, mastodon: Elsewhere) -> None:
    ann, bob = mastodon.actor("ann"), mastodon.actor("bob", key=1)
    await hear(here, activity("Follow", ann, HUB))
    await hear(here, activity("Delete", bob, ann), key=1)
    assert await hear(here, activity("Delete", ann, ann)) == "ignored: they are still there"
    assert await here.one("SELECT count(*) FROM follow") == 1


# --- mirroring -------------------------------------------------------------------------------------


def their_event(author: str, number: int = 1, **more: object) -> Json:
    return create(
        author, f"https://tredegar.example/event/{number}", **({
            "type": "Event", "name": "Repair café", "nameMap": {"en": "Repair café", "cy": "Caffi trwsio"},
            "content": "<p>Bring what is broken.</p>", "startTime": "2026-05-20T10:00:00+01:00",
            "endTime": "2026-05-20T12:00:00+01:00", "timezone": "Europe/London", "nh:kind": "Event",
            "location": {"type": "Place", "name": "Old Library", "latitude": 51.77, "longitude": -3.24},
        } | more),
    )  # fmt: skip


async def tredegar(here: Here) -> tuple[Elsewhere, str]:
    server = here.server("tredegar.example", "neighbourhub")
    return server, await followed(here, server, **{"nh:kind": "Hub"})


async def the_thing(here: Here, uri: str) -> things.Thing | None:
    return await here.store.read(things.at, uri)


async def test_an_event_of_a_hub_that_we_follow_is_shown_changed_and_cancelled(here: Here) -> None:
    _, hub = await tredegar(here)
    sent = their_event(hub)
    assert await hear(here, sent) == "kept"
    it = (await here.store.read(events.next_door))[0]
    assert (it.title, it.venue.name, it.zone, it.local) == (
        {"en": "Repair café", "cy": "Caffi trwsio"}, "Old Library", "Europe/London", False,
    )  # fmt: skip
    off = sent["object"] | {
        "name": "CANCELLED: Repair café",
        "nameMap": {"en": "CANCELLED: Repair café", "cy": "WEDI'I GANSLO: Caffi trwsio"},
        "eventStatus": "EventCancelled", "updated": "2026-05-01T08:59:00Z", "nh:cancellation": {"nh:reason": "Flood"},
    }  # fmt: skip
    assert await hear(here, activity("Update", hub, off)) == "kept"
    it = await here.store.read(events.get, it.id)
    assert (it.status, it.reason, it.title["cy"]) == ("cancelled", {"en": "Flood"}, "Caffi trwsio")


async def test_new_numbers_of_an_event_are_shown_without_an_edit(here: Here) -> None:
    _, hub = await tredegar(here)
    sent = their_event(hub, participantCount=3, updated="2026-04-30T12:00:00Z")
    await hear(here, sent)
    await hear(here, activity("Update", hub, sent["object"] | {"participantCount": 5}))
    assert (await here.store.read(events.next_door))[0].going == 5


async def test_asks_notes_and_projects_of_a_hub_that_we_follow_are_shown(here: Here) -> None:
    server, hub = await tredegar(here)
    project = server.actor("p_orchard", "Group", **{"nh:kind": "Project", "nh:hub": hub, "nh:status": "paused"})
    ask = create(hub, "https://tredegar.example/ask/1", **{
        "type": "Question", "content": "<p>ASK: a lift</p>", "oneOf": [], "nh:kind": "Ask", "nh:title": "A lift",
        "nh:category": "transport", "nh:status": "open", "endTime": "2026-05-20T10:00:00Z",
    })  # fmt: skip
    assert await hear(here, ask) == "kept"
    assert await hear(here, create(hub, "https://tredegar.example/post/1", content="<p>Hello</p>")) == "kept"
    update = create(project, "https://tredegar.example/post/2", content="<p>28 trees</p>", **{
        "nh:kind": "ProjectUpdate", "nh:project": project,
    })  # fmt: skip
    assert await hear(here, update) == "kept"
    kinds = [row["kind"] for row in await here.all("SELECT kind FROM thing WHERE local = 0 ORDER BY kind")]
    assert kinds == ["ask", "note", "project", "update"]
    found = await the_thing(here, project)
    assert found is not None
    assert (await here.store.read(projects.get, found.id)).stage == "paused"
    assert (await the_thing(here, "https://tredegar.example/post/2")).project == found.id  # type: ignore[union-attr]


async def test_what_a_followed_hub_shares_is_kept_as_its_authors(here: Here) -> None:
    server, hub = await tredegar(here)
    project = server.actor("p_orchard", "Group", **{"nh:kind": "Project", "nh:hub": hub})
    note = create(project, "https://tredegar.example/post/3", content="<p>Planted</p>", **{
        "nh:kind": "ProjectUpdate", "nh:project": project,
    })["object"]  # fmt: skip
    server.serve("/post/3", note)
    assert await hear(here, activity("Announce", hub, note["id"])) == "kept"
    assert (await the_thing(here, note["id"])).by.uri == project  # type: ignore[union-attr]
    renamed = msgspec.json.decode(server.documents["/users/p_orchard"][2])
    server.serve("/users/p_orchard", renamed | {"name": "Old Mill Orchard", "updated": "2026-05-01T08:59:30Z"})
    assert await hear(here, activity("Update", project, renamed)) == "kept"
    assert (await the_thing(here, project)).title == {"und": "Old Mill Orchard"}  # type: ignore[union-attr]


async def test_the_poll_that_stands_for_an_event_on_timelines_is_not_shown_twice(here: Here) -> None:
    _, hub = await tredegar(here)
    poll = create(hub, "https://tredegar.example/post/9", **{"type": "Question", "nh:kind": "EventCompanion"})
    assert (await hear(here, poll)).startswith("ignored")


async def test_26_a_thing_on_another_server_than_its_sender_is_refused(here: Here) -> None:
    _, hub = await tredegar(here)
    evil = here.server("evil.example")
    forged = their_event(hub)
    forged["object"]["id"] = "https://evil.example/event/1"
    assert (await hear(here, forged)).startswith("refused")
    assert evil.asked == []


@pytest.mark.parametrize("claim", ["https://tredegar.example/users/mayor", "https://good.example/users/ann", ["x"], 7])
async def test_27_a_thing_by_somebody_else_is_refused(here: Here, claim: object) -> None:
    _, hub = await tredegar(here)
    forged = their_event(hub, attributedTo=claim)
    outcome = await hear(here, forged)
    assert outcome.startswith("refused") or claim == 7
    assert await here.one("SELECT count(*) FROM thing WHERE local = 0") == (1 if claim == 7 else 0)


async def test_28_a_shared_thing_with_another_id_is_looked_up_at_its_own(here: Here) -> None:
    server, hub = await tredegar(here)
    note = create(hub, "https://tredegar.example/post/5", content="<p>Five</p>")["object"]
    server.serve("/short/5", note)
    assert (await hear(here, activity("Announce", hub, "https://tredegar.example/short/5"))).startswith("refused")
    server.serve("/post/5", note)
    assert await hear(here, activity("Announce", hub, "https://tredegar.example/short/5", id=f"{hub}#2")) == "kept"
    server.serve("/post/5", note | {"id": "https://tredegar.example/post/6"})
    again = activity("Announce", hub, "https://tredegar.example/short/5?x", id=f"{hub}#3")
    assert (await hear(here, again)).startswith("refused")


@pytest.mark.parametrize("type", ["text/html", "application/json", "image/png", "application/ld+json", "text/plain"])
async def test_29_a_document_that_is_served_as_something_else_is_not_believed(here: Here, type: str) -> None:
    server, hub = await tredegar(here)
    note = create(hub, "https://tredegar.example/uploads/5", content="<p>Five</p>")["object"]
    server.serve("/uploads/5", note, type)
    assert (await hear(here, activity("Announce", hub, note["id"]))).startswith("refused")


async def test_32_a_shared_thing_behind_a_redirect_to_another_server_is_refused(here: Here) -> None:
    server, hub = await tredegar(here)
    evil = here.server("evil.example")
    note = create(hub, "https://tredegar.example/post/5", content="<p>Five</p>")["object"]
    evil.serve("/post/5", note)
    server.serve("/post/5", b"https://evil.example/post/5", status=302)
    assert (await hear(here, activity("Announce", hub, note["id"]))).startswith("refused")


async def test_38_a_shared_thing_is_its_own_authors_and_stays_private_when_it_is(here: Here) -> None:
    server, hub = await tredegar(here)
    other = here.server("abergavenny.example")
    bob = other.actor("bob", key=1)
    claimed = create(bob, "https://tredegar.example/post/5", content="<p>Five</p>")["object"]
    server.serve("/post/5", claimed)
    assert (await hear(here, activity("Announce", hub, claimed["id"]))).startswith("refused")
    private = create(bob, f"{bob}/1", content="<p>secret</p>", to=[f"{bob}/followers"], cc=[])["object"]
    other.serve("/users/bob/1", private)
    assert await hear(here, activity("Announce", hub, private["id"])) == "ignored: not for everybody"
    public = create(bob, f"{bob}/2", content="<p>open</p>")["object"]
    other.serve("/users/bob/2", public)
    assert await hear(here, activity("Announce", hub, public)) == "kept"
    assert (await the_thing(here, public["id"])).by.uri == bob  # type: ignore[union-attr]


async def test_33_45_a_thing_keeps_its_owner_and_its_kind(here: Here) -> None:
    server, hub = await tredegar(here)
    mayor = server.actor("mayor", "Person", key=1, **{"nh:hub": hub})
    sent = their_event(hub)
    await hear(here, sent)
    later = sent["object"] | {"updated": "2026-05-01T08:59:00Z"}
    assert (await hear(here, activity("Update", mayor, later), key=1)).startswith("refused")
    assert (await hear(here, activity("Update", mayor, later | {"attributedTo": mayor}), key=1)).startswith("refused")
    assert (await hear(here, activity("Update", hub, later | {"type": "Note"}))).startswith("refused")
    assert (await the_thing(here, later["id"])).by.uri == hub  # type: ignore[union-attr]


async def test_46_who_may_see_a_thing_is_said_by_the_thing_alone(here: Here) -> None:
    _, hub = await tredegar(here)
    private = create(hub, "https://tredegar.example/post/7", content="x", to=[f"{hub}/followers"], cc=[])
    assert await hear(here, private | {"to": [PUBLIC]}) == "ignored: not for everybody"


@pytest.mark.parametrize("when", ["9999-12-31T23:59:59Z", "1970-01-01T00:00:00Z", "soon", 7, None, {"a": []}])
async def test_47_times_that_cannot_be_are_brought_into_bounds(here: Here, clock: Clock, when: object) -> None:
    _, hub = await tredegar(here)
    sent = create(hub, "https://tredegar.example/post/8", content="<p>Eight</p>", published=when, updated=when)
    assert await hear(here, sent) == "kept"
    it = await the_thing(here, "https://tredegar.example/post/8")
    assert it is not None
    assert it.published <= clock.ms
    assert it.updated <= clock.ms + HOUR
    clock.forward(HOUR)
    later = sent["object"] | {"content": "<p>Better</p>", "updated": "2026-05-01T10:00:00Z"}
    assert await hear(here, activity("Update", hub, later)) == "kept"


async def test_of_two_changes_the_later_one_counts_also_when_clocks_are_hours_off(here: Here, clock: Clock) -> None:
    _, hub = await tredegar(here)
    uri = "https://tredegar.example/post/9"
    assert await hear(here, create(hub, uri, content="<p>One</p>", published=stamp(clock.ms))) == "kept"

    def changed(words: str, at: int) -> Json:
        note = create(hub, uri, content=f"<p>{words}</p>", published=stamp(clock.ms), updated=stamp(at))["object"]
        return activity("Update", hub, note, id=f"{uri}#{words}")

    ahead = clock.ms + 3 * HOUR  # what the author's clock says, and never takes back
    clock.forward(3 * HOUR)  # ours is as wrong when the first change comes,
    assert await hear(here, changed("Two", ahead)) == "kept"
    clock.forward(-3 * HOUR + MINUTE)  # and right when the second one does
    assert await hear(here, changed("Three", ahead + 2000)) == "kept"
    assert await hear(here, changed("Stale", ahead + 1000)) == "no news"
    it = await the_thing(here, uri)
    assert it is not None
    assert "Three" in str(it.html)


async def test_54_nobody_elsewhere_writes_for_us(here: Here) -> None:
    _, hub = await tredegar(here)
    event = await an_event(here)
    forged = their_event(hub)
    forged["object"]["id"] = event.uri
    assert (await hear(here, forged)).startswith("refused")
    assert (await hear(here, activity("Delete", hub, event.uri))).startswith("refused")
    assert (await here.store.read(events.get, event.id)).title["en"] == "Street party"


async def test_a_hub_elsewhere_does_not_lend_its_name_to_others(here: Here, mastodon: Elsewhere) -> None:
    _, hub = await tredegar(here)
    fake = mastodon.actor("p_fake", "Group", **{"nh:kind": "Project", "nh:hub": hub})
    assert await hear(here, create(fake, f"{fake}/1", content="x")) == "ignored: nobody here follows them"


async def test_a_server_that_is_down_is_asked_again_before_the_activity_is_given_up(here: Here, clock: Clock) -> None:
    server, hub = await tredegar(here)
    server.serve("/post/5", b"", status=503)
    sent = activity("Announce", hub, "https://tredegar.example/post/5")
    assert await hear(here, sent) == "put aside"
    note = create(hub, "https://tredegar.example/post/5", content="<p>Five</p>")["object"]
    server.serve("/post/5", note)
    clock.forward(HOUR)
    await here.work()
    assert (await here.outcomes())[-1] == "kept"
    server.serve("/post/6", b"", status=503)
    await hear(here, activity("Announce", hub, "https://tredegar.example/post/6"))
    for _ in range(6):
        clock.forward(HOUR)
        await here.work()
    assert (await here.outcomes())[-1].startswith("given up")


@pytest.mark.parametrize("type", ["Add", "Remove", "EmojiReact", "Offer", "Listen", "View", "Dance"])
async def test_what_we_do_not_act_on_is_taken_and_forgotten(here: Here, mastodon: Elsewhere, type: str) -> None:
    ann = mastodon.actor("ann")
    mastodon.forget()
    assert (await hear(here, activity(type, ann, [HUB, {"x": 1}]))).startswith("ignored")
    assert await here.one("SELECT body FROM inbox") == ""
    assert mastodon.received == []


NONSENSE: list[object] = [
    None, 7, 1e300, True, "", "x", "https://", [], {}, [[]], [{}], {"id": 7}, {"id": []}, {"type": []},
    {"id": "https://mastodon.example/1", "type": {"a": 1}}, ["https://mastodon.example/1", 7],
    {"id": "https://mastodon.example/users/ann/1", "type": "Note", "content": ["x"], "tag": 7, "attachment": {"a": []}},
]  # fmt: skip


PLACES = (
    "name", "summary", "content", "contentMap", "nameMap", "tag", "attachment", "image", "location", "inReplyTo",
    "startTime", "endTime", "published", "updated", "url", "attributedTo", "to", "cc", "nh:area", "nh:kind",
    "nh:project", "mediaType", "timezone", "eventStatus", "nh:cost", "nh:needed", "oneOf", "participantCount",
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    "type", ["Follow", "Undo", "Accept", "Reject", "Create", "Update", "Delete", "Like", "Announce", "Join", "Leave"]
)
async def test_100_nonsense_in_any_place_stirs_nothing(here: Here, mastodon: Elsewhere, type: str) -> None:
    ann = await followed(here, mastodon, "ann", "Person")
    for number, nonsense in enumerate(NONSENSE):
        sent = activity(type, ann, nonsense, id=f"{ann}#{number}", to=nonsense, cc=nonsense, published=nonsense)
        assert (await post(here.app, INBOX, sent)).status_code == 202
        for key in PLACES:
            thing = create(ann, f"{ann}/{number}-{key}", content="<p>x</p>", startTime="2026-05-20T10:00:00Z")["object"]
            for kind in ("Note", "Event", "Question", "Article"):
                whole = thing | {"id": f"{thing['id']}-{kind}", "type": kind, "nh:kind": "Ask", key: nonsense}
                sent = activity(type, ann, whole, id=f"{ann}#{number}-{key}-{kind}")
                if type in ("Create", "Update") and number % 4 == len(key) % 4:
                    assert (await post(here.app, INBOX, sent)).status_code == 202
    await here.work()
    assert await here.all("SELECT kind, last_error FROM job WHERE dead = 1") == []
    assert await here.one("SELECT count(*) FROM inbox WHERE outcome = ''") == 0


async def test_an_orchard_of_ours_can_be_followed_on_its_own(here: Here, mastodon: Elsewhere) -> None:
    ann, project = mastodon.actor("ann"), await here.store.write(projects.start, here.steward, orchard())
    assert await hear(here, activity("Follow", ann, project.uri)) == "accepted"
    assert mastodon.received[0]["actor"] == project.uri
