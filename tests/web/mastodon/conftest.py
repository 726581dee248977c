"""Apps that are signed in, for whoever tests a part of the API."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest_asyncio
from browsing import Site, a_site
from mastodon_apps import PLENTY, SignedIn, app_with, token_for

from hub.store.open import opened


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
