"""Requests that nobody should send, to every address: each is answered in words, and none is a mistake of ours."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from browsing import Site
from scene import lift, orchard, party
from starlette.routing import Route

from federation import Client
from hub import asks, events, media, people, posts, projects
from hub.store import Tx

pytestmark = pytest.mark.slow

TOO_LARGE = ("99999999999999999999", "9223372036854775808", "9" * 400)  # more than 64 bits, and than anything
ODD = (*TOO_LARGE, "0", "-1", "999999999999999999", "%00", "%ff[1]", "..%2f..", "a" * 3000)
QUERIES = (
    "page=99999999999999999999&before=9223372036854775808&after=-1&month=0000-00&from=0000-00-00&to=9999-12-31"
    "&key=%00&step=%5B%5D&project=99999999999999999999&acct=%40%40%00&next=%2F%2Fx&check=1&resource=acct%3A%00&q=%22*%00",
    "page[]=1&q[]=x&kind=event&kind=ask&category=%ed%a0%80&area=%25_%5c&day=2026-99&n=1e9&m=%D9%A3&done=published"
    "&month=99999-01&lang=xx&from=9999-12-31&to=x&page=%D9%A3&q=" + "a" * 3000,
)
LAST = ("/remove", "/close", "/cancel", "/hide", "/role", "/stop", "/signout")  # what ends something is tried last
BODIES: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "application/x-www-form-urlencoded"),
    "no form": (b'{"title": {"en": ["x"]}}', "application/json"),
    "no kind of anything": (b"\xff\xfe\x00", "x" * 300),
    "not even a kind": (b"said=yes", ""),
    "pictures without an edge": (b"--x\r\n", "multipart/form-data"),
    "half a picture": (b'--x\r\ncontent-disposition: form-data; name="picture"; filename="',
                       "multipart/form-data; boundary=x"),
    "an alphabet of nowhere": (b'--x\r\ncontent-disposition: form-data; name="a"\r\n\r\n\xff\r\n--x--\r\n',
                               "multipart/form-data; boundary=x; charset=utf-77"),
    "a file for words": (b'--x\r\ncontent-disposition: form-data; name="title.en"; filename="../../x.html"\r\n'
                         b"content-type: text/html\r\n\r\n<script>\r\n--x--\r\n", "multipart/form-data; boundary=x"),
    "too many": ("&".join(f"f{n}=x" for n in range(5000)).encode(), "application/x-www-form-urlencoded"),
    "half letters": (b"said=%ED%A0%80&name=%FF%FE&text=%00%00&title.en=%C0%AF&login=%00",
                     "application/x-www-form-urlencoded"),
}  # fmt: skip
NAMES = (
    "title.en", "title", "text.en", "text", "words", "said", "name", "contact", "party", "login", "email", "role",
    "again", "now", "next", "job", "host", "domain", "actor", "answer", "state", "status", "how", "reason.en",
    "account", "acct", "language", "languages", "starts.date", "starts.time", "places", "cost.pounds", "lat", "hours",
    "days", "project", "pictures.0.media", "pictures.0.alt.en", "contacts.0.name", "hue", "radius", "handle", "go",
    "password", ".".join("abcdefghij"), "", ".", "..",
)  # fmt: skip
VALUES = ("", "9" * 30, "-1", "NaN", "'; DROP TABLE thing; --{{7*7}}\r\nX-Evil: yes", "@a@[::1]", "x" * 30_000)


async def _nobody(host: str, port: int) -> list[str]:
    """No test asks a real name server."""
    return []


@pytest.fixture
def alone(either: Site) -> Site:
    """A hub that can look up no other."""
    wire = either.app.state.wire
    wire.client = Client(wire.base, "test", resolver=_nobody)
    return either


def live(tx: Tx) -> dict[str, str]:
    """Something at each kind of address. Returns their ids by the path they are under."""
    who = people.steward(tx).actor
    note = posts.publish(tx, who, posts.Draft(text={"en": "The library is open."}))
    known = people.known_as(tx, "rhys")
    assert known is not None
    return {
        "/events": str(events.publish(tx, who, party()).id), "/asks": str(asks.publish(tx, who, "ask", lift()).id),
        "/projects": str(projects.start(tx, who, orchard()).id), "/posts": str(note.id),
        "/steward/people": str(known[0].actor), "/publish": "event",
    }  # fmt: skip


def routes(site: Site) -> Iterator[Route]:
    yield from (route for route in site.app.routes if isinstance(route, Route))


def filled(route: Route, with_: str) -> str:
    return re.sub(r"\{\w+(:\w+)?\}", lambda _: with_, route.path)


async def ask(browser: httpx.AsyncClient, method: str, path: str, **more: Any) -> httpx.Response:
    """Exactly this path: a client would tidy it up."""
    url = httpx.URL(str(browser.base_url)).copy_with(raw_path=path.encode())
    return await browser.send(browser.build_request(method, url, **more))


async def test_no_id_however_odd_is_a_mistake_of_ours(alone: Site) -> None:
    steward = await alone.who("bethan")
    for route in routes(alone):
        for odd in ODD if route.param_convertors else ():
            for method in ("GET", "POST"):
                answer = await ask(steward, method, filled(route, odd))
                assert answer.status_code < 500, (method, route.path, odd)
                if odd in TOO_LARGE and ":int" in route.path:
                    assert answer.status_code == 404, (method, route.path, odd)
                    assert answer.headers["content-type"].startswith("text/html")


async def test_no_question_however_odd_is_a_mistake_of_ours(alone: Site) -> None:
    ids = await alone.did(live)
    steward = await alone.who("bethan")
    for route in routes(alone):
        here = next((id for start, id in ids.items() if route.path.startswith(start)), "hub")
        for query in QUERIES:
            for browser, accept in ((alone.guest, "application/activity+json"), (steward, "text/html")):
                answer = await ask(browser, "GET", f"{filled(route, here)}?{query}", headers={"Accept": accept})
                assert answer.status_code < 500, (route.path, query, accept)


async def test_the_wrong_method_is_said_to_be_wrong_on_every_page(site: Site) -> None:
    for path in sorted({filled(route, "1") for route in routes(site)}):
        there = [route for route in routes(site) if route.path_regex.match(path)]
        right = set().union(*(route.methods or {"POST"} for route in there))
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"} - right:
            answer = await ask(site.guest, method, path)
            assert answer.status_code == 405, (method, path)
            assert answer.headers["allow"], path
            assert "That does not work here" in answer.text


def forms(site: Site, ids: dict[str, str]) -> list[str]:
    """Everywhere that a form can be sent, what ends something last."""
    found = []
    for route in routes(site):
        if "POST" in (route.methods or ()) and "inbox" not in route.path:
            here = next((id for start, id in ids.items() if route.path.startswith(start)), "x")
            found.append(filled(route, here))
    return sorted(set(found), key=lambda path: (path.endswith(LAST), path == "/signout", path))


@pytest.mark.parametrize("login", ["", "rhys", "bethan"])
async def test_no_form_however_broken_is_a_mistake_of_ours(site: Site, login: str) -> None:
    site.app.state.wire.client = Client(site.base, "test", resolver=_nobody)
    paths = forms(site, await site.did(live))
    assert len(paths) > 25
    browser = await site.who(login) if login else site.guest
    for path in paths:
        for what, (body, kind) in BODIES.items():
            answer = await browser.post(path, content=body, headers={"Content-Type": kind} if kind else {})
            assert answer.status_code < 500, (path, what)


@pytest.mark.parametrize("login", ["", "olwen", "bethan"])
async def test_no_field_however_odd_is_a_mistake_of_ours(site: Site, login: str) -> None:
    site.app.state.wire.client = Client(site.base, "test", resolver=_nobody)
    paths = forms(site, await site.did(live))
    browser = await site.who(login) if login else site.guest
    for path in paths:
        for value in VALUES:
            answer = await browser.post(path, data={name: [value, value] for name in NAMES})
            assert answer.status_code < 500, (path, value[:20])


TONGUES = ("en", "cy", "fr", "pl", "ar", "so", "ur", "bn", "pt", "ro", "es")
LONGEST = {  # characters that each field takes
    "/publish/event": {"title": 200, "text": 20_000, "access_notes": 1000, "cost_words": 200},
    "/publish/ask": {"title": 200, "text": 20_000},
    "/publish/project": {"title": 200, "text": 20_000, "summary": 500, "wanted": 500},
    "/publish/note": {"title": 200, "text": 20_000},
    "/events/{}/cancel": {"reason": 500},
    "/steward/settings": {"name": 100, "welcome": 5000, "rules": 20_000},
}  # fmt: skip
OTHERS = {
    "starts.date": "2027-06-06", "starts.time": "10:00", "ends.time": "13:00", "venue": "Mill Bridge", "days": "14",
    "stage": "active", "category": "tools", "handle": "waltz", "how": "cancel", "area_name": "Riverside ward",
    "hue": "165", "zone": "Europe/London", "contacts.0.name": "Bethan", "contacts.0.reach": "01632 960118",
    "languages": "en", "radius": "1.5",
}  # fmt: skip


@pytest.mark.parametrize(("letter", "tongues"), [("a", 2), ("a", 11), ("&", 2), ("&", 3), ("https://a.example/ ", 3)])
async def test_as_much_as_there_is_room_for_in_every_language_is_kept_or_refused_in_words(
    site: Site, letter: str, tongues: int
) -> None:
    ids = await site.did(live)
    steward = await site.who("bethan")
    for path, longest in LONGEST.items():
        full = {f"{name}.{tag}": (letter * n)[:n].strip() for name, n in longest.items() for tag in TONGUES[:tongues]}
        answer = await steward.post(path.format(ids["/events"]), data=OTHERS | full)
        assert answer.status_code in (303, 422, 413), (path, answer.status_code)
        assert answer.status_code != 422 or "too long" in answer.text, path
        if letter == "a" and tongues <= 2:
            assert answer.status_code == 303, path


@pytest.mark.parametrize(("on", "at"), [("9999-12-31", "23:59"), ("9998-12-31", "23:59"), ("0001-01-01", "00:00")])
async def test_the_end_of_time_brings_no_page_down(site: Site, on: str, at: str) -> None:
    olwen = await site.who("olwen")
    when = {"starts.date": on, "starts.time": at, "ends.date": "9999-12-31", "ends.time": "23:59"}
    answer = await olwen.post("/publish/event", data=OTHERS | when | {"title.en": "The last waltz"})
    assert answer.status_code == 422
    for path in ("/", "/events", "/events.ics", "/feed.atom", "/events?from=9998-12-31", "/events?from=9999-12-31"):
        assert (await site.guest.get(path)).status_code == 200, path


async def test_104_ten_thousand_pieces_of_a_picture_are_not_made(site: Site) -> None:
    key = "ab" * 32
    kept = media.path(site.app.state.data / "media", key, "small")
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"\xff\xd8\xff" + bytes(50_000))
    pieces = ",".join(f"{n}-{n}" for n in range(10_000))
    for asked in (f"bytes={pieces}", "bytes=0-," * 1000, "bytes=" + "9" * 5000 + "-"):
        answer = await site.guest.get(f"/media/{key}-small.jpg", headers={"Range": asked})
        assert answer.status_code in (200, 206, 400, 416)
        assert len(answer.content) < 200_000


async def test_words_that_swell_as_html_are_refused_before_they_fill_their_column(site: Site) -> None:
    """Six languages that fit as they were typed: each sign becomes five letters of HTML."""
    olwen = await site.who("olwen")
    words = {f"text.{tag}": "&" * 9_900 for tag in TONGUES[:6]}
    answer = await olwen.post("/publish/note", data=words)
    assert answer.status_code == 422
    assert "too long" in answer.text
    assert (await olwen.post("/publish/note", data={"text.en": words["text.en"]})).status_code == 303
