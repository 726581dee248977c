"""Apps as they call the client API: no browser, no cookie, a token."""

from collections.abc import Awaitable, Callable

import httpx
from browsing import HASHED, Site

from hub import apps, people, scopes
from hub.store import Tx

PLENTY = {f"api_{name}": 1_000_000 for name in ("token", "user", "guest", "media", "delete", "apps")}
OF_RESIDENTS = "profile read write follow push"
SignedIn = Callable[..., Awaitable[httpx.AsyncClient]]


def app_with(site: Site, token: str = "", address: str = "192.0.2.1", **headers: str) -> httpx.AsyncClient:
    """An app as it calls: no browser, no cookie, and this token."""
    given = {"Authorization": f"Bearer {token}"} if token else {}
    transport = httpx.ASGITransport(site.app, client=(address, 50_000))
    return httpx.AsyncClient(transport=transport, base_url=site.base, headers=given | headers)


def token_for(tx: Tx, login: str, granted: str = "", role: str = "resident") -> str:
    known = people.known_as(tx, login)
    who = known[0] if known else people.create(tx, login, f"{login}@glan.example", HASHED, role)
    everything = OF_RESIDENTS if who.role in ("resident", "organiser") else " ".join(scopes.ALL)
    app, _ = apps.register(tx, apps.Draft("Test app", ("urn:ietf:wg:oauth:2.0:oob",), " ".join(scopes.ALL)))
    return apps.let_in(tx, who.actor, app, granted or everything)
