"""Apps that are signed in, for whoever tests a part of the API."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest_asyncio
from browsing import HASHED, Site, a_site

from hub import apps, people, scopes
from hub.store import Tx
from hub.store.open import opened

PLENTY = {f"api_{name}": 1_000_000 for name in ("token", "user", "guest", "media", "delete", "apps")}
OF_RESIDENTS = "profile read write follow push"
SignedIn = Callable[..., Awaitable[httpx.AsyncClient]]


@pytest_asyncio.fixture
async def site(settled: Path, tmp_path: Path) -> AsyncIterator[Site]:
    """A hub that is open, with one of each role (bethan, mo, olwen, rhys), and no limit to speak of."""
    async with opened(str(settled)) as store, a_site(store, tmp_path, limits=PLENTY) as it:
        yield it


@pytest_asyncio.fixture
async def signed_in(site: Site) -> AsyncIterator[SignedIn]:
    """`ann = await signed_in("ann")` is an app that acts for Ann, who gets an account if she has none.

    `scopes`: what the app may do, all of it if not said. `role`: of an account that is made.
    """
    async with AsyncExitStack() as stack:

        async def let_in(login: str, scopes: str = "", role: str = "resident") -> httpx.AsyncClient:
            token = await site.store.write(token_for, login, scopes, role)
            return await stack.enter_async_context(app_with(site, token))

        yield let_in


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
