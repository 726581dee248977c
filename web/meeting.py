"""Looking up whom somebody names, before it is said. Nobody waits for long for a server that is silent."""

import asyncio

from starlette.requests import Request

import federation
from federation import Wire
from hub import statuses
from hub.errors import HubError

MOST = 10  # names in one post that are looked up


async def meet(request: Request, words: str) -> None:
    """Look up whom some words name and we have never met. Who cannot be found stays a name."""
    names = await request.app.state.store.read_hot(statuses.unknown, words) if "@" in words else []
    if names:
        wire: Wire = request.app.state.wire
        await asyncio.gather(*(_find(wire, f"{name}@{host}") for name, host in names[:MOST]))


async def _find(wire: Wire, handle: str) -> int:
    try:
        return await federation.find_account(wire, handle)
    except (federation.Unreachable, HubError):
        return 0
