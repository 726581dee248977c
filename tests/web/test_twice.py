"""A form that is posted twice counts once."""

import asyncio
import io

import pytest
from browsing import Site
from conftest import Clock
from PIL import Image
from scene import lift, party

from hub import asks, attendance, events, people, posts
from hub.store import Tx
from web import twice

FORMS = {
    "event": {"title.en": "Clear-up", "starts.date": "2027-06-06", "starts.time": "10:00", "ends.time": "13:00",
              "venue": "Mill Bridge"},
    "ask": {"title.en": "A lift to the eye clinic", "category": "transport", "days": "14"},
    "offer": {"title.en": "A ladder to lend", "category": "tools", "days": "14"},
    "project": {"title.en": "Old Mill Orchard", "handle": "orchard"},
    "note": {"text.en": "The library is open again."},
}  # fmt: skip
ANN = {"said": "yes", "name": "Ann", "contact": "01632 960555", "party": "2"}


def steward(tx: Tx) -> int:
    return people.steward(tx).actor


def things_(tx: Tx) -> int:
    row = tx.one("SELECT count(*) AS n FROM thing WHERE kind <> 'companion' AND removed IS NULL")
    return int(row["n"]) if row else 0


def png(width: int) -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", (width, 2)).save(drawn, "PNG")
    return drawn.getvalue()


@pytest.mark.parametrize("sort", FORMS)
async def test_a_double_click_publishes_once_and_leads_to_the_same_page(site: Site, sort: str) -> None:
    olwen = await site.who("olwen")
    first, second = await asyncio.gather(*(olwen.post(f"/publish/{sort}", data=FORMS[sort]) for _ in range(2)))
    assert first.status_code == second.status_code == 303
    assert first.headers["location"] == second.headers["location"]
    assert await site.store.read(things_) == 1


async def test_a_picture_that_comes_along_is_part_of_what_was_said(site: Site) -> None:
    olwen = await site.who("olwen")

    async def post(width: int) -> str:
        form = FORMS["note"] | {"alt.en": "A shelf"}
        answer = await olwen.post("/publish/note", data=form, files={"picture": ("a.png", png(width), "image/png")})
        return answer.headers["location"]

    assert await post(3) == await post(3)
    assert await post(5) != await post(3)
    assert await site.store.read(things_) == 2


async def test_other_words_another_person_and_another_day_are_another_post(site: Site, clock: Clock) -> None:
    async def post(login: str, text: str) -> None:
        answer = await (await site.who(login)).post("/publish/note", data={"text.en": text})
        assert answer.status_code == 303

    for login, text in (("olwen", "Hello."), ("olwen", "Hello!"), ("bethan", "Hello."), ("olwen", "Hello.")):
        await post(login, text)
    assert await site.store.read(things_) == 3
    clock.forward(twice.LASTS)
    await post("olwen", "Hello.")
    assert await site.store.read(things_) == 4


async def test_what_was_taken_down_can_be_published_again_at_once(site: Site) -> None:
    olwen = await site.who("olwen")
    first = await olwen.post("/publish/note", data=FORMS["note"])
    await site.did(
        lambda tx: posts.remove(tx, steward(tx), int(first.headers["location"].partition("?")[0].rpartition("/")[2]))
    )
    second = await olwen.post("/publish/note", data=FORMS["note"])
    assert (await site.guest.get(second.headers["location"])).status_code == 200


async def test_a_reply_is_said_once(site: Site) -> None:
    event = await site.did(lambda tx: events.publish(tx, steward(tx), party()))
    rhys = await site.who("rhys")
    for text in ("See you there.", "See you there.", "And Mair too."):
        assert (await rhys.post(f"/events/{event.id}/reply", data={"text": text})).status_code == 303
    said = await site.store.read(posts.replies, event.id)
    assert [it.words["en"] for it in said] == ["See you there.", "And Mair too."]


async def test_a_guest_who_answers_twice_has_one_place_and_a_link_that_works(site: Site) -> None:
    event = await site.did(lambda tx: events.publish(tx, steward(tx), party(places=2)))
    first, second = [await site.guest.post(f"/events/{event.id}/answer", data=ANN) for _ in range(2)]
    assert [it.party for it in await site.store.read(lambda tx: attendance.attending(tx, steward(tx), event.id))] == [2]
    shown = await site.guest.get(second.headers["location"])
    assert "Ann" in shown.text
    changed = await site.guest.post(second.headers["location"], data=ANN | {"said": "no"})
    assert changed.status_code == 303
    assert (await site.guest.get(first.headers["location"])).status_code == 404


async def test_a_guest_who_was_taken_off_the_list_may_answer_again_at_once(site: Site) -> None:
    event = await site.did(lambda tx: events.publish(tx, steward(tx), party()))
    await site.guest.post(f"/events/{event.id}/answer", data=ANN)
    await site.did(
        lambda tx: attendance.take_off(tx, steward(tx), attendance.attending(tx, steward(tx), event.id)[0].id)
    )
    again = await site.guest.post(f"/events/{event.id}/answer", data=ANN)
    assert again.status_code == 303
    assert (await site.guest.get(again.headers["location"])).status_code == 200


async def test_a_guest_elsewhere_with_the_same_words_is_somebody_else(site: Site) -> None:
    event = await site.did(lambda tx: events.publish(tx, steward(tx), party(places=20)))
    for address in ("192.0.2.1", "192.0.2.2"):
        async with site.browser(address) as browser:
            assert (await browser.post(f"/events/{event.id}/answer", data=ANN)).status_code == 303
    assert (await site.store.read(events.get, event.id)).going == 4


async def test_a_guest_offers_help_once(site: Site) -> None:
    ask = await site.did(lambda tx: asks.publish(tx, steward(tx), "ask", lift()))
    form = {"said": "help", "name": "Ann", "contact": "01632 960555", "words": "Mornings only."}
    for words in ("Mornings only.", "Mornings only.", "Evenings too."):
        answer = await site.guest.post(f"/asks/{ask.id}/answer", data=form | {"words": words})
        assert answer.headers["location"] == f"/asks/{ask.id}/thanks"
    assert (await site.store.read(asks.get, ask.id)).offered == 2
