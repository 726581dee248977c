"""Parts that can be followed, as pages, feeds and calendars at one address; and the steward who draws them."""

import re
from xml.etree import ElementTree

import pytest
from browsing import Site
from conftest import Clock
from scene import lift, party

from hub import asks, events, people, posts, series, slices
from hub.clock import DAY, HOUR
from hub.patches import Draft
from hub.store import Tx
from web.accept import feed

WHEN = {"starts.date": "2026-05-09", "starts.time": "10:00", "ends.date": "2026-05-09", "ends.time": "12:00"}
HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
AT_ONE_ADDRESS = {
    HTML: "text/html", "": "text/html", "*/*": "text/html", "application/atom+xml": "application/atom+xml",
    "application/feed+json": "application/feed+json", "text/calendar": "text/calendar",
    "text/calendar, text/html;q=0.5": "text/calendar", "text/html, text/calendar": "text/html",
    "application/atom+xml;q=nonsense": "text/html", "image/png": "text/html",
}  # fmt: skip


def steward(tx: Tx) -> int:
    return people.steward(tx).actor


def some_life(tx: Tx) -> None:
    who = steward(tx)
    events.publish(tx, who, party(tags=["food"], series={"en": "Repair café", "cy": "Caffi trwsio"}))
    events.publish(tx, who, party(title={"en": "Choir"}))
    asks.publish(tx, who, "ask", lift())
    posts.publish(tx, who, posts.Draft(text={"en": "The soup was good."}, tags=["food"]))
    slices.draw(tx, who, Draft({"en": "By the mill", "cy": "Ger y felin"}, lines="Mill Road"))


@pytest.mark.parametrize(("accept", "type"), AT_ONE_ADDRESS.items())
async def test_one_address_gives_the_form_that_is_asked_for(site: Site, accept: str, type: str) -> None:
    await site.did(some_life)
    for _ in range(2):  # also when a page was made a moment ago
        answer = await site.guest.get("/@events", headers={"accept": accept})
        assert answer.status_code == 200
        assert answer.headers["content-type"].partition(";")[0] == type
        assert "Accept" in answer.headers["vary"]
        await site.guest.get("/@events", headers={"accept": HTML})


async def test_a_server_is_led_to_the_actor(site: Site) -> None:
    for accept in ("application/activity+json", 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'):
        answer = await site.guest.get("/@events", headers={"accept": accept})
        assert (answer.status_code, answer.headers["location"]) == (302, "https://glan.example/actor/events")


@pytest.mark.parametrize("accept", [HTML, "application/atom+xml", "application/feed+json", "text/calendar"])
async def test_who_has_it_already_is_told_so(site: Site, accept: str, clock: Clock) -> None:
    await site.did(some_life)
    first = await site.guest.get("/@events", headers={"accept": accept})
    again = await site.guest.get("/@events", headers={"accept": accept, "if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert "Accept" in again.headers["vary"]
    other = await site.guest.get("/@asks", headers={"accept": accept, "if-none-match": first.headers["etag"]})
    assert other.status_code == 200


async def test_each_form_has_an_address_of_its_own(site: Site) -> None:
    await site.did(some_life)
    calendar = (await site.guest.get("/@events.ics")).text
    assert calendar.count("BEGIN:VEVENT") == 2
    assert "REFID:s_repair_cafe@glan.example\r\n" in calendar
    assert calendar.count("REFID") == 1
    root = ElementTree.fromstring((await site.guest.get("/@t_food.atom")).content)  # noqa: S314 - our own
    titles = [it.text for it in root.iter("{http://www.w3.org/2005/Atom}title")]
    assert titles == ["#food · Riverside", "The soup was good.", "Street party"]
    assert [it["title"] for it in (await site.guest.get("/@asks.json")).json()["items"]] == ["A lift to the eye clinic"]


@pytest.mark.parametrize("path", ["/@t_nothing", "/@t_nothing.atom", "/@nobody.ics", "/@nobody.json", "/@t_"])
async def test_what_nothing_can_fall_in_is_not_there(site: Site, path: str) -> None:
    assert (await site.guest.get(path)).status_code == 404


async def test_a_page_shows_what_is_in_it_and_how_to_follow_it(site: Site) -> None:
    await site.did(some_life)
    page = (await site.guest.get("/@events")).text
    assert "Street party" in page
    assert "Choir" in page
    assert "A lift to the eye clinic" not in page
    assert "@events@glan.example" in page.replace("<wbr>", "")
    assert 'href="webcal://glan.example/@events.ics"' in page
    for form, path in (
        ("application/activity+json", "https://glan.example/actor/events"), ("application/atom+xml", "/@events.atom"),
        ("application/feed+json", "/@events.json"), ("text/calendar", "/@events.ics"),
    ):  # fmt: skip
        assert f'<link rel="alternate" type="{form}" href="{path}"' in page
    assert "webcal" not in (await site.guest.get("/@asks")).text


async def test_pages_make_nobody_an_actor_but_following_does(site: Site) -> None:
    await site.did(some_life)
    for path in ("/slices", "/@events", "/@events.atom", "/@t_food", "/steward/slices"):
        await site.guest.get(path)
    assert await site.did(lambda tx: slices.awake(tx)) == []
    page = await site.guest.get("/follow?acct=@t_food@glan.example")
    assert "Follow #food · Riverside" in page.text
    assert [it.handle for it in await site.did(lambda tx: slices.awake(tx))] == ["t_food"]


async def test_the_list_names_all_that_can_be_followed(site: Site) -> None:
    await site.did(some_life)
    page = (await site.guest.get("/slices")).text
    for path in ("/@events", "/@asks", "/@offers", "/@s_repair_cafe", "/@by_the_mill", "/@t_food", "/@t_transport"):
        assert f'href="{path}"' in page
    welsh = (await site.guest.get("/slices?lang=cy")).text
    assert "Ger y felin" in welsh
    assert "Caffi trwsio" in welsh
    assert "Digwyddiadau" in welsh


async def test_the_pages_of_events_and_asks_say_that_they_can_be_followed_alone(site: Site) -> None:
    event = await site.did(lambda tx: events.publish(tx, steward(tx), party(series={"en": "Market"})))
    assert "@events@glan.example" in (await site.guest.get("/events")).text.replace("<wbr>", "")
    assert "@asks@glan.example" in (await site.guest.get("/asks")).text.replace("<wbr>", "")
    assert "@s_market@glan.example" in (await site.guest.get(f"/events/{event.id}")).text.replace("<wbr>", "")


async def test_a_neighbours_page_is_still_at_their_name(site: Site) -> None:
    assert (await site.guest.get("/@bethan")).status_code == 200


async def test_the_form_of_an_event_asks_for_its_series_and_keeps_it(site: Site, clock: Clock) -> None:
    await site.did(some_life)
    form = await (await site.who("bethan")).get("/publish/event")
    assert "Repair café" in form.text
    event = await site.did(lambda tx: events.publish(tx, steward(tx), party(series={"en": "Market"})))
    change = await (await site.who("bethan")).get(f"/events/{event.id}/change")
    assert 'name="series.en" type="text" value="Market"' in change.text
    names = dict(re.findall(r'name="([\w.]+)" type="\w+" value="([^"]*)"', change.text))
    sent = await (await site.who("bethan")).post(
        f"/events/{event.id}/change", data=names | WHEN | {"series.en": "Choir"}
    )
    assert sent.status_code == 303
    assert await site.did(lambda tx: series.of(tx, event.id)) == ("s_choir", {"en": "Choir"})


async def test_a_steward_draws_changes_and_ends_a_patch(site: Site) -> None:
    sent = await (await site.who("bethan")).post(
        "/steward/slices", data={"name.en": "By the mill", "lines": "Mill Road", "kind": "patch"}
    )
    assert sent.status_code == 303
    [part] = await site.did(lambda tx: slices.kept(tx, "patch"))
    page = await (await site.who("bethan")).get(f"/steward/slices/{part.id}")
    assert "Mill Road" in page.text
    data = {"name.en": "The mill", "lines": "Mill Road\nBridge Street", "kind": "patch"}
    assert (await (await site.who("bethan")).post(f"/steward/slices/{part.id}", data=data)).status_code == 303
    changed = await site.did(lambda tx: slices.get(tx, part.id or 0))
    assert (changed.name, changed.rule, changed.handle) == (
        {"en": "The mill"}, "Mill Road\nBridge Street", "by_the_mill",
    )  # fmt: skip
    assert (await (await site.who("bethan")).post(f"/steward/slices/{part.id}/end")).status_code == 303
    assert (await site.guest.get("/@by_the_mill")).status_code == 404
    assert (await (await site.who("bethan")).get(f"/steward/slices/{part.id}")).status_code == 404


async def test_what_is_wrong_with_a_patch_is_said_at_its_field(site: Site) -> None:
    page = await (await site.who("bethan")).post(
        "/steward/slices", data={"name.en": "By the mill", "lines": " ", "kind": "patch"}
    )
    assert page.status_code == 422
    assert "Write down at least one street or postcode." in page.text
    assert 'value="By the mill"' in page.text


@pytest.mark.parametrize("path", ["/steward/slices", "/steward/slices/1", "/steward/slices/1/end"])
async def test_only_stewards_come_near(site: Site, path: str) -> None:
    method = "POST" if path.endswith("end") else "GET"
    assert (await site.guest.request(method, path)).status_code in (303, 401, 403)


@pytest.mark.parametrize(("accept", "form"), [
    ("text/calendar", "ics"), ("TEXT/CALENDAR;q=1", "ics"), ("text/html;q=0.1, application/atom+xml;q=0.2", "atom"),
    ("application/atom+xml;q=0", ""), ("", ""), ("text/calendar, text/html", ""), ("application/feed+json", "json"),
])  # fmt: skip
def test_which_feed_is_meant(accept: str, form: str) -> None:
    assert feed(accept) == form


async def test_an_event_that_is_over_goes_to_the_end_of_the_page(site: Site, clock: Clock) -> None:
    await site.did(some_life)
    clock.forward(DAY + 4 * HOUR)
    page = (await site.guest.get("/@events")).text
    assert page.index("<h2>Over</h2>") < page.index("Street party")
