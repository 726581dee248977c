"""Offers of help from other hubs, and other hubs' answers to ours: who may say what, and what becomes of it."""

from typing import Any

import pytest
from conftest import Clock
from elsewhere import PUBLIC, Elsewhere, Json, activity
from hearing import HUB, a_reply, a_vote, followed, hear
from here import Here
from scene import lift, person

from hub import asks, helping, peers, people, pledges, posts
from hub.asks import Ask
from hub.clock import DAY
from hub.errors import Conflict, Invalid, NotAllowed, NotFound
from hub.helping import Answer
from hub.pledges import Draft, Pledge
from hub.store import Tx

WHERE = {"en": "Saturday at ten. Ring Nia: 01632 960777."}


@pytest.fixture
def tredegar(here: Here) -> Elsewhere:
    return here.server("tredegar.example", "neighbourhub")


async def an_ask(here: Here, kind: str = "ask", **changes: object) -> Ask:
    return await here.store.write(asks.publish, here.steward, kind, lift(**changes))


def promise(who: str, ask: Ask, **changes: Any) -> Json:
    provider, receiver = (who, HUB) if ask.kind == "ask" else (HUB, who)
    stipulates = {
        "type": "Commitment", "satisfies": f"{ask.uri}#primary", "action": "deliverService", "provider": provider,
        "receiver": receiver, "resourceQuantity": {"hasUnit": "hour", "hasNumericalValue": "3"},
    } | changes  # fmt: skip
    told = {"to": [HUB], "nh:kind": "Pledge", "nh:message": "I have a van", "nh:availability": "mornings"}
    return activity("Offer", who, {"type": "Agreement", "stipulates": stipulates}, f"{who}/offers/1", **told)


async def answers(here: Here, ask: Ask) -> list[Answer]:
    return await here.store.read(helping.answers, here.steward, ask.id)


# --- they help us ----------------------------------------------------------------------------------


async def test_an_offer_from_another_hub_waits_for_a_coordinator_and_shows_nowhere(
    here: Here, tredegar: Elsewhere
) -> None:
    bo, ask = tredegar.actor("bo"), await an_ask(here)
    assert await hear(here, promise(bo, ask)) == "offered"
    (it,) = await answers(here, ask)
    assert (it.name, it.handle) == ("Bo", "@bo@tredegar.example")
    assert (it.said, it.state, it.via) == ("help", "offered", "pledge")
    assert (it.words, it.available, it.hours, it.offer) == ("I have a van", "mornings", 3.0, f"{bo}/offers/1")
    assert tredegar.received == []
    assert await here.store.read(posts.replies, ask.id) == []


async def test_whoever_offers_hears_of_each_step_and_nobody_else_does(here: Here, tredegar: Elsewhere) -> None:
    bo, ask = tredegar.actor("bo"), await an_ask(here)
    await hear(here, promise(bo, ask))
    (it,) = await answers(here, ask)
    await here.store.write(helping.accept, here.steward, it.id, WHERE)
    await here.work()
    sent = {one["type"]: one for one in tredegar.received}
    agreement = f"{here.base}/agreement/{it.id}"
    assert (sent["Accept"]["object"], sent["Accept"]["result"]["id"]) == (it.offer, agreement)
    assert WHERE["en"] in sent["Create"]["object"]["content"]
    assert "960777" not in str(sent["Accept"])
    tredegar.forget()
    await here.store.write(helping.done, here.steward, it.id, 3.5)
    await here.work()
    (done,) = [one["object"] for one in tredegar.received]
    assert (done["type"], done["fulfills"], done["finished"]) == ("EconomicEvent", f"{agreement}#primary", True)
    assert done["effortQuantity"] == {"hasUnit": "hour", "hasNumericalValue": "3.5"}
    for type in ("Accept", "Create"):
        for one in await here.queued(type):
            if ask.uri not in str(one.get("id")) and one.get("to") == [bo]:
                assert PUBLIC not in str(one)
    rows = await here.all("SELECT uri, public, listed FROM activity WHERE body LIKE '%tredegar%'")
    assert rows
    assert {(row["public"], row["listed"]) for row in rows} == {(0, 0)}


async def test_a_no_comes_with_its_reason_also_after_a_yes(here: Here, tredegar: Elsewhere) -> None:
    bo, ask = tredegar.actor("bo"), await an_ask(here)
    await hear(here, promise(bo, ask))
    (it,) = await answers(here, ask)
    await here.store.write(helping.accept, here.steward, it.id, WHERE)
    await here.store.write(helping.decline, here.steward, it.id, {"en": "She is well again."})
    await here.work()
    told = [(one["type"], one.get("content")) for one in tredegar.received if one["type"] != "Create"]
    assert told == [("Accept", None), ("Reject", "She is well again.")]


async def test_a_closed_ask_says_no_at_once(here: Here, tredegar: Elsewhere) -> None:
    bo, ask = tredegar.actor("bo"), await an_ask(here)
    await here.store.write(asks.close, here.steward, ask.id, "matched")
    assert (await hear(here, promise(bo, ask))).startswith("rejected")
    (told,) = tredegar.received
    assert (told["type"], told["to"], told["content"]) == ("Reject", [bo], "Already covered, thank you.")


async def test_what_was_offered_is_taken_back_until_it_is_done(here: Here, tredegar: Elsewhere) -> None:
    bo, ask = tredegar.actor("bo"), await an_ask(here)
    said = promise(bo, ask)
    await hear(here, said)
    (it,) = await answers(here, ask)
    await here.store.write(helping.accept, here.steward, it.id, WHERE)
    about = {"id": said["id"], "type": "Offer", "actor": bo, "object": f"{here.base}/agreement/{it.id}"}
    assert await hear(here, activity("Undo", bo, about)) == "taken back"
    assert (await answers(here, ask))[0].state == "withdrawn"
    assert await hear(here, said | {"id": f"{bo}/offers/2"}) == "offered"
    await here.store.write(helping.accept, here.steward, it.id, WHERE)
    await here.store.write(helping.done, here.steward, it.id, None)
    assert await hear(here, activity("Undo", bo, f"{bo}/offers/2")) == "no news"
    assert (await answers(here, ask))[0].state == "done"


async def test_an_undo_that_comes_first_holds(here: Here, tredegar: Elsewhere) -> None:
    bo, ask = tredegar.actor("bo"), await an_ask(here)
    said = promise(bo, ask)
    await hear(here, activity("Undo", bo, {"id": said["id"], "type": "Offer", "actor": bo}))
    assert await hear(here, said) == "ignored: taken back before it came"
    assert await answers(here, ask) == []


async def test_nobody_takes_back_what_somebody_else_offered(here: Here, tredegar: Elsewhere) -> None:
    bo, mallory, ask = tredegar.actor("bo"), tredegar.actor("mallory", key=1), await an_ask(here)
    said = promise(bo, ask)
    await hear(here, said)
    await hear(here, activity("Undo", mallory, said["id"]), key=1)
    await hear(here, activity("Undo", mallory, {"id": said["id"], "type": "Offer"}), key=1)
    assert (await answers(here, ask))[0].state == "offered"


async def test_nobody_promises_what_somebody_else_will_do(here: Here, tredegar: Elsewhere) -> None:
    bo, ask = tredegar.actor("bo"), await an_ask(here)
    for change in ({"provider": f"{tredegar.base}/users/ann"}, {"provider": HUB, "receiver": bo}, {"provider": None}):
        tredegar.forget()
        assert (await hear(here, promise(bo, ask, **change) | {"id": f"{bo}/{len(str(change))}"})).startswith("refused")
    assert await answers(here, ask) == []


ELSE = {"type": "Agreement", "stipulates": {"satisfies": "https://other.example/1"}}


@pytest.mark.parametrize("about", [None, "x", 7, [], {}, {"type": "Agreement"}, {"type": "Note", "id": HUB}, ELSE])
async def test_an_offer_of_something_else_is_forgotten(here: Here, tredegar: Elsewhere, about: object) -> None:
    bo = tredegar.actor("bo")
    assert (await hear(here, activity("Offer", bo, about, to=[HUB]))).startswith(("ignored", "refused"))
    assert await here.all("SELECT * FROM answer") == []


async def test_what_the_hub_offers_is_taken_from_another_hub_too(here: Here, tredegar: Elsewhere) -> None:
    bo, it = tredegar.actor("bo"), await an_ask(here, "offer", title={"en": "A ladder to lend"}, category="tools")
    assert await hear(here, promise(bo, it)) == "offered"
    assert (await answers(here, it))[0].said == "take"


# --- we help them ----------------------------------------------------------------------------------

THEIRS = "https://tredegar.example/ask/1"


async def mirrored(here: Here, tredegar: Elsewhere) -> tuple[str, int, int]:
    """An ask of another hub, which we follow; our id of it, and a neighbour of ours who would help."""
    hub = await followed(here, tredegar, name="hub", **{"nh:kind": "Hub"})
    question = {
        "id": THEIRS, "type": "Question", "attributedTo": hub, "to": [PUBLIC], "cc": [f"{hub}/followers"],
        "content": "<p>ASK: a van</p>", "published": "2026-04-30T12:00:00Z", "endTime": "2026-05-20T12:00:00Z",
        "oneOf": [], "nh:kind": "Ask", "nh:title": "A van", "nh:status": "open",
    }  # fmt: skip
    create = activity("Create", hub, question, to=[PUBLIC], cc=[])
    assert await hear(here, create) == "kept"
    await here.store.write(lambda tx: peers.describe(tx, "tredegar.example", profile="hub"))
    delyth = await here.store.write(person, "delyth")
    return hub, await here.one("SELECT id FROM thing WHERE uri = :uri", uri=THEIRS), delyth


async def made(here: Here, tredegar: Elsewhere) -> tuple[str, int, int, Json]:
    """The same, and what the other hub was sent."""
    hub, ask, delyth = await mirrored(here, tredegar)
    await here.store.write(pledges.offer, delyth, ask, Draft(words="I have a van", available="mornings", hours=3.0))
    await here.work()
    (sent,) = tredegar.received
    tredegar.forget()
    return hub, ask, delyth, sent


async def pledge(here: Here, who: int, ask: int) -> Pledge:
    it = await here.store.read(pledges.of, who, ask)
    assert it is not None
    return it


def accept(hub: str, offer: Json, agreement: str = "https://tredegar.example/agreement/1") -> Json:
    return activity("Accept", hub, offer["id"], result={"id": agreement, "type": "Agreement"})


async def test_a_neighbour_of_ours_offers_help_to_another_hub(here: Here, tredegar: Elsewhere) -> None:
    hub, ask, delyth, sent = await made(here, tredegar)
    assert (sent["type"], sent["actor"], sent["to"]) == ("Offer", f"{here.base}/actor/u-delyth", [hub])
    assert "cc" not in sent
    assert sent["object"]["stipulates"]["satisfies"] == f"{THEIRS}#primary"
    assert (sent["nh:kind"], sent["nh:message"], sent["nh:availability"]) == ("Pledge", "I have a van", "mornings")
    it = await pledge(here, delyth, ask)
    assert (it.uri, it.state) == (sent["id"], "offered")
    rows = await here.all("SELECT public, listed FROM activity WHERE type = 'Offer'")
    assert rows == [{"public": 0, "listed": 0}]


async def test_the_other_hub_accepts_and_says_when_it_is_done(here: Here, tredegar: Elsewhere) -> None:
    hub, ask, delyth, sent = await made(here, tredegar)
    said = accept(hub, sent)
    assert await hear(here, said) == "accepted"
    assert (await pledge(here, delyth, ask)).agreement == said["result"]["id"]
    event = {
        "id": "https://tredegar.example/fulfil/1", "type": "EconomicEvent", "attributedTo": hub, "finished": True,
        "fulfills": f"{said['result']['id']}#primary", "effortQuantity": {"hasUnit": "hour", "hasNumericalValue": "2"},
        "to": [sent["actor"]],
    }  # fmt: skip
    unfinished = activity("Create", hub, event | {"finished": False}, f"{hub}#0", to=[sent["actor"]])
    assert (await hear(here, unfinished)).startswith("ignored")
    assert await hear(here, activity("Create", hub, event, f"{hub}#1", to=[sent["actor"]])) == "done"
    it = await pledge(here, delyth, ask)
    assert (it.state, it.given) == ("done", 2.0)
    assert await hear(here, activity("Create", hub, event, f"{hub}#2", to=[sent["actor"]])) == "no news"
    with pytest.raises(Conflict):
        await here.store.write(pledges.take_back, delyth, ask)


async def test_the_other_hub_declines_also_after_a_yes(here: Here, tredegar: Elsewhere) -> None:
    hub, ask, delyth, sent = await made(here, tredegar)
    await hear(here, accept(hub, sent))
    assert await hear(here, activity("Reject", hub, sent["id"], content="<p>Already <b>covered</b>.</p>")) == "declined"
    it = await pledge(here, delyth, ask)
    assert (it.state, it.reason) == ("declined", "Already covered.")


async def test_nobody_but_the_hub_that_asked_answers(here: Here, tredegar: Elsewhere) -> None:
    _, ask, delyth, sent = await made(here, tredegar)
    mallory = tredegar.actor("mallory", key=1)
    for type in ("Accept", "Reject"):
        said = activity(type, mallory, sent["id"], result={"id": f"{tredegar.base}/a/1", "type": "Agreement"})
        assert (await hear(here, said, key=1)).startswith("refused")
    assert (await pledge(here, delyth, ask)).state == "offered"


async def test_an_agreement_stands_on_the_server_of_whoever_agrees(here: Here, tredegar: Elsewhere) -> None:
    hub, ask, delyth, sent = await made(here, tredegar)
    await hear(here, accept(hub, sent, "https://other.example/agreement/1"))
    it = await pledge(here, delyth, ask)
    assert (it.state, it.agreement) == ("accepted", None)


async def test_what_ours_offered_is_taken_back_there(here: Here, tredegar: Elsewhere) -> None:
    hub, ask, delyth, sent = await made(here, tredegar)
    await here.store.write(pledges.take_back, delyth, ask)
    await here.work()
    (undo,) = tredegar.received
    assert (undo["type"], undo["to"], undo["object"]["id"]) == ("Undo", [hub], sent["id"])
    assert await hear(here, accept(hub, sent)) == "no news"
    assert (await pledge(here, delyth, ask)).state == "withdrawn"
    tredegar.forget()
    await here.store.write(pledges.offer, delyth, ask, Draft())
    await here.work()
    assert tredegar.received[0]["id"] != sent["id"]


async def test_what_is_taken_back_before_it_was_sent_is_never_sent(here: Here, tredegar: Elsewhere) -> None:
    _, ask, delyth = await mirrored(here, tredegar)
    await here.store.write(pledges.offer, delyth, ask, Draft())
    await here.store.write(pledges.take_back, delyth, ask)
    await here.work()
    assert tredegar.received == []


async def test_it_is_sent_only_to_servers_that_understand(here: Here, tredegar: Elsewhere) -> None:
    _, ask, delyth = await mirrored(here, tredegar)
    await here.store.write(lambda tx: peers.describe(tx, "tredegar.example", profile="micro"))
    with pytest.raises(Conflict):
        await here.store.write(pledges.offer, delyth, ask, Draft())
    assert not await here.store.read(lambda tx: pledges.reaches(tx, asks.get(tx, ask)))


async def test_a_pledge_that_makes_no_sense_is_refused(here: Here, tredegar: Elsewhere, clock: Clock) -> None:
    _, ask, delyth = await mirrored(here, tredegar)
    own = await an_ask(here)
    with pytest.raises(Conflict):
        await here.store.write(pledges.offer, delyth, own.id, Draft())
    with pytest.raises(Invalid) as refused:
        await here.store.write(pledges.offer, delyth, ask, Draft(hours=-1.0))
    assert refused.value.field == "hours"
    with pytest.raises(NotFound):
        await here.store.write(pledges.take_back, delyth, ask)
    await here.store.write(pledges.offer, delyth, ask, Draft())
    with pytest.raises(Conflict):
        await here.store.write(pledges.offer, delyth, ask, Draft())
    clock.forward(40 * DAY)
    with pytest.raises(Conflict):
        await here.store.write(pledges.offer, here.steward, ask, Draft())


async def test_a_pledge_is_forgotten_when_the_ask_is_long_over(here: Here, tredegar: Elsewhere, clock: Clock) -> None:
    await made(here, tredegar)
    assert await here.store.write(pledges.sweep) == 0
    clock.forward(60 * DAY)
    assert await here.store.write(pledges.sweep) == 1


# --- from timelines --------------------------------------------------------------------------------


async def private(here: Here) -> list[str]:
    """What the hub has written to others alone."""
    letters = await here.all("SELECT html FROM thing WHERE local = 1 AND audience = 'direct' ORDER BY id")
    return [one["html"] for one in letters]


@pytest.mark.parametrize("way", ["vote", "reply"])
async def test_who_offers_from_afar_is_thanked_in_private_and_told_nothing_else(
    here: Here, mastodon: Elsewhere, way: str
) -> None:
    ann, ask = mastodon.actor("ann"), await an_ask(here, text={"en": "Ring nobody yet."})
    await hear(here, a_vote(ann, ask.uri, "I can help") if way == "vote" else a_reply(ann, ask.uri, "I can help"))
    (told,) = await private(here)
    assert "A coordinator looks at it and writes to you here" in told
    assert ask.url in told
    direct = next(one for one in mastodon.received if one["type"] == "Create")
    assert direct["to"] == [ann]
    assert ("Like" in [one["type"] for one in mastodon.received]) == (way == "reply")


async def test_who_knows_somebody_gets_the_link_and_who_only_shares_gets_nothing(
    here: Here, mastodon: Elsewhere
) -> None:
    ann, bob, ask = mastodon.actor("ann"), mastodon.actor("bob", key=1), await an_ask(here)
    await hear(here, a_vote(ann, ask.uri, "I know someone"))
    await hear(here, a_vote(bob, ask.uri, "Dim ond rhannu"), key=1)
    (told,) = await private(here)
    assert "This is the link to pass on" in told
    assert ask.url in told


@pytest.mark.parametrize(
    ("kind", "words", "said"),
    [("ask", "I'll help, gladly", "help"), ("ask", "Happy to help!", "help"), ("ask", "Mi alla i helpu", "help"),
     ("ask", "I know someone who does", "refer"), ("offer", "Book me in please", "take"),
     ("offer", "Cadwch le i mi", "take"), ("offer", "Tell me more", "info")],
)  # fmt: skip
async def test_a_reply_that_begins_with_an_answer_is_one(
    here: Here, mastodon: Elsewhere, kind: str, words: str, said: str
) -> None:
    ann, ask = mastodon.actor("ann"), await an_ask(here, kind)
    assert await hear(here, a_reply(ann, ask.uri, words)) == f"answered: {said}"
    assert [one.said for one in await answers(here, ask)] == [said]


@pytest.mark.parametrize(("label", "said"), [("Book me in", "take"), ("Hoffwn wybod mwy", "info")])
async def test_an_offer_is_taken_up_by_a_vote(here: Here, mastodon: Elsewhere, label: str, said: str) -> None:
    ann, it = mastodon.actor("ann"), await an_ask(here, "offer")
    assert await hear(here, a_vote(ann, it.uri, label)) == f"voted: {said}"
    assert [one.said for one in await answers(here, it)] == [said]
    assert len(await private(here)) == (said == "take")


@pytest.mark.parametrize("words", ["Can I help?", "I can", "Help!", "You can help", "I can't help", "Alla i helpu?"])
async def test_any_other_reply_is_a_reply(here: Here, mastodon: Elsewhere, words: str) -> None:
    ann, ask = mastodon.actor("ann"), await an_ask(here)
    assert await hear(here, a_reply(ann, ask.uri, words)) == "kept"
    assert await answers(here, ask) == []


@pytest.mark.parametrize("words", ["No longer, sorry", "I can no longer do it", "Ddim bellach, mae'n ddrwg gen i"])
async def test_a_change_of_mind_is_a_reply_too(here: Here, mastodon: Elsewhere, words: str) -> None:
    ann, ask = mastodon.actor("ann"), await an_ask(here)
    assert await hear(here, a_reply(ann, ask.uri, words, 1)) == "kept"
    await hear(here, a_reply(ann, ask.uri, "I can help", 2))
    assert await hear(here, a_reply(ann, ask.uri, words, 3)) == "taken back"
    assert [one.state for one in await answers(here, ask)] == ["withdrawn"]
    assert await hear(here, a_reply(ann, ask.uri, "I can help", 4)) == "answered: help"
    assert [one.state for one in await answers(here, ask)] == ["offered"]


# --- forgetting ------------------------------------------------------------------------------------


async def test_after_thirty_days_it_is_taken_down_everywhere_and_nothing_private_is_kept(
    here: Here, tredegar: Elsewhere, mastodon: Elsewhere, clock: Clock
) -> None:
    bo, ask = tredegar.actor("bo"), await an_ask(here)
    await hear(here, activity("Follow", mastodon.actor("ann"), HUB))
    await hear(here, promise(bo, ask))
    (it,) = await answers(here, ask)
    await here.store.write(helping.accept, here.steward, it.id, WHERE)
    await here.store.write(asks.close, here.steward, ask.id, "matched")
    await here.work()
    mastodon.forget()
    clock.forward(30 * DAY + 1000)
    await here.work()
    await here.work()
    gone = [one["object"] for one in mastodon.received if one["type"] == "Delete"]
    assert [(one["id"], one["type"], one["formerType"]) for one in gone] == [(ask.uri, "Tombstone", "Question")]
    assert await here.all("SELECT * FROM answer") == []

    def kept(tx: Tx) -> str:
        tables = ("activity", "thing", "revision", "inbox")
        return str([dict(row) for table in tables for row in tx.all(f"SELECT * FROM {table}")])

    left = await here.store.read(kept)
    for words in ("960777", "I have a van"):
        assert words not in left


async def test_a_newcomer_offers_help_to_another_hub_without_words(here: Here, tredegar: Elsewhere) -> None:
    _, ask, _ = await mirrored(here, tredegar)
    new = await here.store.write(lambda tx: people.create(tx, "efa", "efa@glan.example", "x", newcomer=True).actor)
    for draft in (Draft(words="Cheap pills"), Draft(available="pills.example")):
        with pytest.raises(NotAllowed):
            await here.store.write(pledges.offer, new, ask, draft)
    await here.store.write(pledges.offer, new, ask, Draft(hours=2.0))
    await here.work()
    assert [one["type"] for one in tredegar.received if one["type"] == "Offer"] == ["Offer"]
