"""A hub of ours and a Mastodon next to it, on SQLite: what wants both databases is in scenarios/ and wire/."""

import shutil
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from conftest import MAY_DAY, Clock
from elsewhere import Elsewhere
from here import Here, a_hub
from scene import open_hub

from hub import clock as hub_clock
from hub.store.open import opened
from hub.store.sqlite import SqliteTx


@pytest.fixture(scope="session")
def open_already(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """A hub that is open, to be copied, and its steward: making its keys takes longer than most tests."""
    path = Path(shutil.copy(migrated, tmp_path_factory.mktemp("open") / "hub.db"))
    hub_clock.use(lambda: MAY_DAY)
    conn = sqlite3.connect(path, isolation_level=None)
    conn.row_factory = sqlite3.Row
    conn.execute("BEGIN")
    steward = open_hub(SqliteTx(conn))
    conn.execute("COMMIT")
    conn.close()
    hub_clock.use(None)
    return path, steward


@pytest_asyncio.fixture
async def here(open_already: tuple[Path, int], tmp_path: Path, clock: Clock) -> AsyncIterator[Here]:
    template, steward = open_already
    path = str(shutil.copy(template, tmp_path / "here.db"))
    async with opened(path) as store, a_hub(store, steward=steward) as it:
        yield it


@pytest.fixture
def mastodon(here: Here) -> Elsewhere:
    return here.server("mastodon.example")
