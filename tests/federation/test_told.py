"""What is said to the hub, and what others do about us: mentions, reports, blocks, moves; whom we keep out."""

from typing import Any

import pytest
from conftest import Clock
from elsewhere import PUBLIC, Elsewhere, Json, activity, create, post
from hearing import HUB, INBOX, a_reply, an_event, companion, followed, going, hear
from here import Here
from scene import lift

from federation import resolve
from federation.keep import keep
from federation.resolve import Unfit
from hub import actors, asks, attendance, blocks, heard, messages, posts, reports, things
from hub.clock import DAY
from hub.store import Tx


def mention(author: str, words: str = "The bench is broken", number: int = 1, **more: Any) -> Json:
    tag = [{"type": "Mention", "href": HUB, "name": "@hub@glan.example"}]
    return create(
        author, f"{author}/statuses/{number}", content=f"<p>@hub {words}</p>", to=[PUBLIC], cc=[HUB], tag=tag, **more
    )


def private(author: str, words: str, number: int = 1, **more: Any) -> Json:
    return create(author, f"{author}/statuses/{number}", content=f"<p>@hub {words}</p>", to=[HUB], cc=[], **more)


# --- in public -------------------------------------------------------------------------------------


async def test_a_mention_of_the_hub_is_held_then_shown_and_passed_on(here: Here, mastodon: Elsewhere) -> None:
    ann = mastodon.actor("ann")
    reader = here.server("other.example").actor("reader")
    await hear(here, activity("Follow", reader, HUB))
    assert await hear(here, mention(ann)) == "said to us: held"
    (it,) = await here.store.read(heard.waiting, here.steward)
    assert await here.queued("Announce") == []

    await here.store.write(heard.share, here.steward, it.thing.id)
    await here.work()

    (share,) = await here.queued("Announce")
    assert (share["actor"], share["object"]) == (HUB, f"{ann}/statuses/1")
    assert ann in share["cc"]
    assert [said["type"] for said in here.servers["other.example"].received] == ["Accept", "Announce"]


async def test_what_is_no_longer_shared_is_taken_back_everywhere(here: Here, mastodon: Elsewhere) -> None:
    ann = mastodon.actor("ann")
    await hear(here, mention(ann))
    (it,) = await here.store.read(heard.waiting, here.steward)
    await here.store.write(heard.share, here.steward, it.thing.id)
    await here.work()
    await here.store.write(heard.refuse, here.steward, it.thing.id)
    await here.work()

    (share,), (undo,) = await here.queued("Announce"), await here.queued("Undo")
    assert undo["object"]["id"] == share["id"]
    assert await here.all("SELECT 1 AS x FROM activity WHERE type = 'Announce' AND listed = 1") == []


async def test_a_reply_that_mentions_the_hub_is_a_reply(here: Here, mastodon: Elsewhere) -> None:
    event = await an_event(here)
    ann = mastodon.actor("ann")
    tag = [{"type": "Mention", "href": HUB, "name": "@hub@glan.example"}]
    assert await hear(here, a_reply(ann, event.uri, "How lovely", tag=tag)) == "kept"
    assert await here.store.read(heard.waiting, here.steward) == []


async def test_who_is_followed_and_mentions_us_is_looked_over_like_anybody(here: Here, mastodon: Elsewhere) -> None:
    penarth = await followed(here, mastodon)
    assert await hear(here, mention(penarth)) == "said to us: held"


@pytest.mark.parametrize("change", [{"to": [PUBLIC], "cc": [], "tag": []}, {"type": "Image"}])
async def test_who_speaks_to_us_no_more_is_looked_over_again_all_the_same(
    here: Here, mastodon: Elsewhere, change: Json
) -> None:
    ann = mastodon.actor("ann")
    await hear(here, mention(ann))
    (it,) = await here.store.read(heard.waiting, here.steward)
    await here.store.write(heard.share, here.steward, it.thing.id)

    edited = mention(ann, "Buy my pills", updated="2026-05-02T12:00:00Z")["object"] | change
    await hear(here, activity("Update", ann, edited))

    assert await here.store.read(heard.shared) == []
    assert [one.thing.id for one in await here.store.read(heard.waiting, here.steward)] == [it.thing.id]


async def test_a_mention_of_the_server_itself_says_nothing_to_anybody(here: Here, mastodon: Elsewhere) -> None:
    ann = mastodon.actor("ann")
    note = create(ann, f"{ann}/statuses/1", content="<p>Hi</p>", to=[PUBLIC], cc=["https://glan.example/actor"])
    assert (await hear(here, note)).startswith("ignored")


async def test_nor_does_what_is_said_to_the_server_alone(here: Here, mastodon: Elsewhere) -> None:
    ann = mastodon.actor("ann")
    note = create(ann, f"{ann}/statuses/1", content="<p>Hi</p>", to=["https://glan.example/actor"], cc=[])
    assert (await hear(here, note)).startswith("ignored")
    assert await here.all("SELECT 1 AS x FROM thing WHERE audience = 'direct'") == []


# --- to us alone -----------------------------------------------------------------------------------


async def test_what_is_said_to_the_hub_alone_reaches_its_organisers_and_no_page(
    here: Here, mastodon: Elsewhere
) -> None:
    ann = mastodon.actor("ann")
    assert await hear(here, private(ann, "My door is 7")) == "told us"
    (it,) = await here.store.read(messages.to, here.steward)
    assert "My door is 7" in next(iter(it.html.values()))
    assert await here.all("SELECT 1 AS x FROM thing WHERE html LIKE '%door is 7%' AND hidden <> 3") == []
    assert await here.all("SELECT 1 AS x FROM word WHERE words LIKE '%door%'") == []


async def test_its_author_takes_a_message_back(here: Here, mastodon: Elsewhere) -> None:
    ann = mastodon.actor("ann")
    await hear(here, private(ann, "Forget this"))
    assert await hear(here, activity("Delete", ann, f"{ann}/statuses/1")) == "removed"
    assert await here.store.read(messages.to, here.steward) == []


async def test_a_word_in_answer_to_our_message_about_an_event_is_an_answer(here: Here, mastodon: Elsewhere) -> None:
    event = await an_event(here)
    ann = mastodon.actor("ann")
    await hear(here, activity("Join", ann, event.uri))
    hub = await here.store.read(actors.at, HUB)
    them = await here.store.read(actors.at, ann)
    await here.store.write(messages.tell, hub.id, them.id, {"en": "The time has changed."}, about=event.id)
    await here.work()
    told = mastodon.received[-1]["object"]["id"]
    assert await hear(here, private(ann, "No, sorry", inReplyTo=told)) == "answered: no"
    assert await going(here, event) == (0, 0, 1)


async def test_a_stranger_cannot_answer_by_a_message_that_was_not_theirs(here: Here, mastodon: Elsewhere) -> None:
    event = await an_event(here)
    ann, eve = mastodon.actor("ann"), mastodon.actor("eve")
    await hear(here, activity("Join", ann, event.uri))
    hub, them = await here.store.read(actors.at, HUB), await here.store.read(actors.at, ann)
    await here.store.write(messages.tell, hub.id, them.id, {"en": "The time has changed."}, about=event.id)
    await here.work()
    told = mastodon.received[-1]["object"]["id"]
    assert await hear(here, private(eve, "yes", inReplyTo=told)) == "told us"
    eve_id = (await here.store.read(actors.at, eve)).id
    assert await here.store.read(attendance.answer_of, event.id, eve_id) is None


async def test_who_cannot_make_up_their_mind_is_answered_five_times_a_day(
    here: Here, mastodon: Elsewhere, clock: Clock
) -> None:
    ask = await here.store.write(asks.publish, here.steward, "ask", lift())
    ann = mastodon.actor("ann")
    for number in range(20):
        words = "No longer" if number % 2 else "I can help"
        await hear(here, a_reply(ann, ask.uri, words, number))
    assert await here.one("SELECT count(*) AS n FROM thing WHERE audience = 'direct'") == 5
    clock.forward(DAY)
    await hear(here, a_reply(ann, ask.uri, "I can help", 50))
    assert await here.one("SELECT count(*) AS n FROM thing WHERE audience = 'direct'") == 6


# --- what they do about us -------------------------------------------------------------------------


async def test_48_a_report_is_kept_for_moderators_and_never_answered(here: Here, mastodon: Elsewhere) -> None:
    event = await an_event(here)
    server = mastodon.actor("actor", "Application")
    await here.work()
    mastodon.forget()
    flag = activity("Flag", server, [HUB, event.uri, "https://else.example/1"], content="This is rude", to=[HUB])
    assert await hear(here, flag) == "reported"
    (it,) = await here.store.read(reports.open_, here.steward)
    assert (it.domain, it.about, it.words) == ("mastodon.example", [HUB, event.uri], "This is rude")
    assert mastodon.received == []


async def test_48_a_report_about_nothing_of_ours_is_forgotten(here: Here, mastodon: Elsewhere) -> None:
    server = mastodon.actor("actor", "Application")
    assert (await hear(here, activity("Flag", server, ["https://else.example/1"]))).startswith("ignored")
    assert await here.store.read(reports.open_, here.steward) == []


async def test_48_each_report_counts_also_of_servers_that_give_theirs_no_name(here: Here, mastodon: Elsewhere) -> None:
    server = mastodon.actor("actor", "Application")
    for about in (HUB, (await an_event(here)).uri):
        flag = activity("Flag", server, [about], content="This is rude")
        del flag["id"]
        assert await hear(here, flag) == "reported"


async def test_reports_of_last_year_are_forgotten_by_themselves(here: Here, mastodon: Elsewhere, clock: Clock) -> None:
    server = mastodon.actor("actor", "Application")
    assert await hear(here, activity("Flag", server, [HUB])) == "reported"
    clock.forward(reports.KEPT + DAY)
    await here.work()
    assert await here.all("SELECT 1 AS x FROM report") == []


async def test_who_blocks_us_follows_us_no_more_and_is_followed_no_more(here: Here, mastodon: Elsewhere) -> None:
    ann = await followed(here, mastodon, "ann", "Person")
    await hear(here, activity("Follow", ann, HUB))
    assert await hear(here, activity("Block", ann, HUB)) == "blocked us"
    assert await here.all("SELECT 1 AS x FROM follow") == []


async def test_who_takes_their_yes_back_is_followed_no_more(here: Here, mastodon: Elsewhere) -> None:
    ann = mastodon.actor("ann")
    hub, id = await here.store.read(actors.at, HUB), await resolve.actor(here.wire, ann)
    await here.store.write(actors.ask_to_follow, hub.id, id)
    await here.work()
    (follow,) = mastodon.received
    accept = activity("Accept", ann, follow)
    assert await hear(here, accept) == "followed"
    assert await hear(here, activity("Undo", ann, accept)) == "taken back"
    assert await here.store.read(actors.follows, hub.id, id) == "refused"


async def test_an_emoji_is_a_like_and_can_be_taken_back(here: Here, mastodon: Elsewhere) -> None:
    event = await an_event(here)
    ann = mastodon.actor("ann")
    react = activity("EmojiReact", ann, event.uri, content="🎉")
    assert await hear(here, react) == "like"
    assert await here.store.read(things.reactions, event.id) == (1, 0)
    assert await hear(here, activity("Undo", ann, react)) == "taken back"
    assert await here.store.read(things.reactions, event.id) == (0, 0)


async def test_who_moves_is_followed_to_their_new_address(here: Here, mastodon: Elsewhere) -> None:
    old = await followed(here, mastodon, "old", "Person")
    other = here.server("other.example")
    new = other.actor("new", alsoKnownAs=[old])
    assert await hear(here, activity("Move", old, old, target=new)) == "followed to where they are now"
    await here.work()
    assert [said["type"] for said in other.received] == ["Follow"]
    assert [said["type"] for said in mastodon.received] == ["Undo"]


@pytest.mark.parametrize("known", [None, ["https://mastodon.example/users/somebody"]])
async def test_40_nobody_is_sent_to_an_account_that_does_not_know_them(
    here: Here, mastodon: Elsewhere, known: list[str] | None
) -> None:
    old = await followed(here, mastodon, "old", "Person")
    new = here.server("other.example").actor("new", **({"alsoKnownAs": known} if known else {}))
    assert (await hear(here, activity("Move", old, old, target=new))).startswith("ignored")
    assert await here.one("SELECT count(*) AS n FROM follow WHERE state = 'accepted'") == 1


async def test_40_nobody_moves_somebody_else(here: Here, mastodon: Elsewhere) -> None:
    bo = await followed(here, mastodon, "bo", "Person")
    ann = mastodon.actor("ann", alsoKnownAs=[bo])
    assert (await hear(here, activity("Move", ann, bo, target=ann))).startswith("refused")
    assert await here.one("SELECT count(*) AS n FROM follow WHERE state = 'accepted'") == 1


async def test_40_moving_back_and_forth_moves_us_once_a_month(here: Here, mastodon: Elsewhere, clock: Clock) -> None:
    one, other = "https://mastodon.example/users/one", here.server("other.example")
    await followed(here, mastodon, "one", "Person", alsoKnownAs=["https://other.example/users/two"])
    two = other.actor("two", alsoKnownAs=[one])
    assert await hear(here, activity("Move", one, one, target=two)) == "followed to where they are now"
    hub, there = await here.store.read(actors.at, HUB), await here.store.read(actors.at, two)
    await here.store.write(actors.follow_answered, hub.id, there.id, accepted=True)
    assert await hear(here, activity("Move", two, two, target=one)) == "followed to where they are now"
    back = await here.store.read(actors.at, one)
    await here.store.write(actors.follow_answered, hub.id, back.id, accepted=True)
    again = activity("Move", one, one, target=two, id=f"{one}#again")
    assert await hear(here, again) == "ignored: they moved this month already"
    clock.forward(31 * DAY)
    later = activity("Move", one, one, target=two, id=f"{one}#later")
    assert await hear(here, later) == "followed to where they are now"


# --- whom we keep out ------------------------------------------------------------------------------


async def test_65_a_suspended_server_gets_nothing_in_by_the_door(here: Here, mastodon: Elsewhere) -> None:
    event = await an_event(here)
    ann = mastodon.actor("ann")
    await hear(here, activity("Follow", ann, HUB))  # so that its key is known, and nothing has to be fetched
    await here.store.write(blocks.rule, here.steward, "mastodon.example", "suspended")
    answer = await post(here.app, INBOX, a_reply(ann, event.uri, "Pills"))
    assert answer.status_code == 202
    assert len(await here.all("SELECT 1 AS x FROM inbox")) == 1


async def test_65_nothing_is_fetched_from_a_suspended_server(here: Here, mastodon: Elsewhere) -> None:
    ann = mastodon.actor("ann")
    await here.store.write(blocks.rule, here.steward, "mastodon.example", "suspended")
    with pytest.raises(Unfit):
        await resolve.document(here.wire, ann)
    assert mastodon.asked == []


async def test_65_what_was_fetched_before_is_not_kept_after(here: Here, mastodon: Elsewhere) -> None:
    hub = await followed(here, mastodon)
    await here.store.write(blocks.rule, here.steward, "mastodon.example", "suspended")
    note = create(hub, f"{hub}/1", content="<p>Pills</p>")["object"]

    def unit(tx: Tx) -> str:
        return keep(tx, actors.at(tx, hub), note)

    assert await here.store.write(unit) == "ignored: their server is kept out"


async def test_65_nor_by_somebody_who_shares_what_it_says(here: Here, mastodon: Elsewhere) -> None:
    spam = here.server("spam.example")
    pill = spam.actor("pill")
    note = create(pill, f"{pill}/1", content="<p>Pills</p>")["object"]
    spam.serve("/users/pill/1", note)
    hub = await followed(here, mastodon)
    await here.store.write(blocks.rule, here.steward, "spam.example", "suspended")
    spam.forget()
    await hear(here, activity("Announce", hub, f"{pill}/1"))
    await hear(here, activity("Announce", hub, {"type": "Create", "actor": pill, "object": note, "id": f"{pill}/1#c"}))
    assert await here.all("SELECT 1 AS x FROM thing WHERE html LIKE '%Pills%'") == []


async def test_nothing_is_sent_to_a_suspended_server(here: Here, mastodon: Elsewhere) -> None:
    ann = mastodon.actor("ann")
    await hear(here, activity("Follow", ann, HUB))
    await here.store.write(blocks.rule, here.steward, "mastodon.example", "suspended")
    await here.work()
    mastodon.forget()
    hub, them = await here.store.read(actors.at, HUB), await here.store.read(actors.at, ann)
    await here.store.write(messages.tell, hub.id, them.id, {"en": "Hello"})
    await an_event(here)
    await here.work()
    assert mastodon.received == []


async def test_what_a_limited_server_says_is_seen_by_moderators_first(here: Here, mastodon: Elsewhere) -> None:
    event = await an_event(here)
    ann = mastodon.actor("ann")
    await here.store.write(blocks.rule, here.steward, "mastodon.example", "limited")
    assert await hear(here, a_reply(ann, await companion(here, event), "Hello neighbours")) == "kept"
    assert await here.store.read(posts.replies, event.id) == []
    (held,) = await here.store.read(posts.latest_replies, here.steward)
    await here.store.write(posts.show, here.steward, held.id)
    assert len(await here.store.read(posts.replies, event.id)) == 1
