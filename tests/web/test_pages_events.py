"""What is on, one event, and everybody who says whether they come."""

import re

import pytest
from browsing import Site, fields
from conftest import Clock
from scene import party, stranger

from federation import announce
from hub import attendance, events, people, posts, things
from hub.clock import DAY, HOUR, now
from hub.store import Tx


def steward(tx: Tx) -> int:
    return people.steward(tx).actor


def publish(tx: Tx, **changes: object) -> events.Event:
    return events.publish(tx, steward(tx), party(**changes))


def crowd(tx: Tx) -> None:
    """Sixty events, two a day."""
    for n in range(60):
        starts = now() + n * DAY // 2 + HOUR
        publish(tx, title={"en": f"Event {n}"}, starts=starts, ends=starts + HOUR)


def say(said: str, **more: str) -> dict[str, str]:
    return {"said": said, "name": "Rhiannon", "contact": "01632 960555"} | more


async def going(site: Site, id: int) -> int:
    return (await site.store.read(events.get, id)).going


async def test_the_list_goes_day_by_day_and_on_to_the_next_page(site: Site, clock: Clock) -> None:
    await site.did(crowd)
    page = (await site.guest.get("/events")).text
    assert "Today, Friday 1 May" in page
    assert page.index("Event 0<") < page.index("Saturday 2 May") < page.index("Event 3<")
    assert page.count('<article class="notice') <= 24
    later = re.search(r'rel="next" href="(/events\?from=[\d-]+)"', page)
    assert later is not None
    following = (await site.guest.get(later[1])).text
    assert "Event 0<" not in following.split('class="flow month"')[0]
    assert "From today on" in following


async def test_the_month_is_a_table_with_each_event_on_its_day(site: Site, clock: Clock) -> None:
    await site.did(crowd)
    page = (await site.guest.get("/events", params={"month": "2026-05"})).text
    assert "<caption" in page
    assert re.search(r"<b>5</b><a href=\"/events/\d+\">Event 8</a><a href=\"/events/\d+\">Event 9</a>", page)
    assert "/events?month=2026-04#month" in page
    assert "/events?month=2026-06#month" in page


async def test_a_called_off_event_says_so_in_the_table(site: Site, clock: Clock) -> None:
    event = await site.did(publish)
    await site.did(lambda tx: events.cancel(tx, steward(tx), event.id, {"en": "Rain."}))
    assert ">Street party, cancelled</a>" in (await site.guest.get("/events")).text
    assert ">Parti stryd, wedi’i ganslo</a>" in (await site.guest.get("/events", params={"lang": "cy"})).text


@pytest.mark.parametrize(
    "query", ["month=x", "month=2026-13", "month=99999-1", "from=yesterday", "from=2026-02-31", "show=all"]
)
async def test_an_address_that_means_nothing_shows_what_is_on(site: Site, clock: Clock, query: str) -> None:
    await site.did(publish)
    answer = await site.guest.get(f"/events?{query}")
    assert answer.status_code == 200
    assert "Street party" in answer.text


async def test_only_what_is_free_or_step_free_or_says_the_words(site: Site, clock: Clock) -> None:
    await site.did(lambda tx: publish(tx, title={"en": "Dear dinner"}, cost=2500, step_free=True))
    await site.did(lambda tx: publish(tx, title={"en": "Cheap café"}))
    for query, found in (("show=free", "Cheap café"), ("show=step_free", "Dear dinner"), ("q=CAFE", "Cheap café")):
        page = (await site.guest.get(f"/events?{query}")).text.split('class="flow month"')[0]
        assert [name for name in ("Dear dinner", "Cheap café") if f"{name}</a></h4>" in page] == [found]
    assert "Nothing fits that" in (await site.guest.get("/events?q=opera")).text


async def test_an_event_tells_all_that_one_must_know_to_come(site: Site, clock: Clock) -> None:
    event = await site.did(
        lambda tx: publish(
            tx, places=40, step_free=True, toilet=False, hearing_loop=True, children=True, parking=2, cost=250,
            access_notes={"en": "The bank is grass."}, cost_words={"en": "pay what you can"},
        )
    )  # fmt: skip
    page = (await site.guest.get(f"/events/{event.id}")).text
    for words in ("Saturday 2 May, 10 am to 1 pm", "Mill Bridge", "Step-free", "No accessible toilet", "Hearing loop",
                  "Children welcome", "<b>2</b> parking spaces", "£2.50, pay what you can", "The bank is grass.",
                  "<b>0 of 40</b> places taken", "Add to my calendar", "Print a poster"):  # fmt: skip
        assert words in page


async def test_a_guest_says_they_come_and_is_given_a_link_to_change_it(site: Site, clock: Clock) -> None:
    event = await site.did(publish)
    sent = await site.guest.post(f"/events/{event.id}/answer", data=say("yes", party="2"))
    assert sent.status_code == 303
    place = sent.headers["location"]
    assert re.fullmatch(rf"/events/{event.id}/answer/[\w-]{{32,64}}", place)
    page = await site.guest.get(place)
    assert "You are going" in page.text
    assert "Rhiannon" in page.text
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["x-robots-tag"] == "noindex"
    assert await going(site, event.id) == 2
    again = await site.guest.post(place, data=fields(page.text, place) | {"said": "no"})
    assert again.headers["location"] == f"{place}?done=answer-changed"
    assert "You cannot make it" in (await site.guest.get(place)).text
    assert await going(site, event.id) == 0


async def test_nobody_can_change_a_guests_answer_without_the_link(site: Site, clock: Clock) -> None:
    event = await site.did(publish)
    await site.guest.post(f"/events/{event.id}/answer", data=say("yes"))
    wrong = f"/events/{event.id}/answer/{'x' * 32}"
    assert (await site.guest.get(wrong)).status_code == 404
    sent = await site.guest.post(wrong, data=say("no"))
    assert sent.status_code in (403, 404)
    assert await going(site, event.id) == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [({"name": " "}, "Tell us your name"), ({"party": "21"}, "Answer for 1 to 20 people at once."),
     ({"party": "two"}, "Type a number"), ({"said": "perhaps"}, "Say whether you are going")],
)  # fmt: skip
async def test_a_slip_is_named_beside_its_field_and_nothing_typed_is_lost(
    site: Site, clock: Clock, change: dict[str, str], words: str
) -> None:
    event = await site.did(publish)
    answer = await site.guest.post(f"/events/{event.id}/answer", data=say("yes") | change)
    assert answer.status_code == 422
    assert answer.text.count(words) == 2  # on top, and at the field
    assert "<title>Error:" in answer.text
    kept = fields(answer.text, f"/events/{event.id}/answer")
    assert kept["contact"] == "01632 960555"
    assert await going(site, event.id) == 0


async def test_the_last_place_is_given_once_and_then_there_is_a_waiting_list(site: Site, clock: Clock) -> None:
    event = await site.did(lambda tx: publish(tx, places=1))
    first = await site.guest.post(f"/events/{event.id}/answer", data=say("yes"))
    assert "You are going" in (await site.guest.get(first.headers["location"])).text
    late = await site.guest.post(f"/events/{event.id}/answer", data=say("yes", name="Mair"))
    answer = (await site.guest.get(late.headers["location"])).text
    assert "You are on the waiting list" in answer
    assert "You are next." in answer
    page = (await site.guest.get(f"/events/{event.id}")).text
    for words in ("You can go on the waiting list", '<span class="pill">Full</span>', "I’ll wait for a place",
                  "1 person is on the waiting list."):  # fmt: skip
        assert words in page
    await site.guest.post(first.headers["location"], data=say("no"))
    assert "You are going" in (await site.guest.get(late.headers["location"])).text


async def test_a_neighbour_reads_how_many_are_before_them(site: Site, clock: Clock) -> None:
    event = await site.did(lambda tx: publish(tx, places=1))
    for name in ("Mair", "Nia"):
        await site.guest.post(f"/events/{event.id}/answer", data=say("yes", name=name))
    rhys = await site.who("rhys")
    sent = await rhys.post(f"/events/{event.id}/answer", data={"said": "yes"})
    assert sent.headers["location"] == f"/events/{event.id}?done=said-waiting"
    page = (await rhys.get(sent.headers["location"])).text
    assert "You are on the waiting list." in page
    assert "1 person is before you." in page


async def test_a_guest_reads_on_their_page_that_plans_have_changed(site: Site, clock: Clock) -> None:
    event = await site.did(publish)
    path = (await site.guest.post(f"/events/{event.id}/answer", data=say("yes"))).headers["location"]
    for verb, words in (
        (lambda tx: events.move_online(tx, steward(tx), event.id, "https://meet.example/x", {}), "has moved online"),
        (lambda tx: events.postpone(tx, steward(tx), event.id, {"en": "Flood."}), "Flood."),
        (lambda tx: events.cancel(tx, steward(tx), event.id, {"en": "Nobody left."}), "Nobody left."),
    ):
        assert words not in (await site.guest.get(path)).text
        await site.did(verb)
        assert words in (await site.guest.get(path)).text


async def test_an_event_that_moved_online_says_so(site: Site, clock: Clock) -> None:
    event = await site.did(publish)
    olwen, path = await site.who("olwen"), f"/events/{event.id}/cancel"
    unsaid = await olwen.post(path, data={"how": "online", "online": ""})
    assert unsaid.text.count("Give the web address where people can take part.") == 2
    sent = await olwen.post(path, data={"how": "online", "online": "https://meet.example/x", "reason.en": "Flood."})
    assert sent.headers["location"] == f"/events/{event.id}?done=online"
    page = (await site.guest.get(f"/events/{event.id}")).text
    for words in ("This event has moved online.", "Flood.", "https://meet.example/x", "Now online"):
        assert words in page
    assert "STATUS:CONFIRMED" in (await site.guest.get(f"/events/{event.id}.ics")).text


async def test_a_neighbour_who_has_signed_in_answers_as_themselves_once(site: Site, clock: Clock) -> None:
    event = await site.did(publish)
    rhys = await site.who("rhys")
    page = (await rhys.get(f"/events/{event.id}")).text
    assert 'name="name"' not in page
    for said in ("yes", "maybe"):
        sent = await rhys.post(f"/events/{event.id}/answer", data={"said": said})
        assert sent.headers["location"] == f"/events/{event.id}?done=said-{said}"
    found = await site.store.read(events.get, event.id)
    assert (found.going, found.maybe) == (0, 1)
    assert "This is what you said before." in (await rhys.get(f"/events/{event.id}")).text


async def test_names_of_those_who_come_stand_on_no_page(site: Site, clock: Clock) -> None:
    event = await site.did(publish)
    await site.guest.post(f"/events/{event.id}/answer", data=say("yes"))
    for who in (site.guest, await site.who("rhys"), await site.who("olwen")):
        page = (await who.get(f"/events/{event.id}")).text
        assert "Rhiannon" not in page
        assert "960555" not in page


async def test_why_an_event_is_off_is_said_once_on_its_page(site: Site, clock: Clock) -> None:
    event = await site.did(publish)
    await site.did(lambda tx: posts.reply(tx, steward(tx), event.id, {"en": "What a pity."}))
    await site.did(lambda tx: events.cancel(tx, steward(tx), event.id, {"en": "The pitch is flooded."}))
    while await site.did(announce):
        pass
    said = await site.store.read(posts.replies, event.id)
    assert ["flooded" in it.words["en"] for it in said] == [False, True], (
        "those who follow the poll are told by a reply"
    )
    page = (await site.guest.get(f"/events/{event.id}")).text
    assert page.count("The pitch is flooded.") == 1
    assert "What a pity." in page


async def test_a_cancelled_event_says_why_and_takes_no_answer(site: Site, clock: Clock) -> None:
    event = await site.did(publish)
    await site.did(lambda tx: events.cancel(tx, steward(tx), event.id, {"en": "The pitch is flooded."}))
    page = (await site.guest.get(f"/events/{event.id}")).text
    assert "<title>Cancelled: Street party" in page
    assert "This event is cancelled.</b> The pitch is flooded." in page
    assert "Send my answer" not in page
    late = await site.guest.post(f"/events/{event.id}/answer", data=say("yes"))
    assert late.status_code == 422
    assert "This event has been cancelled." in late.text


async def test_a_postponed_and_a_moved_event_say_so_in_words(site: Site, clock: Clock) -> None:
    event = await site.did(publish)
    await site.did(lambda tx: events.postpone(tx, steward(tx), event.id, {"en": "Too windy."}))
    assert "This event is postponed." in (await site.guest.get(f"/events/{event.id}")).text
    moved = party(starts=now() + 9 * DAY, ends=now() + 9 * DAY + HOUR)
    await site.did(lambda tx: events.change(tx, steward(tx), event.id, moved))
    page = (await site.guest.get(f"/events/{event.id}")).text
    assert "This event has moved." in page
    assert "Sunday 10 May" in page


async def test_an_event_that_is_over_takes_no_answer(site: Site, clock: Clock) -> None:
    event = await site.did(publish)
    clock.forward(3 * DAY)
    page = (await site.guest.get(f"/events/{event.id}")).text
    assert "This event is over." in page
    assert "Send my answer" not in page


def mirrored(tx: Tx) -> int:
    hub = stranger(tx, "hub", "pont.example", "hub")
    seen = things.Seen(
        uri="https://pont.example/event/1", url="https://pont.example/events/1", title={"en": "Seed swap"},
        html={"en": "<p>Bring seeds.</p>"}, published=now(), updated=now(),
    )  # fmt: skip
    id = events.mirror(tx, hub, seen, events.Details(starts=now() + DAY, ends=now() + DAY + HOUR, zone="Europe/London"))
    assert id is not None
    return id


async def test_what_another_hub_published_is_answered_there(site: Site, clock: Clock) -> None:
    id = await site.did(mirrored)
    page = (await site.guest.get(f"/events/{id}")).text
    assert "This was published on pont.example." in page
    assert '<a class="btn full" href="https://pont.example/events/1" rel="nofollow">Answer there</a>' in page
    assert "Send my answer" not in page
    assert 'name="robots" content="noindex"' in page
    assert (await site.guest.post(f"/events/{id}/answer", data=say("yes"))).status_code == 422


async def test_nobody_knows_the_price_of_what_others_do_unless_they_say(site: Site, clock: Clock) -> None:
    id = await site.did(mirrored)
    assert "Free" not in (await site.guest.get(f"/events/{id}")).text


def replied(tx: Tx, under: int, html: str) -> None:
    event = events.get(tx, under)
    seen = things.Seen(
        uri="https://mastodon.example/n/1", url="https://mastodon.example/@sunil/1", html={"en": html},
        reply_to=event.uri, published=now(), updated=now(),
    )  # fmt: skip
    posts.mirror(tx, stranger(tx), seen)


async def test_replies_from_anywhere_show_where_they_come_from(site: Site, clock: Clock) -> None:
    event = await site.did(publish)
    await site.did(replied, event.id, "<p>Coming with two teenagers.</p>")
    rhys = await site.who("rhys")
    sent = await rhys.post(f"/events/{event.id}/reply", data={"text": "I bring **cake**."})
    assert sent.headers["location"] == f"/events/{event.id}?done=replied#replies"
    page = (await site.guest.get(f"/events/{event.id}")).text
    assert "from mastodon.example" in page
    assert "Coming with two teenagers." in page
    assert '<a href="https://mastodon.example/@sunil/1" rel="nofollow ugc">' in page
    assert "from Riverside" in page
    assert "<strong>cake</strong>" in page


async def test_a_hidden_reply_shows_nowhere(site: Site, clock: Clock) -> None:
    event = await site.did(publish)
    await site.did(replied, event.id, "<p>Buy cheap watches.</p>")

    def hide(tx: Tx) -> int:
        reply = posts.replies(tx, event.id)[0]
        return posts.hide(tx, steward(tx), reply.id).id

    id = await site.did(hide)
    assert "watches" not in (await site.guest.get(f"/events/{event.id}")).text
    assert (await site.guest.get(f"/posts/{id}")).status_code == 404


async def test_only_neighbours_with_an_account_reply_here(site: Site, clock: Clock) -> None:
    event = await site.did(publish)
    assert (await site.guest.post(f"/events/{event.id}/reply", data={"text": "Hello"})).status_code == 401
    rhys = await site.who("rhys")
    empty = await rhys.post(f"/events/{event.id}/reply", data={"text": " "})
    assert empty.status_code == 422
    assert await site.store.read(posts.replies, event.id) == []


async def test_a_moderator_finds_the_button_that_hides(site: Site, clock: Clock) -> None:
    event = await site.did(publish)
    await site.did(replied, event.id, "<p>Hello.</p>")
    assert "/hide" not in (await (await site.who("rhys")).get(f"/events/{event.id}")).text
    assert "/hide?back=" in (await (await site.who("mo")).get(f"/events/{event.id}")).text


async def test_too_many_answers_from_one_place_have_to_wait(site: Site, clock: Clock) -> None:
    event = await site.did(lambda tx: publish(tx, places=None))
    for _ in range(30):
        assert (await site.guest.post(f"/events/{event.id}/answer", data=say("yes"))).status_code == 303
    assert (await site.guest.post(f"/events/{event.id}/answer", data=say("yes"))).status_code == 429


async def test_the_poster_says_it_in_both_languages_welsh_first_in_wales(site: Site, clock: Clock) -> None:
    event = await site.did(publish)
    page = (await site.guest.get(f"/events/{event.id}/poster")).text
    assert page.index("Parti stryd</h2>") < page.index("Street party</h2>")
    assert "Dydd Sadwrn 2 Mai" in page
    assert "10 y bore tan 1 y prynhawn" in page
    assert "Saturday 2 May" in page
    assert page.count("<li><span><b>Glan-yr-afon</b> 2.5") == 8
    assert 'aria-label="QR: https://glan.example/events/' in page


async def test_a_poster_of_what_is_called_off_asks_nobody_to_come(site: Site, clock: Clock) -> None:
    event = await site.did(publish)
    await site.did(lambda tx: events.cancel(tx, steward(tx), event.id, {"en": "Rain."}))
    page = (await site.guest.get(f"/events/{event.id}/poster")).text
    assert "Cancelled" in page
    assert "I’m going" not in page


async def test_organisers_find_their_ways_on(site: Site, clock: Clock) -> None:
    event = await site.did(publish)
    page = (await (await site.who("olwen")).get(f"/events/{event.id}")).text
    for path in ("people", "change", "cancel"):
        assert f'href="/events/{event.id}/{path}"' in page
        assert (await (await site.who("olwen")).get(f"/events/{event.id}/{path}")).status_code == 200
    assert "For organisers" not in (await (await site.who("rhys")).get(f"/events/{event.id}")).text


async def test_the_answer_of_a_guest_reaches_the_organiser(site: Site, clock: Clock) -> None:
    event = await site.did(publish)
    await site.guest.post(f"/events/{event.id}/answer", data=say("maybe"))
    found = await site.store.read(lambda tx: attendance.attending(tx, steward(tx), event.id))
    assert [(it.name, it.contact, it.said) for it in found] == [("Rhiannon", "01632 960555", "maybe")]


async def test_a_long_talk_goes_over_several_pages_and_long_words_on_their_own(site: Site, clock: Clock) -> None:
    def talk(tx: Tx) -> events.Event:
        event = publish(tx)
        for n in range(50):
            clock.forward(1000)
            posts.reply(tx, steward(tx), event.id, {"en": f"Number {n} says: " + "so many words & so on " * 200})
        return event

    event = await site.did(talk)
    seen = []
    for query, earlier, later in (("", True, False), ("?said=1", True, True), ("?said=2", False, True)):
        answer = await site.guest.get(f"/events/{event.id}{query}")
        assert len(answer.content) <= 60 * 1024, query
        assert ("Earlier replies" in answer.text, "Later replies" in answer.text) == (earlier, later), query
        seen = [int(n) for n in re.findall(r"Number (\d+) says", answer.text)] + seen
    assert seen == list(range(50))
    last = (await site.store.read(posts.replies, event.id))[-1]
    assert f'<a href="/posts/{last.id}">Read it all' in (await site.guest.get(f"/events/{event.id}")).text
    assert (await site.guest.get(f"/posts/{last.id}")).text.count("so many words") >= 200
    for odd in ("x", "-1", "99999", "٣", "4000"):
        assert (await site.guest.get(f"/events/{event.id}", params={"said": odd})).status_code == 200


async def test_organisers_let_in_and_take_off_and_nobody_else(site: Site, clock: Clock) -> None:
    event = await site.did(lambda tx: publish(tx, places=3))
    for several in ("2", "3", "1"):
        await site.guest.post(f"/events/{event.id}/answer", data=say("yes", party=several))
    olwen, path = await site.who("olwen"), f"/events/{event.id}/people"
    page = (await olwen.get(path)).text
    assert page.count('value="let-in"') == 1, "only one of those who wait is few enough"
    found = await site.store.read(lambda tx: attendance.attending(tx, steward(tx), event.id))
    assert [it.party for it in found] == [3, 1, 2]
    moved = await olwen.post(path, data={"answer": str(found[1].id), "do": "let-in"})
    assert moved.headers["location"] == f"{path}?done=let-in"
    assert await going(site, event.id) == 3
    await olwen.post(path, data={"answer": str(found[2].id), "do": "take-off"})
    assert await going(site, event.id) == 1
    assert (await (await site.who("rhys")).post(path, data={"answer": "1", "do": "take-off"})).status_code == 403
    for odd in ({}, {"answer": "x", "do": "let-in"}, {"answer": str(found[0].id), "do": "dance"}):
        assert (await olwen.post(path, data=odd)).headers["location"] == path
    other = await site.did(publish)
    stray = await olwen.post(f"/events/{other.id}/people", data={"answer": str(found[0].id), "do": "take-off"})
    assert stray.status_code == 409
    assert len(await site.store.read(lambda tx: attendance.attending(tx, steward(tx), event.id))) == 2


async def test_the_list_for_a_spreadsheet_works_nothing_out(site: Site, clock: Clock) -> None:
    event = await site.did(lambda tx: publish(tx, places=1))
    for name in ("Rhiannon", "=cmd|' /C calc'!A0"):
        await site.guest.post(f"/events/{event.id}/answer", data=say("yes", name=name))
    answer = await (await site.who("olwen")).get(f"/events/{event.id}/people.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.content.decode("utf-8-sig").splitlines() == [
        "name,answer,people,contact,how,when",
        "'=cmd|' /C calc'!A0,waiting,1,01632 960555,web,2026-05-01 09:00 UTC",
        "Rhiannon,yes,1,01632 960555,web,2026-05-01 09:00 UTC",
    ]
    assert (await (await site.who("rhys")).get(f"/events/{event.id}/people.csv")).status_code == 403
