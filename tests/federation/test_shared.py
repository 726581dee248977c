"""What groups elsewhere pass on: threads of Lemmy and its kin, films, events that a member publishes for a group."""

from elsewhere import PUBLIC, Elsewhere, Json, activity, create, post
from here import Here

from federation import resolve
from hub import actors, events, settings, things

INBOX = "https://glan.example/inbox"
LEMMY = "https://lemmy.example"


async def follows(here: Here, uri: str) -> int:
    """The hub follows somebody elsewhere."""
    ours = (await here.store.read(settings.get)).actor
    id = await resolve.actor(here.wire, uri)
    await here.store.write(actors.ask_to_follow, ours, id)
    await here.store.write(actors.follow_answered, ours, id, accepted=True)
    return id


async def a_community(here: Here) -> tuple[Elsewhere, str, str, Json]:
    """A server with a community that we follow, somebody who writes there, and a page of theirs."""
    server = here.server("lemmy.example", "lemmy")
    community, writer = server.actor("gardens", "Group"), server.actor("ann")
    page = create(writer, f"{LEMMY}/post/1", type="Page", name="Seeds to swap", content="<p>Beans.</p>")["object"]
    server.serve("/post/1", page)
    await follows(here, community)
    return server, community, writer, page


async def sent(here: Here, letter: Json) -> str:
    """Post it and see what came of it."""
    assert (await post(here.app, INBOX, letter)).status_code == 202
    await here.work()
    return (await here.outcomes())[-1]


def wrapped(community: str, kind: str, writer: str, what: object) -> Json:
    inner = activity(kind, writer, what)
    return activity("Announce", community, inner, to=[PUBLIC])


async def test_a_community_passes_on_what_is_new_in_it(here: Here) -> None:
    _, community, writer, page = await a_community(here)
    assert await sent(here, wrapped(community, "Create", writer, page)) == "kept"
    thing = await here.store.read(things.at, page["id"])
    assert thing is not None
    assert (thing.title, thing.by.handle) == ({"und": "Seeds to swap"}, "ann")


async def test_and_what_changes_and_what_is_deleted_there(here: Here) -> None:
    server, community, writer, page = await a_community(here)
    await sent(here, wrapped(community, "Create", writer, page))
    server.serve("/post/1", page | {"name": "Seeds swapped", "updated": "2026-05-01T08:00:00Z"})
    assert await sent(here, wrapped(community, "Update", writer, page)) == "kept"
    thing = await here.store.read(things.at, page["id"])
    assert thing is not None
    assert thing.title == {"und": "Seeds swapped"}
    assert (await sent(here, wrapped(community, "Delete", writer, page["id"]))).startswith("ignored")  # it is there
    server.serve("/post/1", {"id": page["id"], "type": "Tombstone"})
    letter = wrapped(community, "Delete", writer, page["id"]) | {"id": f"{community}#again"}
    assert await sent(here, letter) == "removed"
    assert await here.store.read(things.at, page["id"]) is None


async def test_a_like_that_is_passed_on_fetches_nothing(here: Here) -> None:
    server, community, writer, page = await a_community(here)
    await here.work()
    server.forget()
    for kind in ("Like", "Dislike", "Undo", "Lock", "Block"):
        assert (await sent(here, wrapped(community, kind, writer, page))).startswith("ignored")
    assert server.asked == []
    assert await here.store.read(things.at, page["id"]) is None


async def test_a_film_is_its_accounts_whoever_shares_it(here: Here) -> None:
    server = here.server("films.example", "peertube")
    channel, account = server.actor("orchard", "Group"), server.actor("sunil")
    makers = [{"type": "Group", "id": channel}, {"type": "Person", "id": account}]
    film = create(account, f"{server.base}/w/1", type="Video", name="Pruning", attributedTo=makers)["object"]
    server.serve("/w/1", film | {"content": "How **we** prune", "mediaType": "text/markdown"})
    await follows(here, channel)
    assert await sent(here, activity("Announce", channel, film["id"])) == "kept"
    thing = await here.store.read(things.at, film["id"])
    assert thing is not None
    assert (thing.by.handle, thing.html) == ("sunil", {"und": "<p>How <strong>we</strong> prune</p>"})
    assert [link.kind for link in thing.extra.links] == ["video"]


def of_group(base: str, group: str, member: str) -> Json:
    id = f"{base}/events/1"
    letter = create(member, id, type="Event", name="Seed swap", startTime="2026-05-20T10:00:00Z", attributedTo=group)
    letter["object"] |= {"actor": member}
    return letter | {"attributedTo": group}


async def test_a_member_publishes_an_event_for_their_group(here: Here) -> None:
    server = here.server("mobilizon.example", "mobilizon")
    group, member = server.actor("gardeners", "Group"), server.actor("ann")
    await follows(here, group)
    letter = of_group(server.base, group, member)
    assert await sent(here, letter) == "kept"
    thing = await here.store.read(things.at, letter["object"]["id"])
    assert thing is not None
    assert (thing.by.handle, thing.kind) == ("gardeners", "event")
    assert (await here.store.read(events.get, thing.id)).zone == "Europe/London"


async def test_nobody_publishes_for_a_group_that_the_event_does_not_say_they_speak_for(here: Here) -> None:
    server = here.server("mobilizon.example", "mobilizon")
    group, member, other = server.actor("gardeners", "Group"), server.actor("ann"), server.actor("bob")
    await follows(here, group)
    letter = of_group(server.base, group, member)
    assert "somebody else" in await sent(here, letter | {"actor": other, "id": f"{other}#1"})
    person = server.actor("carol")
    await follows(here, person)
    mine = of_group(server.base, person, member) | {"id": f"{member}#2"}
    assert "somebody else" in await sent(here, mine)


async def test_to_whom_it_is_may_stand_on_the_activity_alone(here: Here) -> None:
    server = here.server("notes.example")
    ann = server.actor("ann")
    await follows(here, ann)
    letter = create(ann, f"{server.base}/1", content="<p>Hello</p>")
    del letter["object"]["to"], letter["object"]["cc"]
    assert await sent(here, letter) == "kept"
    private = create(ann, f"{server.base}/2", content="<p>Hello</p>") | {"to": [f"{ann}/followers"], "cc": []}
    del private["object"]["to"], private["object"]["cc"]
    assert await sent(here, private) == "ignored: not for everybody"


async def test_a_poll_of_others_is_kept_with_its_counts(here: Here) -> None:
    server = here.server("notes.example")
    ann = server.actor("ann")
    await follows(here, ann)
    options = [{"type": "Note", "name": name, "replies": {"totalItems": votes}} for name, votes in (("a", 1), ("b", 2))]
    poll = {"type": "Question", "content": "<p>Tea?</p>", "oneOf": options, "endTime": "2026-05-09T00:00:00Z"}
    letter = create(ann, f"{server.base}/1", votersCount=3, **poll)
    assert await sent(here, letter) == "kept"
    options[0]["replies"] = {"totalItems": 5}
    assert await sent(here, activity("Update", ann, letter["object"], published="2026-05-01T08:59:00Z")) == "kept"
    thing = await here.store.read(things.at, f"{server.base}/1")
    assert thing is not None
    assert thing.extra.poll is not None
    assert [(it.name, it.votes) for it in thing.extra.poll.options] == [("a", 5), ("b", 2)]
    assert (thing.extra.poll.voters, thing.extra.poll.many, thing.extra.poll.over) == (3, False, False)
