"""The store: whole or not at all, one after another, on both databases."""

from hub.store import Store


async def test_x(store: Store) -> None:
    assert await store.read(lambda tx: tx.one("SELECT 1 AS n"))
