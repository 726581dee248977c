"""Passkeys: made, shown, refused, and the last way in."""

import json

import httpx
import pytest
from authenticator import PRESENT, Authenticator, b64
from browsing import PASSWORD, Site
from conftest import Clock

from hub import factors
from hub.clock import MINUTE
from hub.store import Tx
from web import limits, passkeys

REFUSED = "was not accepted"
TOO_LATE = "took too long"


async def enrol(site: Site, login: str = "rhys", kind: str = "es256", **more: bool | int) -> Authenticator:
    """Somebody who is signed in adds a passkey."""
    browser, device = await site.who(login), Authenticator(site.base, kind, **more)  # type: ignore[arg-type]
    asked = await browser.post("/account/passkeys/options")
    answer = await browser.post("/account/passkeys", data={"name": "Phone", "credential": device.create(asked.text)})
    assert answer.status_code in (200, 303), answer.text
    return device


async def asked(browser: httpx.AsyncClient) -> str:
    return (await browser.post("/signin/options")).text


async def show(browser: httpx.AsyncClient, credential: str, next: str = "") -> httpx.Response:
    return await browser.post("/signin/passkey", data={"credential": credential, "next": next})


@pytest.mark.parametrize("kind", ["es256", "eddsa", "rs256"])
async def test_p_03_a_passkey_of_each_kind_is_made_and_signs_in(site: Site, kind: str) -> None:
    device = await enrol(site, kind=kind)
    for _ in range(2):
        browser = site.browser()
        answer = await show(browser, device.get(await asked(browser)), "/events?x=1")
        assert answer.headers["location"] == "/events?x=1&done=signed-in"
    assert "Phone" in (await browser.get("/account/security")).text


async def test_what_the_browser_is_asked_for_is_what_was_decided(site: Site) -> None:
    rhys = await site.who("rhys")
    new = json.loads((await rhys.post("/account/passkeys/options")).text)
    assert new["rp"]["id"] == "glan.example"
    assert new["authenticatorSelection"] == {
        "residentKey": "required", "requireResidentKey": True, "userVerification": "preferred",
    }  # fmt: skip
    assert new["attestation"] == "none"
    assert "rhys" not in str(passkeys.handle(1))
    await enrol(site)
    assert len(json.loads((await rhys.post("/account/passkeys/options")).text)["excludeCredentials"]) == 1
    anybodys = json.loads(await asked(site.guest))
    assert (anybodys["rpId"], anybodys.get("allowCredentials", [])) == ("glan.example", [])


async def test_the_first_passkey_brings_recovery_codes_and_the_second_none(site: Site) -> None:
    browser = await site.who("rhys")
    for n, said in ((1, "Print this page"), (2, "")):
        device = Authenticator(site.base)
        credential = device.create((await browser.post("/account/passkeys/options")).text)
        answer = await browser.post("/account/passkeys", data={"name": f"No {n}", "credential": credential})
        assert said in answer.text
        assert answer.status_code == (200 if said else 303)


async def signs_in(site: Site, device: Authenticator, **lies: object) -> httpx.Response:
    """In a browser of their own."""
    browser = site.browser()
    return await show(browser, device.get(await asked(browser), **lies))


LIES: dict[str, dict[str, object]] = {
    "another site's": {"rp": "evil.example"}, "made for another origin": {"origin": "https://evil.example"},
    "nobody touched it": {"flags": 0}, "of another kind": {"type": "webauthn.create"},
    "a challenge of its own": {"challenge": b64(b"x" * 32)}, "a false signature": {"signature": b"x" * 70},
    "somebody else's handle": {"handle": b"y" * 32}, "http, not https": {"origin": "http://glan.example"},
}  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
async def test_p_03_what_is_not_as_it_should_be_is_refused(site: Site, lie: str) -> None:
    device, browser = await enrol(site), site.browser()
    answer = await show(browser, device.get(await asked(browser), **LIES[lie]))
    assert answer.status_code == 422
    assert REFUSED in answer.text or TOO_LATE in answer.text
    assert "__Host-nh" not in browser.cookies


@pytest.mark.parametrize("lie", [{"rp": "evil.example"}, {"origin": "https://evil.example"}, {"type": "webauthn.get"}])
async def test_nor_is_one_made_that_is_not_for_us(site: Site, lie: dict[str, str]) -> None:
    rhys, device = await site.who("rhys"), Authenticator(site.base)
    credential = device.create((await rhys.post("/account/passkeys/options")).text, **lie)
    answer = await rhys.post("/account/passkeys", data={"name": "Phone", "credential": credential})
    assert answer.status_code == 422
    assert REFUSED in answer.text
    assert 'value="Phone"' in answer.text


async def test_an_answer_is_good_once_and_for_five_minutes(site: Site, clock: Clock) -> None:
    device = await enrol(site)
    browser = site.browser()
    late, credential = device.get(await asked(browser)), device.get(await asked(browser))
    assert (await show(browser, credential)).status_code == 303
    assert TOO_LATE in (await show(browser, credential)).text
    clock.forward(5 * MINUTE)
    assert TOO_LATE in (await show(browser, late)).text


async def test_an_answer_counts_in_the_browser_that_asked_and_in_no_other(site: Site) -> None:
    device = await enrol(site)
    browser, other = site.browser(), site.browser("198.51.100.9")
    credential = device.get(await asked(browser))
    await asked(other)  # a cookie of their own
    for elsewhere in (site.browser("198.51.100.10"), other):
        refused = await show(elsewhere, credential)
        assert refused.status_code == 422
        assert "was asked in another browser. Try your passkey again, here." in refused.text
        assert "__Host-nh" not in elsewhere.cookies
    assert (await show(browser, credential)).status_code == 303


async def test_nor_does_one_for_the_second_step_a_new_passkey_or_being_sure(site: Site, clock: Clock) -> None:
    device = await enrol(site)
    here, there = [await site.who("rhys") for _ in range(2)]
    new = Authenticator(site.base).create((await here.post("/account/passkeys/options")).text)
    assert TOO_LATE in (await there.post("/account/passkeys", data={"name": "Theirs", "credential": new})).text
    clock.forward(16 * MINUTE)
    sure = device.get(await asked(here))
    answer = await there.post("/signin/again?next=/account", data={"sure.credential": sure})
    assert TOO_LATE in answer.text
    halves = [site.browser(), site.browser("198.51.100.9")]
    for half in halves:
        await half.post("/signin", data={"name": "rhys", "password": PASSWORD})
    credential = device.get(await asked(halves[0]))
    assert TOO_LATE in (await halves[1].post("/signin/second", data={"credential": credential})).text
    assert (await halves[0].post("/signin/second", data={"credential": credential})).status_code == 303


async def test_the_cookie_lasts_as_long_as_the_question_and_goes_to_no_script_and_no_other_site(site: Site) -> None:
    browser = site.browser()
    first = (await browser.post("/signin/options")).headers["set-cookie"].lower()
    for word in ("__host-nh-passkey=", "httponly", "secure", "samesite=strict", "path=/", "max-age=300"):
        assert word in first, word
    again = (await browser.post("/signin/options")).headers["set-cookie"].lower()
    assert again == first, "the offer in the name’s field and the button do not take it from each other"


async def test_an_answer_for_one_thing_is_no_answer_for_another(site: Site) -> None:
    device = await enrol(site)
    rhys = await site.who("rhys")
    sure = device.get((await rhys.post("/signin/options")).text)
    assert TOO_LATE in (await show(site.browser(), sure)).text


async def test_a_passkey_that_never_counts_or_counts_backwards_still_works(site: Site) -> None:
    never = await enrol(site, counts=0)
    for _ in range(2):
        assert (await signs_in(site, never)).status_code == 303
    counts = await enrol(site, "olwen")
    for uses in (9, 3):
        assert (await signs_in(site, counts, uses=uses)).status_code == 303


async def test_a_passkey_that_is_gone_or_whose_account_is_closed_lets_nobody_in(site: Site) -> None:
    device = await enrol(site)
    rhys, steward = await site.who("rhys"), await site.who("bethan")

    def ids(tx: Tx) -> tuple[int, int]:
        row = tx.all("SELECT id, account FROM passkey")[0]
        return row["id"], row["account"]

    id, account = await site.store.read(ids)
    other = await enrol(site)
    await rhys.post(f"/account/passkeys/{id}/remove")
    assert REFUSED in (await signs_in(site, device)).text
    assert (await signs_in(site, other)).status_code == 303
    await steward.post(f"/steward/people/{account}/close")
    assert REFUSED in (await signs_in(site, other)).text


async def test_one_that_nobody_unlocked_is_one_step_and_the_app_is_the_second(site: Site) -> None:
    device = await enrol(site, verified=False)
    browser = site.browser()
    assert (await show(browser, device.get(await asked(browser)))).headers["location"].startswith("/account")

    def app(tx: Tx) -> None:
        tx.run("INSERT INTO authenticator (account, key, since) SELECT account, 'GEZDGNBV', 1 FROM passkey")

    await site.did(app)
    browser = site.browser()
    answer = await show(browser, device.get(await asked(browser)))
    assert answer.headers["location"].startswith("/signin/second")
    assert (await browser.get("/account")).status_code == 303
    assert device.flags == PRESENT


async def test_it_is_renamed_and_says_when_it_was_last_used(site: Site) -> None:
    await enrol(site)
    rhys = await site.who("rhys")
    id = (await site.store.read(lambda tx: tx.all("SELECT id FROM passkey")))[0]["id"]
    await rhys.post(f"/account/passkeys/{id}/name", data={"name": "Old  tablet"})
    page = (await rhys.get("/account/security")).text
    assert "Old tablet" in page
    assert "not used yet" in page
    assert (await (await site.who("olwen")).post(f"/account/passkeys/{id}/name", data={"name": "x"})).status_code == 404


ODD = [
    "", "{}", "null", "[]", "x" * 20_000, '{"id": 1}', '{"id": "a", "response": {"clientDataJSON": "!!!"}}',
    '{"id": "a", "response": {"clientDataJSON": "e30"}}', '{"id": "a", "response": {"clientDataJSON": "bnVsbA"}}',
    '{"id":"a\\u0000","response":{"clientDataJSON":"eyJjaGFsbGVuZ2UiOiJBQUFBIn0"}}', "[" * 900,
]  # fmt: skip


@pytest.mark.parametrize("answer", ODD)
async def test_nonsense_for_a_passkey_is_refused_in_words(site: Site, answer: str) -> None:
    rhys = await site.who("rhys")
    for path in ("/signin/passkey", "/account/passkeys", "/signin/again"):
        data = {"credential": answer, "sure.credential": answer, "name": "Phone"}
        said = await (site.guest if path == "/signin/passkey" else rhys).post(path, data=data)
        assert said.status_code == 422, path


async def test_broken_pieces_of_a_real_answer_are_refused_in_words(site: Site) -> None:
    device = await enrol(site)
    for name in ("authenticatorData", "signature", "userHandle"):
        for broken in ("", "AAAA", "!", "A" * 300):
            browser = site.browser("198.51.100.7")
            it = json.loads(device.get(await asked(browser)))
            it["response"][name] = broken
            said = await show(browser, json.dumps(it))
            assert said.status_code == (303 if name == "userHandle" and broken in ("", "!") else 422), (name, broken)
            site.app.state.counts.forget(limits.PASSKEY, "198.51.100.7")


async def test_asking_for_something_to_sign_has_an_end(site: Site, clock: Clock) -> None:
    answers = [(await site.guest.post("/signin/options")).status_code for _ in range(61)]
    assert answers == [200] * 60 + [429]
    assert len(await site.store.read(lambda tx: tx.all("SELECT * FROM challenge"))) == 60
    clock.forward(factors.LASTS + 1)
    await site.guest.post("/signin/options")
    assert len(await site.store.read(lambda tx: tx.all("SELECT * FROM challenge"))) == 1


async def test_the_password_alone_opens_nothing_any_more_and_the_passkey_is_the_second_step(site: Site) -> None:
    device, browser = await enrol(site), site.browser()
    answer = await browser.post("/signin", data={"name": "rhys", "password": PASSWORD, "next": "/events"})
    assert answer.headers["location"] == "/signin/second?next=%2Fevents%3Fdone%3Dsigned-in"
    assert (await browser.get("/account")).status_code == 303
    wanted = json.loads((await browser.post("/signin/options")).text)
    assert [one["id"] for one in wanted["allowCredentials"]] == [b64(device.id)]
    credential = device.get(json.dumps(wanted))
    answer = await browser.post("/signin/second", data={"credential": credential, "next": "/events?done=signed-in"})
    assert answer.headers["location"] == "/events?done=signed-in"
    assert (await browser.get("/account")).status_code == 200


async def test_somebody_elses_passkey_is_no_second_step(site: Site) -> None:
    await enrol(site)
    olwens, browser = await enrol(site, "olwen"), site.browser()
    await browser.post("/signin", data={"name": "rhys", "password": PASSWORD})
    credential = olwens.get((await browser.post("/signin/options")).text)
    assert REFUSED in (await browser.post("/signin/second", data={"credential": credential})).text
