"""How an app is let in: from making itself known to its last token. The table below is the attacks of trust.md P-10."""

import base64
import hashlib
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import httpx
import pytest
from browsing import PASSWORD, Site, fields
from conftest import Clock
from mastodon_apps import app_with

from hub import apps, people
from hub.clock import MINUTE
from hub.store import Tx
from web.templates import CSP

OOB = "urn:ietf:wg:oauth:2.0:oob"
BACK = "https://app.example/callback"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
PROOF = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
SCOPES = "read write follow push"


class Phone:
    """An app, and the browser of whoever uses it (rhys, if nobody else is named)."""

    def __init__(self, site: Site, browser: httpx.AsyncClient, redirect: str = BACK) -> None:
        self.site, self.browser, self.redirect = site, browser, redirect
        self.app = app_with(site)
        self.client: dict[str, Any] = {}

    async def register(self, **changes: Any) -> None:
        asked = {"client_name": "Tusk", "redirect_uris": self.redirect, "scopes": SCOPES} | changes
        told = await self.app.post("/api/v1/apps", json=asked)
        assert told.status_code == 200, told.text
        self.client = told.json()

    def address(self, **changes: str | None) -> str:
        asked = {
            "client_id": self.client["client_id"], "redirect_uri": self.redirect, "response_type": "code",
            "scope": SCOPES,
        } | changes  # fmt: skip
        return "/oauth/authorize?" + urlencode({name: value for name, value in asked.items() if value is not None})

    async def press(self, address: str, answer: str = "yes") -> httpx.Response:
        """Open the page and press one of its buttons, as a browser does."""
        page = await self.browser.get(address)
        assert page.status_code == 200, page.text
        form = fields(page.text, "/oauth/authorize") | {"answer": answer}
        return await self.browser.post(address, data=form)

    async def code(self, **changes: str | None) -> str:
        led = await self.press(self.address(**changes))
        return parse_qs(urlsplit(led.headers["location"]).query)["code"][0]

    async def token(self, given: str, **changes: str | None) -> httpx.Response:
        asked = {
            "grant_type": "authorization_code", "code": given, "redirect_uri": self.redirect,
            "client_id": self.client["client_id"], "client_secret": self.client["client_secret"],
        } | changes  # fmt: skip
        return await self.app.post("/oauth/token", data={k: v for k, v in asked.items() if v is not None})

    async def works(self, told: httpx.Response) -> bool:
        token = told.json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        return (await self.app.get("/api/v1/apps/verify_credentials", headers=headers)).status_code == 200


async def a_phone(site: Site, redirect: str = BACK, login: str = "rhys", **changes: Any) -> Phone:
    it = Phone(site, await site.who(login), redirect)
    await it.register(**changes)
    return it


# The 40 and more of P-10: each tries one thing, and says what came of it.

Try = Callable[[Phone, Clock], Awaitable[str]]
TRIES: dict[str, tuple[str, Try]] = {}


def attempt(name: str, outcome: str) -> Callable[[Try], Try]:
    def keep(fn: Try) -> Try:
        TRIES[name] = (outcome, fn)
        return fn

    return keep


def asking(name: str, outcome: str, **changes: str | None) -> None:
    """The consent page, asked for with something in it changed."""

    @attempt(name, outcome)
    async def _(it: Phone, clock: Clock) -> str:
        page = await it.browser.get(it.address(**changes))
        assert "location" not in page.headers, "nobody is sent anywhere by an address alone"
        return str(page.status_code)


def changing(name: str, outcome: str, asked: dict[str, str] | None = None, **changes: str | None) -> None:
    """A good code, and something changed when it is to become a token."""

    @attempt(name, outcome)
    async def _(it: Phone, clock: Clock) -> str:
        told = await it.token(await it.code(**(asked or {})), **changes)
        return str(told.json().get("error") or f"scope {told.json()['scope']}")


for _name, _redirect in {
    "a longer path": BACK + "/more", "a shorter path": "https://app.example/", "only the beginning": BACK[:-1],
    "capital letters": BACK.replace("callback", "Callback"), "a capital host": BACK.replace("app.", "APP."),
    "a slash more": BACK + "/", "a port": BACK.replace(".example", ".example:8443"),
    "the usual port": BACK.replace(".example", ".example:443"),
    "a name before the host": BACK.replace("//", "//app.example@evil."),
    "a fragment": BACK + "#x", "a query": BACK + "?x=1", "another scheme": BACK.replace("https", "http"),
    "dots in the path": BACK + "/../callback", "an encoded path": BACK.replace("callback", "%63allback"),
    "another host": "https://evil.example/callback", "a host before ours": "https://app.example.evil.example/callback",
    "a script": "javascript:alert(1)//callback", "a blank after it": BACK + " ", "a line after it": BACK + "\r\nX: y",
    "the code to copy": OOB, "nothing": "",
}.items():  # fmt: skip
    asking(f"sent back to {_name}", "400", redirect_uri=_redirect)
asking("sent back to nowhere said", "400", redirect_uri=None)
asking("an app that is not known", "400", client_id="nobody")
asking("no app at all", "400", client_id=None)
asking("PKCE plain", "400", code_challenge=VERIFIER, code_challenge_method="plain")
asking("PKCE without its method, which would be plain", "400", code_challenge=CHALLENGE)
asking("a method without a challenge", "400", code_challenge_method="S256")
asking("a challenge that is none", "400", code_challenge="short", code_challenge_method="S256")
asking("an empty challenge", "400", code_challenge="", code_challenge_method="S256")
asking("more than the app said", "400", scope="read write admin:read")
asking("a scope that does not exist", "400", scope="read everything")
asking("a token without a code (implicit)", "400", response_type="token")
asking("no kind of answer", "400", response_type=None)
asking("an answer by form", "400", response_mode="form_post")
asking("less than the app said", "200", scope="read:statuses")

changing("no verifier", "invalid_grant", PROOF)
changing("an empty verifier", "invalid_grant", PROOF, code_verifier="")
changing("a wrong verifier", "invalid_grant", PROOF, code_verifier="x" * 43)
changing("the challenge as verifier", "invalid_grant", PROOF, code_verifier=CHALLENGE)
changing("the verifier in capitals", "invalid_grant", PROOF, code_verifier=VERIFIER.upper())
changing("the right verifier", f"scope {SCOPES}", PROOF, code_verifier=VERIFIER)
changing("a verifier where no challenge was", "invalid_grant", None, code_verifier=VERIFIER)
changing("another address at the end", "invalid_grant", None, redirect_uri=BACK + "/")
changing("no address at the end", "invalid_grant", None, redirect_uri=None)
changing("a wrong secret", "invalid_client", None, client_secret="x" * 43)
changing("no secret", "invalid_client", None, client_secret=None)
changing("an app that is not known at the end", "invalid_client", None, client_id="nobody")
changing("another code", "invalid_grant", None, code="x" * 43)
changing("no code", "invalid_request", None, code=None)
changing("a password", "unsupported_grant_type", None, grant_type="password", username="rhys", password=PASSWORD)
changing("a refresh", "unsupported_grant_type", None, grant_type="refresh_token")
changing("no grant", "invalid_request", None, grant_type=None)
changing("more scopes at the end", "scope read", {"scope": "read"}, scope="read write admin:write")
changing("none asked for is to read", "scope read", {"scope": ""})


@attempt("a code a second time", "invalid_grant, and the token that it gave has ended")
async def _(it: Phone, clock: Clock) -> str:
    code = await it.code()
    first, second = await it.token(code), await it.token(code)
    ended = not await it.works(first)
    return f"{second.json()['error']}{', and the token that it gave has ended' * ended}"


@attempt("a code a second time by another app", "invalid_grant, and the token stays")
async def _(it: Phone, clock: Clock) -> str:
    code = await it.code()
    first = await it.token(code)
    other = await a_phone(it.site)
    second = await other.token(code)
    return f"{second.json()['error']}{', and the token stays' * await it.works(first)}"


@attempt("a code of another app", "invalid_grant")
async def _(it: Phone, clock: Clock) -> str:
    other = await a_phone(it.site)
    return str((await other.token(await it.code())).json()["error"])


@attempt("a code after a minute", "invalid_grant")
async def _(it: Phone, clock: Clock) -> str:
    code = await it.code()
    clock.forward(MINUTE)
    return str((await it.token(code)).json()["error"])


@attempt("a code of just under a minute", "200")
async def _(it: Phone, clock: Clock) -> str:
    code = await it.code()
    clock.forward(MINUTE - 1)
    return str((await it.token(code)).status_code)


@attempt("an app that was let out meanwhile", "invalid_grant")
async def _(it: Phone, clock: Clock) -> str:
    code = await it.code()
    await it.browser.post("/account/apps", data={"app": it.client["id"]})
    return str((await it.token(code)).json()["error"])


@attempt("a token of an app that was let out", "401")
async def _(it: Phone, clock: Clock) -> str:
    told = (await it.token(await it.code())).json()
    await it.browser.post("/account/apps", data={"app": it.client["id"]})
    app = app_with(it.site, told["access_token"])
    return str((await app.get("/api/v1/apps/verify_credentials")).status_code)


@attempt("a token that was given back", "401")
async def _(it: Phone, clock: Clock) -> str:
    told = (await it.token(await it.code())).json()
    given = {"client_id": it.client["client_id"], "client_secret": it.client["client_secret"]}
    back = await it.app.post("/oauth/revoke", data=given | {"token": told["access_token"]})
    assert (back.status_code, back.text) == (200, "{}")
    app = app_with(it.site, told["access_token"])
    return str((await app.get("/api/v1/apps/verify_credentials")).status_code)


@attempt("another app's token given back", "403 unauthorized_client, and it stays")
async def _(it: Phone, clock: Clock) -> str:
    first = await it.token(await it.code())
    other = await a_phone(it.site)
    given = {"client_id": other.client["client_id"], "client_secret": other.client["client_secret"]}
    back = await other.app.post("/oauth/revoke", json=given | {"token": first.json()["access_token"]})
    return f"{back.status_code} {back.json()['error']}{', and it stays' * await it.works(first)}"


@attempt("a state with line breaks and all the rest", "the same state")
async def _(it: Phone, clock: Clock) -> str:
    state = "a\r\nLocation: https://evil.example\r\n\r\n<b>&?#=+%0A é ÿ ✓ '\""
    led = await it.press(it.address(state=state))
    assert "\n" not in led.headers["location"]
    assert set(led.headers) == set((await it.press(it.address())).headers)
    same = parse_qs(urlsplit(led.headers["location"]).query)["state"] == [state]
    return "the same state" if same else led.headers["location"]


@attempt("an empty state", "an empty state")
async def _(it: Phone, clock: Clock) -> str:
    led = await it.press(it.address(state=""))
    return "an empty state" if led.headers["location"].endswith("&state=") else "none"


@attempt("a parameter twice", "400")
async def _(it: Phone, clock: Clock) -> str:
    return str((await it.browser.get(it.address() + "&scope=admin:write")).status_code)


@attempt("an address twice", "400")
async def _(it: Phone, clock: Clock) -> str:
    twice = it.address(redirect_uri="https://evil.example") + f"&redirect_uri={quote(BACK, safe='')}"
    return str((await it.browser.get(twice)).status_code)


@attempt("the button pressed twice", "two codes, each good once")
async def _(it: Phone, clock: Clock) -> str:
    codes = [await it.code(), await it.code()]
    told = [(await it.token(code)).status_code for code in codes]
    return "two codes, each good once" if codes[0] != codes[1] and told == [200, 200] else str(told)


@attempt("not let in", f"{BACK}?error=access_denied&state=x")
async def _(it: Phone, clock: Clock) -> str:
    led = await it.press(it.address(state="x"), answer="no")
    return led.headers["location"].replace(
        "&error_description=The%20resource%20owner%20denied%20the%20request.", ""
    )  # fmt: skip


@attempt("no button pressed", "access_denied")
async def _(it: Phone, clock: Clock) -> str:
    led = await it.press(it.address(), answer="")
    return parse_qs(urlsplit(led.headers["location"]).query)["error"][0]


@attempt("a form sent from another page", "403")
async def _(it: Phone, clock: Clock) -> str:
    lie = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    return str((await it.browser.post(it.address(), data={"answer": "yes"}, headers=lie)).status_code)


@attempt("signed out", "303 to sign in, and back with all of it")
async def _(it: Phone, clock: Clock) -> str:
    address = it.address(state="x y")
    got = [await it.site.guest.get(address), await it.site.guest.post(address, data={"answer": "yes"})]
    back = {parse_qs(urlsplit(one.headers["location"]).query)["next"][0] for one in got}
    return f"{got[1].status_code} to sign in, and back with all of it" if back == {address} else str(back)


@attempt("signed in as somebody else meanwhile", "asked again")
async def _(it: Phone, clock: Clock) -> str:
    form = fields((await it.browser.get(it.address())).text, "/oauth/authorize") | {"answer": "yes"}
    other = await it.site.who("olwen")
    again = await other.post(it.address(), data=form)
    return "asked again" if again.status_code == 200 and "olwen" in again.text else str(again.status_code)


@attempt("an account closed before the code is changed", "invalid_grant")
async def _(it: Phone, clock: Clock) -> str:
    code = await it.code()
    await it.site.did(lambda tx: tx.run("UPDATE account SET closed = 1 WHERE login = 'rhys'"))
    return str((await it.token(code)).json()["error"])


@attempt("an account closed before the button is pressed", "303")
async def _(it: Phone, clock: Clock) -> str:
    await it.site.did(lambda tx: tx.run("UPDATE account SET closed = 1 WHERE login = 'rhys'"))
    return str((await it.browser.post(it.address(), data={"answer": "yes"})).status_code)


@attempt("a resident who would look after the hub", "400")
async def _(it: Phone, clock: Clock) -> str:
    await it.register(scopes="read admin:write")
    return str((await it.browser.get(it.address(scope="read admin:write"))).status_code)


@attempt("the code to copy", "a page with the code, which works")
async def _(it: Phone, clock: Clock) -> str:
    it.redirect = OOB
    await it.register()
    led = await it.press(it.address())
    assert led.headers["location"].startswith("/oauth/authorize/native?code=")
    page = await it.browser.get(led.headers["location"])
    code = parse_qs(urlsplit(led.headers["location"]).query)["code"][0]
    works = (await it.token(code)).status_code == 200
    return "a page with the code, which works" if works and f'value="{code}" readonly' in page.text else page.text


@attempt("a token in the name of the app for more than it said", "invalid_scope")
async def _(it: Phone, clock: Clock) -> str:
    told = await it.token("", grant_type="client_credentials", scope="read admin:read")
    return str(told.json()["error"])


@attempt("the secret of one app with the name of another", "invalid_client")
async def _(it: Phone, clock: Clock) -> str:
    other = await a_phone(it.site)
    return str((await it.token(await it.code(), client_secret=other.client["client_secret"])).json()["error"])


def test_the_table_has_its_forty() -> None:
    assert len(TRIES) >= 40


@pytest.mark.parametrize("name", TRIES)
async def test_114_what_is_tried_with_oauth(site: Site, clock: Clock, name: str) -> None:
    outcome, tried = TRIES[name]
    assert await tried(await a_phone(site), clock) == outcome


# The way in, as the apps that there are go it


@pytest.mark.parametrize(
    ("redirect", "sent"),
    [
        ("icecubesapp://", "icecubesapp://?code="), ("oauth2redirect://com.keylesspalace.tusky/", None),
        ("mastodon-android-auth://callback", None),
        ("https://elk.example/api/glan.example/oauth/https%3A%2F%2Felk.example", None),
        ("https://phanpy.example/?next=1", "https://phanpy.example/?next=1&code="), ("http://127.0.0.1:3000/cb", None),
        ("HTTPS://App.Example/Cb", None), ("com.example.app:/oauth", None),
    ],
)  # fmt: skip
async def test_an_app_is_sent_back_to_the_letter(site: Site, redirect: str, sent: str | None) -> None:
    it = await a_phone(site, redirect)
    led = await it.press(it.address(state="s"))
    assert led.status_code == 302
    assert led.headers["location"].startswith(sent or f"{redirect}?code=")
    assert led.headers["location"].endswith("&state=s")
    assert (await it.token(led.headers["location"].partition("code=")[2].partition("&")[0])).status_code == 200


async def test_an_answer_in_the_fragment(site: Site) -> None:
    it = await a_phone(site)
    led = await it.press(it.address(response_mode="fragment"))
    assert led.headers["location"].startswith(f"{BACK}#code=")


@pytest.mark.parametrize(
    ("redirect", "said"),
    [
        ("javascript:alert(1)", "forbidden"), ("JavaScript:alert(1)", "forbidden"), ("data:text/html,x", "forbidden"),
        ("vbscript:x", "forbidden"), ("file:///etc/passwd", "forbidden"), ("blob:https://x", "forbidden"),
        ("http://app.example/", "https"), ("https://app.example/#x", "fragment"), ("/relative", "absolute"),
        ("", "give one"),
        ("https://", "absolute"), ("https:app.example", "absolute"), ("https://a@b.example", "absolute"),
        ("https://b.example:x", "absolute"), ("https://b.exam\\ple", "absolute"), ("https://bé.example", "absolute"),
        ("x" * 1990 + "://" + "y" * 20, "absolute"), (" ".join(f"x{n}://y" for n in range(11)), "give one"),
    ],
)  # fmt: skip
async def test_some_addresses_nobody_is_sent_back_to(site: Site, redirect: str, said: str) -> None:
    refused = await site.guest.post("/api/v1/apps", data={"client_name": "x", "redirect_uris": redirect})
    assert refused.status_code == 422
    assert refused.json()["error"].startswith("Validation failed: ")
    assert said in refused.json()["error"]


@pytest.mark.parametrize(
    "changes", [{"client_name": " "}, {"client_name": "x" * 61}, {"website": "javascript:x"}, {"website": "x"},
                {"website": "https://" + "x" * 2000}, {"scopes": "read everything"}],
)  # fmt: skip
async def test_what_an_app_says_of_itself_has_to_fit(site: Site, changes: dict[str, str]) -> None:
    asked = {"client_name": "x", "redirect_uris": OOB} | changes
    assert (await site.guest.post("/api/v1/apps", json=asked)).status_code == 422


async def test_an_app_makes_itself_known_in_each_of_the_shapes_there_are(site: Site) -> None:
    two = ["icecubesapp://", OOB]
    shapes: list[dict[str, Any]] = [
        {"json": {"client_name": "A", "redirect_uris": two, "scopes": SCOPES, "website": "https://a.example"}},
        {
            "json": {
                "client_name": "A",
                "redirect_uris": "\n".join(two),
                "scopes": SCOPES,
                "website": "https://a.example",
            }
        },
        {
            "data": {
                "client_name": "A",
                "redirect_uris": "\n".join(two),
                "scopes": SCOPES,
                "website": "https://a.example",
            }
        },
        {"data": {"client_name": "A", "redirect_uris[]": two, "scopes": SCOPES, "website": "https://a.example"}},
        {
            "params": {
                "client_name": "A",
                "redirect_uris": " ".join(two),
                "scopes": SCOPES,
                "website": "https://a.example",
            }
        },
    ]
    for shape in shapes:
        told = (await site.guest.post("/api/v1/apps", **shape)).json()
        assert told.pop("client_id")
        assert len(told.pop("client_secret")) >= 43
        assert told.pop("id").isdecimal()
        assert told == {
            "name": "A", "website": "https://a.example", "scopes": SCOPES.split(), "redirect_uris": two,
            "redirect_uri": "\n".join(two), "client_secret_expires_at": 0, "vapid_key": site.app.state.vapid_key,
        }  # fmt: skip


async def test_a_token_is_told_as_apps_read_it_and_is_made_of_what_headers_carry(site: Site, clock: Clock) -> None:
    it = await a_phone(site)
    answered = await it.token(await it.code())
    told = answered.json()
    assert set(told) == {"access_token", "token_type", "scope", "created_at"}
    assert (told["token_type"], told["scope"], told["created_at"]) == ("Bearer", SCOPES, clock() // 1000)
    assert answered.headers["cache-control"] == "no-store"
    assert all(letter.isalnum() or letter in "-_" for letter in told["access_token"])
    assert len(told["access_token"]) >= 43


async def test_an_app_may_give_its_secret_in_the_header_and_send_json(site: Site) -> None:
    it = await a_phone(site)
    asked = {"grant_type": "authorization_code", "code": await it.code(), "redirect_uri": BACK}
    name = (it.client["client_id"], it.client["client_secret"])
    assert (await it.app.post("/oauth/token", json=asked, auth=name)).status_code == 200
    for wrong in ("Basic ###", "Basic eA==", "Basic " + base64.b64encode(b"\xff:x").decode()):
        refused = await it.app.post("/oauth/token", json=asked, headers={"Authorization": wrong})
        assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")


async def test_an_app_gets_a_token_for_itself(site: Site) -> None:
    it = await a_phone(site)
    told = (await it.token("", grant_type="client_credentials", scope="read")).json()
    assert told["scope"] == "read"
    app = app_with(site, told["access_token"])
    itself = (await app.get("/api/v1/apps/verify_credentials")).json()
    assert itself["name"] == "Tusk"
    assert itself["redirect_uris"] == [BACK]
    assert not {"client_id", "client_secret"} & set(itself)
    assert (await app.get("/oauth/userinfo")).status_code == 422


async def test_secrets_are_kept_as_hashes_alone(site: Site) -> None:
    it = await a_phone(site)
    code = await it.code()
    told = (await it.token(code)).json()

    def everything(tx: Tx) -> str:
        rows = [*tx.all("SELECT * FROM app"), *tx.all("SELECT * FROM token"), *tx.all("SELECT * FROM code")]
        return repr([dict(row) for row in rows])

    kept = await site.store.read(everything)
    assert it.client["client_id"] in kept
    for secret in (it.client["client_secret"], code, told["access_token"]):
        assert secret not in kept


async def test_who_let_the_app_in(site: Site) -> None:
    it = await a_phone(site, scopes="profile read")
    told = (await it.token(await it.code(scope="profile"))).json()
    app = app_with(site, told["access_token"])
    answered = (await app.get("/oauth/userinfo")).json()
    assert answered == {
        "iss": "https://glan.example/", "sub": "https://glan.example/actor/u-rhys", "name": "rhys",
        "preferred_username": "rhys", "profile": "https://glan.example/@rhys",
        "picture": "https://glan.example/drawn/icon/u-rhys.png",
    }  # fmt: skip
    assert (await site.guest.get(urlsplit(answered["picture"]).path)).status_code == 200


async def test_what_an_app_has_to_know_stands_in_one_place(site: Site) -> None:
    told = (await site.guest.get("/.well-known/oauth-authorization-server")).json()
    assert told["code_challenge_methods_supported"] == ["S256"]
    assert "authorization_code" in told["grant_types_supported"]
    for name in ("authorization", "token", "app_registration", "revocation", "userinfo"):
        address = told[f"{name}_endpoint"]
        assert address.startswith("https://glan.example/")
        answered = await site.guest.get(urlsplit(address).path)
        assert answered.status_code in (400, 401, 404)
    assert {"read", "write", "follow", "push", "profile", "read:statuses", "admin:read"} <= {*told["scopes_supported"]}


# The page that asks


async def test_the_page_names_the_app_and_what_it_may_do_in_ones_own_language(site: Site) -> None:
    it = await a_phone(site, website="https://tusk.example", client_name="<b>Tusk</b>")
    page = (await it.browser.get(it.address())).text
    for words in ("&lt;b&gt;Tusk", "https://tusk.example", "rhys", "Not you?", "app.example", "private messages too"):
        assert words in page
    assert "Another program" not in page
    for language in ("cy", "cy-GB"):
        assert 'lang="cy"' in (await it.browser.get(it.address(lang=language))).text


@pytest.mark.parametrize(
    ("redirect", "more", "warned"),
    [(BACK, {}, False), ("app://x", {}, True), ("app://x", PROOF, False), ("http://localhost:3000/", {}, True),
     ("http://[::1]:3000/", {}, True), (OOB, {}, False)],
)  # fmt: skip
async def test_an_app_that_does_not_protect_itself_is_warned_of(
    site: Site, redirect: str, more: dict[str, str], warned: bool
) -> None:
    it = await a_phone(site, redirect)
    assert ("Another program" in (await it.browser.get(it.address(**more))).text) is warned


async def test_the_page_lets_a_form_lead_on_and_keeps_the_window_that_opened_it(site: Site) -> None:
    it = await a_phone(site)
    page = await it.browser.get(it.address())
    assert "form-action 'self'" in CSP
    assert "form-action" not in page.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"
    sign_in = await site.guest.get(it.address())
    form = await site.guest.get(sign_in.headers["location"])
    entered = await site.guest.post(
        "/signin", data=fields(form.text, "/signin") | {"name": "rhys", "password": PASSWORD}
    )
    wrong = await site.guest.post("/signin", data=fields(form.text, "/signin") | {"name": "rhys", "password": "x"})
    for step in (page, sign_in, form, entered, wrong, await it.press(it.address()), await it.press(it.address(), "no")):
        assert step.headers["cross-origin-opener-policy"] == "unsafe-none"
    assert "form-action 'self'" in form.headers["content-security-policy"]
    assert (await site.guest.get("/signin?next=/account")).headers["cross-origin-opener-policy"] == "same-origin"


async def test_signing_in_on_the_way_loses_nothing(site: Site) -> None:
    it = await a_phone(site)
    it.browser = site.browser()
    asked = it.address(state='{"a":"b c&d"}', lang="cy", **PROOF)
    led = await it.browser.get(asked)
    form = await it.browser.get(led.headers["location"])
    assert 'lang="cy"' in form.text
    typed = fields(form.text, "/signin") | {"name": "rhys", "password": PASSWORD}
    entered = await it.browser.post("/signin?lang=cy", data=typed)
    assert entered.headers["location"].startswith("/oauth/authorize?")
    back = await it.press(entered.headers["location"])
    answered = parse_qs(urlsplit(back.headers["location"]).query)
    assert answered["state"] == ['{"a":"b c&d"}']
    assert set(answered) == {"code", "state"}
    assert (await it.token(answered["code"][0], code_verifier=VERIFIER)).status_code == 200


async def test_an_app_may_ask_for_the_password_again_once(site: Site) -> None:
    it = await a_phone(site)
    led = await it.browser.get(it.address(force_login="true"))
    form = await it.browser.get(led.headers["location"])
    assert form.status_code == 200
    assert 'name="password"' in form.text
    typed = fields(form.text, "/signin") | {"name": "olwen", "password": PASSWORD}
    entered = await it.browser.post("/signin", data=typed)
    page = await it.browser.get(entered.headers["location"])
    assert page.status_code == 200
    assert "olwen" in page.text


async def test_who_is_signed_in_is_not_asked_to_sign_in_for_nothing(site: Site) -> None:
    browser = await site.who("rhys")
    led = await browser.get("/signin?next=/account")
    assert (led.status_code, led.headers["location"]) == (303, "/account")


async def test_a_refused_code_to_copy_is_a_page_that_says_so(site: Site) -> None:
    it = await a_phone(site, OOB)
    led = await it.press(it.address(), answer="no")
    page = await it.browser.get(led.headers["location"])
    assert "was not let in" in page.text


# One's apps


async def test_ones_apps_are_listed_and_let_out_one_by_one_or_all(site: Site) -> None:
    first, second, other = await a_phone(site), await a_phone(site), await a_phone(site, login="olwen")
    tokens = [await it.token(await it.code()) for it in (first, second, other)]
    page = await first.browser.get("/account/apps")
    assert page.text.count("Let it in no more") == 2
    assert "/account/apps" in (await first.browser.get("/account")).text
    out = await first.browser.post("/account/apps", data={"app": first.client["id"]})
    assert out.headers["location"] == "/account/apps?done=app-out"
    assert [await it.works(told) for it, told in zip((first, second, other), tokens, strict=True)] == [
        False,
        True,
        True,
    ]
    await first.browser.post("/account/apps", data={"app": "x"})
    assert await second.works(tokens[1])
    await first.browser.post("/account/apps", data={"app": other.client["id"]})
    await first.browser.post("/account/apps", data={"all": "1"})
    assert [await it.works(told) for it, told in zip((second, other), tokens[1:], strict=True)] == [False, True]
    assert "There are none" in (await first.browser.get("/account/apps")).text


async def test_a_steward_may_let_an_app_look_after_the_hub(site: Site) -> None:
    it = await a_phone(site, login="bethan", scopes="read admin:read admin:write:reports")
    page = await it.browser.get(it.address(scope="read admin:read admin:write:reports"))
    assert page.text.count("as you do when you look after the hub") == 2
    whose = await site.store.read(people.known_as, "bethan")
    assert whose is not None
    told = await it.token(await it.code(scope="admin:read"))
    held = await site.store.read(apps.held, told.json()["access_token"])
    assert held is not None
    assert held.scopes == {"admin:read"}
