"""By e-mail: forgotten passwords, links to sign in with, another address; and what those get who only say they are."""

import httpx
import pytest
from browsing import PASSWORD, Site, work
from conftest import Clock
from postbox import Postbox

from hub import joining, people
from hub.clock import DAY, MINUTE
from hub.joining import Terms

NEW = "three odd words together"
RHYS = "rhys@glan.example"


async def actor(site: Site, login: str) -> int:
    found = await site.store.read(people.known_as, login)
    assert found is not None
    return found[0].actor


async def address_of(site: Site, login: str) -> str:
    found = await site.store.read(people.known_as, login)
    assert found is not None
    return found[0].email


async def enters(site: Site, name: str, password: str) -> bool:
    async with site.browser("198.51.100.7") as browser:
        return (await browser.post("/signin", data={"name": name, "password": password})).status_code == 303


def same(one: httpx.Response, other: httpx.Response) -> bool:
    without = [{k: v for k, v in it.headers.items() if k != "set-cookie"} for it in (one, other)]
    return (one.status_code, one.content, without[0]) == (other.status_code, other.content, without[1])


# A forgotten password


async def test_a_new_password_by_a_letter_signs_everybody_out_and_nobody_in(
    postal: Site, postbox: Postbox, clock: Clock
) -> None:
    rhys = await postal.who("rhys")
    asked = await postal.guest.post("/password/forgotten", data={"email": " Rhys@Glan.example "})
    assert asked.headers["location"] == "/password/forgotten?done=letter"
    await work(postal)
    link = postbox.link(RHYS)
    for _ in range(3):  # programs that look at links
        assert (await postal.guest.get(link)).status_code == 200
    assert (await rhys.get("/account")).status_code == 200
    wrong = await postal.guest.post(link, data={"password": NEW, "again": "another one altogether"})
    assert wrong.status_code == 422
    assert (await postal.guest.post(link, data={"password": "short", "again": "short"})).status_code == 422
    done = await postal.guest.post(link, data={"password": NEW, "again": NEW})
    assert done.headers["location"] == "/signin?done=reset&lang=en"
    assert "set-cookie" not in done.headers
    assert (await rhys.get("/account")).status_code == 303
    assert await enters(postal, "rhys", NEW)
    assert not await enters(postal, "rhys", PASSWORD)
    assert (await postal.guest.post(link, data={"password": PASSWORD, "again": PASSWORD})).status_code == 403
    await work(postal)
    assert postbox.letters[-1]["Subject"] == "Your password was changed: Riverside"


async def test_s08_the_link_is_good_for_half_an_hour(postal: Site, postbox: Postbox, clock: Clock) -> None:
    await postal.guest.post("/password/forgotten", data={"email": RHYS})
    await work(postal)
    clock.forward(29 * MINUTE)
    assert (await postal.guest.get(postbox.link())).status_code == 200
    clock.forward(MINUTE)
    assert (await postal.guest.get(postbox.link())).status_code == 403
    assert (await postal.guest.post(postbox.link(), data={"password": NEW, "again": NEW})).status_code == 403


async def test_s08_the_link_is_void_once_the_password_is_another(postal: Site, postbox: Postbox, clock: Clock) -> None:
    await postal.guest.post("/password/forgotten", data={"email": RHYS})
    await work(postal)
    other = people.hash_password("yet another password")
    await postal.did(people.set_password, await actor(postal, "rhys"), other)
    assert (await postal.guest.post(postbox.link(), data={"password": NEW, "again": NEW})).status_code == 403


async def test_s08_of_two_letters_the_later_one_counts(postal: Site, postbox: Postbox, clock: Clock) -> None:
    links = []
    for _ in range(2):
        await postal.guest.post("/password/forgotten", data={"email": RHYS})
        await work(postal)
        links.append(postbox.link())
        clock.forward(6 * MINUTE)
    assert [(await postal.guest.get(link)).status_code for link in links] == [403, 200]


async def test_s08_only_a_hash_of_the_secret_is_kept_and_it_is_256_bits(
    postal: Site, postbox: Postbox, clock: Clock
) -> None:
    await postal.guest.post("/password/forgotten", data={"email": RHYS})
    await work(postal)
    secret = postbox.link().partition("key=")[2].partition("&")[0]
    assert len(secret) == 43
    rows = await postal.store.read(lambda tx: tx.all("SELECT * FROM link"))
    assert secret not in str([dict(row) for row in rows])
    assert [row["hash"] for row in rows] == [people.hashed(secret)]


async def test_s03_the_link_leads_to_the_hub_whatever_the_request_says(
    postal: Site, postbox: Postbox, clock: Clock
) -> None:
    lies = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
    await postal.guest.post("/password/forgotten", data={"email": RHYS}, headers=lies)
    await work(postal)
    words = postbox.letters[-1].get_content()
    assert "evil" not in words
    assert "https://glan.example/password/reset?key=" in words


async def test_s07_known_and_unknown_addresses_are_answered_alike(postal: Site, postbox: Postbox, clock: Clock) -> None:
    for path in ("/password/forgotten", "/signin/letter"):
        known = await postal.guest.post(path, data={"email": RHYS})
        unknown = await postal.guest.post(path, data={"email": "nobody@glan.example"})
        closed = await postal.guest.post(path, data={"email": "olwen@glan.example"})
        assert same(known, unknown)
        assert same(known, closed)
    rows = await postal.store.read(lambda tx: tx.all("SELECT purpose, count(*) AS n FROM letter GROUP BY purpose"))
    assert {row["purpose"]: row["n"] for row in rows} == {"reset": 3, "sign-in": 3}, "the same is written for each"
    await work(postal)
    assert {str(it["To"]) for it in postbox.letters} == {RHYS, "olwen@glan.example"}


async def test_the_link_of_one_purpose_opens_no_other(postal: Site, postbox: Postbox, clock: Clock) -> None:
    await postal.guest.post("/password/forgotten", data={"email": RHYS})
    await work(postal)
    key = postbox.link().partition("?")[2]
    for path in ("/signin/link", "/account/email/confirm", "/account/email/undo", "/signup/confirm", "/password"):
        assert (await postal.guest.get(f"{path}?{key}")).status_code == 403, path
    for path in ("/signin/link", "/account/email/confirm", "/account/email/undo", "/signup/confirm", "/password/reset"):
        assert (await postal.guest.get(path)).status_code == 403, path
        assert (await postal.guest.post(f"{path}?key=x", data={"password": NEW, "again": NEW})).status_code == 403, path


# A link to sign in with


async def test_a_resident_signs_in_by_a_letter_in_the_browser_that_asked(
    postal: Site, postbox: Postbox, clock: Clock
) -> None:
    asked = await postal.guest.post("/signin/letter", data={"email": RHYS})
    cookie = asked.headers["set-cookie"].lower()
    for word in ("__host-nh-letter=", "httponly", "secure", "samesite=lax", "path=/", "max-age=600"):
        assert word in cookie, word
    await work(postal)
    link = postbox.link()
    other = postal.browser("198.51.100.9")
    for refused in (await other.get(link), await other.post(link)):
        assert refused.status_code == 403
        assert "You asked in another browser" in refused.text
    for _ in range(2):
        assert "sign in as <b>rhys</b>" in (await postal.guest.get(link)).text
    assert (await postal.guest.post(link)).headers["location"] == "/account?done=signed-in&lang=en"
    assert (await postal.guest.get("/account")).status_code == 200
    assert (await postal.guest.post(link)).status_code == 403


async def test_whoever_opens_the_letter_elsewhere_has_a_new_one_sent_that_works_there(
    postal: Site, postbox: Postbox, clock: Clock
) -> None:
    await postal.guest.post("/signin/letter", data={"email": RHYS})
    await work(postal)
    link, phone = postbox.link(), postal.browser("198.51.100.9")
    assert "/signin/link/here" in (await phone.get(link)).text
    here = link.replace("/signin/link", "/signin/link/here")
    assert (await phone.post(here)).headers["location"].startswith("/signin/letter?done=entry-letter")
    await work(postal)
    assert len(postbox.to(RHYS)) == 2, "it is not held up by the five minutes between two letters"
    assert (await phone.post(here)).status_code == 403, "each letter brings one other at most"
    assert (await postal.guest.post(link)).status_code == 403, "the first link is used up"
    assert (await postal.guest.post(postbox.link())).status_code == 403
    assert (await phone.post(postbox.link())).headers["location"].startswith("/account?done=signed-in")


async def test_a_link_that_is_used_up_or_too_old_comes_with_the_form_for_a_new_one(
    postal: Site, postbox: Postbox, clock: Clock
) -> None:
    await postal.guest.post("/signin/letter", data={"email": RHYS})
    await work(postal)
    clock.forward(10 * MINUTE)
    late = await postal.guest.get(postbox.link())
    assert late.status_code == 403
    assert "too old" in late.text
    assert 'action="/signin/letter' in late.text
    assert 'name="email"' in late.text


async def test_p05_the_link_is_good_for_ten_minutes_and_one_browser(
    postal: Site, postbox: Postbox, clock: Clock
) -> None:
    await postal.guest.post("/signin/letter", data={"email": RHYS})
    await work(postal)
    link = postbox.link()
    stranger = postal.browser("198.51.100.9")
    await stranger.post("/signin/letter", data={"email": "nobody@glan.example"})  # a cookie of their own
    assert (await stranger.post(link)).status_code == 403
    clock.forward(10 * MINUTE)
    assert (await postal.guest.post(link)).status_code == 403


@pytest.mark.parametrize("login", ["olwen", "mo", "bethan"])
async def test_whoever_looks_after_the_hub_gets_no_such_link(
    postal: Site, postbox: Postbox, clock: Clock, login: str
) -> None:
    await postal.guest.post("/signin/letter", data={"email": f"{login}@glan.example"})
    await work(postal)
    assert postbox.letters == []


async def test_whoever_was_raised_or_suspended_meanwhile_does_not_come_in_by_it(
    postal: Site, postbox: Postbox, clock: Clock
) -> None:
    await postal.guest.post("/signin/letter", data={"email": RHYS})
    await work(postal)
    steward, rhys = await actor(postal, "bethan"), await actor(postal, "rhys")
    await postal.did(people.change_role, steward, rhys, "moderator")
    assert (await postal.guest.post(postbox.link())).status_code == 403
    await postal.did(people.change_role, steward, rhys, "resident")
    await postal.did(people.suspend, steward, rhys)
    assert (await postal.guest.post(postbox.link())).status_code == 403


async def test_a_steward_turns_such_links_off(postal: Site, postbox: Postbox, clock: Clock) -> None:
    await postal.guest.post("/signin/letter", data={"email": RHYS})
    await work(postal)
    await postal.did(joining.change, await actor(postal, "bethan"), Terms(sign_in_links=False))
    assert (await postal.guest.post(postbox.link())).status_code == 403
    assert 'name="email"' not in (await postal.guest.get("/signin/letter")).text
    clock.forward(10 * MINUTE)
    await postal.guest.post("/signin/letter", data={"email": RHYS})
    await work(postal)
    assert len(postbox.letters) == 1


# Another address


async def change(site: Site, login: str, email: str) -> httpx.Response:
    return await (await site.who(login)).post("/account/email", data={"email": email, "now": PASSWORD})


async def test_an_address_changes_when_the_new_one_is_proved_and_the_old_one_is_told(
    postal: Site, postbox: Postbox, clock: Clock
) -> None:
    rhys = await postal.who("rhys")
    wrong = await rhys.post("/account/email", data={"email": "new@example.org", "now": "not my password at all"})
    assert wrong.status_code == 422
    assert 'id="f-now-oops"' in wrong.text
    asked = await change(postal, "rhys", "New@example.org")
    assert asked.headers["location"] == "/account/email?done=address-letter"
    await work(postal)
    assert [it["To"] for it in postbox.letters] == ["new@example.org"]
    link = postbox.link()
    assert "new@example.org" in (await postal.guest.get(link)).text
    assert await address_of(postal, "rhys") == RHYS
    await postal.guest.post(link)
    assert await address_of(postal, "rhys") == "new@example.org"
    assert (await postal.guest.post(link)).status_code == 403
    await work(postal)
    assert postbox.letters[-1]["To"] == RHYS
    assert (await rhys.get("/account")).status_code == 200, "nobody is signed out by it"


async def test_the_old_address_takes_the_change_back_for_a_week(postal: Site, postbox: Postbox, clock: Clock) -> None:
    await change(postal, "rhys", "thief@example.org")
    await work(postal)
    thief = await postal.who("rhys")
    await thief.post(postbox.link())
    await work(postal)
    undo = postbox.link(RHYS)
    clock.forward(6 * DAY)
    assert (await postal.guest.get(undo)).status_code == 200
    assert await address_of(postal, "rhys") == "thief@example.org"
    done = await postal.guest.post(undo)
    assert done.headers["location"] == "/signin?done=address-back&lang=en"
    assert await address_of(postal, "rhys") == RHYS
    assert (await thief.get("/account")).status_code == 303
    await work(postal)
    assert postbox.letters[-1]["Subject"] == "A new password for Riverside"
    assert postbox.letters[-1]["To"] == RHYS
    assert (await postal.guest.post(undo)).status_code == 403


async def test_who_changes_the_address_twice_does_not_shake_off_the_first(
    postal: Site, postbox: Postbox, clock: Clock
) -> None:
    for email in ("one@thief.example", "two@thief.example"):
        await change(postal, "rhys", email)
        await work(postal)
        await postal.guest.post(postbox.link(email))
        clock.forward(MINUTE)
        await work(postal)
    first, second = postbox.link(RHYS), postbox.link("one@thief.example")
    await postal.guest.post(second)
    assert await address_of(postal, "rhys") == "one@thief.example"
    await postal.guest.post(first)
    assert await address_of(postal, "rhys") == RHYS


async def test_the_first_address_voids_what_later_ones_could_do(postal: Site, postbox: Postbox, clock: Clock) -> None:
    for email in ("one@thief.example", "two@thief.example"):
        await change(postal, "rhys", email)
        await work(postal)
        await postal.guest.post(postbox.link(email))
        clock.forward(MINUTE)
        await work(postal)
    await change(postal, "rhys", "three@thief.example")
    await work(postal)
    first, second, third = postbox.link(RHYS), postbox.link("one@thief.example"), postbox.link("three@thief.example")
    await postal.guest.post(first)
    for link in (second, third):
        assert (await postal.guest.post(link)).status_code == 403
    assert await address_of(postal, "rhys") == RHYS


async def test_after_a_week_it_cannot_be_taken_back(postal: Site, postbox: Postbox, clock: Clock) -> None:
    await change(postal, "rhys", "new@example.org")
    await work(postal)
    await postal.guest.post(postbox.link())
    await work(postal)
    clock.forward(7 * DAY)
    assert (await postal.guest.post(postbox.link(RHYS))).status_code == 403


async def test_s07_nobody_learns_by_a_change_whose_address_is_known(
    postal: Site, postbox: Postbox, clock: Clock
) -> None:
    known = await change(postal, "rhys", "olwen@glan.example")
    unknown = await change(postal, "rhys", "nobody@glan.example")
    assert same(known, unknown)
    await work(postal)
    assert "you sign in as olwen" in postbox.to("olwen@glan.example")[0].get_content()
    assert await address_of(postal, "rhys") == RHYS


async def test_an_address_that_somebody_takes_meanwhile_is_not_had_twice(
    postal: Site, postbox: Postbox, clock: Clock
) -> None:
    await change(postal, "rhys", "new@example.org")
    await work(postal)
    link = postbox.link()
    await postal.did(people.create, "nia", "new@example.org", "x")
    assert (await postal.guest.post(link)).status_code == 409
    assert await address_of(postal, "rhys") == RHYS


async def test_what_went_to_the_old_address_opens_nothing_any_more(
    postal: Site, postbox: Postbox, clock: Clock
) -> None:
    await postal.guest.post("/password/forgotten", data={"email": RHYS})
    await work(postal)
    reset = postbox.link(RHYS)
    await change(postal, "rhys", "new@example.org")
    await work(postal)
    await postal.guest.post(postbox.link("new@example.org"))
    assert (await postal.guest.get(reset)).status_code == 403


async def test_on_a_hub_without_mail_an_address_changes_at_once(site: Site) -> None:
    assert (await change(site, "rhys", "new@example.org")).headers["location"] == "/account/email?done=address"
    assert await address_of(site, "rhys") == "new@example.org"
    taken = await change(site, "rhys", "mo@glan.example")
    assert taken.status_code == 422
