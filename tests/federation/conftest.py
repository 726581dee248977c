"""A hub of ours and a Mastodon next to it."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from conftest import Clock
from elsewhere import Elsewhere
from here import Here, a_hub

from hub.store import Store


@pytest_asyncio.fixture
async def here(store: Store, clock: Clock) -> AsyncIterator[Here]:
    async with a_hub(store) as it:
        yield it


@pytest.fixture
def mastodon(here: Here) -> Elsewhere:
    return here.server("mastodon.example")
