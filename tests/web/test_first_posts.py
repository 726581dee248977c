"""The page on which moderators read first posts, and what their authors see meanwhile."""

import re

import pytest
from browsing import Site, fields
from scene import party

from hub import events, held, messages, people, reports, statuses, things
from hub.statuses import Draft
from hub.store import Tx


async def newcomer(site: Site) -> int:
    def unit(tx: Tx) -> int:
        return people.create(tx, "delyth", "delyth@glan.example", "x", newcomer=True).actor

    id: int = await site.did(unit)
    return id


async def say(site: Site, words: str) -> int:
    delyth = await site.who("delyth")
    went = await delyth.post("/compose", data={"text": words, "audience": "public"})
    assert went.status_code == 303, went.text
    assert went.headers["location"].endswith("done=said-waits")
    return int(went.headers["location"].split("/")[2].split("?")[0])


async def test_a_newcomers_post_waits_is_read_and_shows(site: Site) -> None:
    await newcomer(site)
    id = await say(site, "A heron on the weir")
    delyth, mo, rhys = await site.who("delyth"), await site.who("mo"), await site.who("rhys")
    for path in (f"/posts/{id}", "/home", "/@delyth"):
        assert "Waits for a look" in (await delyth.get(path)).text, path
    for browser in (site.guest, rhys, mo):
        assert (await browser.get(f"/posts/{id}")).status_code == 404
        assert "A heron on the weir" not in (await browser.get("/@delyth")).text
    assert "1 post waits to be read" in (await mo.get("/steward")).text
    page = await mo.get("/steward/held")
    assert "A heron on the weir" in page.text
    path = f"/steward/held/{id}/publish"
    assert (await mo.post(path)).status_code == 409
    went = await mo.post(path, data=fields(page.text, path))
    assert went.headers["location"] == "/steward/held?done=let-through"
    assert "A heron on the weir" in (await site.guest.get(f"/posts/{id}")).text
    assert "Waits for a look" not in (await delyth.get(f"/posts/{id}")).text
    assert "let a post by delyth through" in (await mo.get("/steward/audit")).text
    assert (await mo.post(path)).status_code == 404


async def test_who_is_refused_is_told_why(site: Site) -> None:
    who = await newcomer(site)
    id = await say(site, "Buy my pills")
    mo = await site.who("mo")
    assert (await mo.post(f"/steward/held/{id}/refuse", data={"reason": "We sell nothing."})).status_code == 303
    (letter,) = await site.store.read(messages.to, who)
    assert "We sell nothing." in letter.words["en"]
    assert "refused a post by delyth: We sell nothing." in (await mo.get("/steward/audit")).text


async def test_a_flood_goes_with_one_press_and_what_came_since_stays(site: Site) -> None:
    await newcomer(site)
    for n in range(3):
        await say(site, f"Pills {n}")
    mo = await site.who("mo")
    form = fields((await mo.get("/steward/held")).text, "/steward/held/refuse")
    await say(site, "Pills, the fourth")
    assert (await mo.post("/steward/held/refuse", data=form)).status_code == 303
    assert await site.store.read(held.waiting) == 1
    assert (await mo.post("/steward/held/refuse", data={"author": "x"})).status_code == 303


async def test_a_reply_under_an_event_is_seen_there_by_who_wrote_it(site: Site) -> None:
    await newcomer(site)
    event = await site.did(lambda tx: events.publish(tx, people.steward(tx).actor, party()).id)
    delyth = await site.who("delyth")
    went = await delyth.post(f"/events/{event}/reply", data={"text": "Is there cake?"})
    assert went.headers["location"] == f"/events/{event}?done=said-waits#replies"
    assert "Waits for a look: only you see it yet." in (await delyth.get(f"/events/{event}")).text
    for browser in (site.guest, await site.who("rhys"), await site.who("mo")):
        assert "Is there cake?" not in (await browser.get(f"/events/{event}")).text


@pytest.mark.parametrize("taken_down", [False, True])
async def test_a_report_shows_what_it_said_then(site: Site, taken_down: bool) -> None:
    def scene(tx: Tx) -> things.Thing:
        rhys, mo = (found[0].actor for name in ("rhys", "mo") if (found := people.known_as(tx, name)))
        it = statuses.publish(tx, rhys, Draft("Buy my pills"))
        reports.file(tx, mo, reports.Draft(rhys, [it.id]))
        statuses.change(tx, rhys, it.id, Draft("A heron"))
        if taken_down:
            statuses.remove(tx, rhys, it.id)
        return it

    await site.did(scene)
    page = (await (await site.who("mo")).get("/steward/reports")).text
    assert "Buy my pills" in page
    assert ("Taken down since" if taken_down else "Changed since it was reported") in page
    assert ("What it says now" in page) is not taken_down


async def test_what_a_newcomer_says_of_themselves_is_read_first(site: Site) -> None:
    await newcomer(site)
    delyth, mo = await site.who("delyth"), await site.who("mo")
    typed = {"name": "Delyth Pills", "note": "I sell <pills>", "label": "Shop", "value": "pills.example"}
    went = await delyth.post("/account/profile", data=typed | {"audience": "public"})
    assert went.headers["location"] == "/@delyth?done=profile-waits"
    form = (await delyth.get("/account/profile")).text
    assert "I sell" in form
    assert "Waits for a look" in form
    assert "Delyth Pills" not in (await site.guest.get("/@delyth")).text
    assert "1 newcomer says something of themselves" in (await mo.get("/steward")).text
    page = (await mo.get("/steward/held")).text
    assert "I sell &lt;pills&gt;" in page
    assert (await mo.post("/steward/held/profile/1/publish", data={"at": "x"})).status_code == 404
    [path] = re.findall(r'"(/steward/held/profile/\d+/publish)"', page)
    assert (await mo.post(path, data={"at": "1"})).status_code == 409
    went = await mo.post(path, data=fields(page, path))
    assert went.headers["location"] == "/steward/held?done=profile-let-through"
    assert "Delyth Pills" in (await site.guest.get("/@delyth")).text
    assert "let what delyth says of themselves through" in (await mo.get("/steward/audit")).text
    await delyth.post("/account/profile", data=typed | {"name": "Pills for all", "audience": "public"})
    path = path.replace("publish", "refuse")
    form = fields((await mo.get("/steward/held")).text, path)
    went = await mo.post(path, data=form | {"reason": "We sell nothing."})
    assert went.headers["location"] == "/steward/held?done=held-back"
    assert "We sell nothing." in (await mo.get("/steward/audit")).text
    assert "Pills for all" not in (await delyth.get("/account/profile")).text
