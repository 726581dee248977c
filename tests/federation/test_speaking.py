"""What residents say and do goes to whom it is for, in the shape that their servers read, and nowhere else."""

from typing import Any

import httpx
import pytest
from conftest import Clock
from elsewhere import PUBLIC, Elsewhere, Json, activity
from hearing import HUB, a_reply, an_event, hear
from here import Here
from receivers import breaches
from speaking import ANN, BEN, FEW, fan, heard, idol, met, resident, says

from federation import resolve
from federation.as2 import contexts
from federation.incoming.follows import MOVED
from hub import actors, moving, notices, peers, posts, reacting, relations, statuses, voting
from hub.changes import Kind, record
from hub.clock import HOUR, MINUTE
from hub.errors import Conflict, Invalid
from hub.statuses import Draft, NewPoll
from hub.store import Tx


def without_breach(said: Json) -> bool:
    return breaches()(said) == []


# --- to whom ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("audience", "to", "cc"),
    [("public", [PUBLIC], FEW), ("unlisted", FEW, [PUBLIC]), ("followers", FEW, [])],
)  # fmt: skip
async def test_what_a_resident_says_goes_to_who_follows_them_and_not_to_who_follows_the_hub(
    here: Here, mastodon: Elsewhere, audience: str, to: list[str], cc: list[str]
) -> None:
    other = here.server("other.example")
    ann = await resident(here)
    await fan(here, mastodon)
    await fan(here, other, "reader", HUB)

    it = await says(here, ann, "A #Heron by the mill", audience=audience)

    (create,) = heard(mastodon, "Create")
    said = create["object"]
    assert (create["actor"], create["to"], create["cc"], said["to"], said["cc"]) == (ANN, to, cc, to, cc)
    assert (said["type"], said["id"], said["attributedTo"], said["url"]) == ("Note", it.uri, ANN, it.url)
    assert said["tag"] == [{"type": "Hashtag", "name": "#Heron", "href": f"{here.base}/tags/heron"}]
    assert said["contentMap"] == {"en": said["content"]}
    assert without_breach(create)
    assert other.received == []


async def test_who_is_named_hears_it_and_who_is_meant_alone_hears_it_alone(here: Here, mastodon: Elsewhere) -> None:
    ann, other = await resident(here), here.server("other.example")
    await fan(here, mastodon)
    ivy = other.actor("ivy")
    await met(here, ivy)

    await says(here, ann, "@ivy@other.example look")
    await says(here, ann, "@ivy@other.example and only you", audience="direct")

    loud, quiet = heard(other, "Create")
    assert (loud["to"], loud["cc"]) == ([PUBLIC], [*FEW, ivy])
    assert (quiet["to"], quiet["cc"]) == ([ivy], [])
    assert quiet["object"]["tag"] == [{"type": "Mention", "name": "@ivy@other.example", "href": ivy}]
    assert [one["object"]["id"] for one in heard(mastodon, "Create")] == [loud["object"]["id"]]
    assert all(map(without_breach, (loud, quiet)))


async def test_a_word_to_two_on_one_server_reaches_the_inbox_of_each(here: Here, mastodon: Elsewhere) -> None:
    ann = await resident(here)
    for name in ("ivy", "bob"):
        await met(here, mastodon.actor(name))
    await says(here, ann, "@ivy@mastodon.example @bob@mastodon.example", audience="direct")
    assert sorted(path for path in mastodon.asked if path.endswith("/inbox")) == [
        "/users/bob/inbox", "/users/ivy/inbox",
    ]  # fmt: skip


async def test_a_warning_and_what_is_sensitive_are_said(here: Here, mastodon: Elsewhere) -> None:
    ann = await resident(here)
    await fan(here, mastodon)
    await says(here, ann, "The end", warning="Spoilers")
    (said,) = heard(mastodon, "Create")
    assert (said["object"]["summary"], said["object"]["sensitive"]) == ("Spoilers", True)
    assert without_breach(said)


async def test_a_public_answer_under_an_event_reaches_those_who_have_the_event(here: Here, mastodon: Elsewhere) -> None:
    ann, event = await resident(here), await an_event(here)
    await fan(here, mastodon, "reader", HUB)
    await says(here, ann, "Can I bring a dog?", reply_to=event.id)
    await says(here, ann, "Nobody else need know", reply_to=event.id, audience="followers")
    (create,) = heard(mastodon, "Create")
    assert (create["object"]["inReplyTo"], HUB in create["object"]["cc"]) == (event.uri, True)
    assert create["object"]["context"] == f"{event.uri}/context"


async def test_an_answer_from_the_page_names_whom_it_answers(here: Here, mastodon: Elsewhere) -> None:
    ann, event, sunil = await resident(here), await an_event(here), mastodon.actor("sunil")
    await hear(here, a_reply(sunil, event.uri, "How lovely"))
    (asked,) = await here.store.read(posts.replies, event.id)
    await here.store.write(posts.reply, ann, asked.id, {"en": "Is it **not**?"})
    await here.work()
    (create,) = heard(mastodon, "Create")
    assert sunil in create["cc"]
    assert create["object"]["tag"] == [{"type": "Mention", "name": "@sunil@mastodon.example", "href": sunil}]


@pytest.mark.parametrize(("audience", "to"), [("public", [PUBLIC]), ("followers", FEW)])
async def test_what_is_changed_or_taken_back_is_so_where_it_went(
    here: Here, mastodon: Elsewhere, clock: Clock, audience: str, to: list[str]
) -> None:
    ann = await resident(here)
    await fan(here, mastodon)
    it = await says(here, ann, "A heron", audience=audience)
    clock.forward(MINUTE)
    await here.store.write(statuses.change, ann, it.id, Draft("Two herons", audience=audience))
    await here.work()
    await here.store.write(statuses.remove, ann, it.id)
    await here.work()
    (update,), (delete,) = heard(mastodon, "Update"), heard(mastodon, "Delete")
    assert "Two herons" in update["object"]["content"]
    assert update["object"]["updated"] > update["object"]["published"]
    assert (update["to"], delete["to"]) == (to, to)
    assert (delete["object"]["id"], delete["object"]["type"]) == (it.uri, "Tombstone")
    assert without_breach(update)


async def test_who_shared_or_answered_it_hears_that_it_is_gone(here: Here, mastodon: Elsewhere) -> None:
    ann = await resident(here)
    it = await says(here, ann, "A heron")
    await hear(here, activity("Announce", mastodon.actor("sunil"), it.uri))
    other = here.server("other.example")
    await hear(here, a_reply(other.actor("ivy"), it.uri, "Where?"))
    await here.store.write(statuses.remove, ann, it.id)
    await here.work()
    assert [len(heard(server, "Delete")) for server in (mastodon, other)] == [1, 1]


async def test_what_was_said_to_few_carries_no_proof_that_could_be_handed_on(here: Here) -> None:
    ann, hub = await resident(here), here.server("other.example", "neighbourhub")
    await fan(here, hub)
    await says(here, ann, "A heron")
    await says(here, ann, "A heron", audience="followers")
    loud, quiet = heard(hub, "Create")
    assert ("proof" in loud, "proof" in quiet) == (True, False)


# --- polls -----------------------------------------------------------------------------------------


async def a_poll(here: Here, who: int, **more: Any) -> Any:
    return await says(here, who, "Tea or coffee?", poll=NewPoll(["Tea", "Coffee"], HOUR, **more))


@pytest.mark.parametrize(("many", "key"), [(False, "oneOf"), (True, "anyOf")])
async def test_a_poll_is_a_question_whose_numbers_follow_after_a_while_and_at_the_end(
    here: Here, mastodon: Elsewhere, clock: Clock, many: bool, key: str
) -> None:
    ann, ben = await resident(here), await resident(here, "ben")
    await fan(here, mastodon)
    it = await a_poll(here, ann, many=many)
    (create,) = heard(mastodon, "Create")
    said = create["object"]
    assert (said["type"], [one["name"] for one in said[key]], said["votersCount"]) == ("Question", ["Tea", "Coffee"], 0)
    assert said["endTime"] > said["published"]
    assert without_breach(create)

    await here.store.write(voting.vote, ben, it.id, [1])
    await here.work()
    assert heard(mastodon, "Update") == []
    clock.forward(5 * MINUTE)
    await here.work()
    (update,) = heard(mastodon, "Update")
    assert [one["replies"]["totalItems"] for one in update["object"][key]] == [0, 1]
    assert (update["object"]["votersCount"], "closed" in update["object"]) == (1, False)
    assert update["object"]["updated"] == update["object"]["published"]  # more votes are no edit
    assert without_breach(update)

    clock.forward(HOUR)
    await here.work()
    assert heard(mastodon, "Update")[-1]["object"]["closed"] == said["endTime"]
    for who in (ann, ben):
        assert notices.POLL in [one.kind for one in await here.store.read(told, who)]


def told(tx: Tx, who: int) -> list[notices.Notice]:
    return [notices.of_row(row) for row in tx.all("SELECT * FROM notice WHERE account = :who", who=who)]


async def test_numbers_that_are_to_be_hidden_are_told_when_it_is_over(
    here: Here, mastodon: Elsewhere, clock: Clock
) -> None:
    ann, ben = await resident(here), await resident(here, "ben")
    await fan(here, mastodon)
    it = await a_poll(here, ann, hides=True)
    await here.store.write(voting.vote, ben, it.id, [0])
    await here.work()
    clock.forward(5 * MINUTE)
    await here.work()
    counts = [[one["replies"]["totalItems"] for one in said["object"]["oneOf"]] for said in heard(mastodon, "Update")]
    clock.forward(HOUR)
    await here.work()
    last = heard(mastodon, "Update")[-1]["object"]
    assert (counts, [one["replies"]["totalItems"] for one in last["oneOf"]]) == ([[0, 0]], [1, 0])


async def test_a_vote_of_ours_goes_to_who_asks_and_nobody_else(here: Here, mastodon: Elsewhere, clock: Clock) -> None:
    ann = await resident(here)
    sunil = await idol(here, ann, mastodon)
    question = {
        "id": f"{sunil}/q", "type": "Question", "attributedTo": sunil, "content": "Which?", "to": [PUBLIC], "cc": [],
        "published": "2026-05-01T08:00:00Z", "endTime": "2026-05-02T12:00:00Z",
        "anyOf": [{"type": "Note", "name": name} for name in ("Oak", "Ash", "Elm")],
    }  # fmt: skip
    assert await hear(here, activity("Create", sunil, question)) == "kept"
    poll = await here.one("SELECT id FROM thing WHERE uri = :uri", uri=f"{sunil}/q")
    await here.store.write(voting.vote, ann, poll, [0, 2])
    await here.work()

    votes = heard(mastodon, "Create")
    assert [vote["object"]["name"] for vote in votes] == ["Oak", "Elm"]
    for vote in votes:
        said = vote["object"]
        assert (said["type"], said["inReplyTo"], said["to"], said["cc"]) == ("Note", f"{sunil}/q", [sunil], [])
        assert "content" not in said
        assert said["id"].startswith(f"{ANN}#votes/")
    assert len({vote["object"]["id"] for vote in votes}) == 2
    assert await here.one("SELECT count(*) FROM activity WHERE public = 1") == 0

    clock.forward(30 * HOUR)
    await here.work()
    assert notices.POLL in [one.kind for one in await here.store.read(told, ann)]


# --- likes and shares ------------------------------------------------------------------------------


async def test_a_like_goes_to_the_author_and_is_taken_back_by_its_address(here: Here, mastodon: Elsewhere) -> None:
    ann, id, sunil = await something(here, mastodon)
    await here.store.write(reacting.like, ann, id)
    await here.work()
    await here.store.write(reacting.take_back, ann, id, "like")
    await here.work()
    (like,), (undo,) = heard(mastodon, "Like"), heard(mastodon, "Undo")
    assert (like["actor"], like["object"], like["to"]) == (ANN, f"{sunil}/statuses/1", [sunil])
    assert (undo["object"]["id"], undo["object"]["type"]) == (like["id"], "Like")


async def something(here: Here, mastodon: Elsewhere) -> tuple[int, int, str]:
    """A post by somebody whom Ann follows."""
    ann = await resident(here)
    sunil = await idol(here, ann, mastodon)
    said = {"id": f"{sunil}/statuses/1", "type": "Note", "attributedTo": sunil, "content": "A heron", "to": [PUBLIC]}
    assert await hear(here, activity("Create", sunil, said)) == "kept"
    return ann, await here.one("SELECT id FROM thing WHERE uri = :uri", uri=said["id"]), sunil


async def test_a_share_goes_to_followers_and_author_and_stands_in_the_outbox_until_it_is_taken_back(
    here: Here, mastodon: Elsewhere
) -> None:
    ann, id, sunil = await something(here, mastodon)
    other = here.server("other.example")
    await fan(here, other, "ivy")
    await here.store.write(reacting.share, ann, id)
    await here.work()
    (share,) = heard(other, "Announce")
    assert share == heard(mastodon, "Announce")[0]
    assert (share["to"], share["cc"], share["object"]) == ([PUBLIC], [*FEW, sunil], f"{sunil}/statuses/1")
    assert await here.one("SELECT count(*) FROM activity WHERE listed = 1") == 1

    await here.store.write(reacting.take_back, ann, id, "share")
    await here.work()
    for server in (mastodon, other):
        assert [one["object"]["id"] for one in heard(server, "Undo")] == [share["id"]]
    assert await here.one("SELECT count(*) FROM activity WHERE listed = 1") == 0


async def test_a_like_that_is_taken_back_at_once_was_never_told(here: Here, mastodon: Elsewhere) -> None:
    ann, id, _ = await something(here, mastodon)
    await here.store.write(reacting.like, ann, id)
    await here.store.write(reacting.take_back, ann, id, "like")
    await here.work()
    assert mastodon.received == []


async def test_an_event_of_ours_is_shared_as_the_poll_that_timelines_have(here: Here, mastodon: Elsewhere) -> None:
    ann, event = await resident(here), await an_event(here)
    await fan(here, mastodon)
    await here.store.write(reacting.share, ann, event.id)
    await here.work()
    assert [one["object"] for one in heard(mastodon, "Announce")] == [f"{here.base}/post/{event.companion}"]
    await here.store.write(reacting.take_back, ann, event.id, "share")
    await here.work()
    assert [one["object"]["object"] for one in heard(mastodon, "Undo")] == [f"{here.base}/post/{event.companion}"]


async def test_what_is_for_followers_its_author_shares_with_them_alone(here: Here, mastodon: Elsewhere) -> None:
    ann = await resident(here)
    await fan(here, mastodon)
    it = await says(here, ann, "A heron", audience="followers")
    await here.store.write(reacting.share, ann, it.id)
    await here.work()
    (share,) = heard(mastodon, "Announce")
    assert (share["to"], share["cc"]) == (FEW, [])
    assert await here.one("SELECT count(*) FROM activity WHERE public = 1 OR listed = 1") == 0


# --- events elsewhere ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("software", "answers", "sent"),
    [
        ("mobilizon", ["yes"], [("Join", None)]),
        ("mobilizon", ["maybe"], [("TentativeAccept", None)]),
        ("mobilizon", ["no"], [("Reject", None)]),
        ("mobilizon", ["yes", "no"], [("Join", None), ("Leave", None)]),
        ("neighbourhub", ["yes", "maybe", "no"], [("Join", "yes"), ("Join", "maybe"), ("Reject", None)]),
        ("friendica", ["yes", "maybe", "no"], [("Accept", None), ("TentativeAccept", None), ("Reject", None)]),
    ],
)  # fmt: skip
async def test_who_goes_to_an_event_elsewhere_says_so_in_the_words_of_its_server(
    here: Here, software: str, answers: list[str], sent: list[tuple[str, str | None]]
) -> None:
    server = here.server("events.example", software)
    ann, id, uri = await visited(here, server, software)
    for answer in answers:
        await here.store.write(voting.vote, ann, id, [voting.EVENT.index(answer)])
        await here.work()
    told = [one for one in server.received if one["object"] == uri]
    assert [(one["type"], one.get("nh:attendance")) for one in told] == sent
    assert all(one["actor"] == ANN for one in told)


async def visited(here: Here, server: Elsewhere, software: str) -> tuple[int, int, str]:
    ann = await resident(here)
    host = await idol(here, ann, server, "host", type="Group")
    profile = {"mobilizon": "mobilizon", "neighbourhub": "hub", "friendica": "event"}[software]

    def introduced(tx: Tx) -> object:
        return peers.describe(tx, server.host, software=software, profile=profile)

    await here.store.write(introduced)
    said = {
        "id": f"{host}/events/1", "type": "Event", "attributedTo": host, "name": "Fair", "content": "Come",
        "startTime": "2026-06-01T10:00:00Z", "to": [PUBLIC], "cc": [f"{host}/followers"],
    }  # fmt: skip
    assert await hear(here, activity("Create", host, said)) == "kept"
    return ann, await here.one("SELECT id FROM thing WHERE uri = :uri", uri=said["id"]), said["id"]  # type: ignore[return-value]


@pytest.mark.parametrize(("answer", "state"), [("Accept", "accepted"), ("Reject", "refused")])
async def test_what_their_hub_answers_is_kept(here: Here, answer: str, state: str) -> None:
    server = here.server("events.example", "mobilizon")
    ann, id, _ = await visited(here, server, "mobilizon")
    await here.store.write(voting.vote, ann, id, [0])
    await here.work()
    (join,) = heard(server, "Join")
    liar = here.server("liar.example").actor("liar")
    assert (await hear(here, activity(answer, liar, join["id"]))).startswith("ignored")
    assert await here.one("SELECT state FROM visit") == "asked"
    await hear(here, activity(answer, f"{server.base}/users/host", join))
    assert await here.one("SELECT state FROM visit") == state


# --- relations -------------------------------------------------------------------------------------


async def test_who_is_locked_lets_in_and_turns_away(here: Here, mastodon: Elsewhere) -> None:
    ann = await locked(here)
    sunil, ivy = mastodon.actor("sunil"), mastodon.actor("ivy")
    first, second = activity("Follow", sunil, ANN), activity("Follow", ivy, ANN)
    assert [await hear(here, first), await hear(here, second)] == ["asked", "asked"]
    assert await hear(here, activity("Follow", ivy, ANN, id=f"{ivy}#again")) == "no news"
    assert mastodon.received == []

    await here.store.write(relations.decide, ann, await met(here, sunil), accepted=True)
    await here.store.write(relations.decide, ann, await met(here, ivy), accepted=False)
    await here.work()
    assert [one["object"]["id"] for one in heard(mastodon, "Accept")] == [first["id"]]
    assert [one["object"]["id"] for one in heard(mastodon, "Reject")] == [second["id"]]
    assert await here.store.read(actors.counts, ann) == (1, 0)


async def locked(here: Here, *, no_longer: bool = False) -> int:
    ann = await resident(here) if not no_longer else (await here.store.read(actors.at, ANN)).id

    def unit(tx: Tx) -> object:
        return tx.run("UPDATE actor SET locked = :locked WHERE id = :ann", locked=int(not no_longer), ann=ann)

    await here.store.write(unit)
    return ann


async def test_who_is_locked_no_longer_lets_in_who_asks_again(here: Here, mastodon: Elsewhere) -> None:
    ann = await locked(here)
    sunil = mastodon.actor("sunil")
    await hear(here, activity("Follow", sunil, ANN))
    await locked(here, no_longer=True)
    assert await hear(here, activity("Follow", sunil, ANN, id=f"{sunil}#again")) == "accepted"
    assert len(heard(mastodon, "Accept")) == 1
    assert await here.store.read(actors.counts, ann) == (1, 0)


async def test_who_is_turned_away_later_is_told_by_their_own_follow(here: Here, mastodon: Elsewhere) -> None:
    ann = await resident(here)
    sunil = await fan(here, mastodon)
    await here.store.write(relations.dismiss, ann, await met(here, sunil))
    await here.work()
    (reject,) = heard(mastodon, "Reject")
    assert (reject["object"]["type"], reject["object"]["actor"]) == ("Follow", sunil)


async def test_a_block_and_its_end_are_told_to_their_server(here: Here, mastodon: Elsewhere) -> None:
    ann = await resident(here)
    sunil = await fan(here, mastodon)
    id = await met(here, sunil)
    await here.store.write(relations.block, ann, id)
    await here.work()
    await here.store.write(relations.unblock, ann, id)
    await here.work()
    (block,), (undo,) = heard(mastodon, "Block"), heard(mastodon, "Undo")
    assert (block["actor"], block["object"]) == (ANN, sunil)
    assert (undo["object"]["type"], undo["object"]["id"]) == ("Block", block["id"])
    assert await here.one("SELECT count(*) FROM activity WHERE public = 1") == 0


async def test_a_report_is_passed_on_in_the_name_of_the_server(here: Here, mastodon: Elsewhere) -> None:
    sunil = mastodon.actor("sunil")
    await met(here, sunil)

    def report(tx: Tx) -> None:
        tx.run(
            """INSERT INTO report (id, uri, domain, about, words, at)
               VALUES (1, 'https://glan.example/report/1', 'glan.example', :about, 'Spam', 1)""",
            about=f'["{sunil}","{sunil}/statuses/1"]',
        )
        record(tx, Kind.REPORT_FORWARDED, subject=1, actor=1)

    await here.store.write(report)
    await here.work()
    (flag,) = heard(mastodon, "Flag")
    assert (flag["actor"], flag["content"]) == (f"{here.base}/actor", "Spam")
    assert flag["object"] == [sunil, f"{sunil}/statuses/1"]


# --- who they are ----------------------------------------------------------------------------------


async def test_what_somebody_shows_of_themselves_is_in_their_document(here: Here, mastodon: Elsewhere) -> None:
    ann = await resident(here)
    await fan(here, mastodon)

    def profile(tx: Tx) -> None:
        tx.run(
            """UPDATE actor SET locked = 1, bot = 1, indexable = 1, discoverable = 1, picture = 7, header = 8,
                 facts = :facts, also = :also WHERE id = :ann""",
            facts='[{"name":"Allotment","value":"<a href=\\"https://x.example/\\">x</a>"}]',
            also='["https://old.example/users/ann"]', ann=ann,
        )  # fmt: skip
        actors.rename(tx, ann, title={"en": "Ann Prys"}, summary={"en": "<p>Leeks.</p>"}, picture=7)

    await here.store.write(profile)
    await here.work()
    (update,) = heard(mastodon, "Update")
    it = update["object"]
    assert (it["type"], it["name"], it["manuallyApprovesFollowers"], it["indexable"], it["discoverable"]) == (
        "Service", "Ann Prys", True, True, True,
    )  # fmt: skip
    assert (it["icon"]["url"], it["image"]["url"]) == (f"{here.base}/media/7", f"{here.base}/media/8")
    assert it["attachment"][0] == {
        "type": "PropertyValue", "name": "Allotment", "value": '<a href="https://x.example/">x</a>',
    }  # fmt: skip
    assert it["alsoKnownAs"] == ["https://old.example/users/ann"]
    assert it["@context"] if "@context" in it else update["@context"] == contexts.ACTORS


async def test_what_somebody_pins_is_told_and_listed_as_far_as_it_is_for_everybody(
    here: Here, mastodon: Elsewhere
) -> None:
    ann = await resident(here)
    await fan(here, mastodon)
    loud, quiet = await says(here, ann, "A heron"), await says(here, ann, "Not for all", audience="followers")
    for one in (loud, quiet):
        await here.store.write(reacting.pin, ann, one.id)
    await here.work()
    (add,) = heard(mastodon, "Add")
    assert (add["object"], add["target"]) == (loud.uri, f"{ANN}/featured")
    assert heard(mastodon, "Update") == []
    assert (await doc(here, f"{ANN}/featured"))["orderedItems"] == [loud.uri]
    for one in (loud, quiet):
        await here.store.write(reacting.unpin, ann, one.id)
    await here.work()
    assert [one["object"] for one in heard(mastodon, "Remove")] == [loud.uri]
    assert (await doc(here, f"{ANN}/featured"))["orderedItems"] == []


async def doc(here: Here, url: str) -> Json:
    answer = await get(here, url)
    assert answer[0] == 200
    return answer[1]


async def get(here: Here, url: str) -> tuple[int, Json]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=here.app), base_url=here.base) as client:
        answer = await client.get(url, headers={"accept": "application/activity+json"})
        return answer.status_code, answer.json()


async def test_whose_account_is_gone_is_gone_everywhere_and_a_stone_stands_there(
    here: Here, mastodon: Elsewhere
) -> None:
    ann = await resident(here)
    await fan(here, mastodon)
    other, third = here.server("other.example"), here.server("third.example")
    await idol(here, ann, other, "ivy")
    await met(here, third.actor("bob"))
    await says(here, ann, "@bob@third.example hello")

    def leave(tx: Tx) -> None:
        actors.retire(tx, ann)
        record(tx, Kind.ACTOR_REMOVED, subject=ann, actor=ann)

    await here.store.write(leave)
    await here.work()
    for server in (mastodon, other, third):
        assert [(one["actor"], one["object"]) for one in heard(server, "Delete")] == [(ANN, ANN)]
    status, stone = await get(here, ANN)
    assert (status, stone["type"], stone["id"]) == (410, "Tombstone", ANN)


async def test_who_moves_tells_their_followers_and_says_no_more(here: Here, mastodon: Elsewhere) -> None:
    ann, ben = await resident(here), await resident(here, "ben")
    await fan(here, mastodon)
    await here.store.write(relations.follow, ben, ann)
    other = here.server("other.example")
    there = await met(here, other.actor("ann"))
    with pytest.raises(Invalid):
        await here.store.write(moving.go, ann, there)
    other.actor("ann", alsoKnownAs=[ANN])
    await actors_anew(here, f"{other.base}/users/ann")

    await here.store.write(moving.go, ann, there)
    await here.work()
    (move,) = heard(mastodon, "Move")
    assert (move["object"], move["target"], move["to"]) == (ANN, f"{other.base}/users/ann", FEW)
    assert (await doc(here, ANN))["movedTo"] == f"{other.base}/users/ann"
    assert [(one["actor"], one["object"]) for one in heard(other, "Follow")] == [(BEN, f"{other.base}/users/ann")]
    with pytest.raises(Conflict):
        await here.store.write(statuses.publish, ann, Draft("Still here"))
    await here.store.write(moving.come_back, ann)
    await here.store.write(statuses.publish, ann, Draft("Back again"))


async def actors_anew(here: Here, uri: str) -> None:
    await resolve.actor(here.wire, uri, fresh=True)


async def test_who_comes_names_the_account_that_they_leave(here: Here, mastodon: Elsewhere) -> None:
    ann, ben = await resident(here), await resident(here, "ben")
    old = await idol(here, ben, mastodon, "ann")
    await here.store.write(relations.follow, ben, await met(here, old), notify=True)
    move = activity("Move", old, old, target=ANN)
    assert (await hear(here, move)).startswith("ignored")
    assert await here.store.write(moving.claim, ann, await met(here, old)) == [old]
    await here.work()
    assert (await doc(here, ANN))["alsoKnownAs"] == [old]
    assert await hear(here, activity("Move", old, old, target=ANN, id=f"{old}#again")) == MOVED
    stands = await here.store.read(relations.between, ben, ann)
    assert (stands.following, stands.notify) == (True, True)
    assert await here.store.write(moving.disclaim, ann, old) == []
