"""Every page, in English and Welsh, light and dark: for everybody, small, and without a word to anybody else."""

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Page
from processes import Hub
from towns import CLOSED, Towns
from visitors import DESK, PHONE, Visitor

pytestmark = pytest.mark.browser
AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
OF_COLOUR = ("color-contrast", "link-in-text-block")  # all that a dark page can have wrong when the light one is right
NARROW = (320, 640)
HEAVIEST = 60_000  # bytes of the page, its sheet and its scripts, as sent; pictures and fonts are not counted

LET_IN = (
    "/oauth/authorize?client_id={app}&redirect_uri=tusk%3A%2F%2Fback&response_type=code&scope=read+write+follow+push"
)
GUEST = {
    "home": "/", "what’s on": "/events", "a month": "/events?month=2031-06", "no event fits": "/events?q=zzzz",
    "event": "/events/{event}", "event without a picture": "/events/{plain}", "cancelled event": "/events/{cancelled}",
    "a guest’s answer": "/events/{event}/answer/{answer}", "poster": "/events/{event}/poster",
    "asks and offers": "/asks", "ask": "/asks/{ask}", "offer": "/asks/{offer}", "closed ask": "/asks/{closed}",
    "thanks for helping": "/asks/{ask}/thanks", "projects": "/projects", "project": "/projects/{project}",
    "news": "/posts/{post}", "update": "/posts/{update}", "a neighbour": "/@delyth", "about us": "/about",
    "search": "/search", "found": "/search?q=river", "nothing found": "/search?q=zzzz", "follow": "/follow",
    "hubs near us": "/near",
    "parts to follow": "/slices", "a part": "/@events", "a topic": "/@t_transport", "a hashtag": "/tags/heron",
    "full event": "/events/{full}", "on the waiting list": "/events/{full}/answer/{waits}",
    "moved online": "/events/{moved}",
    "sign in": "/signin", "join": "/signup", "join by a link": "/signup?key={invited}",
    "a letter is sent": "/signup/sent", "on the list": "/signup/waiting", "own address": "/signup/confirm?key={joins}",
    "forgotten password": "/password/forgotten", "password by letter": "/password/reset?key={reset}",
    "sign in by letter": "/signin/letter", "new address": "/account/email/confirm?key={confirm}",
    "address back": "/account/email/undo?key={undo}", "let back in": "/rescue?key={rescue}",
    "not let back in": "/rescue/refuse?key={no}", "letter opened elsewhere": "/signin/link?key={entry}",
    "new password": "/password?key={link}", "404": "/nothing",
}  # fmt: skip
STEWARD = {
    "today": "/steward", "all asks": "/steward/asks", "replies": "/steward/replies", "said to us": "/steward/said",
    "announcements": "/steward/announcements",
    "reports": "/steward/reports", "kept out": "/steward/kept-out", "messages": "/messages",
    "followers": "/steward/followers", "parts": "/steward/slices",
    "following": "/steward/following", "deliveries": "/steward/deliveries",
    "who wants to join": "/steward/signups", "first posts": "/steward/held",
    "invitations": "/steward/invitations", "how to join": "/steward/joining",
    "what was done": "/steward/audit", "own e-mail": "/account/email",
    "server": f"/steward/deliveries/{CLOSED}", "accounts": "/steward/people",
    "somebody has lost everything": "/steward/people/{delyth}/rescue",
    "a second steward is asked for": "/steward/people/{gwenno}/rescue",
    "no second steward": "/steward/people/{sioned}/rescue",
    "who knows us": "/steward/hubs",
    "settings": "/steward/settings", "account": "/account", "apps": "/account/apps",
    "security": "/account/security", "new passkey": "/account/passkeys", "app with codes": "/account/app",
    "still you": "/signin/again?next=/account",
    "publish": "/publish", "publish event": "/publish/event",
    "publish ask": "/publish/ask", "publish offer": "/publish/offer", "publish project": "/publish/project",
    "publish note": "/publish/note", "change event": "/events/{event}/change", "change ask": "/asks/{ask}/change",
    "change project": "/projects/{project}/change", "change news": "/posts/{post}/change",
    "cancel event": "/events/{event}/cancel", "close ask": "/asks/{ask}/close", "take down": "/events/{event}/remove",
    "who is coming": "/events/{event}/people", "who waits": "/events/{full}/people",
    "who can help": "/asks/{ask}/answers",
    "a helper": "/asks/{ask}/answers/{helper}", "who has helped": "/asks/{ask}/answers/{helped}",
    "own event": "/events/{event}",
    "an app asks": LET_IN, "a code for an app": "/oauth/authorize/native?code=xyz",
    "an app was refused": "/oauth/authorize/native", "an app asks for nothing": "/oauth/authorize",
}  # fmt: skip
RESIDENT = {
    "no invitations": "/invitations",
    "403": "/steward", "event, signed in": "/events/{event}", "people one follows": "/home",
    "said here": "/around/here", "said elsewhere": "/around/near", "kept": "/bookmarks", "liked": "/favourites",
    "told to me": "/notifications", "say something": "/compose", "answer": "/compose?reply_to={heron}",
    "a conversation": "/posts/{heron}", "news, signed in": "/posts/{post}", "a neighbour, signed in": "/@bethan",
    "who follows": "/people/{bethan}/followers", "whom they follow": "/people/{bethan}/following",
    "the hub, for residents": "/people/{hub}", "with a poll": "/posts/{poll}",
    "lists": "/lists", "a list": "/lists/{list}",
    "one’s own page": "/account/profile", "take along": "/account/belongings", "leave": "/account/leave",
    "find people": "/find", "people found": "/find?q=be", "nobody found": "/find?q=zzzz",
    "moving house": "/account/move",
}  # fmt: skip
HALF = {"second step": "/signin/second"}  # their password was right
NATIONAL = {
    "national front": "/", "national events": "/events", "national asks": "/asks", "national projects": "/projects",
    "national search": "/search?q=river", "nothing nationally": "/events?q=zzzz", "hubs": "/hubs",
    "national about": "/about",
}  # fmt: skip
EMPTY = {f"empty {name or 'home'}": f"/{name}" for name in ("", "events", "asks", "projects", "search", "about")} | {
    "joining without mail": "/signup",
    "no letter": "/password/forgotten",
}
WIZARD = {
    f"wizard {step}": f"/setup?step={step}"
    for step in ("names", "place", "welcome", "rules", "contacts", "look", "account")
} | {"not set up": "/"}
# A form sent with this in it is refused: who sends it, from which page, what is typed into which field.
WRONG = {
    "wrong sign-in": ("guest", "/signin", {"name": "bethan", "password": "not this"}),
    "wrong answer": ("guest", "/events/{event}", {"party": "many"}),
    "wrong help": ("guest", "/asks/{ask}", {}),
    "wrong event": ("steward", "/publish/event", {"cost.pounds": "two pounds"}),
    "wrong ask": ("steward", "/publish/ask", {"people": "a few"}),
    "wrong project": ("steward", "/publish/project", {"handle": "?"}),
    "wrong note": ("steward", "/publish/note", {}),
    "wrong patch": ("steward", "/steward/slices", {"lines": " "}),
    "wrong domain": ("steward", "/steward/following", {"domain": "no such domain"}),
    "wrong account": ("steward", "/steward/people", {"login": "?"}),
    "wrong settings": ("steward", "/steward/settings", {"name.en": "", "name.cy": ""}),
    "wrong cancellation": ("steward", "/events/{event}/cancel", {}),
    "wrong list": ("delyth", "/lists", {"title": " "}),
    "wrong words": ("delyth", "/compose", {"text": " "}),
    "wrong wish to join": ("guest", "/signup", {"login": "d d", "email": "nobody"}),
    "wrong address": ("steward", "/account/email", {"email": "nobody"}),
    "wrong invitation": ("steward", "/steward/invitations", {"uses": "x"}),
    "wrong terms": ("steward", "/steward/joining", {"a_day": "x"}),
    "wrong password": ("steward", "/account/security", {"password": "short"}),
    "wrong code": ("steward", "/account/app", {"code": "12"}),
}
MAIN = {
    "home", "what’s on", "event", "ask", "project", "about us", "poster", "today", "publish event", "settings",
    "national front",
}  # fmt: skip
PAGES = {
    name: (who, path)
    for who, pages in (
        ("guest", GUEST), ("steward", STEWARD), ("delyth", RESIDENT), ("gwenno", HALF), ("national", NATIONAL),
        ("empty", EMPTY), ("wizard", WIZARD),
    )
    for name, path in pages.items()
}  # fmt: skip
PUBLIC = ("guest", "national", "empty")
STATUS = {"letter opened elsewhere": 403, "an app asks for nothing": 400, "404": 404, "403": 403, "not set up": 503}


class Rounds:
    """Everybody who looks at pages, each with one browser window in each language."""

    def __init__(self, browser: Browser, towns: Towns, empty: Hub, untouched: Hub) -> None:
        self.browser, self.towns = browser, towns
        self.hubs = {"national": towns.national, "empty": empty, "wizard": untouched}
        self.key = next(line for line in untouched.said if "key=" in line).rpartition("key=")[2].strip()
        self.names = {"steward": "bethan", "delyth": "delyth", "gwenno": "gwenno"}
        self.visitors: dict[tuple[str, str], Visitor] = {}
        self.sheets: dict[str, int] = {}

    def visitor(self, who: str, lang: str) -> Visitor:
        if (who, lang) not in self.visitors:
            hub = self.hubs.get(who, self.towns.glan)
            cookies = self.towns.cookies(self.names[who]) if who in self.names else {}
            self.visitors[who, lang] = Visitor(self.browser, hub.base, lang=lang, cookies=cookies)
        it = self.visitors[who, lang]
        it.complaints.clear()
        it.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        it.page.emulate_media(color_scheme="light")
        return it

    def path(self, path: str) -> str:
        found = path.format(**self.towns.ids)
        return f"{found}&key={self.key}" if found.startswith("/setup") else found

    def weight(self, it: Visitor, document: bytes) -> int:
        """What is sent for the page, without pictures and fonts."""
        asked = it.page.eval_on_selector_all(
            "link[rel=stylesheet], script[src]", "all => all.map(one => one.href || one.src)"
        )
        for address in asked:
            if address not in self.sheets:
                self.sheets[address] = len(httpx.get(address, trust_env=False).content)
        return len(document) + sum(self.sheets[address] for address in asked)

    def close(self) -> None:
        for it in self.visitors.values():
            it.context.close()


@pytest.fixture(scope="module")
def rounds(chromium: Browser, towns: Towns, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rounds]:
    if not AXE.exists():
        pytest.skip("npm has not installed axe-core: make test does")
    folder = tmp_path_factory.mktemp("quiet")
    empty, untouched = Hub(folder / "empty").set_up().start(), Hub(folder / "untouched").start()
    it = Rounds(chromium, towns, empty, untouched)
    yield it
    it.close()
    empty.stop()
    untouched.stop()


@pytest.mark.parametrize("lang", ["en", "cy"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_for_everybody(rounds: Rounds, name: str, lang: str) -> None:
    who, path = PAGES[name]
    it = rounds.visitor(who, lang)
    if who not in rounds.names:
        it.context.clear_cookies()
    answer = it.page.goto(rounds.path(path))
    assert answer is not None
    assert answer.status == STATUS.get(name, 200)
    assert it.page.locator("html").get_attribute("lang") == lang
    _judge(it, main=name in MAIN and lang == "en")
    if who in PUBLIC:
        weighs = rounds.weight(it, answer.body())
        assert weighs <= HEAVIEST, f"{name} weighs {weighs} bytes"
    if who not in rounds.names:
        # Where a passkey is offered there is one, by which its answer is known to come from this browser.
        assert name == "sign in" or it.context.cookies() == [], "A cookie before anybody has signed in"


@pytest.mark.parametrize("name", WRONG)
def test_a_form_that_is_refused_is_for_everybody_too(rounds: Rounds, name: str) -> None:
    who, path, typed = WRONG[name]
    it = rounds.visitor(who, "cy")
    it.open(rounds.path(path))
    _send(it.page, typed)
    it.page.wait_for_selector("#errors")
    assert it.page.evaluate("document.activeElement.id") == "errors"
    assert it.page.title().startswith("Gwall:")
    for field, words in typed.items():
        if "password" not in field:
            assert it.page.locator(f"[name='{field}']").first.input_value() == words
    _judge(it)


def test_no_link_on_any_page_leads_nowhere(rounds: Rounds) -> None:
    """Each link, picture and form that is fetched, of every page, as its visitor: it is there, and so is its #part."""
    dead: list[str] = []
    for who in ("guest", "steward", "national", "empty"):
        base = rounds.hubs.get(who, rounds.towns.glan).base
        cookies = rounds.towns.cookies("bethan") if who == "steward" else {}
        browser = {"accept": "text/html", "accept-language": "en"}
        with httpx.Client(base_url=base, cookies=cookies, headers=browser, timeout=30, trust_env=False) as client:
            paths = [rounds.path(path) for name, (of, path) in PAGES.items() if of == who and name not in STATUS]
            dead += [f"{who}: {found}" for found in _dead(client, paths)]
    assert not dead


def _judge(it: Visitor, *, main: bool = False) -> None:
    """Nothing that axe finds wrong, light or dark; nothing too wide for a small phone; no complaint of the browser."""
    page = it.page
    page.evaluate(AXE.read_text())
    wrong = [f"light: {found}" for found in _axe(page)]
    page.emulate_media(color_scheme="dark")
    wrong += [f"dark: {found}" for found in _axe(page, *OF_COLOUR)]
    page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
    wide = page.evaluate("document.documentElement.scrollWidth")
    wrong += [f"{wide} px wide on a screen of 320: {page.evaluate(TOO_WIDE)}"] if wide > NARROW[0] else []
    if main:
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": DESK[0], "height": DESK[1]})
        wrong += [f"wide: {found}" for found in _axe(page)]
    assert not wrong, "\n".join(wrong)
    assert not it.complaints
    assert not it.strangers


TOO_WIDE = """[...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > 321)
  .map(e => e.outerHTML.slice(0, 120)).slice(0, 3)"""


def _axe(page: Page, *rules: str) -> list[str]:
    """What axe finds, by these rules or all."""
    only = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": TAGS}
    found: list[dict[str, Any]] = page.evaluate(
        "only => axe.run(document, {runOnly: only, resultTypes: ['violations']}).then(r => r.violations)", only
    )
    return [f"{it['id']}: {it['help']}: {[node['html'][:200] for node in it['nodes'][:3]]}" for it in found]


def _send(page: Page, typed: dict[str, str]) -> None:
    """Type what is wrong and send the form, past what the browser itself would say."""
    form = page.locator("main form[method=post]").filter(has=page.locator(f"[name='{next(iter(typed), '')}']"))
    form = form.first if typed else page.locator("main form[method=post]").first
    for field, words in typed.items():
        form.locator(f"[name='{field}']").first.fill(words)
    form.evaluate("form => { form.noValidate = true; form.submit() }")


def _dead(client: httpx.Client, paths: list[str]) -> list[str]:
    """Links on these pages to addresses of this hub that are not there."""
    links: dict[str, str] = {}
    for path in paths:
        for href in Links(client.get(path).text).found:
            links.setdefault(urljoin(urljoin(str(client.base_url), path), href), path)
    return [f"{href} on {on}" for href, on in links.items() if not _there(client, href)]


class Links(HTMLParser):
    """Everything that a page leads to or is made of."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form" and given.get("method", "get") != "get":
            return
        for name in ("href", "src", "action"):
            if given.get(name) and tag != "use":
                self.found.append(str(given[name]))


def _there(client: httpx.Client, href: str) -> bool:
    address, part = urldefrag(href)
    if address.startswith("webcal:"):  # how calendars are told to subscribe
        address = f"{client.base_url.scheme}{address.removeprefix('webcal')}"
    if urlsplit(address).netloc != urlsplit(str(client.base_url)).netloc:
        return True
    answer = client.get(address, follow_redirects=True)
    return answer.status_code == 200 and (not part or f'id="{part}"' in answer.text)
