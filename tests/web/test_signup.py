"""Signing up by the pages: what somebody sees who wants to join, what moderators do, and what robots do not get."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from browsing import PASSWORD, Site, a_site, fields, settle, work
from conftest import Clock
from postbox import Postbox

from hub import invitations, joining, people, signups
from hub.clock import DAY, HOUR, MINUTE
from hub.joining import Terms
from hub.store import Store
from web import limits

NEW = "three odd words together"
TYPED = {"login": "delyth", "email": "delyth@example.org", "password": NEW, "answer": "I live by the bridge.",
         "agreed": "true"}  # fmt: skip


async def actor(site: Site, login: str) -> int:
    found = await site.store.read(people.known_as, login)
    assert found is not None
    return found[0].actor


async def sign_up(
    site: Site, clock: Clock, browser: httpx.AsyncClient | None = None, path: str = "/signup", **typed: str
) -> httpx.Response:
    """Open the form, fill it in as a person would, and send it."""
    browser = browser or site.guest
    form = fields((await browser.get(path)).text, "/signup")
    clock.forward(20_000)
    return await browser.post(path, data=form | TYPED | typed)


async def opened(site: Site, clock: Clock, **terms: Any) -> None:
    await site.did(joining.change, await actor(site, "bethan"), Terms(**terms))


async def test_somebody_asks_proves_their_address_waits_and_is_let_in(
    postal: Site, postbox: Postbox, clock: Clock
) -> None:
    page = await postal.guest.get("/signup")
    for said in ("What brings you here?", "Be kind.", "A neighbour reads it, and lets you in."):
        assert said in page.text, said
    sent = await sign_up(postal, clock)
    assert (sent.status_code, sent.headers["location"]) == (303, "/signup/sent")
    assert "Look in your mail" in (await postal.guest.get("/signup/sent")).text
    await work(postal)
    (letter,) = postbox.to("delyth@example.org")
    assert "as delyth" in letter.get_content()

    mo = await postal.who("mo")
    assert "delyth" not in (await mo.get("/steward/signups")).text
    for _ in range(3):  # programs that look at links
        assert "<b>delyth</b>" in (await postal.guest.get(postbox.link())).text
    assert (await postal.guest.post(postbox.link())).headers["location"].startswith("/signup/waiting")
    assert (await postal.guest.post(postbox.link())).status_code == 403

    answer = await postal.guest.post("/signin", data={"name": "delyth", "password": NEW})
    assert answer.status_code == 403
    assert "your request waits for a moderator" in answer.text
    assert "set-cookie" not in answer.headers
    assert "1 person waits to join" in (await mo.get("/steward")).text
    page = await mo.get("/steward/signups")
    assert "I live by the bridge." in page.text
    (it,) = await postal.store.read(signups.pending, await actor(postal, "mo"))
    approved = await mo.post(f"/steward/signups/{it.id}/approve")
    assert approved.headers["location"] == "/steward/signups?done=approved"
    await work(postal)
    assert postbox.letters[-1]["Subject"] == "You are in: Riverside"
    entered = await postal.guest.post("/signin", data={"name": "delyth@example.org", "password": NEW})
    assert entered.status_code == 303
    assert "let delyth join" in (await mo.get("/steward/audit")).text


async def test_letters_are_in_the_language_of_the_page_that_was_filled_in(
    postal: Site, postbox: Postbox, clock: Clock
) -> None:
    welsh = postal.browser("192.0.2.7", **{"Accept-Language": "cy"})
    await sign_up(postal, clock, welsh, language="")
    await work(postal)
    (letter,) = postbox.to("delyth@example.org")
    assert letter["Content-Language"] == "cy"
    assert "lang=cy" in postbox.link()


async def test_who_has_not_opened_the_letter_is_told_so_when_they_sign_in(postal: Site, clock: Clock) -> None:
    await sign_up(postal, clock)
    answer = await postal.guest.post("/signin", data={"name": "delyth", "password": NEW})
    assert answer.status_code == 403
    assert "delyth, we have written to you." in answer.text
    wrong = await postal.guest.post("/signin", data={"name": "delyth", "password": "something else entirely"})
    assert wrong.status_code == 422
    assert "we have written" not in wrong.text


async def test_who_is_refused_gets_the_words_and_no_account(postal: Site, postbox: Postbox, clock: Clock) -> None:
    await sign_up(postal, clock)
    await work(postal)
    await postal.guest.post(postbox.link())
    mo = await postal.who("mo")
    (it,) = await postal.store.read(signups.pending, await actor(postal, "mo"))
    words = "We know nobody of that name.\r\nBcc: all@glan.example\nTell us your street."
    assert (await mo.post(f"/steward/signups/{it.id}/refuse", data={"words": words})).status_code == 303
    await work(postal)
    letter = postbox.letters[-1]
    quoted = "> We know nobody of that name.\n> Bcc: all@glan.example\n> Tell us your street."
    assert quoted in letter.get_content().replace("\r\n", "\n")
    assert letter["Bcc"] is None
    assert await postal.store.read(people.known_as, "delyth") is None
    answer = await postal.guest.post("/signin", data={"name": "delyth", "password": NEW})
    assert answer.status_code == 422


async def test_with_an_open_door_the_letter_is_all_it_takes(postal: Site, postbox: Postbox, clock: Clock) -> None:
    await opened(postal, clock, mode="open")
    assert "What brings you here?" not in (await postal.guest.get("/signup")).text
    await sign_up(postal, clock, answer="")
    await work(postal)
    assert (await postal.guest.post(postbox.link())).headers["location"] == "/signin?done=joined&lang=en"
    assert (await postal.guest.post("/signin", data={"name": "delyth", "password": NEW})).status_code == 303


@pytest.mark.parametrize(("mode", "said"), [("closed", "takes nobody new"), ("invitation", "by invitation")])
async def test_a_closed_door_says_so_and_whom_to_ask(postal: Site, clock: Clock, mode: str, said: str) -> None:
    await opened(postal, clock, mode=mode)
    page = (await postal.guest.get("/signup")).text
    assert said in page
    assert "01632 960118" in page
    assert 'name="login"' not in page
    assert said in (await postal.guest.post("/signup", data=TYPED | {"started": str(clock.ms - 9000)})).text


@pytest.mark.parametrize(
    ("typed", "field"),
    [({"login": "d d"}, "login"), ({"login": "rhys"}, "login"), ({"login": "admin"}, "login"), ({"login": ""}, "login"),
     ({"email": "x"}, "email"), ({"password": "short"}, "password"), ({"answer": ""}, "answer"),
     ({"agreed": ""}, "agreed")],
)  # fmt: skip
async def test_what_will_not_do_is_said_at_its_field_and_nothing_typed_is_lost(
    postal: Site, clock: Clock, typed: dict[str, str], field: str
) -> None:
    answer = await sign_up(postal, clock, **typed)
    assert answer.status_code == 422
    assert f'id="f-{field}-oops"' in answer.text
    kept = fields(answer.text, "/signup")
    for name, words in (TYPED | typed).items():
        if name not in ("password", "agreed"):
            assert kept[name] == words
    assert NEW not in answer.text


async def test_programs_that_fill_in_everything_or_are_too_quick_get_nowhere(
    postal: Site, postbox: Postbox, clock: Clock
) -> None:
    trapped = await sign_up(postal, clock, homepage="https://pills.example")
    assert trapped.headers["location"] == "/signup/sent", "and learn nothing from it"
    form = fields((await postal.guest.get("/signup")).text, "/signup") | TYPED
    quick = await postal.guest.post("/signup", data=form)
    assert quick.status_code == 422
    assert "That was quick" in quick.text
    for started in ("", "x", "9" * 30, "-1", str(clock.ms + HOUR), str(clock.ms - 2 * DAY)):
        assert (await postal.guest.post("/signup", data=form | {"started": started})).status_code == 422
    await work(postal)
    assert postbox.letters == []
    clock.forward(5000)
    assert (await postal.guest.post("/signup", data=form)).status_code == 303, "a person presses the button again"


async def test_an_honest_page_says_when_to_come_back(postal: Site, clock: Clock) -> None:
    for number in range(20):
        browser = postal.browser(f"198.51.100.{number}")
        assert (
            await sign_up(postal, clock, browser, login=f"n{number}", email=f"n{number}@x.example")
        ).status_code == 303
    full = await postal.guest.post("/signup", data=TYPED | {"started": str(clock.ms - 9000)})
    assert full.status_code == 503
    assert "Many people want to join just now." in full.text
    assert "Please come back on" in full.text
    assert 0 < int(full.headers["retry-after"]) <= 3600
    assert fields(full.text, "/signup")["login"] == "delyth"


async def test_one_address_signs_up_a_few_times_an_hour(postal: Site, clock: Clock) -> None:
    statuses = [
        (await postal.guest.post("/signup", data=TYPED | {"started": "0"})).status_code
        for _ in range(limits.SIGN_UP.times + 1)
    ]
    assert statuses == [422] * limits.SIGN_UP.times + [429]


async def test_s07_nobody_learns_whether_an_address_is_known(
    postal: Site, postbox: Postbox, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    work_done = []
    hashed = people.hash_password
    monkeypatch.setattr(people, "hash_password", lambda password: work_done.append(password) or hashed(password))
    known = await sign_up(postal, clock, email="rhys@glan.example")
    unknown = await sign_up(postal, clock, login="nia", email="nia@example.org")
    assert (known.status_code, known.headers["location"], known.content) == (
        unknown.status_code, unknown.headers["location"], unknown.content,
    )  # fmt: skip
    assert work_done == [NEW, NEW], "a password is hashed for both"
    await work(postal)
    assert "you sign in as rhys" in postbox.to("rhys@glan.example")[0].get_content()
    assert "as nia" in postbox.to("nia@example.org")[0].get_content()
    assert await postal.store.read(people.known_as, "delyth") is None


@pytest.mark.slow
async def test_s09_a_thousand_sign_ups_are_fifty_who_wait_none_who_are_in_and_twenty_letters_an_hour(
    postal: Site, postbox: Postbox, clock: Clock
) -> None:
    """Robots with a thousand addresses, of machines and of mailboxes that they read, over a day and a half."""
    await opened(postal, clock, mode="open", a_day=40)
    secret = await postal.store.write(people.open_session, await actor(postal, "mo"))
    clock.forward(8 * DAY)  # and nobody looks after the hub
    hours: dict[int, int] = {}
    confirmed = words = 0
    for number in range(1000):
        browser = postal.browser(f"203.0.{number // 250}.{number % 250}")
        typed = TYPED | {
            "login": f"drone{number}",
            "email": f"drone{number}@x.example",
            "started": str(clock.ms - 9000),
        }
        await browser.post("/signup", data=typed)
        clock.forward(2 * MINUTE)
        if number % 10 == 9:
            before = len(postbox.letters)
            await work(postal)
            hour = clock.ms // HOUR
            new = [letter for letter in postbox.letters[before:] if str(letter["To"]).endswith("@x.example")]
            hours[hour] = hours.get(hour, 0) + len(new)
            words += len(postbox.letters) - before - len(new)
            for letter in new:
                await postal.guest.post(postbox.link(str(letter["To"])))
                confirmed += 1
            postal.app.state.counts = limits.Counts()
        await browser.aclose()
    waiting = await postal.store.read(signups.waiting)
    row = await postal.store.read(lambda tx: tx.one("SELECT count(*) AS n FROM account WHERE login LIKE 'drone%'"))
    assert row is not None
    assert secret
    assert (waiting, row["n"]) == (50, 0)
    assert confirmed >= waiting
    assert max(hours.values()) <= 20
    assert 2 <= words <= 4, "two who look after the hub hear of it, once a day"
    mo = await postal.who("mo")
    ids = fields((await mo.get("/steward/signups")).text, "/steward/signups/refuse")
    sent = len(postbox.letters)
    assert (await mo.post("/steward/signups/refuse", data=ids)).status_code == 303
    await work(postal)
    assert await postal.store.read(signups.waiting) == 0
    assert [it for it in postbox.letters[sent:] if "Is this your address" not in it["Subject"]] == []


# Invitations


async def test_who_has_a_link_joins_past_a_closed_door(postal: Site, postbox: Postbox, clock: Clock) -> None:
    await opened(postal, clock, mode="closed")
    mo = await postal.who("mo")
    made = await mo.post("/steward/invitations", data={"uses": "2", "days": "14", "note": "Allotments"})
    start = made.text.index("/signup?key=")
    path = made.text[start : made.text.index("<", start)]
    assert path not in (await mo.get("/steward/invitations")).text
    assert "You are invited" in (await postal.guest.get(path)).text
    assert (await sign_up(postal, clock, path=path, answer="")).status_code == 303
    await work(postal)
    assert (await postal.guest.post(postbox.link())).headers["location"] == "/signin?done=joined&lang=en"
    listed = await mo.get("/steward/invitations")
    assert "used 1 of 2 times" in listed.text
    (it,) = await postal.store.read(invitations.all_, await actor(postal, "mo"))
    await mo.post(f"/steward/invitations/{it.id}/revoke")
    assert (await postal.guest.get(path)).status_code == 403
    assert (await postal.guest.post(path, data=TYPED | {"started": str(clock.ms - 9000)})).status_code == 403


async def test_on_a_hub_without_mail_who_is_invited_is_in_at_once(store: Store, tmp_path: Path, clock: Clock) -> None:
    await store.write(settle)
    async with a_site(store, tmp_path) as site:
        key = await site.did(invitations.make, await actor(site, "bethan"))
        closed = await site.guest.post("/signup", data=TYPED | {"started": str(clock.ms - 9000)})
        assert closed.status_code == 403
        entered = await sign_up(site, clock, path=f"/signup?key={key}")
        assert entered.headers["location"] == "/account?done=joined"
        assert (await site.guest.get("/account")).status_code == 200
        assert (await site.browser().get(f"/signup?key={key}")).status_code == 403


async def test_residents_see_their_own_links_where_they_may_make_any(postal: Site, clock: Clock) -> None:
    rhys = await postal.who("rhys")
    assert "Ask one of them" in (await rhys.get("/invitations")).text
    assert (await rhys.post("/invitations", data={"uses": "1", "days": "14"})).status_code == 403
    await opened(postal, clock, residents_invite=True)
    assert "/signup?key=" in (await rhys.post("/invitations", data={"uses": "1", "days": "14"})).text
    wrong = await rhys.post("/invitations", data={"uses": "99", "days": "14"})
    assert wrong.status_code == 422
    assert "from 1 to 5" in wrong.text
    (it,) = await postal.store.read(invitations.all_, await actor(postal, "rhys"))
    olwen = await postal.who("olwen")
    assert (await olwen.post(f"/invitations/{it.id}/revoke")).status_code == 403
    assert (await rhys.post(f"/invitations/{it.id}/revoke")).headers["location"] == "/invitations?done=revoked"


# The steward's pages


async def test_a_steward_says_how_people_join_in_their_own_words(postal: Site, clock: Clock) -> None:
    steward = await postal.who("bethan")
    form = fields((await steward.get("/steward/joining")).text, "/steward/joining")
    assert form["mode"] == "approval"
    assert form["question.en"].startswith("What brings you here?")
    wrong = await steward.post("/steward/joining", data=form | {"a_day": "many"})
    assert wrong.status_code == 422
    saved = await steward.post("/steward/joining", data=form | {"question.en": "Whom do you know here?", "a_day": "5"})
    assert saved.headers["location"] == "/steward/joining?done=joining"
    assert "Whom do you know here?" in (await postal.guest.get("/signup")).text
    assert (await postal.store.read(joining.terms)).a_day == 5
    assert "changed how people join" in (await steward.get("/steward/audit")).text


async def test_the_page_says_that_the_hub_has_closed_its_open_door(postal: Site, clock: Clock) -> None:
    await opened(postal, clock, mode="open")
    clock.forward(8 * DAY)
    await postal.store.write(joining.mind)
    steward = await postal.who("bethan")
    assert "went back to approval by itself" in (await steward.get("/steward/joining")).text
    assert "The hub itself" in (await steward.get("/steward/audit")).text


async def test_a_suspended_resident_is_out_until_let_back(postal: Site, clock: Clock) -> None:
    rhys, steward = await postal.who("rhys"), await postal.who("bethan")
    id = await actor(postal, "rhys")
    assert (await steward.post(f"/steward/people/{id}/suspend")).headers["location"].endswith("done=suspended")
    assert (await rhys.get("/account")).status_code == 303
    assert (await postal.guest.post("/signin", data={"name": "rhys", "password": PASSWORD})).status_code == 422
    assert "Let them back in" in (await steward.get("/steward/people")).text
    assert (await steward.post(f"/steward/people/{id}/back")).headers["location"].endswith("done=let-back")
    assert (await postal.guest.post("/signin", data={"name": "rhys", "password": PASSWORD})).status_code == 303


async def test_what_was_done_is_read_a_page_at_a_time(postal: Site, clock: Clock) -> None:
    steward = await postal.who("bethan")
    for number in range(60):
        clock.forward(1000)
        await postal.did(joining.change, await actor(postal, "bethan"), Terms(a_day=number + 1))
    page = (await steward.get("/steward/audit")).text
    assert page.count("changed how people join") == 50
    start = page.index("/steward/audit?before=")
    older = await steward.get(page[start : page.index('"', start)])
    assert older.text.count("changed how people join") == 10
    for odd in ("x", "-1", "9" * 40):
        assert (await steward.get(f"/steward/audit?before={odd}")).status_code == 200
