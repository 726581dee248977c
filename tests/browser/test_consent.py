"""An app in the browser, on a page of its own, is let in: what browsers alone hold against headers shows only here."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page, expect
from processes import PASSWORD
from towns import Towns
from visitors import PATIENCE

pytestmark = pytest.mark.browser

CALL = """async ([address, told, token]) => {
  const headers = {"Content-Type": "application/json", "Idempotency-Key": "x"}
  if (token) headers.Authorization = "Bearer " + token
  const answer = await fetch(address, {method: told ? "POST" : "GET", headers, body: told && JSON.stringify(told)})
  return {...await answer.json(), left: answer.headers.get("X-RateLimit-Remaining")}
}"""


class _App(BaseHTTPRequestHandler):
    """Any page of the app."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>Tusk</title><p>Tusk")

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


@pytest.fixture(scope="module")
def app() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _App)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def sign_in(window: Page) -> None:
    window.get_by_label("Name or e-mail address").fill("delyth")
    window.get_by_label("Password").fill(PASSWORD)
    window.locator("main").get_by_role("button", name="Sign in", exact=True).click()


def test_an_app_on_a_page_elsewhere_is_let_in_by_a_window_of_its_own(chromium: Browser, towns: Towns, app: str) -> None:
    hub = towns.glan.base
    context = chromium.new_context(locale="en-GB")
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(app)
    asked = {"client_name": "Tusk", "redirect_uris": f"{app}/back", "scopes": "read profile"}
    known = page.evaluate(CALL, [f"{hub}/api/v1/apps", asked, None])
    assert int(known["left"]) >= 0

    query = {
        "client_id": known["client_id"],
        "redirect_uri": f"{app}/back",
        "response_type": "code",
        "scope": "read profile",
    }
    with page.expect_popup() as opened:
        page.evaluate("address => { window.open(address, 'in', 'popup') }", f"{hub}/oauth/authorize?{urlencode(query)}")
    window = opened.value
    sign_in(window)
    expect(window.locator("h1")).to_contain_text("May Tusk act for you?")
    window.get_by_role("button", name="Let it in", exact=True).click()
    window.wait_for_url(f"{app}/back?code=*")
    assert window.evaluate("window.opener !== null"), "the app waits for this window in vain"

    told = {
        "grant_type": "authorization_code", "code": window.url.partition("code=")[2], "redirect_uri": f"{app}/back",
        "client_id": known["client_id"], "client_secret": known["client_secret"],
    }  # fmt: skip
    token = page.evaluate(CALL, [f"{hub}/oauth/token", told, None])["access_token"]
    assert page.evaluate(CALL, [f"{hub}/oauth/userinfo", None, token])["preferred_username"] == "delyth"
    refused = page.evaluate(CALL, [f"{hub}/api/v1/apps/verify_credentials", None, "nothing"])
    assert refused["error"] == "The access token is invalid"
    context.close()
