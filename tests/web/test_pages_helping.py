"""From "I can help" to "thank you", as coordinators and helpers see it."""

import pytest
from browsing import Site, fields
from conftest import Clock
from scene import lift, stranger

from hub import asks, helping, messages, peers, people, pledges, things
from hub.clock import DAY, now
from hub.helping import Answer
from hub.people import Guest
from hub.store import Tx

MAIR = Guest("Mair Evans", "01632 960000")
WHERE = "Saturday at ten. Ring Nia: 01632 960777."


def steward(tx: Tx) -> int:
    return people.steward(tx).actor


def need(tx: Tx, **changes: object) -> asks.Ask:
    return asks.publish(tx, steward(tx), "ask", lift(**changes))


def offer(tx: Tx, ask: int, **more: object) -> Answer:
    return helping.answer(tx, ask, stranger(tx), "help", words="I have a car", via="poll", **more)  # type: ignore[arg-type]


async def state(site: Site, it: Answer) -> str:
    found = await site.store.read(helping.get, it.id)
    return found.state


# --- coordinators ----------------------------------------------------------------------------------


async def test_coordinators_read_the_name_of_who_offers_and_then_the_handle(site: Site) -> None:
    ask = await site.did(need)
    it = await site.did(offer, ask.id)
    olwen = await site.who("olwen")

    for path in (f"/asks/{ask.id}/answers", f"/asks/{ask.id}/answers/{it.id}"):
        page = (await olwen.get(path)).text
        assert page.index(">Sunil<") < page.index("@sunil<wbr>@mastodon.<wbr>example")


async def test_a_coordinator_goes_step_by_step_from_an_offer_to_the_thanks(either: Site, clock: Clock) -> None:
    ask = await either.did(need)
    it = await either.did(offer, ask.id)
    olwen, path = await either.who("olwen"), f"/asks/{ask.id}/answers/{it.id}"
    first = (await olwen.get(path)).text
    assert "I have a car" in first
    assert "They have not agreed to be named." in first
    sent = await olwen.post(path, data={"state": "accepted", "words": WHERE})
    assert sent.headers["location"] == f"/asks/{ask.id}/answers?done=help-accepted"
    assert "What became of it" in (await olwen.get(f"/asks/{ask.id}/answers")).text
    second = (await olwen.get(path)).text
    assert WHERE in second
    await olwen.post(path, data={"state": "done", "hours": "1.5"})
    third = (await olwen.get(path)).text
    assert "Hours they gave: 1.5" in third
    proposed = fields(third, path)
    assert proposed["thanks"] == "Thank you to the neighbour who helped with “A lift to the eye clinic”."
    await olwen.post(path, data={"state": "thanked", "how": "public", "thanks": proposed["thanks"]})
    assert await state(either, it) == "thanked"
    front = (await either.guest.get("/")).text
    assert "Thank you to the neighbour who helped" in front
    assert "sunil" not in front


async def test_what_is_passed_on_goes_to_the_helper_alone(site: Site, clock: Clock) -> None:
    ask = await site.did(need)
    it = await site.did(offer, ask.id)
    olwen, path = await site.who("olwen"), f"/asks/{ask.id}/answers/{it.id}"
    await olwen.post(path, data={"state": "accepted", "words": WHERE})
    (told,) = await site.store.read(lambda tx: messages.to(tx, steward(tx)))
    assert (told.receiver.handle, told.words) == ("sunil", {"en": WHERE})
    for page in (f"/asks/{ask.id}", "/asks", "/", "/feed.atom", f"/ask/{ask.id}"):
        assert "960777" not in (await site.guest.get(page)).text


async def test_what_is_missing_is_said_at_its_field_and_what_was_typed_stays(site: Site, clock: Clock) -> None:
    ask = await site.did(lambda tx: need(tx, vetted=True))
    it = await site.did(offer, ask.id)
    olwen, path = await site.who("olwen"), f"/asks/{ask.id}/answers/{it.id}"
    unchecked = await olwen.post(path, data={"state": "accepted", "words": WHERE})
    assert unchecked.status_code == 422
    assert unchecked.text.count("Say that you know they are.") == 2
    assert fields(unchecked.text, path)["words"] == WHERE
    empty = await olwen.post(path, data={"state": "accepted", "words": " ", "checked": "true"})
    assert empty.text.count("Write to them: what is needed") == 2
    assert await state(site, it) == "offered"
    await olwen.post(path, data={"state": "accepted", "words": WHERE, "checked": "true"})
    odd = await olwen.post(path, data={"state": "done", "hours": "-2"})
    assert odd.status_code == 422
    assert 'href="#f-hours"' in odd.text
    await olwen.post(path, data={"state": "done", "hours": ""})
    named = await olwen.post(path, data={"state": "thanked", "how": "public", "thanks": "Thanks, Sunil"})
    assert named.status_code == 422
    assert 'href="#f-thanks"' in named.text
    assert await state(site, it) == "done"


async def test_a_kind_no_is_proposed_and_sent(site: Site, clock: Clock) -> None:
    ask = await site.did(need)
    it = await site.did(offer, ask.id)
    olwen, path = await site.who("olwen"), f"/asks/{ask.id}/answers/{it.id}"
    proposed = fields((await olwen.get(path)).text, path)["no"]
    assert proposed == "Thank you for offering. Somebody else is doing it this time."
    await olwen.post(path, data={"state": "declined", "no": proposed})
    (told,) = await site.store.read(lambda tx: messages.to(tx, steward(tx)))
    assert told.words == {"en": proposed}
    late = await olwen.post(path, data={"state": "done", "hours": "1"})
    assert late.status_code == 422
    assert "This has been decided already." in late.text


async def test_a_guest_is_rung_and_the_page_says_so(site: Site, clock: Clock) -> None:
    ask = await site.did(need)
    it = await site.did(lambda tx: helping.answer(tx, ask.id, MAIR, "help"))
    olwen, path = await site.who("olwen"), f"/asks/{ask.id}/answers/{it.id}"
    assert "Ring or write to them yourself: 01632 960000." in (await olwen.get(path)).text
    await olwen.post(path, data={"state": "accepted", "words": ""})
    assert await state(site, it) == "accepted"


async def test_how_much_help_there_was_is_said_to_those_who_organise(site: Site, clock: Clock) -> None:
    def helped(tx: Tx) -> None:
        it = helping.answer(tx, need(tx).id, MAIR, "help")
        helping.accept(tx, steward(tx), it.id, {})
        helping.done(tx, steward(tx), it.id, 2.5)

    await site.did(helped)
    page = (await (await site.who("olwen")).get("/steward/asks")).text
    assert "Somebody has helped 1 time since the hub opened." in page
    assert "Hours given: 2.5" in page


# --- helpers ---------------------------------------------------------------------------------------


async def test_a_neighbour_sees_how_their_offer_stands_and_takes_it_back(site: Site, clock: Clock) -> None:
    ask = await site.did(need)
    rhys, page = await site.who("rhys"), f"/asks/{ask.id}"
    await rhys.post(f"{page}/answer", data={"said": "help", "named": "true"})
    seen = (await rhys.get(page)).text
    assert "You offered on" in seen
    assert "A coordinator looks at it and writes to you." in seen
    assert "You offered on" not in (await site.guest.get(page)).text
    (it,) = await site.store.read(lambda tx: helping.answers(tx, steward(tx), ask.id))
    assert it.named
    await site.did(lambda tx: helping.accept(tx, steward(tx), it.id, {"en": WHERE}))
    taken = (await rhys.get(page)).text
    assert "What you need to know is in your messages." in taken
    assert f'action="{page}/answer"' not in taken
    assert "A lift to the eye clinic" in (await rhys.get("/account")).text
    sent = await rhys.post(f"{page}/withdraw")
    assert sent.headers["location"] == f"{page}?done=help-withdrawn"
    assert await state(site, it) == "withdrawn"
    assert (await rhys.post(f"{page}/withdraw")).status_code == 409
    assert "You have taken your answer back." in (await rhys.get(page)).text


async def test_what_the_hub_offers_is_asked_for_and_had(site: Site, clock: Clock) -> None:
    it = await site.did(lambda tx: asks.publish(tx, steward(tx), "offer", lift(title={"en": "A ladder"})))
    rhys, olwen = await site.who("rhys"), await site.who("olwen")
    await rhys.post(f"/asks/{it.id}/answer", data={"said": "take"})
    (one,) = await site.store.read(lambda tx: helping.answers(tx, steward(tx), it.id))
    path = f"/asks/{it.id}/answers/{one.id}"
    assert "Let them have it" in (await olwen.get(path)).text
    await olwen.post(path, data={"state": "accepted", "words": WHERE})
    seen = (await rhys.get(f"/asks/{it.id}")).text
    assert "You asked for this on" in seen
    assert "It is yours." in seen
    await olwen.post(path, data={"state": "done", "hours": ""})
    assert "Say thank you" not in (await olwen.get(path)).text
    assert "You have had it." in (await rhys.get(f"/asks/{it.id}")).text


# --- another hub's ask -----------------------------------------------------------------------------


def mirrored(tx: Tx, profile: str = "hub") -> int:
    hub = stranger(tx, "hub", "tredegar.example", kind="hub")
    seen = things.Seen(
        uri="https://tredegar.example/ask/1", url="https://tredegar.example/asks/1", title={"en": "A van"},
        published=now(), updated=now(),
    )  # fmt: skip
    id = asks.mirror(tx, hub, "ask", seen, asks.Details(expires=now() + 9 * DAY))
    assert id is not None
    peers.describe(tx, "tredegar.example", profile=profile)
    return id


async def test_a_neighbour_offers_help_to_another_hub_and_takes_it_back(either: Site, clock: Clock) -> None:
    id = await either.did(mirrored)
    rhys, page = await either.who("rhys"), f"/asks/{id}"
    assert "goes to the coordinators of Hub" in (await rhys.get(page)).text
    sent = await rhys.post(f"{page}/pledge", data={"words": "I have a van", "available": "mornings", "hours": "3"})
    assert sent.headers["location"] == f"{page}?done=pledged"
    seen = (await rhys.get(page)).text
    assert "You offered on" in seen
    assert f'action="{page}/pledge"' not in seen
    assert "A van" in (await rhys.get("/account")).text
    again = await rhys.post(f"{page}/pledge", data={})
    assert again.status_code == 422
    assert "You have offered already." in again.text
    await rhys.post(f"{page}/withdraw")
    assert "You have taken your answer back." in (await rhys.get(page)).text
    for who in (either.guest, await either.who("olwen")):
        assert "I have a van" not in (await who.get(page)).text


async def test_what_they_say_there_is_said_to_the_neighbour_here(site: Site, clock: Clock) -> None:
    def declined(tx: Tx) -> int:
        id = mirrored(tx)
        rhys = people.known_as(tx, "rhys")
        assert rhys is not None
        it = pledges.offer(tx, rhys[0].actor, id, pledges.Draft())
        pledges.known_as(tx, it.id, "https://glan.example/activity/1")
        assert pledges.declined(tx, "https://glan.example/activity/1", asks.get(tx, id).by.id, "Already covered.")
        return id

    id = await site.did(declined)
    page = (await (await site.who("rhys")).get(f"/asks/{id}")).text
    assert "They wrote: “Already covered.”" in page
    assert f'action="/asks/{id}/withdraw"' not in page


@pytest.mark.parametrize("field", ["hours"])
async def test_a_slip_is_named_and_the_rest_is_kept(site: Site, clock: Clock, field: str) -> None:
    id = await site.did(mirrored)
    answer = await (await site.who("rhys")).post(f"/asks/{id}/pledge", data={"words": "A van", field: "-1"})
    assert answer.status_code == 422
    assert f'href="#f-{field}"' in answer.text
    assert fields(answer.text, f"/asks/{id}/pledge")["words"] == "A van"


async def test_a_guest_is_shown_the_way_there(site: Site, clock: Clock) -> None:
    id = await site.did(mirrored)
    page = (await site.guest.get(f"/asks/{id}")).text
    assert f"/signin?next=%2Fasks%2F{id}" in page
    assert 'href="https://tredegar.example/asks/1"' in page
    assert f'action="/asks/{id}/pledge"' not in page


async def test_where_nobody_would_understand_there_is_no_button(site: Site, clock: Clock) -> None:
    id = await site.did(lambda tx: mirrored(tx, "micro"))
    rhys = await site.who("rhys")
    assert f'action="/asks/{id}/pledge"' not in (await rhys.get(f"/asks/{id}")).text
    assert (await rhys.post(f"/asks/{id}/pledge", data={})).status_code == 422
    assert (await rhys.post("/asks/1/pledge", data={})).status_code == 404


# --- what is closed --------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["matched", "done", "withdrawn"])
async def test_what_is_closed_is_in_no_feed_list_or_front_page(either: Site, clock: Clock, status: str) -> None:
    ask = await either.did(need)
    hub = {"Accept": "application/activity+json"}
    lists = ("/actor/hub/asks?page=true", "/actor/hub/featured")
    feeds = ("/feed.atom", "/feed.json", "/sitemap.xml")
    for path in (*lists, *feeds):
        assert str(ask.id) in (await either.guest.get(path, headers=hub if path in lists else {})).text, path
    await either.did(lambda tx: asks.close(tx, steward(tx), ask.id, status))
    for path in (*lists, *feeds):
        assert str(ask.id) not in (await either.guest.get(path, headers=hub if path in lists else {})).text, path
    document = (await either.guest.get(f"/ask/{ask.id}", headers=hub)).json()
    assert (document["nh:status"], "closed" in document) == (status, True)
