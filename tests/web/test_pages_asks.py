"""Asks, offers, projects and words, as neighbours see them."""

import pytest
from browsing import Site, fields
from conftest import Clock
from scene import hub_draft, lift, orchard, party, stranger

from hub import asks, events, helping, people, posts, projects, settings, things
from hub.clock import DAY, now
from hub.settings import Contact
from hub.store import Tx


def steward(tx: Tx) -> int:
    return people.steward(tx).actor


def need(tx: Tx, kind: str = "ask", **changes: object) -> asks.Ask:
    return asks.publish(tx, steward(tx), kind, lift(**changes))


def help_(**more: str) -> dict[str, str]:
    return {"said": "help", "name": "Rhiannon", "contact": "01632 960555", "words": "Mornings only."} | more


async def test_asks_and_offers_stand_in_lists_of_their_own(site: Site, clock: Clock) -> None:
    await site.did(need)
    await site.did(lambda tx: need(tx, "offer", title={"en": "A ladder to lend"}, category="tools"))
    page = (await site.guest.get("/asks")).text
    assert "1 person needed" in page
    assert page.index("A lift to the eye clinic") < page.index(">Offers</h2>") < page.index("A ladder to lend")
    assert "A ladder to lend" not in (await site.guest.get("/asks?kind=ask")).text
    assert "A lift to the eye clinic" not in (await site.guest.get("/asks?category=tools")).text
    assert (await site.guest.get("/asks?kind=x&category=y")).status_code == 200


async def test_what_worked_is_shown_too(site: Site, clock: Clock) -> None:
    ask = await site.did(need)
    await site.did(lambda tx: asks.close(tx, steward(tx), ask.id, "done"))
    page = (await site.guest.get("/asks")).text
    assert "This worked" in page
    assert "Done, thank you" in page
    assert "This is done." in (await site.guest.get(f"/asks/{ask.id}")).text


async def test_a_guest_who_can_help_is_told_what_happens_next(site: Site, clock: Clock) -> None:
    ask = await site.did(need)
    page = (await site.guest.get(f"/asks/{ask.id}")).text
    assert "Looking after each other." in page
    assert "Only the coordinators will see it." in page
    sent = await site.guest.post(f"/asks/{ask.id}/answer", data=help_())
    assert sent.headers["location"] == f"/asks/{ask.id}/thanks"
    assert "A coordinator rings or writes to you." in (await site.guest.get(sent.headers["location"])).text
    found = await site.store.read(lambda tx: helping.answers(tx, steward(tx), ask.id))
    assert [(it.name, it.contact, it.said, it.words) for it in found] == [
        ("Rhiannon", "01632 960555", "help", "Mornings only.")
    ]


async def test_who_can_help_stands_on_no_page_that_others_see(site: Site, clock: Clock) -> None:
    ask = await site.did(need)
    await site.guest.post(f"/asks/{ask.id}/answer", data=help_())
    for who in (site.guest, await site.who("rhys")):
        for path in (f"/asks/{ask.id}", "/asks", "/", f"/asks/{ask.id}/thanks", "/search?q=mornings", "/feed.atom"):
            page = (await who.get(path)).text
            assert "960555" not in page
            assert "Mornings only" not in page
            assert "Rhiannon" not in page


@pytest.mark.parametrize(
    ("change", "words"),
    [({"name": ""}, "Tell us your name."), ({"contact": " "}, "Leave a phone number or an e-mail address."),
     ({"said": "take"}, "Choose one of the answers.")],
)  # fmt: skip
async def test_a_slip_is_named_and_the_rest_is_kept(
    site: Site, clock: Clock, change: dict[str, str], words: str
) -> None:
    ask = await site.did(need)
    answer = await site.guest.post(f"/asks/{ask.id}/answer", data=help_() | change)
    assert answer.status_code == 422
    assert answer.text.count(words) == 2
    assert fields(answer.text, f"/asks/{ask.id}/answer")["words"] == "Mornings only."


async def test_an_offer_is_booked(site: Site, clock: Clock) -> None:
    offer = await site.did(lambda tx: need(tx, "offer"))
    assert "Book me in" in (await site.guest.get(f"/asks/{offer.id}")).text
    assert (await site.guest.post(f"/asks/{offer.id}/answer", data=help_(said="take"))).status_code == 303


async def test_a_neighbour_with_an_account_need_not_say_who_they_are(site: Site, clock: Clock) -> None:
    ask = await site.did(need)
    rhys = await site.who("rhys")
    assert 'name="contact"' not in (await rhys.get(f"/asks/{ask.id}")).text
    await rhys.post(f"/asks/{ask.id}/answer", data={"said": "help"})
    assert "You have answered." in (await rhys.get(f"/asks/{ask.id}")).text


async def test_what_is_closed_takes_no_answer(site: Site, clock: Clock) -> None:
    ask = await site.did(need)
    clock.forward(15 * DAY)
    page = (await site.guest.get(f"/asks/{ask.id}")).text
    assert "This has run out." in page
    assert f'action="/asks/{ask.id}/answer"' not in page
    late = await site.guest.post(f"/asks/{ask.id}/answer", data=help_())
    assert late.status_code == 422
    assert "This is closed." in late.text


async def test_help_that_needs_checked_people_says_so(site: Site, clock: Clock) -> None:
    ask = await site.did(lambda tx: need(tx, vetted=True))
    assert "people whom the hub has checked" in (await site.guest.get(f"/asks/{ask.id}")).text


@pytest.mark.parametrize("role", ["Safeguarding lead", "Keeping people safe", "Diogelu pobl"])
async def test_whoever_looks_after_safeguarding_is_named(site: Site, clock: Clock, role: str) -> None:
    people_ = [Contact("Bethan", "Steward", "1"), Contact("Mo", "Diogelu"), Contact("Rhys", role, "22")]
    await site.did(lambda tx: settings.change(tx, steward(tx), hub_draft(contacts=people_)))
    ask = await site.did(need)
    assert "If anything feels wrong, tell Rhys: 22" in (await site.guest.get(f"/asks/{ask.id}")).text


async def test_a_project_shows_its_story_its_people_and_what_has_happened(site: Site, clock: Clock) -> None:
    def grow(tx: Tx) -> int:
        who = steward(tx)
        id = projects.start(tx, who, orchard()).id
        posts.publish(tx, who, posts.Draft(text={"en": "Eleven trees are in."}, project=id))
        events.publish(tx, who, party(project=id))
        asks.publish(tx, who, "ask", lift(title={"en": "Two to water"}, project=id))
        return id

    id = await site.did(grow)
    page = (await site.guest.get(f"/projects/{id}")).text
    for words in ("Old Mill Orchard", "Forty fruit trees.", "We plant on Saturdays.", "Two people to water.",
                  "Eleven trees are in.", "Street party", "Two to water", "@p_old_mill_orchard<wbr>@glan.<wbr>example",
                  f'href="/projects/{id}/feed.atom"', f'href="/projects/{id}/events.ics"'):  # fmt: skip
        assert words in page
    assert '<li aria-current="step">Under way</li>' in page
    assert "/follow?acct=%40p_old_mill_orchard%40glan.example" in page
    assert "Old Mill Orchard" in (await site.guest.get("/follow?acct=%40p_old_mill_orchard%40glan.example")).text


async def test_projects_that_are_done_stand_apart(site: Site, clock: Clock) -> None:
    await site.did(lambda tx: projects.start(tx, steward(tx), orchard()))
    await site.did(lambda tx: projects.start(tx, steward(tx), orchard(title={"en": "A bench"}, stage="done")))
    page = (await site.guest.get("/projects")).text
    assert page.index("Old Mill Orchard") < page.index(">Done</h2>") < page.index("A bench")
    assert "A bench" not in (await site.guest.get("/")).text


async def test_many_projects_go_over_several_pages(site: Site, clock: Clock) -> None:
    def many(tx: Tx) -> None:
        for n in range(26):
            projects.start(tx, steward(tx), orchard(title={"en": f"Project {n}"}))

    await site.did(many)
    assert 'href="/projects?page=1"' in (await site.guest.get("/projects")).text
    assert (await site.guest.get("/projects?page=1")).text.count('<article class="notice') == 2
    assert (await site.guest.get("/projects?page=999")).status_code == 200


async def test_news_can_be_read_and_answered_on_its_own_page(site: Site, clock: Clock) -> None:
    draft = posts.Draft(text={"en": "The library is **closed**."}, tags=["library"])
    note = await site.did(lambda tx: posts.publish(tx, steward(tx), draft))
    page = (await site.guest.get(f"/posts/{note.id}")).text
    assert "<strong>closed</strong>" in page
    assert 'href="/search?q=%23library"' in page
    rhys = await site.who("rhys")
    sent = await rhys.post(f"/posts/{note.id}/reply", data={"text": "For how long?"})
    assert sent.headers["location"] == f"/posts/{note.id}?done=replied#replies"
    assert "For how long?" in (await site.guest.get(f"/posts/{note.id}")).text


async def test_each_sort_of_thing_can_be_answered(site: Site, clock: Clock) -> None:
    ask, project = await site.did(need), await site.did(lambda tx: projects.start(tx, steward(tx), orchard()))
    rhys = await site.who("rhys")
    for path, id in (("asks", ask.id), ("projects", project.id)):
        sent = await rhys.post(f"/{path}/{id}/reply", data={"text": "Well done."})
        assert sent.headers["location"] == f"/{path}/{id}?done=replied#replies"
        assert "Well done." in (await site.guest.get(f"/{path}/{id}")).text
        assert (await rhys.post(f"/{path}/{id}/reply", data={"text": ""})).status_code == 422


async def test_a_reply_has_a_page_that_leads_to_what_it_is_about(site: Site, clock: Clock) -> None:
    event = await site.did(lambda tx: events.publish(tx, steward(tx), party()))
    reply = await site.did(lambda tx: posts.reply(tx, steward(tx), event.id, {"en": "Lovely."}))
    page = (await site.guest.get(f"/posts/{reply.id}")).text
    assert "Lovely." in page
    assert f'href="/events/{event.id}"' in page


async def test_what_others_call_a_post_of_an_event_leads_to_the_event(site: Site, clock: Clock) -> None:
    event = await site.did(lambda tx: events.publish(tx, steward(tx), party()))
    answer = await site.guest.get(f"/posts/{event.companion}", params={"lang": "cy"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/events/{event.id}?lang=cy")


def an_ask_elsewhere(tx: Tx) -> int:
    hub = stranger(tx, "hub", "pont.example", "hub")
    seen = things.Seen(
        uri="https://pont.example/ask/1", url="javascript:alert(1)", title={"en": "<b>Piano tuner</b>"},
        published=now(), updated=now(),
    )  # fmt: skip
    id = asks.mirror(tx, hub, "ask", seen, asks.Details(expires=now() + DAY))
    assert id is not None
    return id


async def test_nothing_that_others_send_runs_on_our_pages(site: Site, clock: Clock) -> None:
    id = await site.did(an_ask_elsewhere)
    page = (await site.guest.get(f"/asks/{id}")).text
    assert "javascript:" not in page
    assert "<b>Piano" not in page
    assert 'href="https://pont.example/ask/1"' in page
    assert (await site.guest.post(f"/asks/{id}/answer", data=help_())).status_code == 422


@pytest.mark.parametrize(
    "path",
    ["/events/1", "/asks/1", "/projects/1", "/posts/1", "/asks/1/thanks", "/events/1/poster", "/events/1.ics",
     "/projects/1/feed.atom", "/events/99999999999999999999"],
)  # fmt: skip
async def test_what_is_not_there_is_said_to_be_not_there(site: Site, path: str) -> None:
    assert (await site.guest.get(path)).status_code == 404


async def test_no_number_is_too_large_for_either_database(either: Site) -> None:
    for path in ("/events/99999999999999999999", "/asks/9223372036854775808", "/posts/99999999999999999999/reply"):
        assert (await either.guest.get(path)).status_code in (404, 405)
    assert (await either.guest.get("/projects?page=99999999999")).status_code == 200
