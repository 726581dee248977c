"""Words that would like to be more than words: in every field of every form, on every page and in every feed."""

from html.parser import HTMLParser
from xml.etree import ElementTree

import msgspec
import pytest
from browsing import Site
from conftest import Clock
from crawling import crawl
from scene import stranger

from hub import actors, asks, events, people, posts, projects, things
from hub import settings as hub_settings
from hub.clock import DAY, HOUR, now
from hub.store import Tx

pytestmark = pytest.mark.slow

EVIL = (
    "\"><script src=//evil.example>zz</script>'><img src=x onerror=alert(1)><svg/onload=alert(1)>"
    "</title></textarea><a href=javascript:alert(1)>x</a>{{7*7}}${7*7}%(x)s"
)
INJECTED = "zz\r\nATTACH:https://evil.example/\r\nX-Evil: yes"
ATOM = {"feed", "entry", "id", "title", "subtitle", "updated", "published", "icon", "author", "name", "uri", "link",
        "category", "content", "summary", "rights", "logo", "generator"}  # fmt: skip
HERE = frozenset({"script", "iframe", "object", "embed", "base"})  # elements that no page has, but the theme's scripts


class Elements(HTMLParser):
    """What of a page would run, load or lead astray."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        ours = tag == "script" and (dict(attrs).get("src") or "").startswith("/static/")
        self.wrong += [tag] if tag in HERE and not ours else []
        for name, value in attrs:
            said = (value or "").strip().lower()
            runs = said.startswith(("javascript:", "data:")) and name in ("href", "src", "action")
            bad = runs or name.startswith("on")
            self.wrong += [f"{tag} {name}={said[:60]}"] if bad or (name == "src" and "evil.example" in said) else []


def evil(tx: Tx) -> None:
    """The hub, its people and all that is published, here and elsewhere, called by what would do harm."""
    who, hub, said = people.steward(tx).actor, hub_settings.get(tx), {"en": EVIL, "cy": EVIL}
    draft = hub_settings.Draft(
        name={"en": EVIL[:99]}, area_name=EVIL[:190], area_code="W05000985", rules=said, welcome=said,
        contacts=[hub_settings.Contact(EVIL[:90], EVIL[:90], EVIL[:90])],
    )  # fmt: skip
    hub_settings.change(tx, who, draft)
    title = {"en": EVIL[:200]}
    project = projects.start(tx, who, projects.Draft(title=title, text=said, summary=said, wanted=said, handle="evil"))
    event = events.publish(tx, who, events.Draft(
        title=title, text=said, starts=now() + HOUR, ends=now() + DAY, venue=EVIL[:200], street=INJECTED,
        locality=EVIL[:200], postcode=EVIL[:200], cost_words=title, access_notes=said, project=project.id,
        tags=[EVIL[:40]],
    ))  # fmt: skip
    events.postpone(tx, who, event.id, said)
    asks.publish(tx, who, "ask", asks.Draft(title=title, text=said, area_name=EVIL[:200], tags=[EVIL[:40]]))
    posts.publish(tx, who, posts.Draft(text=said, title=title, project=project.id))
    posts.publish(tx, who, posts.Draft(text=said, title=title))
    posts.reply(tx, who, event.id, said)
    _elsewhere(tx, hub.actor)


def _elsewhere(tx: Tx, hub: int) -> None:
    other = stranger(tx, "hub", "else.example", "hub")
    actors.ask_to_follow(tx, hub, other)
    actors.follow_answered(tx, hub, other, accepted=True)
    tx.run("UPDATE actor SET name = :name WHERE id = :id", name=msgspec.json.encode({"en": EVIL}).decode(), id=other)
    seen = things.Seen(
        uri="https://else.example/e", url="javascript:alert(1)", title={"en": EVIL}, published=now(), updated=now(),
        pictures=[things.Picture(url="javascript:alert(2)", alt={"en": EVIL})],
    )  # fmt: skip
    details = events.Details(starts=now() + HOUR, ends=now() + 2 * HOUR, zone="Europe/London", status="scheduled")
    events.mirror(tx, other, seen, details)


@pytest.mark.parametrize("login", ["", "bethan"])
async def test_109_110_nothing_that_is_written_becomes_part_of_a_page(site: Site, clock: Clock, login: str) -> None:
    await site.did(evil)
    read = await crawl(site, await site.who(login) if login else site.guest)
    pages = {path: text for path, text in read.items() if "<!doctype html>" in text}
    assert len(pages) > 40
    assert sum("&lt;script" in page or "&#34;&gt;" in page for page in pages.values()) > 20
    for path, page in pages.items():
        elements = Elements()
        elements.feed(page)
        assert elements.wrong == [], path
        assert "49" not in {words.strip() for words in page.split("{{7*7}}")}, path


async def test_109_nor_what_is_typed_into_a_form_that_comes_back(site: Site, clock: Clock) -> None:
    await site.did(evil)
    steward = await site.who("bethan")
    typed = {f"{name}.en": EVIL for name in ("title", "text", "summary", "wanted", "welcome", "rules", "reason")}
    typed |= dict.fromkeys(("name", "contact", "login", "email", "venue", "online", "starts.date", "domain"), EVIL)
    for path in ("/publish/event", "/publish/ask", "/publish/project", "/publish/note", "/steward/people", "/signin",
                 "/follow", "/steward/settings", "/steward/following"):  # fmt: skip
        for browser in (steward, site.guest):
            elements = Elements()
            elements.feed((await browser.post(path, data=typed)).text)
            assert elements.wrong == [], path
    elements = Elements()
    elements.feed((await site.guest.get("/search", params={"q": EVIL})).text)
    assert elements.wrong == []


async def test_112_no_words_add_a_line_to_a_calendar_or_an_element_to_a_feed(site: Site, clock: Clock) -> None:
    await site.did(evil)
    calendar = (await site.guest.get("/events.ics")).content
    assert b"zz" in calendar
    assert b"\r\nATTACH" not in calendar
    assert b"\r\nX-Evil" not in calendar
    feed = ElementTree.fromstring((await site.guest.get("/feed.atom")).text)  # noqa: S314 - our own
    assert {element.tag.rpartition("}")[2] for element in feed.iter()} <= ATOM
    assert EVIL[:200] in [title.text for title in feed.iter("{http://www.w3.org/2005/Atom}title")]
