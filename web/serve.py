"""A hub at work: the store, the app and the worker put on the air."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import uvicorn

from federation import Wire
from hub import jobs, people, settings
from hub.changes import mend
from hub.config import Config
from hub.store import Store, Tx
from hub.store.migrate import migrate
from hub.store.open import opened
from web import errands, logs, runners, worker
from web.app import a_wire, build
from web.mastodon.streaming import Streams
from web.protocol import Protocol, socket

SETUP_LASTS = 24 * 3_600_000  # ms: how long a set-up link is good


class _Server(uvicorn.Server):
    """uvicorn, which says one line when it serves, so that whoever started it can go on."""

    def __init__(self, config: uvicorn.Config, ready: asyncio.Future[int], streams: Streams) -> None:
        super().__init__(config)
        self._ready, self._streams = ready, streams

    async def shutdown(self, sockets: list[Any] | None = None) -> None:
        for listening in self.servers:
            listening.close()
        await self._streams.close()  # before uvicorn cuts them off: whoever listens is told that we go
        await super().shutdown(sockets)

    async def startup(self, sockets: list[Any] | None = None) -> None:
        await super().startup(sockets)
        if not self.should_exit and not self._ready.done():
            self._ready.set_result(self.servers[0].sockets[0].getsockname()[1])


async def run(config: Config, data: Path) -> None:
    """Serve until told to stop. Raises `Locked` when another process has the database open."""
    logs.setup(config.log)
    await asyncio.to_thread(data.mkdir, parents=True, exist_ok=True, mode=0o700)
    async with opened(errands.store_url(config, data)) as store:
        await _prepare(store)
        config = await at_home(store, config)
        app = build(store, config, data=data)
        ready: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        server = _Server(_uvicorn(app, config), ready, app.state.streams)
        tools = errands.at_hand(store, config, data, app.state.wire)
        async with errands.open_for_errands(tools):
            said = asyncio.create_task(_say(ready, store, config))
            await server.serve()
            said.cancel()


async def work(config: Config, data: Path) -> None:
    """Announce and deliver until told to stop, without a web server."""
    logs.setup(config.log)
    stop = asyncio.Event()
    for one in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(one, stop.set)
    async with opened(errands.store_url(config, data)) as store:
        await _prepare(store)
        config = await at_home(store, config)
        async with on_the_wire(store, config) as wire:
            print("ready to work", flush=True)
            await worker.run(wire, stop=stop, runners=runners.all_(config, wire.base))


async def _prepare(store: Store) -> None:
    """Bring the database up to date, and mend what a restore or a crash has left."""
    await store.write(migrate)
    await store.write(mend)
    if store.dialect.name == "sqlite":  # nobody else works on it: the lock says so
        await store.write(jobs.take_back)


async def at_home(store: Store, config: Config) -> Config:
    """The same configuration, with the address that this hub is known by."""

    def known(tx: Tx) -> str:
        hub = settings.found(tx)
        return hub.base if hub else ""

    server = config.server
    scheme = "https" if server.tls_cert else "http"
    base = server.base_url or await store.read(known) or f"{scheme}://localhost:{server.port}"
    return msgspec.structs.replace(config, server=msgspec.structs.replace(server, base_url=base.rstrip("/")))


@asynccontextmanager
async def on_the_wire(store: Store, config: Config) -> AsyncIterator[Wire]:
    wire = a_wire(store, config)
    try:
        yield wire
    finally:
        await wire.client.close()


async def alone(config: Config, data: Path, errand: str, asked: errands.Json) -> errands.Json:
    """Do an errand here, because nobody serves. Raises `Locked` when somebody else has the database open."""
    async with opened(errands.store_url(config, data)) as store:
        applied = await store.write(migrate)
        if errand == "migrate":
            return {"applied": applied}
        config = await at_home(store, config)
        async with on_the_wire(store, config) as wire:
            tools = errands.at_hand(store, config, data, wire)
            return await errands.ERRANDS[errand](tools, asked)


def _uvicorn(app: Any, config: Config) -> uvicorn.Config:
    server = config.server
    return uvicorn.Config(
        app, host=server.host, port=server.port, http=Protocol, ws=socket, ws_max_size=64 * 1024,  # type: ignore[arg-type]
        ws_per_message_deflate=False, ws_ping_interval=45, loop="none", lifespan="on", access_log=False,
        log_config=None, server_header=False, date_header=True, proxy_headers=False, limit_concurrency=512, backlog=512,
        timeout_keep_alive=30, timeout_graceful_shutdown=10, ssl_certfile=server.tls_cert or None,
        ssl_keyfile=server.tls_key or None,
    )  # fmt: skip


async def _say(ready: "asyncio.Future[int]", store: Store, config: Config) -> None:
    with contextlib.suppress(asyncio.CancelledError):
        port = await ready
        base = config.server.base_url
        if await store.read(settings.found) is None:
            secret = await store.write(people.new_link, "setup", lasts=SETUP_LASTS)
            print(f"Set your hub up here (this link is good once, for a day):\n  {base}/setup?key={secret}", flush=True)
        local = base if base.endswith(f":{port}") or base.startswith("https://") else f"http://localhost:{port}"
        print(f"ready {local}", flush=True)
