"""Whoever opens a page of ours in a test: without a browser, but with a cookie, a form and an address of their own."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
from pressed import lend
from scene import BASE, open_hub, person
from starlette.applications import Starlette
from starlette.routing import Route

from hub import people
from hub.config import Config, Hub, Limits, Mail, Server
from hub.store import Store, Tx
from web import runners
from web.app import build
from web.worker import drain

PASSWORD = "correct horse battery"
HASHED = people.hash_password(PASSWORD)
OURS = {"Sec-Fetch-Site": "same-origin", "Accept": "text/html"}


class Site:
    """A hub on the air. `guest` has no cookie; `who(login)` is signed in."""

    def __init__(self, app: Starlette, store: Store, base: str) -> None:
        self.app, self.store, self.base = app, store, base
        self.guest = self.browser()

    def browser(self, address: str = "192.0.2.1", **headers: str) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.app, client=(address, 50_000))
        return httpx.AsyncClient(transport=transport, base_url=self.base, headers=OURS | headers)

    async def who(self, login: str, address: str = "192.0.2.1") -> httpx.AsyncClient:
        secret = await self.store.write(_session, login)
        browser = self.browser(address)
        host = httpx.URL(self.base).host
        browser.cookies.set(self.app.state.cookie, secret, domain=host if "." in host else f"{host}.local")
        return browser

    async def did(self, unit: Callable[..., Any], *args: Any) -> Any:
        return await self.store.write(unit, *args)


@asynccontextmanager
async def a_site(store: Store, data: Path, *, base: str = BASE, **more: Any) -> AsyncIterator[Site]:
    """The hub in `store`, on the air. `server`, `hub`, `limits`, `mail` are sections of its settings; others whole."""
    config = Config(
        server=Server(base_url=base, **more.pop("server", {})), hub=Hub(**more.pop("hub", {})),
        limits=Limits(**more.pop("limits", {})), mail=Mail(**more.pop("mail", {})), **more,
    )  # fmt: skip
    lend(data)
    app = build(store, config, data=data)
    site = Site(app, store, base)
    try:
        yield site
    finally:
        await site.guest.aclose()
        await app.state.wire.client.close()


async def work(site: Site) -> int:
    """Do all that is due, as the hub's worker would. Returns how many jobs that was."""
    state = site.app.state
    return await drain(state.wire, runners=runners.all_(state.config, state.base))


def settle(tx: Tx, base: str = BASE) -> int:
    """A steward (bethan), a moderator (mo), an organiser (olwen) and a resident (rhys), all with one password."""
    steward = open_hub(tx, base)
    for login, role in (("mo", "moderator"), ("olwen", "organiser"), ("rhys", "resident")):
        person(tx, login, role)
    tx.run("UPDATE account SET password = :hash", hash=HASHED)
    return steward


def _session(tx: Tx, login: str) -> str:
    found = people.known_as(tx, login)
    assert found is not None
    return people.open_session(tx, found[0].actor)


def unsafe(app: Starlette) -> list[tuple[str, str]]:
    """Every route that a form can be sent to, as (method, path), with 1 for each number in it."""
    found = []
    for route in app.routes:
        if isinstance(route, Route):
            path = route.path
            for name in route.param_convertors:
                path = path.replace("{" + name + ":int}", "1").replace("{" + name + ":path}", "x")
                path = path.replace("{" + name + "}", "x")
            found += [(method, path) for method in sorted(set(route.methods or {"POST"}) - {"GET", "HEAD", "OPTIONS"})]
    return found


class _Fields(HTMLParser):
    def __init__(self, action: str) -> None:
        super().__init__()
        self.action, self.inside, self.fields, self.area, self.select = action, False, dict[str, str](), "", ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.inside = given.get("method") == "post" and given.get("action", "").startswith(self.action)
        if not self.inside:
            return
        name = given.get("name", "")
        if tag == "textarea":
            self.area, self.fields[name] = name, ""
        elif tag == "select":
            self.select = name
        elif tag == "option" and "selected" in given:
            self.fields[self.select] = given.get("value", "")
        elif tag == "input" and name and _sent(given):
            self.fields[name] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.area = ""
        if tag == "form":
            self.inside = False

    def handle_data(self, data: str) -> None:
        if self.area:
            self.fields[self.area] += data.removeprefix("\n") if not self.fields[self.area] else data


def _sent(given: dict[str, str]) -> bool:
    kind = given.get("type")
    return kind not in ("file", "password") and (kind not in ("radio", "checkbox") or "checked" in given)


def fields(page: str, action: str) -> dict[str, str]:
    """What stands in the form that goes to `action`, as a browser would send it."""
    parser = _Fields(action)
    parser.feed(page)
    return parser.fields
