"""Signing in and out: who may, how often they may try, and what their cookie is worth."""

import asyncio
import re
import unicodedata
from pathlib import Path

import httpx
import pytest
from authenticator import Authenticator
from browsing import HASHED, PASSWORD, Site, a_site, settle, unsafe
from conftest import Clock
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from scene import BASE

from hub import people
from hub.clock import DAY, HOUR, MINUTE
from hub.store import Tx
from hub.store.open import opened
from web import auth, limits

WRONG = "do not fit together"


async def enrol(site: Site) -> Authenticator:
    rhys, device = await site.who("rhys"), Authenticator(site.base)
    credential = device.create((await rhys.post("/account/passkeys/options")).text)
    await rhys.post("/account/passkeys", data={"name": "Phone", "credential": credential})
    return device


STRANGE = [
    "//evil.example", "/\\evil.example", "\\\\evil.example", "https:evil.example", "https://evil.example",
    "https://glan.example@evil.example", "javascript:alert(1)", "/\r\nLocation: https://evil.example",
    "/\t/evil.example", "///evil.example", "data:text/html,x", "evil", "", "/" + "a" * 9000,
]  # fmt: skip

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


async def enter(
    site: Site, name: str, password: str = PASSWORD, *, next: str = "", address: str = "192.0.2.1"
) -> httpx.Response:
    data = {"name": name, "password": password, "next": next}
    return await site.browser(address).post("/signin", data=data)


async def test_a_name_or_an_address_and_the_password_open_a_session(site: Site) -> None:
    for name in ("bethan", "BETHAN ", "bethan@glan.example"):
        browser = site.browser()
        answer = await browser.post("/signin", data={"name": name, "password": PASSWORD})
        assert answer.status_code == 303
        assert answer.headers["location"] == "/steward?done=signed-in"
        assert (await browser.get("/account")).status_code == 200


async def test_the_cookie_is_as_strict_as_cookies_get(site: Site) -> None:
    first = await enter(site, "rhys")
    given = first.headers.get_list("set-cookie")
    out = await site.guest.post("/signout", headers={"Cookie": given[-1].partition(";")[0]})
    given += out.headers.get_list("set-cookie")
    assert len(given) >= 2
    for cookie in given:  # those that take it away, too: or browsers would keep it
        assert cookie.startswith("__Host-nh=")
        assert {"Secure", "HttpOnly", "SameSite=lax", "Path=/"} <= {part.strip() for part in cookie.split(";")}
        assert "Domain" not in cookie


async def test_on_plain_http_at_home_the_cookie_has_a_name_that_browsers_take(
    sqlite_path: Path, tmp_path: Path
) -> None:
    base = "http://localhost:8000"
    async with opened(str(sqlite_path)) as store, a_site(store, tmp_path, base=base) as site:
        await store.write(settle, base)
        for cookie in (await enter(site, "rhys")).headers.get_list("set-cookie"):
            assert cookie.startswith("nh=")
            assert "Secure" not in cookie
            assert "HttpOnly" in cookie


async def test_only_a_hash_of_the_cookie_is_kept(site: Site) -> None:
    secret = (await enter(site, "rhys")).cookies["__Host-nh"]

    def kept(tx: Tx) -> list[str]:
        return [row["hash"] for row in tx.all("SELECT hash FROM session")]

    assert secret not in await site.store.read(kept)
    assert people.hashed(secret) in await site.store.read(kept)


async def test_a_wrong_password_and_an_unknown_name_are_answered_alike(site: Site) -> None:
    wrong, unknown = await enter(site, "rhys", "not the password"), await enter(site, "nobody", "not the password")
    assert wrong.status_code == unknown.status_code == 422
    assert WRONG in wrong.text
    assert wrong.text.replace("rhys", "nobody") == unknown.text
    assert "not the password" not in wrong.text


async def test_what_was_typed_as_the_name_is_still_there(site: Site) -> None:
    assert 'value="rhys"' in (await enter(site, "rhys", "no")).text


ODD = ["' OR 1=1 --", "{{7*7}}", "a\x00b", "\N{GRINNING FACE}", "x" * 300, "*)(uid=*", "%s%n"]


@pytest.mark.parametrize("name", ODD)
async def test_odd_names_are_just_names_that_nobody_has(site: Site, name: str) -> None:
    answer = await enter(site, name)
    assert answer.status_code == 422
    assert WRONG in answer.text


async def test_the_eleventh_try_from_one_address_has_to_wait(site: Site, clock: Clock) -> None:
    for n in range(10):
        assert (await enter(site, f"name{n}", "x")).status_code == 422
    answer = await enter(site, "rhys")
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 300
    assert answer.headers["x-ratelimit-limit"] == "10"
    assert (await enter(site, "rhys", address="192.0.2.2")).status_code == 303
    clock.forward(5 * MINUTE)
    assert (await enter(site, "rhys")).status_code == 303


async def test_one_household_is_one_address_in_the_new_internet_too(site: Site, clock: Clock) -> None:
    for n in range(10):
        await enter(site, f"name{n}", "x", address=f"2001:db8:1:2::{n:x}")
    assert (await enter(site, "rhys", address="2001:db8:1:2:ffff::1")).status_code == 429
    assert (await enter(site, "rhys", address="2001:db8:1:3::1")).status_code == 303


async def test_many_addresses_get_no_more_tries_at_one_name(site: Site, clock: Clock) -> None:
    for name in ("rhys", "nobody"):
        answers = [(await enter(site, name, "x", address=f"198.51.100.{n}")).status_code for n in range(12)]
        assert answers == [422] * 10 + [429] * 2


async def test_after_five_wrong_ones_even_the_right_password_waits_but_not_for_ever(site: Site, clock: Clock) -> None:
    for n in range(6):
        await enter(site, "rhys", "x", address=f"198.51.100.{n}")
    assert (await enter(site, "rhys", address="198.51.100.40")).status_code == 422
    clock.forward(15 * MINUTE)
    assert (await enter(site, "rhys", address="198.51.100.41")).status_code == 303


async def test_two_passwords_at_most_are_compared_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    at_work, most = 0, 0
    passwords = auth.Passwords()
    real = asyncio.to_thread

    async def counted(*args: object) -> object:
        nonlocal at_work, most
        at_work += 1
        most = max(most, at_work)
        found = await real(*args)  # type: ignore[arg-type]
        at_work -= 1
        return found

    monkeypatch.setattr(asyncio, "to_thread", counted)
    found = await asyncio.gather(*(passwords.fits(PASSWORD, HASHED) for _ in range(6)))
    assert found == [True] * 6
    assert most == 2


class Counting(auth.Passwords):
    """Counts what is compared, which is what costs."""

    def __init__(self) -> None:
        super().__init__()
        self.work: list[str] = []

    async def fits(self, password: str, kept: str | None) -> bool:
        self.work.append(password)
        return password == PASSWORD and bool(kept)


@pytest.mark.slow
async def test_s_06_ten_thousand_tries_from_a_thousand_addresses_cost_forty_hashes_an_hour(
    site: Site, clock: Clock
) -> None:
    device = await enrol(site)
    site.app.state.passwords = counting = Counting()
    crowd = [site.browser(f"203.0.{n // 250}.{n % 250}", Accept="application/json") for n in range(1000)]
    for n in range(10_000):  # in fifty minutes, by its name and by its address, in letters of any size
        name = ("rhys", "RHYS ", "rhys@glan.example", "Rhys@Glan.Example")[n % 4]
        await crowd[n % 1000].post("/signin", data={"name": name, "password": "x"})
        clock.forward(300)
    assert 20 <= len(counting.work) <= 40
    browser = site.browser("198.51.100.200")
    credential = device.get((await browser.post("/signin/options")).text)
    assert (await browser.post("/signin/passkey", data={"credential": credential})).status_code == 303
    assert (await browser.get("/account")).status_code == 200


async def test_s_06_several_processes_give_no_more_tries_than_one(either: Site, tmp_path: Path, clock: Clock) -> None:
    for name in ("rhys", "nobody"):
        async with a_site(either.store, tmp_path) as other:
            answers = [
                await enter(it, name, "x", address=f"198.51.100.{n}") for n in range(8) for it in (either, other)
            ]
        assert [it.status_code for it in answers] == [422] * 10 + [429] * 6
        assert int(answers[-1].headers["retry-after"]) == 30 * 60


async def test_s_07_unknown_names_cost_the_same_work_as_known_ones(site: Site, clock: Clock) -> None:
    counted = []
    for name in ("rhys", "rhys@glan.example", "nobody", "nobody@glan.example", "closed"):
        site.app.state.passwords = counting = Counting()
        answers = [await enter(site, name, "x", address=f"198.51.100.{n}") for n in range(12)]
        counted.append((len(counting.work), [it.status_code for it in answers]))
    assert counted == [counted[0]] * 5


async def test_a_password_kept_at_other_costs_is_kept_anew_at_the_next_sign_in(site: Site) -> None:
    old = Argon2id(salt=b"x" * 16, length=32, iterations=1, lanes=1, memory_cost=8192)
    kept = old.derive_phc_encoded(PASSWORD.encode())
    await site.did(lambda tx: tx.run("UPDATE account SET password = :kept WHERE login = 'rhys'", kept=kept))
    for _ in range(2):
        assert (await enter(site, "rhys")).status_code == 303
        now_kept = (await site.store.read(people.known_as, "rhys"))[1]
        assert now_kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


SAME_SITE = {"__Host-nh": "SameSite=lax", "__Host-nh-passkey": "SameSite=strict"}


@pytest.mark.slow
async def test_p_06_every_cookie_that_any_address_gives_is_as_strict_as_cookies_get(site: Site) -> None:
    seen = 0
    for login in ("", "rhys", "bethan"):
        browser = await site.who(login) if login else site.guest
        secret = browser.cookies.get("__Host-nh")
        for method, path in [*unsafe(site.app), ("POST", "/signin")]:
            if login and path == "/account/sessions":
                continue
            answer = await browser.request(method, path, data={"name": "rhys", "password": PASSWORD})
            for cookie in answer.headers.get_list("set-cookie"):
                seen += 1
                name, _, _ = cookie.partition("=")
                parts = {part.strip() for part in cookie.split(";")[1:]}
                assert {"Secure", "HttpOnly", SAME_SITE[name], "Path=/"} <= parts, (method, path)
                assert not any(part.startswith("Domain") for part in parts)
            if login and not answer.is_server_error:
                browser = await site.who(login)
        assert secret or not login
    assert seen > 3


async def test_one_device_is_signed_out_by_its_button(site: Site) -> None:
    here, there = await site.who("rhys"), site.browser(**{"User-Agent": FIREFOX})
    await there.post("/signin", data={"name": "rhys", "password": PASSWORD})
    page = (await here.get("/account/security")).text
    assert "from 192.0.2.1" in page
    path = re.findall(r'action="(/account/sessions/\d+)"', page)
    assert len(path) == 1  # not one's own
    assert (await (await site.who("olwen")).post(path[0])).status_code == 303
    assert (await there.get("/account")).status_code == 200
    assert (await here.post(path[0])).headers["location"] == "/account/security?done=left-session"
    assert (await there.get("/account")).status_code == 303


async def test_a_sign_in_from_somewhere_new_is_told_on_the_account_until_it_is_owned_up_to(site: Site) -> None:
    await enter(site, "rhys")
    rhys = await site.who("rhys")
    assert "Was this you?" not in (await rhys.get("/account")).text
    await site.browser("203.0.113.9", **{"User-Agent": FIREFOX}).post(
        "/signin", data={"name": "rhys", "password": PASSWORD}
    )
    page = (await rhys.get("/account")).text
    assert "Was this you?" in page
    assert "Firefox on Linux, 203.0.113.9" in page
    await rhys.post("/account/places")
    assert "Was this you?" not in (await rhys.get("/account")).text


async def test_p_02_words_pasted_with_their_accents_apart_still_fit(site: Site) -> None:
    new = "tŷ bach yn y wlâd"
    rhys = await site.who("rhys")
    data = {"now": PASSWORD, "password": unicodedata.normalize("NFD", new), "again": new}
    assert (await rhys.post("/account/password", data=data)).status_code == 303
    assert (await enter(site, "rhys", new)).status_code == 303
    assert "readonly" not in (await site.guest.get("/signin")).text


@pytest.mark.parametrize("wanted", STRANGE)
async def test_nobody_is_sent_to_a_strangers_page(site: Site, wanted: str) -> None:
    answer = await enter(site, "rhys", next=wanted)
    assert answer.headers["location"] == "/account?done=signed-in"
    assert auth.back(wanted, "/") == "/"


async def test_who_had_to_sign_in_comes_back_to_where_they_were(site: Site) -> None:
    asked = await site.guest.get("/events/1/people?x=1&y=2")
    assert asked.headers["location"] == "/signin?next=/events/1/people%3Fx%3D1%26y%3D2"
    page = await site.guest.get(asked.headers["location"])
    assert 'value="/events/1/people?x=1&amp;y=2"' in page.text
    assert (await enter(site, "olwen", next="/events?x=1")).headers["location"] == "/events?x=1&done=signed-in"


async def test_signing_in_again_ends_the_session_before(site: Site) -> None:
    browser = site.browser()
    first = (await browser.post("/signin", data={"name": "rhys", "password": PASSWORD})).cookies["__Host-nh"]
    await browser.post("/signin", data={"name": "rhys", "password": PASSWORD})
    assert browser.cookies["__Host-nh"] != first
    assert await site.store.read(people.session, first) is None


async def test_signing_out_ends_it_on_the_hub_as_well(site: Site) -> None:
    browser = await site.who("rhys")
    secret = browser.cookies["__Host-nh"]
    answer = await browser.post("/signout")
    assert answer.headers["location"] == "/?done=signed-out"
    assert "__Host-nh" not in browser.cookies
    assert await site.store.read(people.session, secret) is None


async def test_a_session_ends_when_nobody_uses_it(site: Site, clock: Clock) -> None:
    rhys, mo = await site.who("rhys"), await site.who("mo")
    clock.forward(13 * HOUR)
    assert (await rhys.get("/account")).status_code == 200
    assert (await mo.get("/account")).status_code == 303
    clock.forward(31 * DAY)
    assert (await rhys.get("/account")).status_code == 303


async def test_a_form_sent_after_the_session_ended_is_told_so(site: Site) -> None:
    answer = await site.guest.post("/publish/event", data={"title.en": "Lost?"})
    assert answer.status_code == 401
    assert "Sign in" in answer.text


async def test_a_new_password_signs_out_everywhere_else(site: Site) -> None:
    here, there = await site.who("rhys"), await site.who("rhys")
    new = "three odd words together"
    answer = await here.post("/account/password", data={"now": PASSWORD, "password": new, "again": new})
    assert answer.headers["location"] == "/account/security?done=password"
    assert (await here.get("/account")).status_code == 200
    assert (await there.get("/account")).status_code == 303
    assert (await enter(site, "rhys", new)).status_code == 303


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"now": "wrong", "password": "three odd words", "again": "three odd words"}, "not your present password"),
        ({"now": PASSWORD, "password": "short", "again": "short"}, "at least 12 characters"),
        ({"now": PASSWORD, "password": "three odd words", "again": "other words here"}, "differ"),
        ({"now": PASSWORD, "password": "rhys@glan.example", "again": "rhys@glan.example"}, "too easy to guess"),
        ({}, "Fill this in"),
    ],
)
async def test_a_password_that_will_not_do_is_refused_at_its_field(
    site: Site, typed: dict[str, str], said: str
) -> None:
    answer = await (await site.who("rhys")).post("/account/password", data=typed)
    assert answer.status_code == 422
    assert said in answer.text
    assert PASSWORD not in answer.text


async def test_a_link_for_a_password_works_once_and_only_looking_does_not_use_it_up(site: Site) -> None:
    def link(tx: Tx) -> str:
        found = people.known_as(tx, "rhys")
        assert found is not None
        return people.new_link(tx, "password", account=found[0].actor)

    key, new = await site.did(link), "three odd words together"
    for _ in range(3):
        assert "rhys" in (await site.guest.get(f"/password?key={key}")).text
    browser = site.browser()
    assert (await browser.post(f"/password?key={key}", data={"password": "x", "again": "x"})).status_code == 422
    answer = await browser.post(f"/password?key={key}", data={"password": new, "again": new})
    assert answer.status_code == 303
    assert (await browser.get("/account")).status_code == 200
    assert (await site.guest.get(f"/password?key={key}")).status_code == 403
    assert (await site.guest.post(f"/password?key={key}", data={"password": new, "again": new})).status_code == 403
    assert (await site.guest.get("/password?key=guessed")).status_code == 403


async def test_somebody_sees_where_they_are_signed_in_and_can_end_it(site: Site) -> None:
    here, there = site.browser(), site.browser(**{"User-Agent": FIREFOX})
    for browser in (here, there):
        await browser.post("/signin", data={"name": "rhys", "password": PASSWORD})
    assert "Firefox on Linux" in (await here.get("/account/security")).text
    assert (await here.post("/account/sessions")).headers["location"] == "/account/security?done=left-others"
    assert "Firefox on Linux" not in (await here.get("/account/security")).text
    assert (await there.get("/account")).status_code == 303


async def test_the_hub_speaks_the_language_that_somebody_chose(site: Site) -> None:
    rhys = await site.who("rhys")
    assert (await rhys.post("/account/language", data={"language": "cy"})).status_code == 303
    assert '<html lang="cy"' in (await rhys.get("/account", headers={"Accept-Language": "en"})).text
    await rhys.post("/account/language", data={"language": "tlh"})
    assert '<html lang="en"' in (await rhys.get("/account", headers={"Accept-Language": "en"})).text


async def test_a_cookie_that_is_no_session_is_nobody(site: Site) -> None:
    for value in (b"x", b"", b"__Host-nh", b"a" * 5000, "é".encode(), b"\xff;;=;"):
        headers = [(b"cookie", b"__Host-nh=" + value)]
        answer = await site.guest.get("/account", headers=headers)
        assert answer.status_code == 303


def test_the_memory_of_tries_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST", 100)
    counts = limits.Counts()
    for n in range(1000):
        counts.take(limits.SIGN_IN, str(n))
    assert len(counts._tries) == 100
    assert BASE
