"""What comes in for residents: kept for them, as widely as it was said, and not for the neighbourhood's pages."""

from typing import Any

import pytest
from conftest import Clock
from elsewhere import PUBLIC, Elsewhere, activity, create
from hearing import HUB, a_reply, a_vote, followed, hear
from here import Here
from speaking import ANN, at, fan, heard, home, idol, met, resident, says, sees

from hub import (
    actors,
    blocks,
    events,
    homes,
    messages,
    national,
    neighbouring,
    notices,
    relations,
    reports,
    things,
    voting,
)
from hub.clock import HOUR
from hub.national import Query
from hub.statuses import NewPoll


def said(author: str, number: int = 1, words: str = "A heron", **more: Any) -> dict[str, Any]:
    return create(author, f"{author}/statuses/{number}", content=f"<p>{words}</p>", **more)


def mention(uri: str = ANN) -> list[dict[str, str]]:
    return [{"type": "Mention", "href": uri, "name": "@ann@glan.example"}]


# --- what is kept, and for whom --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("to", "cc", "audience"),
    [([PUBLIC], ["{}/followers"], "public"), (["{}/followers"], [PUBLIC], "unlisted"),
     (["{}/followers"], [], "followers"), ([ANN], ["{}/followers"], "followers")],
)  # fmt: skip
async def test_who_is_followed_is_heard_by_their_followers_and_not_by_the_neighbourhood(
    here: Here, mastodon: Elsewhere, to: list[str], cc: list[str], audience: str
) -> None:
    ann, ben = await resident(here), await resident(here, "ben")
    sunil = await idol(here, ann, mastodon)
    to, cc = ([one.format(sunil) for one in some] for some in (to, cc))

    assert await hear(here, said(sunil, to=to, cc=cc)) == "kept"

    it = await at(here, f"{sunil}/statuses/1")
    assert it is not None
    assert (it.audience, it.personal, it.hidden) == (audience, True, audience == "followers")
    assert await home(here, ann) == [it.uri]
    assert [await sees(here, who, it.uri) for who in (ann, ben, 0)] == [True, not it.hidden, not it.hidden]
    assert (await here.store.read(national.entries, Query()))[0] == []


async def test_events_and_projects_that_only_residents_follow_are_not_on_our_pages(
    here: Here, mastodon: Elsewhere
) -> None:
    ann = await resident(here)
    host = await idol(here, ann, mastodon, "host", type="Group")
    event = said(host, type="Event", name="Fair", startTime="2026-06-01T10:00:00Z")
    assert await hear(here, event) == "kept"
    assert await here.store.read(events.next_door) == []
    assert await home(here, ann) == [f"{host}/statuses/1"]

    hub = await here.store.read(actors.at, HUB)
    await here.store.write(actors.ask_to_follow, hub.id, await met(here, host))
    await here.store.write(actors.follow_answered, hub.id, await met(here, host), accepted=True)
    event["object"]["updated"] = "2026-05-01T12:00:00Z"
    assert await hear(here, activity("Update", host, event["object"])) == "kept"
    assert len(await here.store.read(events.next_door)) == 1


async def test_whom_the_hub_follows_is_on_our_pages_whoever_else_follows_them(here: Here, mastodon: Elsewhere) -> None:
    ann = await resident(here)
    penarth = await followed(here, mastodon)
    await here.store.write(relations.follow, ann, await met(here, penarth))
    await hear(here, said(penarth, type="Event", name="Fair", startTime="2026-06-01T10:00:00Z"))
    assert len(await here.store.read(events.next_door)) == 1


async def test_who_names_a_resident_is_heard_by_them_and_by_nobody_else(here: Here, mastodon: Elsewhere) -> None:
    ann, ben = await resident(here), await resident(here, "ben")
    sunil = mastodon.actor("sunil")
    assert await hear(here, said(sunil, 1, cc=[ANN], tag=mention())) == "kept"
    assert await hear(here, said(sunil, 2, to=[ANN], cc=[], tag=mention())) == "kept"
    assert await hear(here, said(sunil, 3, to=[f"{sunil}/followers"], cc=[ANN])) == "kept"
    loud, quiet, some = [await at(here, f"{sunil}/statuses/{n}") for n in (1, 2, 3)]
    assert loud is not None
    assert quiet is not None
    assert some is not None
    assert [one.audience for one in (loud, quiet, some)] == ["public", "direct", "followers"]
    assert [await sees(here, ann, one.uri) for one in (loud, quiet, some)] == [True, True, True]
    assert [await sees(here, ben, one.uri) for one in (loud, quiet, some)] == [True, False, False]
    assert await home(here, ben) == []
    assert [row["kind"] for row in await here.all("SELECT kind FROM notice WHERE account = :ann", ann=ann)] == [
        notices.MENTION
    ] * 3
    assert len(await here.all("SELECT 1 AS x FROM thing WHERE audience = 'direct'")) == 1


async def test_a_word_to_the_hub_alone_is_still_a_letter(here: Here, mastodon: Elsewhere) -> None:
    sunil = mastodon.actor("sunil")
    assert await hear(here, said(sunil, to=[HUB], cc=[])) == "told us"
    assert len(await here.store.read(messages.to, here.steward)) == 1


@pytest.mark.parametrize(
    ("to", "cc"), [(["{}/followers"], []), (["https://mastodon.example/users/ivy"], []), ([], []), (["{}/lists/1"], [])]
)  # fmt: skip
async def test_what_is_for_nobody_here_is_not_kept(
    here: Here, mastodon: Elsewhere, to: list[str], cc: list[str]
) -> None:
    """Also when it answers something of ours, and whoever follows its author."""
    ann = await resident(here)
    it = await says(here, ann, "A heron")
    sunil = mastodon.actor("sunil")
    reply = said(sunil, to=[one.format(sunil) for one in to], cc=cc, inReplyTo=it.uri, bto=[ANN], bcc=[ANN])
    assert (await hear(here, reply)).startswith("ignored")
    followed_by = await idol(here, ann, mastodon, "ivy")
    private = said(followed_by, to=["https://mastodon.example/users/sunil"], cc=[])
    assert (await hear(here, private)).startswith("ignored")
    assert await here.one("SELECT count(*) FROM thing WHERE local = 0") == 0


async def test_who_names_ours_all_day_is_not_heard_for_ever(here: Here, mastodon: Elsewhere) -> None:
    await resident(here)
    sunil = mastodon.actor("sunil")
    words = [await hear(here, said(sunil, n, cc=[ANN])) for n in range(52)]
    assert words == ["kept"] * 50 + ["ignored: not for us"] * 2


async def test_an_answer_comes_with_all_that_it_answers(here: Here, mastodon: Elsewhere) -> None:
    ann = await resident(here)
    sunil = await idol(here, ann, mastodon)
    other = here.server("other.example")
    ivy = other.actor("ivy")
    other.serve("/users/ivy/statuses/1", said(ivy)["object"] | {"@context": "https://www.w3.org/ns/activitystreams"})
    assert await hear(here, said(sunil, inReplyTo=f"{ivy}/statuses/1")) == "kept"
    root, reply = await at(here, f"{ivy}/statuses/1"), await at(here, f"{sunil}/statuses/1")
    assert root is not None
    assert reply is not None
    assert (root.personal, reply.personal, reply.root) == (True, True, root.id)
    assert await home(here, ann) == []  # Ann does not follow Ivy


async def test_what_narrows_is_narrowed_here(here: Here, mastodon: Elsewhere) -> None:
    ann, ben = await resident(here), await resident(here, "ben")
    sunil = await idol(here, ann, mastodon)
    it = said(sunil)["object"]
    await hear(here, activity("Create", sunil, it))
    assert await sees(here, ben, it["id"])
    few = it | {"to": [f"{sunil}/followers"], "cc": [], "updated": "2026-05-01T12:00:00Z"}
    await hear(here, activity("Update", sunil, few))
    assert [await sees(here, who, it["id"]) for who in (ann, ben, 0)] == [True, False, False]


async def test_what_was_said_before_the_follow_stands_where_it_belongs_and_rings_no_bell(
    here: Here, mastodon: Elsewhere, clock: Clock
) -> None:
    ann = await resident(here)
    sunil = f"{mastodon.base}/users/sunil"
    old = said(sunil, 1, published="2026-04-01T12:00:00Z")
    mastodon.serve("/users/sunil/outbox", {
        "@context": "https://www.w3.org/ns/activitystreams", "id": f"{sunil}/outbox", "type": "OrderedCollection",
        "orderedItems": [old],
    })  # fmt: skip
    await idol(here, ann, mastodon)
    assert await hear(here, said(sunil, 2, published="2026-05-01T08:00:00Z")) == "kept"
    assert await home(here, ann) == [f"{sunil}/statuses/2", f"{sunil}/statuses/1"]


# --- shares and likes ------------------------------------------------------------------------------


async def test_what_somebody_shares_is_on_the_first_page_of_who_follows_them_and_goes_when_taken_back(
    here: Here, mastodon: Elsewhere
) -> None:
    ann = await resident(here)
    sunil = await idol(here, ann, mastodon)
    other = here.server("other.example")
    ivy = other.actor("ivy")
    other.serve("/users/ivy/statuses/1", said(ivy)["object"] | {"@context": "https://www.w3.org/ns/activitystreams"})
    share = activity("Announce", sunil, f"{ivy}/statuses/1")
    assert await hear(here, share) == "kept"
    it = await at(here, f"{ivy}/statuses/1")
    assert it is not None
    assert (it.by.uri, it.personal) == (ivy, True)
    assert await home(here, ann) == [f"{sunil}: {it.uri}"]
    assert await here.store.read(things.reactions, it.id) == (0, 1)

    assert await hear(here, activity("Undo", sunil, share)) == "taken back"
    assert await home(here, ann) == []


async def test_what_is_here_already_is_shared_too_but_by_a_stranger_it_is_nothing_to_us(
    here: Here, mastodon: Elsewhere
) -> None:
    ann, ben = await resident(here), await resident(here, "ben")
    sunil, ivy = await idol(here, ann, mastodon), await idol(here, ben, mastodon, "ivy")
    await hear(here, said(sunil))
    stranger = mastodon.actor("bob")
    assert (await hear(here, activity("Announce", stranger, f"{sunil}/statuses/1"))).startswith("ignored")
    assert await hear(here, activity("Announce", ivy, f"{sunil}/statuses/1")) == "share"
    assert await home(here, ben) == [f"{ivy}: {sunil}/statuses/1"]


async def test_a_share_of_what_is_for_few_is_none(here: Here, mastodon: Elsewhere) -> None:
    ann = await resident(here)
    sunil = await idol(here, ann, mastodon)
    other = here.server("other.example")
    ivy = other.actor("ivy")
    few = said(ivy, to=[f"{ivy}/followers"], cc=[])["object"]
    other.serve("/users/ivy/statuses/1", few | {"@context": "https://www.w3.org/ns/activitystreams"})
    assert (await hear(here, activity("Announce", sunil, f"{ivy}/statuses/1"))).startswith("ignored")
    assert await here.one("SELECT count(*) FROM thing") == 0


async def test_who_may_read_what_was_said_to_few_likes_it_and_shares_it_not(here: Here, mastodon: Elsewhere) -> None:
    ann = await resident(here)
    sunil = await fan(here, mastodon)
    it = await says(here, ann, "A heron", audience="followers")
    stranger = mastodon.actor("bob")
    for who, kind, word in (
        (sunil, "Like", "like"), (sunil, "Announce", "ignored: not for them"),
        (stranger, "Like", "ignored: not for them"),
    ):  # fmt: skip
        assert await hear(here, activity(kind, who, it.uri)) == word


async def test_what_they_like_and_share_of_ours_is_told_and_taken_back(here: Here, mastodon: Elsewhere) -> None:
    ann = await resident(here)
    it, sunil = await says(here, ann, "A heron"), mastodon.actor("sunil")
    like, share = activity("Like", sunil, it.uri), activity("Announce", sunil, it.uri)
    assert [await hear(here, like), await hear(here, share)] == ["like", "share"]
    await here.store.write(neighbouring.spread)
    assert await kinds(here, ann) == [notices.FAVOURITE, notices.REBLOG]
    assert [await hear(here, activity("Undo", sunil, one)) for one in (like, share)] == ["taken back", "taken back"]
    await here.store.write(neighbouring.spread)
    assert await kinds(here, ann) == []


async def kinds(here: Here, who: int) -> list[str]:
    rows = await here.all("SELECT kind FROM notice WHERE account = :who ORDER BY kind", who=who)
    return [row["kind"] for row in rows]


# --- polls -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("many", "votes", "words", "counts"),
    [(False, ["Tea", "Coffee", "Tea"], ["voted: Tea", "ignored: answered before", "ignored: answered before"], [1, 0]),
     (True, ["Tea", "Coffee", "Tea"], ["voted: Tea", "voted: Coffee", "no news"], [1, 1]),
     (False, ["Cocoa"], ["ignored: no option of a poll of ours"], [0, 0])],
)  # fmt: skip
async def test_their_votes_count_once(
    here: Here, mastodon: Elsewhere, many: bool, votes: list[str], words: list[str], counts: list[int]
) -> None:
    ann, sunil = await resident(here), mastodon.actor("sunil")
    it = await says(here, ann, "Which?", poll=NewPoll(["Tea", "Coffee"], HOUR, many=many))
    heard = [await hear(here, a_vote(sunil, it.uri, label, n)) for n, label in enumerate(votes)]
    assert heard == words
    poll = await here.store.read(voting.standing, 0, it)
    assert poll is not None
    assert poll.counts == counts


async def test_nobody_votes_when_it_is_over_nor_in_what_they_cannot_see(
    here: Here, mastodon: Elsewhere, clock: Clock
) -> None:
    ann, sunil = await resident(here), mastodon.actor("sunil")
    it = await says(here, ann, "Which?", poll=NewPoll(["Tea", "Coffee"], HOUR))
    few = await says(here, ann, "Which?", poll=NewPoll(["Tea", "Coffee"], HOUR), audience="followers")
    assert await hear(here, a_vote(sunil, few.uri, "Tea", 1)) == "ignored: not for them"
    clock.forward(HOUR)
    assert await hear(here, a_vote(sunil, it.uri, "Tea", 2)) == "ignored: the poll is over"
    assert await here.one("SELECT count(*) FROM ballot") == 0


async def test_new_numbers_of_their_poll_are_ours_and_no_edit(here: Here, mastodon: Elsewhere) -> None:
    ann = await resident(here)
    sunil = await idol(here, ann, mastodon)

    def question(count: int, **more: Any) -> dict[str, Any]:
        options = [{"type": "Note", "name": name, "replies": {"type": "Collection", "totalItems": count}} for name in
                   ("Oak", "Ash")]  # fmt: skip
        return said(sunil, type="Question", oneOf=options, votersCount=count * 2, endTime="2026-06-01T10:00:00Z",
                    updated="2026-04-30T12:00:00Z", **more)  # fmt: skip

    await hear(here, question(0))
    update = question(3)["object"]
    await hear(here, activity("Update", sunil, update))
    it = await at(here, f"{sunil}/statuses/1")
    assert it is not None
    assert it.extra.poll is not None
    assert ([option.votes for option in it.extra.poll.options], it.extra.poll.voters) == ([3, 3], 6)
    assert it.edited is None


# --- who is not to be heard ------------------------------------------------------------------------


async def test_who_is_blocked_neither_follows_nor_answers_nor_names_nor_likes(here: Here, mastodon: Elsewhere) -> None:
    ann = await resident(here)
    it = await says(here, ann, "Which?", poll=NewPoll(["Tea", "Coffee"], HOUR))
    sunil = await fan(here, mastodon)
    await here.store.write(relations.block, ann, await met(here, sunil))
    await here.work()

    assert await here.store.read(actors.counts, ann) == (0, 0)
    assert await hear(here, activity("Follow", sunil, ANN, id=f"{sunil}#again")) == "rejected: they are blocked"
    assert len(heard(mastodon, "Reject")) == 1
    for word in (
        await hear(here, a_reply(sunil, it.uri, "Listen!", 1)),
        await hear(here, said(sunil, 2, cc=[ANN], tag=mention())),
        await hear(here, said(sunil, 3, to=[ANN], cc=[], tag=mention())),
        await hear(here, activity("Like", sunil, it.uri)),
        await hear(here, activity("Announce", sunil, it.uri)),
        await hear(here, a_vote(sunil, it.uri, "Tea", 4)),
    ):
        assert word.startswith("ignored")
    await here.store.write(neighbouring.spread)
    assert "mention" not in await kinds(here, ann)
    assert await here.one("SELECT count(*) FROM thing WHERE local = 0 AND html LIKE '%Listen%'") == 0


async def test_whoever_blocks_one_of_ours_is_followed_no_more_until_they_take_it_back(
    here: Here, mastodon: Elsewhere
) -> None:
    ann = await resident(here)
    sunil = await idol(here, ann, mastodon)
    block = activity("Block", sunil, ANN)
    assert await hear(here, block) == "blocked us"
    stands = await here.store.read(relations.between, ann, await met(here, sunil))
    assert (stands.following, stands.blocked_by) == (False, True)
    assert await hear(here, activity("Undo", sunil, block)) == "taken back"
    assert not (await here.store.read(relations.between, ann, await met(here, sunil))).blocked_by
    again = activity("Block", sunil, ANN, id=f"{sunil}#2")
    await hear(here, again)
    assert await hear(here, activity("Undo", sunil, again["id"])) == "taken back"


async def test_from_a_server_that_is_kept_out_nothing_that_was_for_few_is_seen_until_it_is_let_in(
    here: Here, mastodon: Elsewhere
) -> None:
    ann = await resident(here)
    sunil = await idol(here, ann, mastodon)
    await hear(here, said(sunil, to=[f"{sunil}/followers", ANN], cc=[]))
    await home(here, ann)
    await here.store.write(blocks.rule, here.steward, "mastodon.example", "suspended")
    assert not await sees(here, ann, f"{sunil}/statuses/1")
    assert [row["thing"] for row in await here.store.read(homes.page, ann)] == []
    await here.store.write(blocks.lift, here.steward, "mastodon.example")
    assert [await sees(here, who, f"{sunil}/statuses/1") for who in (ann, 0)] == [True, False]


# --- who they are ----------------------------------------------------------------------------------


async def test_what_somebody_shows_of_themselves_is_kept_and_follows_them(here: Here, mastodon: Elsewhere) -> None:
    ann = await resident(here)
    sunil = await idol(here, ann, mastodon)
    mastodon.actor("sunil")
    mastodon.actor(
        "sunil", "Service", manuallyApprovesFollowers=True, indexable=True, discoverable=True,
        image={"type": "Image", "mediaType": "image/png", "url": f"{mastodon.base}/wide.png"},
        alsoKnownAs=["https://old.example/users/sunil"],
        attachment=[{"type": "PropertyValue", "name": "Plot", "value": "12"}],
    )  # fmt: skip
    await hear(here, activity("Update", sunil, sunil))
    it = await here.store.read(actors.at, sunil)
    assert (it.locked, it.bot, it.indexable, it.banner) == (True, True, True, f"{mastodon.base}/wide.png")
    assert (it.name, it.also) == ({"und": "Sunil"}, ["https://old.example/users/sunil"])
    assert [(fact.name, fact.value) for fact in it.facts] == [("Plot", "12")]


async def test_whoever_is_gone_is_gone_from_first_pages(here: Here, mastodon: Elsewhere) -> None:
    ann = await resident(here)
    sunil, ivy = await idol(here, ann, mastodon), await idol(here, ann, mastodon, "ivy")
    await hear(here, said(sunil))
    await hear(here, activity("Announce", ivy, f"{sunil}/statuses/1"))
    await hear(here, said(ivy))
    bob = mastodon.actor("bob")
    await hear(here, said(bob, cc=[ANN]))
    await hear(here, activity("Announce", ivy, f"{bob}/statuses/1"))
    assert len(await home(here, ann)) == 3
    mastodon.serve("/users/ivy", b"", status=410)
    assert await hear(here, activity("Delete", ivy, ivy)) == "removed"
    assert await home(here, ann) == [f"{sunil}/statuses/1"]


async def test_where_somebody_moves_those_who_follow_them_go_along(here: Here, mastodon: Elsewhere) -> None:
    ann = await resident(here)
    sunil = await idol(here, ann, mastodon)
    await here.store.write(relations.follow, ann, await met(here, sunil), shares=False, languages=["cy"])
    other = here.server("other.example")
    new = other.actor("sunil", alsoKnownAs=[sunil])
    await hear(here, activity("Move", sunil, sunil, target=new))
    assert [one["object"] for one in heard(other, "Follow")] == [new]
    row = (await here.all("SELECT shares, languages FROM follow WHERE follower = :ann", ann=ann))[0]
    assert (row["shares"], row["languages"]) == (0, '["cy"]')
    assert (await here.store.read(actors.at, sunil)).moved == await met(here, new)


async def test_a_report_about_what_a_resident_said_reaches_the_moderators(here: Here, mastodon: Elsewhere) -> None:
    ann = await resident(here)
    it = await says(here, ann, "A heron", audience="followers")
    flag = activity("Flag", mastodon.actor("mastodon.example", "Application"), [ANN, it.uri], content="Rude")
    assert await hear(here, flag) == "reported"
    (kept,) = await here.store.read(reports.open_, here.steward)
    assert (kept.about, kept.words) == ([ANN, it.uri], "Rude")
