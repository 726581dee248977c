"""The second step, being asked whether it is still you, and who has to have a second step."""

import httpx
import pytest
from authenticator import Authenticator
from browsing import PASSWORD, Site, a_site, fields
from conftest import Clock

from hub import factors, people, sessions
from hub.clock import DAY, MINUTE
from hub.config import Security
from hub.store import Tx

KEY = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
STRANGE = ["//evil.example", "/\\evil.example", "https:evil.example", "https://evil.example", "javascript:alert(1)",
           "/\r\nLocation: https://evil.example", "https://glan.example@evil.example", "", "evil"]  # fmt: skip


def code(clock: Clock, key: str = KEY) -> str:
    return factors.code(key, clock.ms // 1000)


def give_app(tx: Tx, login: str) -> list[str]:
    """An app with the key above, and ten recovery codes."""
    found = people.known_as(tx, login)
    assert found is not None
    tx.run("INSERT INTO authenticator (account, key, since) VALUES (:a, :key, 1)", a=found[0].actor, key=KEY)
    return factors.new_codes(tx, found[0].actor)


async def half(site: Site, login: str = "rhys", next: str = "/events") -> httpx.AsyncClient:
    browser = site.browser()
    answer = await browser.post("/signin", data={"name": login, "password": PASSWORD, "next": next})
    assert answer.headers["location"].startswith("/signin/second?next=")
    return browser


async def test_after_the_password_the_code_is_asked_for_on_a_second_page_that_knows_where_to_go(
    site: Site, clock: Clock
) -> None:
    await site.did(give_app, "rhys")
    browser = await half(site, next="/events?x=1")
    page = await browser.get("/signin/second?next=/events%3Fx%3D1")
    assert 'value="/events?x=1"' in page.text
    first = browser.cookies["__Host-nh"]
    wrong = await browser.post("/signin/second", data={"code": "123456", "next": "/events?x=1"})
    assert wrong.status_code == 422
    assert 'value="/events?x=1"' in wrong.text
    assert (await browser.get("/account")).status_code == 303
    answer = await browser.post("/signin/second", data={"code": code(clock), "next": "/events?x=1"})
    assert answer.headers["location"] == "/events?x=1"
    assert (await browser.get("/account")).status_code == 200
    assert browser.cookies["__Host-nh"] != first
    assert await site.store.read(sessions.half_session, first) is None


async def test_p_04_the_same_code_does_not_work_a_second_time(site: Site, clock: Clock) -> None:
    await site.did(give_app, "rhys")
    for status in (303, 422):
        browser = await half(site)
        assert (await browser.post("/signin/second", data={"code": code(clock)})).status_code == status


async def test_a_recovery_code_opens_it_once(site: Site, clock: Clock) -> None:
    codes = await site.did(give_app, "rhys")
    for status in (303, 422):
        browser = await half(site)
        assert (await browser.post("/signin/second", data={"code": codes[3]})).status_code == status


async def test_five_wrong_codes_cost_a_quarter_of_an_hour_wherever_they_come_from(site: Site, clock: Clock) -> None:
    await site.did(give_app, "rhys")
    browsers = [await half(site) for _ in range(3)]
    for n in range(5):
        assert (await browsers[n % 3].post("/signin/second", data={"code": "000000"})).status_code == 422
    answer = await browsers[0].post("/signin/second", data={"code": code(clock)})
    assert "five wrong codes" in answer.text


async def test_the_second_step_waits_ten_minutes(site: Site, clock: Clock) -> None:
    await site.did(give_app, "rhys")
    browser = await half(site)
    clock.forward(10 * MINUTE)
    for answer in (
        await browser.get("/signin/second?next=/events"),
        await browser.post("/signin/second", data={"code": code(clock), "next": "/events"}),
        await site.guest.get("/signin/second?next=/events"),
    ):
        assert answer.status_code == 422
        assert "took too long" in answer.text
        assert fields(answer.text, "/signin")["next"] == "/events"


@pytest.mark.parametrize("wanted", STRANGE)
async def test_the_second_step_and_being_sure_lead_to_no_strangers_page(site: Site, clock: Clock, wanted: str) -> None:
    codes = await site.did(give_app, "rhys")
    browser = await half(site)
    answer = await browser.post("/signin/second", data={"code": codes[0], "next": wanted})
    assert answer.headers["location"] == "/account"
    clock.forward(20 * MINUTE)
    for form in ("", "1"):
        said = await browser.post(
            "/signin/again", params={"next": wanted, "form": form}, data={"sure.password": PASSWORD}
        )
        assert said.headers["location"] == "/account", form


async def test_a_link_for_a_new_password_does_not_get_round_the_second_step(site: Site, clock: Clock) -> None:
    await site.did(give_app, "rhys")

    def link(tx: Tx) -> str:
        found = people.known_as(tx, "rhys")
        assert found is not None
        return people.new_link(tx, "password", account=found[0].actor)

    key, new, browser = await site.did(link), "three odd words together", site.browser()
    answer = await browser.post(f"/password?key={key}", data={"password": new, "again": new})
    assert answer.headers["location"].startswith("/signin/second?next=")
    assert (await browser.get("/account")).status_code == 303
    await browser.post("/signin/second", data={"code": code(clock)})
    assert (await browser.get("/account")).status_code == 200


async def test_on_the_way_to_letting_an_app_in_its_window_stays_its_own(site: Site, clock: Clock) -> None:
    await site.did(give_app, "rhys")
    browser, to = site.browser(), "/oauth/authorize?client_id=x"
    answers = [
        await browser.post("/signin", data={"name": "rhys", "password": PASSWORD, "next": to}),
        await browser.get("/signin/second", params={"next": to}),
        await browser.post("/signin/second", data={"code": "1", "next": to}),
        await browser.post("/signin/second", data={"code": code(clock), "next": to}),
    ]
    assert [it.headers["cross-origin-opener-policy"] for it in answers] == ["unsafe-none"] * 4
    assert answers[3].headers["location"] == to


# Setting it up


async def test_an_app_is_set_up_by_its_key_or_its_picture_and_brings_codes(site: Site, clock: Clock) -> None:
    rhys = await site.who("rhys")
    page = (await rhys.get("/account/app")).text
    key = (await site.store.read(lambda tx: tx.all("SELECT key FROM authenticator")))[0]["key"]
    assert " ".join(key[at : at + 4] for at in range(0, 32, 4)).lower() in page
    assert f"otpauth://totp/glan.example:rhys?secret={key}&amp;issuer=glan.example" in page
    assert 'aria-label="QR"' in page
    assert (await rhys.get("/account/app")).headers["cache-control"] == "no-store"
    wrong = await rhys.post("/account/app", data={"code": "12"})
    assert (wrong.status_code, "not right" in wrong.text) == (422, True)
    before = rhys.cookies["__Host-nh"]
    done = await rhys.post("/account/app", data={"code": code(clock, key)})
    assert done.text.count("<code>") == 10
    assert rhys.cookies["__Host-nh"] != before
    assert "<code>" not in (await rhys.get("/account/security")).text
    assert (await rhys.get("/account/app")).status_code == 409


async def test_turning_it_off_asks_first_who_it_is(site: Site, clock: Clock) -> None:
    await site.did(give_app, "rhys")
    rhys = await site.who("rhys")
    clock.forward(16 * MINUTE)
    asked = await rhys.post("/account/app/remove")
    assert asked.status_code == 401
    assert "Is it still you?" in asked.text
    assert await site.store.read(lambda tx: tx.all("SELECT 1 AS x FROM authenticator"))
    done = await rhys.post(
        "/signin/again?next=/account/app/remove&form=1", data={"sure.password": PASSWORD}, follow_redirects=True
    )
    assert done.status_code == 200
    assert not (await site.store.read(lambda tx: tx.all("SELECT 1 AS x FROM authenticator")))


async def test_ten_new_codes_on_demand(site: Site, clock: Clock) -> None:
    old = await site.did(give_app, "rhys")
    rhys = await site.who("rhys")
    page = (await rhys.post("/account/codes")).text
    assert page.count("<code>") == 10
    assert old[0] not in page
    assert (await (await site.who("olwen")).post("/account/codes")).status_code == 303  # who has nothing to recover


# Is it still you?


@pytest.fixture
def pages() -> tuple[str, ...]:
    return ("/account/passkeys", "/account/app")


async def test_a_page_that_matters_asks_first_and_then_goes_on(
    site: Site, clock: Clock, pages: tuple[str, ...]
) -> None:
    for path in pages:
        rhys = await site.who("rhys")
        assert (await rhys.get(path)).status_code == 200
        clock.forward(15 * MINUTE)
        asked = await rhys.get(path)
        assert asked.headers["location"] == f"/signin/again?next=%2F{path[1:].replace('/', '%2F')}"
        wrong = await rhys.post(asked.headers["location"], data={"sure.password": "not this"})
        assert "not your present password" in wrong.text
        before = rhys.cookies["__Host-nh"]
        right = await rhys.post(asked.headers["location"], data={"sure.password": PASSWORD})
        assert right.headers["location"] == path
        assert rhys.cookies["__Host-nh"] != before
        assert await site.store.read(sessions.session, before) is None
        assert (await rhys.get(path)).status_code == 200


async def test_what_was_sent_without_being_sure_is_carried_on_whole(site: Site, clock: Clock) -> None:
    steward = await site.who("bethan")
    clock.forward(20 * MINUTE)
    typed = {"login": "delyth", "email": "delyth@glan.example", "role": "moderator"}
    asked = await steward.post("/steward/people", data=typed)
    assert asked.status_code == 401
    held = fields(asked.text, "/signin/again")
    assert typed.items() <= held.items()
    done = await steward.post(
        "/signin/again?next=/steward/people&form=1", data=held | {"sure.password": PASSWORD}, follow_redirects=True
    )
    assert done.status_code == 200
    assert "Here is the link for delyth" in done.text


async def test_no_password_is_carried_on(site: Site, clock: Clock) -> None:
    rhys = await site.who("rhys")
    clock.forward(20 * MINUTE)
    asked = await rhys.post("/account/codes", data={"password": "secret-1", "x.now": "secret-2", "code": "secret-3"})
    assert "secret-" not in asked.text


async def test_a_code_or_a_passkey_is_as_good_as_the_password(site: Site, clock: Clock) -> None:
    await site.did(give_app, "rhys")
    rhys, device = await site.who("rhys"), Authenticator(site.base)
    credential = device.create((await rhys.post("/account/passkeys/options")).text)
    await rhys.post("/account/passkeys", data={"name": "Phone", "credential": credential})
    clock.forward(20 * MINUTE)
    shown = device.get((await rhys.post("/signin/options")).text)
    assert (await rhys.post("/signin/again?next=/events", data={"sure.credential": shown})).status_code == 303
    clock.forward(20 * MINUTE)
    assert (await rhys.post("/signin/again?next=/events", data={"sure.code": code(clock)})).status_code == 303
    clock.forward(20 * MINUTE)
    assert (await rhys.post("/signin/again?next=/events", data={"sure.code": "000000"})).status_code == 422


async def test_who_is_not_signed_in_is_not_asked_whether_it_is_still_them(site: Site) -> None:
    assert (await site.guest.get("/signin/again?next=/events")).headers["location"].startswith("/signin?next=")
    assert (await site.guest.post("/signin/again?next=/events", data={})).status_code == 401


MATTERS = {
    ("GET", "/account/passkeys"), ("POST", "/account/passkeys"), ("POST", "/account/passkeys/options"),
    ("POST", "/account/passkeys/{id:int}/remove"), ("GET", "/account/app"), ("POST", "/account/app"),
    ("POST", "/account/app/remove"), ("POST", "/account/codes"), ("POST", "/steward/people"),
    ("POST", "/steward/people/{id:int}/link"), ("POST", "/steward/people/{id:int}/role"),
    ("POST", "/steward/people/{id:int}/rescue"), ("POST", "/steward/people/{id:int}/rescue/approve"),
    ("POST", "/steward/people/{id:int}/rescue/refuse"), ("POST", "/steward/people/{id:int}/close"),
}  # fmt: skip


async def test_what_matters_is_marked_and_asks(site: Site, clock: Clock) -> None:
    marked = {
        (method, route.path): route for route in site.app.routes if getattr(route.endpoint, "sure", False)
        for method in route.methods - {"HEAD"}
    }  # fmt: skip
    assert marked.keys() >= MATTERS
    steward = await site.who("bethan")
    clock.forward(16 * MINUTE)
    for method, path in marked:
        answer = await steward.request(method, path.replace("{id:int}", "1"))
        assert answer.status_code == (303 if method == "GET" else 401), path
        assert "/signin/again" in answer.text + str(answer.headers)


# Who has to have one


async def test_who_looks_after_the_hub_is_told_for_two_weeks_and_then_asked_first(site: Site, clock: Clock) -> None:
    await site.did(lambda tx: tx.run("UPDATE account SET created = :now, raised = :now", now=clock.ms))
    steward = await site.who("bethan")
    assert "Set one up by" in (await steward.get("/steward")).text
    assert "Set one up by" in (await steward.get("/account/security")).text
    clock.forward(15 * DAY)
    steward, olwen = await site.who("bethan"), await site.who("olwen")
    for path in ("/steward", "/steward/people"):
        assert (await steward.get(path)).headers["location"] == "/account/security?done=second-first"
    assert "second step" in (await steward.get("/account/security?done=second-first")).text
    assert (await steward.get("/publish")).status_code == 200
    assert (await olwen.get("/steward")).status_code == 200  # an organiser is not asked
    await site.did(give_app, "bethan")
    assert (await steward.get("/steward")).status_code == 200


async def test_a_hub_may_do_without(site: Site, clock: Clock) -> None:
    clock.forward(1000 * DAY)
    async with a_site(site.store, site.app.state.data, security=Security(require_second_factor=False)) as other:
        steward = await other.who("bethan")
        assert (await steward.get("/steward")).status_code == 200
        assert "Set one up by" not in (await steward.get("/steward")).text
