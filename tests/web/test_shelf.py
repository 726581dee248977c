"""What was made a moment ago is given out again: to the right people, in the right language, and while it is true."""

from browsing import Site
from conftest import Clock
from scene import party

from hub import events, people
from hub.clock import MINUTE
from hub.events import Event
from hub.store import Tx

AS2 = {"Accept": "application/activity+json"}
WELSH = {"Accept-Language": "cy"}


def a_party(tx: Tx) -> Event:
    return events.publish(tx, people.steward(tx).actor, party())


async def test_a_kept_page_speaks_the_language_of_who_asks(site: Site) -> None:
    await site.did(a_party)
    for _ in range(2):
        assert "Street party" in (await site.guest.get("/")).text
        assert "Parti stryd" in (await site.guest.get("/", headers=WELSH)).text
        assert "Parti stryd" in (await site.guest.get("/?lang=cy")).text
        assert "Street party" in (await site.guest.get("/?lang=en", headers=WELSH)).text


async def test_who_has_signed_in_gets_a_page_of_their_own(site: Site) -> None:
    await site.guest.get("/")
    bethan = await site.who("bethan")
    own = await bethan.get("/")
    assert own.headers["cache-control"] == "private, no-cache"
    assert "bethan" in own.text
    assert "bethan" not in (await site.guest.get("/")).text


async def test_programs_are_led_to_the_document_although_the_page_is_kept(site: Site) -> None:
    for _ in range(2):
        assert (await site.guest.get("/")).status_code == 200
        assert (await site.guest.get("/", headers=AS2)).status_code == 302


async def test_a_kept_page_carries_what_every_answer_carries(site: Site) -> None:
    made, kept = [await site.guest.get("/") for _ in range(2)]
    assert kept.content == made.content
    assert kept.headers == made.headers
    assert "content-security-policy" in kept.headers


async def test_a_kept_document_is_the_same_again_and_not_for_browsers(site: Site) -> None:
    event = await site.did(a_party)
    path = f"/event/{event.id}"
    made, kept = [await site.guest.get(path, headers=AS2) for _ in range(2)]
    assert kept.json() == made.json()
    assert kept.headers == made.headers
    assert (await site.guest.get(path, headers={"Accept": "text/html"})).status_code == 303
    again = await site.guest.get(path, headers=AS2 | {"If-None-Match": made.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_neither_outlives_a_change(site: Site, clock: Clock) -> None:
    event = await site.did(a_party)
    page, document = f"/events/{event.id}", f"/event/{event.id}"
    for _ in range(2):
        assert "Cancelled" not in (await site.guest.get(page)).text
        assert "eventStatus" in (await site.guest.get(document, headers=AS2)).text
    before = (await site.guest.get(document, headers=AS2)).headers["etag"]

    clock.forward(MINUTE // 4)
    await site.did(lambda tx: events.cancel(tx, people.steward(tx).actor, event.id, {"en": "Rain."}))

    assert "Cancelled" in (await site.guest.get(page)).text
    assert (await site.guest.get(document, headers=AS2)).headers["etag"] != before
