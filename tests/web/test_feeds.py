"""Feeds and calendars, read back by strict readers of their formats."""

import json
import re
from datetime import datetime
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
from browsing import Site
from conftest import Clock
from scene import lift, orchard, party

from hub import asks, events, people, posts, projects
from hub.clock import DAY, HOUR
from hub.store import Tx
from web.feeds import atom, ical
from web.feeds.entry import Entry, Feed

ATOM = "{http://www.w3.org/2005/Atom}"


def steward(tx: Tx) -> int:
    return people.steward(tx).actor


def some_life(tx: Tx) -> tuple[int, int]:
    """A project with an event and an update, an ask, a note. Returns the project and the event."""
    who = steward(tx)
    project = projects.start(tx, who, orchard()).id
    text = {"en": "Bring a chair, a dish; and <you>."}
    event = events.publish(tx, who, party(project=project, text=text, lat=51.4816, lon=-3.1791, tags=["food"])).id
    asks.publish(tx, who, "ask", lift())
    posts.publish(tx, who, posts.Draft(text={"en": "The library is closed & quiet.", "cy": "Mae’r llyfrgell ar gau."}))
    posts.publish(tx, who, posts.Draft(text={"en": "Eleven trees are in."}, project=project))
    return project, event


def properties(calendar: str) -> dict[str, list[str]]:
    """Every property of a calendar, unfolded: name → values. Fails where a line is not one of RFC 5545."""
    assert calendar.endswith("\r\n")
    lines = calendar.replace("\r\n ", "").split("\r\n")[:-1]
    found: dict[str, list[str]] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        assert colon, line
        assert re.fullmatch(r"[A-Z-]+(;[A-Z-]+=[^;:,]+)*", name), line
        found.setdefault(name.partition(";")[0], []).append(value)
    return found


async def test_atom_names_each_thing_its_page_and_its_words(site: Site, clock: Clock) -> None:
    _, event = await site.did(some_life)
    answer = await site.guest.get("/feed.atom")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    feed = ElementTree.fromstring(answer.content)  # noqa: S314 - our own
    assert feed.findtext(f"{ATOM}id") == "https://glan.example/"
    titles = {entry.findtext(f"{ATOM}title") for entry in feed.iter(f"{ATOM}entry")}
    assert {"Street party", "A lift to the eye clinic", "Old Mill Orchard", "Eleven trees are in.",
            "The library is closed & quiet."} == titles  # fmt: skip
    found = next(e for e in feed.iter(f"{ATOM}entry") if e.findtext(f"{ATOM}title") == "Street party")
    assert found.findtext(f"{ATOM}id") == f"https://glan.example/event/{event}"
    link = found.find(f"{ATOM}link")
    assert link is not None
    assert link.get("href") == f"https://glan.example/events/{event}"
    assert found.findtext(f"{ATOM}updated") == "2026-05-01T09:00:00Z"
    content = found.findtext(f"{ATOM}content")
    assert content is not None
    assert content.startswith("<p><b>Saturday 2 May, 10 am to 1 pm</b><br>Mill Bridge, Mill Road</p>")


async def test_json_feed_says_the_same(site: Site, clock: Clock) -> None:
    await site.did(some_life)
    feed = json.loads((await site.guest.get("/feed.json")).content)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"] == "https://glan.example/feed.json"
    assert len(feed["items"]) == 5
    assert all(item["content_html"] and item["url"].startswith("https://glan.example/") for item in feed["items"])


async def test_feeds_speak_the_language_that_is_asked_for(site: Site, clock: Clock) -> None:
    await site.did(some_life)
    welsh = await site.guest.get("/feed.atom", params={"lang": "cy"})
    assert "Parti stryd" in welsh.text
    assert "Dydd Sadwrn 2 Mai, 10 y bore tan 1 y prynhawn" in welsh.text
    assert "Mae’r llyfrgell ar gau." in welsh.text
    assert 'xml:lang="cy"' in welsh.text
    calendar = await site.guest.get("/events.ics", params={"lang": "cy"})
    assert "SUMMARY;LANGUAGE=cy:Parti stryd" in calendar.text


async def test_a_project_has_feeds_of_its_own(site: Site, clock: Clock) -> None:
    project, _ = await site.did(some_life)
    feed = json.loads((await site.guest.get(f"/projects/{project}/feed.json")).content)
    assert feed["title"] == "Old Mill Orchard"
    assert {item["title"] for item in feed["items"]} == {"Street party", "Eleven trees are in."}
    calendar = (await site.guest.get(f"/projects/{project}/events.ics")).text
    assert calendar.count("BEGIN:VEVENT") == 1
    assert "X-WR-CALNAME:Old Mill Orchard" in calendar


async def test_the_calendar_tells_when_where_and_how_sure(site: Site, clock: Clock) -> None:
    _, event = await site.did(some_life)
    answer = await site.guest.get("/events.ics")
    assert answer.headers["content-type"].startswith("text/calendar")
    found = properties(answer.text)
    assert found["DTSTART"] == ["20260502T090000Z"]
    assert found["DTEND"] == ["20260502T120000Z"]
    assert found["UID"] == [f"{event}@glan.example"]
    assert found["LOCATION"] == ["Mill Bridge\\, Mill Road"]
    assert found["GEO"] == ["51.4816;-3.1791"]
    assert found["STATUS"] == ["CONFIRMED"]
    assert found["SEQUENCE"] == ["0"]
    assert found["CATEGORIES"] == ["food"]
    assert found["DESCRIPTION"][0].startswith("Bring a chair\\, a dish\\; and <you>.\\n\\nhttps://glan.example/events/")
    assert found["BEGIN"] == ["VCALENDAR", "VEVENT"]


async def test_a_calendar_that_looks_again_learns_of_every_change(site: Site, clock: Clock) -> None:
    _, event = await site.did(some_life)
    clock.forward(HOUR)
    await site.did(lambda tx: events.postpone(tx, steward(tx), event, {"en": "Too windy."}))
    found = properties((await site.guest.get("/events.ics")).text)
    assert [*found["STATUS"], *found["SUMMARY"], *found["SEQUENCE"]] == ["TENTATIVE", "Postponed: Street party", "3600"]
    assert found["LAST-MODIFIED"] == ["20260501T100000Z"]
    clock.forward(HOUR)
    await site.did(lambda tx: events.cancel(tx, steward(tx), event, {"en": "Rain."}))
    found = properties((await site.guest.get("/events.ics")).text)
    assert [*found["STATUS"], *found["SUMMARY"], *found["SEQUENCE"]] == ["CANCELLED", "Cancelled: Street party", "7200"]
    assert found["DESCRIPTION"][0].startswith("Rain.\\n\\n")


async def test_one_event_goes_into_ones_own_calendar_as_a_file(site: Site, clock: Clock) -> None:
    _, event = await site.did(some_life)
    answer = await site.guest.get(f"/events/{event}.ics")
    assert answer.headers["content-disposition"] == f'attachment; filename="event-{event}.ics"'
    assert properties(answer.text)["UID"] == [f"{event}@glan.example"]


async def test_ten_in_the_morning_is_ten_on_both_sides_of_the_end_of_summer_time(site: Site, clock: Clock) -> None:
    def two(tx: Tx) -> None:
        for day in (24, 26):  # the clocks go back on 25 October 2026
            local = datetime(2026, 10, day, 10, tzinfo=ZoneInfo("Europe/London"))
            starts = round(local.timestamp() * 1000)
            events.publish(tx, steward(tx), party(starts=starts, ends=starts + HOUR))

    await site.did(two)
    found = properties((await site.guest.get("/events.ics")).text)
    assert found["DTSTART"] == ["20261024T090000Z", "20261026T100000Z"]
    page = (await site.guest.get("/events?month=2026-10")).text
    assert re.findall(r'<time class="dt-start"[^>]*>(.*?)</time>', page) == ["10 am to 11 am"] * 2


def test_lines_are_folded_at_75_octets_and_never_inside_a_letter() -> None:
    line = "SUMMARY:" + "ŵy🌳" * 60
    folded = ical.fold(line)
    assert all(len(part) <= 75 for part in folded.removesuffix(b"\r\n").split(b"\r\n"))
    for part in folded.split(b"\r\n"):
        part.decode()
    assert folded.replace(b"\r\n ", b"").decode() == line + "\r\n"


@pytest.mark.parametrize(
    ("words", "written"),
    [("a,b;c\\d", "a\\,b\\;c\\\\d"), ("one\r\ntwo\rthree\nfour", "one\\ntwo\\nthree\\nfour"), ("bell\x07", "bell"),
     ("END:VEVENT\r\nX:1", "END:VEVENT\\nX:1")],
)  # fmt: skip
def test_no_words_can_add_a_line_to_a_calendar(words: str, written: str) -> None:
    assert ical.text(words) == written


def test_no_words_can_break_a_feed() -> None:
    evil = "\"'><x>&]]>\x00\x0b\ufffe"
    entry = Entry(evil, evil, evil, evil, 0, 0, evil, [evil], evil)
    feed = Feed(evil, evil, evil, evil, "en", evil, evil, evil, 0, [entry])
    root = ElementTree.fromstring(atom.write(feed))  # noqa: S314 - our own
    assert len(list(root.iter(f"{ATOM}entry"))) == 1
    assert root.findtext(f"{ATOM}title") == "\"'><x>&]]>"


async def test_feeds_are_not_sent_again_when_nothing_changed(site: Site, clock: Clock) -> None:
    for path in ("/feed.atom", "/feed.json", "/events.ics", "/sitemap.xml"):
        first = await site.guest.get(path)
        again = await site.guest.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


async def test_old_events_leave_the_calendar_after_two_months(site: Site, clock: Clock) -> None:
    await site.did(some_life)
    clock.forward(30 * DAY)
    assert "BEGIN:VEVENT" in (await site.guest.get("/events.ics")).text
    clock.forward(40 * DAY)
    assert "BEGIN:VEVENT" not in (await site.guest.get("/events.ics")).text


async def test_what_is_taken_down_is_in_no_feed(site: Site, clock: Clock) -> None:
    _, event = await site.did(some_life)
    await site.did(lambda tx: events.remove(tx, steward(tx), event))
    for path in ("/feed.atom", "/feed.json", "/events.ics", "/sitemap.xml"):
        assert str(event) not in (await site.guest.get(path)).text


async def test_the_sitemap_lists_every_page_that_may_be_found(site: Site, clock: Clock) -> None:
    project, event = await site.did(some_life)
    root = ElementTree.fromstring((await site.guest.get("/sitemap.xml")).content)  # noqa: S314 - our own
    pages = [node.text for node in root.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
    assert f"https://glan.example/events/{event}" in pages
    assert f"https://glan.example/projects/{project}" in pages
    assert not [page for page in pages if page and ("/steward" in page or "/account" in page)]
