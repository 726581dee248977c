"""A hub of a test behind a real socket, to be asked byte by byte."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import uvicorn
from browsing import Site
from scene import BASE

from web import auth, protocol

HOST = BASE.partition("://")[2].encode()
Answer = tuple[int, dict[str, str], bytes]


class Served:
    """A site behind a real socket."""

    def __init__(self, site: Site, server: uvicorn.Server) -> None:
        self.site, self.server = site, server
        self.port = int(server.servers[0].sockets[0].getsockname()[1])

    async def ask(self, *pieces: bytes, answers: int = 1) -> list[Answer]:
        """Send these pieces, each when the one before has been looked at, and read so many answers."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            for number, piece in enumerate(pieces):
                writer.write(piece)
                if number + 1 < len(pieces):
                    await self.looked_at()
            return [await asyncio.wait_for(read(reader), 10) for _ in range(answers)]
        finally:
            writer.close()

    async def looked_at(self) -> None:
        """Until the server waits for the rest of a letter, or has gone on without."""
        await until(lambda: any(it._letter or it.tasks for it in self.server.server_state.connections))

    def forget_the_long_way(self) -> None:
        self.site.app.middleware_stack = None

    @property
    def went_the_long_way(self) -> bool:
        return self.site.app.middleware_stack is not None

    async def letters(self) -> int:
        return int(await self.site.store.read(lambda tx: tx.one("SELECT count(*) AS n FROM inbox")["n"]))  # type: ignore[index]


async def until(look: Callable[[], bool]) -> None:
    """Let the server work until this is so."""
    async with asyncio.timeout(10):
        for _ in iter(look, True):
            await asyncio.sleep(0)


async def read(reader: asyncio.StreamReader) -> Answer:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines if line)
    return int(first.split()[1]), headers, await reader.readexactly(int(headers.get("content-length", 0)))


@asynccontextmanager
async def serving(site: Site) -> AsyncIterator[Served]:
    await auth.look(site.app.state)
    config = uvicorn.Config(
        site.app,
        port=0,
        http=protocol.Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        server_header=False,
        proxy_headers=False,
    )
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    await server.on_tick(0)  # what time it says
    yield Served(site, server)
    await server.shutdown()


def get(path: str, accept: str, *more: bytes) -> bytes:
    return b"\r\n".join(
        [b"GET %b HTTP/1.1" % path.encode(), b"host: " + HOST, b"accept: " + accept.encode(), *more, b"", b""]
    )
