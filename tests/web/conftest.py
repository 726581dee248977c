import asyncio
import io
import logging
import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
import structlog
from browsing import Site, a_site, settle
from conftest import Clock
from postbox import Postbox, a_postbox

from hub import config
from hub.store import Store
from hub.store.open import opened
from web import logs


@pytest.fixture(scope="session")
def settled_once(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hub that is open, with one of each role, to be copied: making keys for them takes half a second."""
    path = Path(shutil.copy(migrated, tmp_path_factory.mktemp("settled") / "hub.db"))

    async def settle_in() -> None:
        async with opened(str(path)) as store:
            await store.write(settle)

    asyncio.run(settle_in())
    return path


@pytest.fixture
def settled(settled_once: Path, tmp_path: Path) -> Path:
    """The copy: what one test does to it, no other sees."""
    return Path(shutil.copy(settled_once, tmp_path / "hub.db"))


@pytest_asyncio.fixture
async def site(settled: Path, tmp_path: Path) -> AsyncIterator[Site]:
    """A hub that is open, with one of each role, on SQLite: what pages do is the same on both databases."""
    async with opened(str(settled)) as store, a_site(store, tmp_path) as it:
        yield it


@pytest_asyncio.fixture
async def either(store: Store, tmp_path: Path) -> AsyncIterator[Site]:
    """The same on both databases, for the paths on which a page has SQL of its own."""
    await store.write(settle)
    async with a_site(store, tmp_path) as it:
        yield it


@pytest_asyncio.fixture
async def postbox() -> AsyncIterator[Postbox]:
    async with a_postbox() as it:
        yield it


@pytest_asyncio.fixture
async def postal(store: Store, tmp_path: Path, clock: Clock, postbox: Postbox) -> AsyncIterator[Site]:
    """The same on both databases, with a mail server."""
    await store.write(settle)
    async with a_site(store, tmp_path, mail=postbox.mail) as it:
        yield it


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """All that goes into the log, down to the least important."""
    root, stream = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers[:], root.level
    logs.setup(config.Log(format="json", level="debug"), stream)
    for name, module in [*sys.modules.items()]:  # loggers that have written already keep to where they wrote
        if name.partition(".")[0] in ("hub", "federation", "web") and hasattr(module, "log"):
            monkeypatch.setattr(module, "log", structlog.get_logger())
    yield stream
    structlog.reset_defaults()
    root.handlers[:], root.level = handlers, level
