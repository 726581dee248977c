"""Passkeys and second steps in a real browser, with an authenticator that Chromium itself pretends to have."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import Browser, expect
from processes import PASSWORD, Hub
from visitors import Visitor

from hub import factors, people
from hub.clock import now
from hub.store import Tx
from hub.store.open import opened

pytestmark = pytest.mark.browser
DEVICE = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


@pytest.fixture
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    it = Hub(tmp_path_factory.mktemp("safe") / "data").set_up().start()
    yield it
    it.stop()


def give_device(it: Visitor) -> None:
    session = it.context.new_cdp_session(it.page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})


def add_passkey(it: Visitor) -> list[str]:
    """From the account's page, as people do. Returns the recovery codes."""
    it.open("/account")
    it.follow("See how you sign in")
    it.follow("Add a passkey")
    it.page.get_by_label("What do you call it?").fill("My phone")
    it.press("Make the passkey")
    it.sees("Print this page")
    return it.page.locator("code").all_inner_texts()


def test_a_passkey_is_made_and_signs_in_by_itself_where_the_name_is_typed(chromium: Browser, hub: Hub) -> None:
    with Visitor(chromium, hub.base) as it:
        give_device(it)
        it.sign_in("bethan", PASSWORD)
        assert len(add_passkey(it)) == 10
        it.follow("I have kept them")
        it.sees("My phone")
        it.page.locator("footer").get_by_role("button", name="Sign out").click()
        it.is_told("You are signed out")
        it.open("/signin?next=/events")  # the device answers the offer in the name's field at once
        it.page.wait_for_url("**/events?done=signed-in")
        it.is_told("You are signed in")
        assert not it.complaints
        assert not it.strangers


def test_the_button_signs_in_too_and_what_goes_wrong_is_said(chromium: Browser, hub: Hub) -> None:
    with Visitor(chromium, hub.base) as it:
        it.page.add_init_script("delete PublicKeyCredential.isConditionalMediationAvailable")  # an older browser
        give_device(it)
        it.sign_in("bethan", PASSWORD)
        add_passkey(it)
        it.context.clear_cookies()
        it.open("/signin")
        it.press("Sign in with a passkey")
        it.page.wait_for_url("**/steward?done=signed-in")
        it.context.clear_cookies()
        it.open("/signin")
        it.page.evaluate("() => { navigator.credentials.get = () => Promise.reject(new Error('stopped')) }")
        it.press("Sign in with a passkey")
        expect(it.page.get_by_role("alert")).to_contain_text("Try again, or use another way")


def test_a_passkey_is_the_second_step_and_shows_that_it_is_still_you(chromium: Browser, hub: Hub) -> None:
    with Visitor(chromium, hub.base) as it:
        it.page.add_init_script("delete PublicKeyCredential.isConditionalMediationAvailable")
        give_device(it)
        it.sign_in("bethan", PASSWORD)
        add_passkey(it)
        it.context.clear_cookies()
        it.sign_in("bethan", PASSWORD)
        it.sees("Your password is right")
        it.press("Use your passkey")
        it.page.wait_for_url("**/steward?done=signed-in")
        it.open("/signin/again?next=/account/app")
        it.press("Use your passkey")
        it.page.wait_for_url("**/account/app")
        assert not it.complaints


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_two_factors_with_an_app_whose_key_is_typed(chromium: Browser, hub: Hub, javascript: bool) -> None:
    with Visitor(chromium, hub.base, javascript=javascript) as it:
        it.sign_in("bethan", PASSWORD)
        it.open("/account/security")
        it.follow("Set up an app")
        key = it.page.locator(".code").inner_text().replace(" ", "").upper()
        it.page.get_by_label("Code").fill("000000")
        it.press("Turn it on")
        it.is_refused("not right") if javascript else it.sees("not right")
        it.page.get_by_label("Code").fill(factors.code(key, now() // 1000))
        it.press("Turn it on")
        codes = it.page.locator("code").all_inner_texts()
        assert len(codes) == 10
        it.context.clear_cookies()
        it.open("/signin?next=/events")
        assert it.page.get_by_role("button", name="Sign in with a passkey").is_visible() is javascript
        it.page.get_by_label("Name or e-mail address").fill("bethan")
        it.page.get_by_label("Password").fill(PASSWORD)
        it.press("Sign in")
        it.sees("The second step")
        it.page.get_by_label("Code").fill(codes[0])
        it.press("Go on")
        it.is_told("You are signed in")
        assert it.path == "/events"
        assert not it.complaints


async def _two_stewards(url: str) -> int:
    """Dai and Bethan have been stewards for a while, and rhys lives here. Returns his number."""

    def unit(tx: Tx) -> int:
        hashed = people.hash_password(PASSWORD)
        people.create(tx, "dai", "dai@example.org", hashed, "steward")
        rhys = people.create(tx, "rhys", "rhys@example.org", hashed).actor
        tx.run("UPDATE account SET raised = 0")
        return rhys

    async with opened(url) as store:
        return await store.write(unit)


def test_two_stewards_let_somebody_back_in_who_has_lost_everything(
    chromium: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    hub = Hub(tmp_path_factory.mktemp("locked") / "data").set_up()
    with ThreadPoolExecutor(1) as beside:
        beside.submit(asyncio.run, _two_stewards(str(hub.data / "hub.db"))).result()
    hub.start()
    try:
        with (
            Visitor(chromium, hub.base, javascript=False) as bethan,
            Visitor(chromium, hub.base, javascript=False) as dai,
            Visitor(chromium, hub.base, javascript=False) as rhys,
        ):
            code = _ask_for_a_second(bethan)
            link = _say_yes(dai)
            rhys.page.goto(link)
            rhys.page.get_by_label("The code").fill(code)
            rhys.page.get_by_label("New password").fill("three odd words together")
            rhys.page.get_by_label("The same again").fill("three odd words together")
            rhys.press("Save my new password")
            rhys.is_told("Your new password is saved")
            rhys.sign_in("rhys", "three odd words together")
            rhys.is_told("You are signed in")
            bethan.open("/steward/audit")
            for words in ("asked to let rhys back in", "said yes to letting rhys back in", "was let back in"):
                bethan.sees(words)
            assert not [*bethan.complaints, *dai.complaints, *rhys.complaints]
    finally:
        hub.stop()


def _ask_for_a_second(it: Visitor) -> str:
    it.sign_in("bethan", PASSWORD)
    it.open("/steward/people")
    it.page.locator("li", has_text="rhys@example.org").locator("summary").click()
    it.page.locator("li", has_text="rhys@example.org").get_by_role("link", name="let them back in").click()
    it.page.get_by_label("How do you know that it is them?").fill("I have rung him.")
    it.press("Ask for a second steward")
    it.is_told("Here is the code for rhys.")
    return it.page.locator(".code.all").inner_text()


def _say_yes(it: Visitor) -> str:
    it.sign_in("dai", PASSWORD)
    it.open("/steward/people")
    it.follow("bethan asks for a second steward")
    it.sees("I have rung him.")
    it.press("Say yes, and make the link")
    it.is_told("Here is the link for rhys.")
    return it.page.locator(".code.all").inner_text()
