"""A whole hub of ours in this process, between servers of other make."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from elsewhere import Elsewhere
from in_process import in_process
from scene import open_hub
from starlette.applications import Starlette

from federation import Client, Limits, Wire, routes
from hub.store import SQLITE, Store, Tx
from web.worker import drain

Json = dict[str, Any]


class Here:
    """A hub, its way in (`app`) and out (`wire`), and the servers that it can reach, by host."""

    def __init__(self, store: Store, base: str, servers: dict[str, Any], steward: int, limits: Limits) -> None:
        self.store, self.base, self.servers, self.steward = store, base, servers, steward
        client = Client(base, "test", transport_factory=in_process(servers), resolver=_nobody)
        self.wire = Wire(store, client, base, limits)
        self.wire.opens = store.dialect is SQLITE  # as where a hub runs
        self.app = Starlette(routes=routes)
        self.app.state.wire, self.app.state.store, self.app.state.base = self.wire, store, base

    def server(self, host: str, software: str = "mastodon") -> Elsewhere:
        it = self.servers[host] = Elsewhere(host, software)
        return it

    async def work(self) -> int:
        """Do everything that is due. Returns how many jobs that was."""
        return await drain(self.wire)

    async def all(self, sql: str, **params: object) -> list[Json]:
        def unit(tx: Tx) -> list[Json]:
            return [dict(row) for row in tx.all(sql, **params)]

        return await self.store.read(unit)

    async def one(self, sql: str, **params: object) -> Any:
        """The only value of the only row; `None` when there is none."""
        rows = await self.all(sql, **params)
        return next(iter(rows[0].values())) if rows else None

    async def outcomes(self) -> list[str]:
        """What came of each activity that was let in, in the order it came."""
        return [row["outcome"] for row in await self.all("SELECT outcome FROM inbox ORDER BY id")]

    async def queued(self, type: str) -> list[Json]:
        """The activities of a type that we have said."""
        rows = await self.all("SELECT body FROM activity WHERE type = :type ORDER BY id", type=type)
        return [msgspec.json.decode(row["body"]) for row in rows]


async def _nobody(host: str, port: int) -> list[str]:
    """No test asks a real name server."""
    return []


@asynccontextmanager
async def a_hub(
    store: Store, base: str = "https://glan.example", servers: dict[str, Any] | None = None,
    limits: Limits = Limits(), steward: int | None = None, **draft: object,  # noqa: B008 - frozen
) -> AsyncIterator[Here]:  # fmt: skip
    """Open a hub at `base`, reachable by others under its name; `steward` says that it is open, and by whom."""
    servers = {} if servers is None else servers
    if steward is None:
        steward = await store.write(open_hub, base, **draft)
    it = Here(store, base, servers, steward, limits)
    servers[it.wire.host] = it.app
    try:
        yield it
    finally:
        await it.wire.client.close()
