"""Somebody who reads everything: every page, document and feed that one can get to by following links, or guess."""

import re
from html.parser import HTMLParser

import httpx
from browsing import Site
from starlette.routing import Route

from hub.store import Tx

GUESSED = {
    "/search?q=quince", "/.well-known/webfinger?resource=acct:rhys@glan.example", "/nothing", "/@rhys", "/actor/u-rhys",
    "/nodeinfo/2.1", "/nodeinfo/2.0", *(f"/actor/hub/{name}" for name in ("featured", "upcoming", "events", "asks")),
}  # fmt: skip
NUMBERED = ("thing", "activity", "attendance", "answer")
QUESTIONS = 6  # that are asked at one address: months go on for ever
ADDRESS = re.compile(r"https://glan\.example(/[^\s\"'<>\\)&]*)")


class Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= {value for name, value in attrs if name in ("href", "src", "action") and value}


def ways_on(answer: httpx.Response) -> set[str]:
    """Every path of ours that an answer leads to."""
    links = Links()
    links.feed(answer.text)
    found = {link for link in links.found if link.startswith("/") and not link.startswith("//")}
    found |= {found[1] for found in ADDRESS.finditer(answer.text)} | {answer.headers.get("location", "")}
    return {"/" + path.partition("#")[0].removeprefix(str(answer.url.join("/"))).lstrip("/") for path in found if path}


async def crawl(site: Site, browser: httpx.AsyncClient) -> dict[str, str]:
    """Everything that can be read by following links, and by guessing: from address to all that was answered."""
    ways = {route.path for route in site.app.routes if isinstance(route, Route) and "{" not in route.path} | GUESSED
    ways |= {*await site.store.read(_every_number, site)}
    read: dict[str, str] = {}
    asked: dict[str, int] = {}
    while ways:
        path = ways.pop()
        bare = path.partition("?")[0]
        asked[bare] = asked.get(bare, 0) + 1
        if path in read or asked[bare] > QUESTIONS or path.startswith(("/static/", "/drawn/")):
            continue
        read[path] = ""
        for accept in ("text/html", "application/activity+json"):
            answer = await browser.get(path, headers={"Accept": accept})
            read[path] += f"{answer.status_code} {dict(answer.headers)} {answer.text}\n"
            ways |= ways_on(answer)
    return read


def _every_number(tx: Tx, site: Site) -> list[str]:
    """Each address of a thing, with the id of everything there is in it."""
    ids = [row["id"] for table in NUMBERED for row in tx.all(f"SELECT id FROM {table}")]
    routes = [route.path for route in site.app.routes if isinstance(route, Route)]
    numbered = re.compile(r"/[a-z]+/\{id(:int)?\}(\.ics|/poster|/thanks|/replies|/context)?")
    paths = [path for path in routes if numbered.fullmatch(path)]
    return [re.sub(r"\{id(:int)?\}", str(id), path) for path in paths for id in ids]
