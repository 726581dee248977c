"""From what stands in the configuration to a store that is open."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path

from hub.store import Store
from hub.store.sqlite import SqliteStore

POSTGRES = ("postgresql://", "postgres://")
SQLITE = "sqlite:///"


async def open_store(url_or_path: str) -> Store:
    """Open `postgresql://…`, `sqlite:///relative`, `sqlite:////absolute`, or a plain path.

    Raises `Locked` when another process writes to the same file, `Busy` when the server does not answer.
    """
    if url_or_path.startswith(POSTGRES):
        # A hub on SQLite neither needs psycopg nor pays for its memory.
        opened: Store = await import_module("hub.store.postgres").PostgresStore.open(url_or_path)
        return opened
    path = url_or_path.removeprefix(SQLITE)
    if "://" in path:
        raise ValueError(f"{path.partition('://')[0]} is no database that a hub knows: sqlite or postgresql.")
    return await SqliteStore.open(Path(path))


@asynccontextmanager
async def opened(url_or_path: str) -> AsyncIterator[Store]:
    """The same, and closed again at the end whatever happens: what a command wants."""
    store = await open_store(url_or_path)
    try:
        yield store
    finally:
        await store.close()
