"""Projects, what is said about them, and what others reply."""

import pytest
from scene import BASE, open_hub, orchard, party, person, stranger

from hub import actors, attendance, events, national, posts, projects, settings, things
from hub.errors import Conflict, Gone, Invalid, NotAllowed, NotFound
from hub.national import Query
from hub.store import Store, Tx
from hub.things import Seen


async def test_a_project_can_be_followed_on_its_own(store: Store) -> None:
    bethan = await store.write(open_hub)
    project = await store.write(projects.start, bethan, orchard())
    actor = await store.read(actors.get, project.actor)
    assert (actor.acct, actor.uri) == ("@p_old_mill_orchard@glan.example", project.uri)
    sunil = await store.write(stranger)
    assert await store.write(actors.follow, sunil, project.actor)
    assert not await store.write(actors.follow, sunil, project.actor)
    assert await store.read(actors.counts, project.actor) == (1, 0)
    assert [row["inbox"] for row in await store.read(actors.inboxes, project.actor)] == [
        "https://mastodon.example/inbox"
    ]


async def test_two_projects_of_one_name_get_two_handles(store: Store) -> None:
    bethan = await store.write(open_hub)
    handles = [(await store.write(projects.start, bethan, orchard())).handle for _ in range(2)]
    assert handles == ["p_old_mill_orchard", "p_old_mill_orchard_2"]
    with pytest.raises(Conflict):
        await store.write(projects.start, bethan, orchard(handle="p_old_mill_orchard"))
    with pytest.raises(Conflict):
        await store.write(projects.start, bethan, orchard(handle="!!!"))


async def test_a_project_that_is_taken_down_takes_its_actor_and_updates_with_it(store: Store) -> None:
    bethan = await store.write(open_hub)
    project = await store.write(projects.start, bethan, orchard())
    update = await store.write(posts.publish, bethan, posts.Draft(text={"en": "28 trees."}, project=project.id))
    event = await store.write(events.publish, bethan, party(project=project.id))
    organiser = await store.write(person, "olwen", "organiser")
    with pytest.raises(NotAllowed):
        await store.write(projects.remove, organiser, project.id)
    assert await store.read(projects.moving) == [project]

    await store.write(projects.remove, bethan, project.id)
    for _ in range(2):
        with pytest.raises(Gone):
            await store.read(projects.get, project.id)
        with pytest.raises(NotFound):
            await store.write(projects.remove, bethan, project.id)
    with pytest.raises(NotFound):
        await store.read(things.get, update.id)
    assert await store.read(projects.moving) == []
    assert (await store.read(events.get, event.id)).project == project.id
    with pytest.raises(NotFound):
        await store.read(actors.at, project.uri)
    again = await store.write(projects.start, bethan, orchard())
    assert again.handle == "p_old_mill_orchard_2", "nobody is taken for what is gone"


async def test_what_was_never_there_is_not_said_to_be_gone(store: Store) -> None:
    await store.write(open_hub)
    with pytest.raises(NotFound) as refused:
        await store.read(projects.get, 7)
    assert not isinstance(refused.value, Gone)


async def test_an_update_is_said_by_the_project(store: Store) -> None:
    bethan = await store.write(open_hub)
    project = await store.write(projects.start, bethan, orchard())
    update = await store.write(posts.publish, bethan, posts.Draft(text={"en": "28 of 40 trees."}, project=project.id))
    note = await store.write(posts.publish, bethan, posts.Draft(text={"cy": "Diolch i bawb."}))
    assert (update.by.uri, update.kind) == (project.uri, "update")
    assert (note.by.uri, note.kind) == (f"{BASE}/actor/hub", "note")
    assert [one.id for one in await store.read(posts.said)] == [note.id, update.id]
    assert [one.id for one in await store.read(lambda tx: posts.said(tx, project=project.id))] == [update.id]


async def test_a_project_changes_but_keeps_its_handle(store: Store) -> None:
    bethan = await store.write(open_hub)
    project = await store.write(projects.start, bethan, orchard())
    changed = await store.write(projects.change, bethan, project.id, orchard(stage="done", handle="other"))
    assert (changed.stage, changed.handle) == ("done", project.handle)
    with pytest.raises(Invalid):
        await store.write(projects.change, bethan, project.id, orchard(stage="gone"))


def _reply(to: str, uri: str = "https://mastodon.example/1") -> Seen:
    return Seen(uri=uri, url=uri, html={"en": "<p>Coming</p>"}, reply_to=to, published=5, updated=5)


async def test_a_reply_to_the_poll_stands_under_its_event_and_can_be_hidden(store: Store) -> None:
    bethan = await store.write(open_hub)
    sunil = await store.write(stranger)
    event = await store.write(events.publish, bethan, party())
    companion = await store.read(things.get, event.companion)  # type: ignore[arg-type]
    id = await store.write(posts.mirror, sunil, _reply(companion.uri))
    assert id is not None
    under = await store.write(posts.mirror, sunil, _reply("https://mastodon.example/1", "https://mastodon.example/2"))
    assert [one.id for one in await store.read(posts.replies, event.id)] == [id, under]
    await store.write(posts.hide, bethan, id)
    assert [one.id for one in await store.read(posts.replies, event.id)] == [under]
    await store.write(posts.show, bethan, id)
    assert len(await store.read(posts.replies, event.id)) == 2


async def test_a_reply_to_nothing_of_ours_is_not_kept(store: Store) -> None:
    await store.write(open_hub)
    sunil = await store.write(stranger)
    with pytest.raises(NotFound):
        await store.write(posts.mirror, sunil, _reply("https://elsewhere.example/9"))


async def test_only_moderators_hide_and_only_replies_can_be_hidden(store: Store) -> None:
    bethan = await store.write(open_hub)
    organiser = await store.write(person, "delyth", "organiser")
    event = await store.write(events.publish, bethan, party())
    reply = await store.write(posts.reply, organiser, event.id, {"en": "I bring tea"})
    with pytest.raises(NotAllowed):
        await store.write(posts.hide, organiser, reply.id)
    with pytest.raises(NotFound):
        await store.write(posts.hide, bethan, event.id)


async def test_a_resident_takes_back_their_own_words_and_not_those_of_others(store: Store) -> None:
    bethan = await store.write(open_hub)
    delyth, rhys = await store.write(person, "delyth"), await store.write(person, "rhys")
    event = await store.write(events.publish, bethan, party())
    reply = await store.write(posts.reply, delyth, event.id, {"en": "I bring tea"})
    with pytest.raises(NotAllowed):
        await store.write(posts.remove, rhys, reply.id)
    await store.write(posts.remove, delyth, reply.id)
    assert await store.read(posts.replies, event.id) == []


async def test_an_actor_that_is_gone_takes_its_words_and_answers_with_it(store: Store) -> None:
    bethan = await store.write(open_hub)
    sunil = await store.write(stranger)
    event = await store.write(events.publish, bethan, party())
    await store.write(posts.mirror, sunil, _reply(event.uri))
    await store.write(attendance.answer, event.id, sunil, "yes")
    await store.write(actors.remove, sunil)
    assert await store.read(posts.replies, event.id) == []
    assert (await store.read(events.get, event.id)).going == 0


async def test_a_follow_that_was_never_asked_for_cannot_be_accepted(store: Store) -> None:
    await store.write(open_hub)
    pont = await store.write(stranger, "hub", "pont.example", "hub")
    ours = (await store.read(lambda tx: actors.named(tx, "hub", "glan.example"))).id
    assert not await store.write(lambda tx: actors.follow_answered(tx, ours, pont, accepted=True))
    assert await store.write(actors.ask_to_follow, ours, pont)
    assert not await store.write(actors.ask_to_follow, ours, pont)
    assert not await store.read(actors.anybody_follows, pont)
    assert await store.write(lambda tx: actors.follow_answered(tx, ours, pont, accepted=True))
    assert await store.read(actors.anybody_follows, pont)


async def test_the_national_page_finds_by_area_kind_date_and_words(store: Store) -> None:
    bethan = await store.write(open_hub)
    pont = await store.write(stranger, "hub", "pont.example", "hub")
    await store.write(events.publish, bethan, party())
    swap = Seen(
        uri="https://pont.example/e/1", url="https://pont.example/e/1", title={"cy": "Cyfnewid hadau"},
        area=things.Area("Pontfelin", "W05000001"), published=1000, updated=1000,
    )  # fmt: skip
    start = 1_900_000_000_000
    details = events.Details(starts=start, ends=start + 1, zone="Europe/London")
    id = await store.write(events.mirror, pont, swap, details)
    for query in (
        Query(area="W05000001"), Query(area="pontfel"), Query(kind="event", words="HADAU"),
        Query(after=start, before=start + 1),
    ):  # fmt: skip
        found, more = await store.read(national.entries, query)
        assert [one.thing.id for one in found] == [id], query
        assert not more
    for query in (
        Query(kind="ask"),
        Query(words="nothing like it"),
        Query(words="'; DROP TABLE thing"),
        Query(area="%"),
    ):
        assert id not in [one.thing.id for one in (await store.read(national.entries, query))[0]] or query.area == "%"
    assert (await store.read(national.counts))["hubs"] == 0
    await store.write(followed, pont)
    assert (await store.read(national.counts))["hubs"] == 1


def followed(tx: Tx, other: int) -> None:
    ours = settings.get(tx).actor
    actors.ask_to_follow(tx, ours, other)
    actors.follow_answered(tx, ours, other, accepted=True)
