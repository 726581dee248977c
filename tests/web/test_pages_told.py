"""What was said to the hub, and how moderators and organisers deal with it in a browser."""

from browsing import Site
from conftest import Clock
from scene import stranger

from hub import blocks, heard, messages, reports, settings, things
from hub.store import Tx


def said(tx: Tx, n: int = 1, words: str = "<p>@hub The bench is broken</p>") -> int:
    uri = f"https://mastodon.example/notes/{n}"
    seen = things.Seen(uri=uri, url=uri, html={"en": words}, published=1, updated=1)
    heard.hear(tx, stranger(tx), settings.get(tx).actor, seen)
    found = things.at(tx, uri)
    assert found is not None
    return found.id


def asked(tx: Tx, words: str = "<p>Is there a ramp?</p>") -> int:
    uri = "https://mastodon.example/notes/9"
    seen = things.Seen(uri=uri, url=uri, html={"en": words}, published=1, updated=1)
    id = messages.receive(tx, stranger(tx), settings.get(tx).actor, seen)
    assert id is not None
    return id


async def test_what_was_said_shows_on_the_front_page_once_it_is_shared(site: Site) -> None:
    id, mo = await site.did(said), await site.who("mo")
    assert "bench is broken" not in (await site.guest.get("/")).text
    assert (await site.guest.get(f"/posts/{id}")).status_code == 404
    assert "bench is broken" in (await mo.get("/steward/said")).text
    answer = await mo.post("/steward/said", data={"thing": id, "deed": "share"})
    assert answer.headers["location"] == "/steward/said?done=said-share"
    assert "bench is broken" in (await site.guest.get("/")).text
    assert "bench is broken" in (await site.guest.get(f"/posts/{id}")).text


async def test_one_click_makes_it_an_ask_on_the_board(site: Site) -> None:
    id, mo = await site.did(said), await site.who("mo")
    await mo.post("/steward/said", data={"thing": id, "deed": "ask"})
    board = (await site.guest.get("/asks")).text
    assert "The bench is broken" in board
    assert "Sunil" not in board
    assert "sunil" not in board


async def test_a_deed_that_is_none_changes_nothing(site: Site) -> None:
    id, mo = await site.did(said), await site.who("mo")
    for typed in ({"thing": str(id), "deed": "burn"}, {"thing": "x", "deed": "share"}, {}):
        assert (await mo.post("/steward/said", data=typed)).status_code == 303
    assert (await mo.post("/steward/said", data={"thing": "77", "deed": "share"})).status_code == 404
    assert "bench is broken" not in (await site.guest.get("/")).text


async def test_today_says_what_waits(site: Site) -> None:
    await site.did(said)
    await site.did(asked)
    page = (await (await site.who("mo")).get("/steward")).text
    assert "1 thing was said to us" in page
    assert "1 new message" in page
    assert "was said to us" not in (await (await site.who("olwen")).get("/steward")).text


async def test_an_organiser_answers_a_message_in_the_hubs_name(site: Site) -> None:
    id, olwen = await site.did(asked), await site.who("olwen")
    assert "Is there a ramp?" in (await olwen.get("/messages")).text
    answer = await olwen.post("/messages", data={"message": id, "text": "Yes, at the side."})
    assert answer.headers["location"] == "/messages?done=written"
    assert "Yes, at the side." in (await olwen.get("/messages")).text
    assert "Is there a ramp?" not in (await (await site.who("rhys")).get("/messages")).text


async def test_a_resident_cannot_answer_for_the_hub(site: Site) -> None:
    id, rhys = await site.did(asked), await site.who("rhys")
    assert (await rhys.post("/messages", data={"message": id, "text": "No."})).status_code in (404, 422)
    assert "No." not in (await (await site.who("olwen")).get("/messages")).text


async def test_an_answer_that_is_too_long_is_there_to_be_shortened(site: Site) -> None:
    id, olwen = await site.did(asked), await site.who("olwen")
    answer = await olwen.post("/messages", data={"message": id, "text": "very long " * 600})
    assert answer.status_code == 422
    assert "very long very long" in answer.text


async def test_a_message_that_is_sent_twice_by_a_double_click_goes_once(site: Site) -> None:
    id, olwen = await site.did(asked), await site.who("olwen")
    for _ in range(2):
        await olwen.post("/messages", data={"message": id, "text": "Yes, at the side."})
    assert (await olwen.get("/messages")).text.count("Yes, at the side.") == 1


async def test_a_server_is_kept_out_and_let_in_again(site: Site) -> None:
    mo = await site.who("mo")
    wrong = await mo.post("/steward/kept-out", data={"domain": "two words", "level": "limited", "reason": "Adverts"})
    assert wrong.status_code == 422
    assert "two words" in wrong.text
    assert "Adverts" in wrong.text
    await mo.post("/steward/kept-out", data={"domain": "Spam.example", "level": "suspended", "reason": "Adverts"})
    assert await site.did(blocks.suspended, "spam.example")
    assert "Adverts" in (await mo.get("/steward/kept-out")).text
    await mo.post("/steward/kept-out/lift", data={"domain": "spam.example"})
    assert not await site.did(blocks.suspended, "spam.example")


async def test_a_report_is_read_and_put_away(site: Site, clock: Clock) -> None:
    def told(tx: Tx) -> None:
        hub = settings.get(tx).actor
        uri = settings.get(tx).base + "/actor/hub"
        reports.receive(tx, "https://mastodon.example/f/1", "mastodon.example", [uri], "<b>Rude</b>", sender=hub)

    await site.did(told)
    mo = await site.who("mo")
    page = (await mo.get("/steward/reports")).text
    assert "&lt;b&gt;Rude" in page
    report = page.split('name="report" value="')[1].split('"')[0]
    await mo.post("/steward/reports", data={"report": report})
    assert "No reports" in (await mo.get("/steward/reports")).text
