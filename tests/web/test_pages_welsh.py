"""Every page, as somebody reads it who reads Welsh."""

import html
import re

import pytest
from browsing import Site
from conftest import Clock
from scene import hub_draft, lift, orchard, party, stranger

from hub import asks, events, helping, people, posts, projects, settings
from hub.people import Guest
from hub.store import Tx
from web import i18n, themes

PUBLIC = (
    "/", "/events", "/asks", "/projects", "/about", "/search", "/search?q=nothing", "/follow", "/signin", "/signup",
    "/@rhys", "/events/{event}", "/events/{event}/poster", "/asks/{ask}", "/projects/{project}", "/posts/{note}",
    "/near", "/nowhere",
)  # fmt: skip
KEPT = (
    "/publish", "/publish/event", "/publish/ask", "/publish/offer", "/publish/project", "/publish/note", "/account",
    "/events/{event}/change", "/events/{event}/cancel", "/events/{event}/remove", "/events/{event}/people",
    "/asks/{ask}/change", "/asks/{ask}/close", "/asks/{ask}/answers",
    "/asks/{ask}/answers/{helper}", "/asks/{ask}/answers/{helped}", "/projects/{project}/change",
    "/messages", "/steward/said", "/steward/reports", "/steward/kept-out",
    "/steward", "/steward/asks", "/steward/replies", "/steward/followers", "/steward/following", "/steward/deliveries",
    "/steward/held", "/steward/hubs", "/steward/settings", "/steward/people",
)  # fmt: skip


def life(tx: Tx) -> dict[str, int]:
    who = people.steward(tx).actor
    project = projects.start(tx, who, orchard()).id
    ask = asks.publish(tx, who, "ask", lift(vetted=True)).id
    helped = helping.answer(tx, ask, Guest("Mair", "1"), "help").id
    helping.accept(tx, who, helped, {}, checked=True)
    helping.done(tx, who, helped, 1.5)
    return {
        "helper": helping.answer(tx, ask, stranger(tx), "help").id,
        "helped": helped,
        "project": project,
        "event": events.publish(tx, who, party(project=project)).id,
        "ask": ask,
        "note": posts.publish(tx, who, posts.Draft(text={"en": "Closed.", "cy": "Ar gau."})).id,
    }


def english() -> set[str]:
    """Our sentences without facts in them, long enough not to be part of somebody's own words."""
    welsh = i18n.catalogue("cy", (themes.ROOT / "base",))
    known = i18n.read((themes.ROOT / "base" / "locale" / "cy" / "LC_MESSAGES" / i18n.CATALOGUE).read_text())
    plain = {message.rpartition(i18n.CONTEXT)[2] for message, forms in known.items() if len(forms) == 1}
    return {it for it in plain if "%(" not in it and len(it.split()) > 2 and welsh.gettext(it) != it}


def said(page: str) -> str:
    """What a page says and shows, without what is marked as being in English."""
    unmarked = re.sub(r'<(\w+)[^>]* lang="en"[^>]*>.*?</\1>', "", page, flags=re.S)
    return html.unescape(unmarked)


@pytest.mark.parametrize(("who", "paths"), [("", PUBLIC), ("bethan", KEPT)], ids=["guest", "steward"])
async def test_no_sentence_of_ours_is_left_in_english(
    site: Site, clock: Clock, who: str, paths: tuple[str, ...]
) -> None:
    ids, browser = await site.did(life), await site.who(who) if who else site.guest
    sentences = english()
    for path in paths:
        address = path.format(**ids)
        page = said((await browser.get(address, params={"lang": "cy"})).text)
        assert not {it for it in sentences if it in page}, path
        same = html.unescape((await browser.get(address, params={"lang": "en"})).text)
        assert any(it in same for it in sentences), f"{path} has none of our sentences to look for"


async def test_a_day_within_a_sentence_begins_small(site: Site, clock: Clock) -> None:
    ids = await site.did(life)
    page = (await site.guest.get(f"/events/{ids['event']}", params={"lang": "cy"})).text
    assert re.search(r"<title>[^<]*, dydd \w+ \d", page)
    assert re.search(r"Dydd \w+ \d+ \w+, \d", page), "at the start of a line it is a name, and begins great"


async def test_a_name_that_is_the_same_in_both_languages_is_said_once(site: Site) -> None:
    who = (await site.store.read(people.steward)).actor
    for welsh, other in (("Cwm Du", 0), ("Y Cwm Du", 1)):
        await site.did(settings.change, who, hub_draft(name={"en": "Cwm Du", "cy": welsh}))
        page = (await site.guest.get("/", params={"lang": "cy"})).text
        assert page.count("<small lang=") == other
