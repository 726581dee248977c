"""Pictures: those that people uploaded, and those that the hub draws from a name for other servers."""

import asyncio
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from hub import actors, media
from hub.actors import Actor
from hub.errors import N_, NotFound
from hub.settings import Hub
from hub.store import Tx

FOREVER = "public, max-age=31536000, immutable"  # the address is made from what is in it
A_DAY = "public, max-age=86400"
SAFE = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox"}
KINDS = {"hub": "view", "project": "plan", "person": "house"}
_drawing = asyncio.Semaphore(1)


async def kept(request: Request) -> Response:
    """An uploaded picture, by what is in it: `/media/<key>-full.jpg` and `-small.jpg`."""
    size = request.path_params["size"]
    if size not in ("full", "small"):
        raise HTTPException(404)
    return await _file(request, media.path(_folder(request), request.path_params["key"], size))


async def numbered(request: Request) -> Response:
    """The same by its number: the address that other servers are told."""
    found = await request.app.state.store.read(media.get, request.path_params["id"])
    return await _file(request, media.path(_folder(request), found.key, "full"))


async def _file(request: Request, path: Path) -> Response:
    if not await asyncio.to_thread(path.is_file):
        raise HTTPException(404)
    return FileResponse(path, media_type=media.MIME, headers=SAFE | {"Cache-Control": FOREVER})


def _folder(request: Request) -> Path:
    data: Path = request.app.state.data
    return data / "media"


async def drawn(request: Request) -> Response:
    """The picture that is drawn from somebody's name: `/drawn/icon/hub.png`, `/drawn/header/p_orchard.png`."""
    from web import painting  # Pillow is not needed to start serving

    sizes = {"icon": painting.AVATAR, "header": painting.HEADER}
    size = sizes.get(request.path_params["what"])
    if size is None:
        raise HTTPException(404)
    hub: Hub = request.app.state.hub
    who = await request.app.state.store.read(_named, request.path_params["name"], hub)
    kind = KINDS.get(who.kind, "view")
    words = (next(filter(None, who.name.values()), who.handle), hub.area.name)
    async with _drawing:
        png = await asyncio.to_thread(painting.png, kind, words, hub.hue if kind == "view" else None, size)
    return Response(png, media_type="image/png", headers=SAFE | {"Cache-Control": A_DAY})


def _named(tx: Tx, name: str, hub: Hub) -> Actor:
    """One of ours by the last part of its address: `hub`, `p_orchard`, `u-delyth`; anybody by number: `n-1234`."""
    number = name.removeprefix("n-")
    if number != name and number.isascii() and number.isdecimal() and len(number) < 19:
        return actors.get(tx, int(number))
    found = actors.known(tx, f"{hub.base}/actor/{name}")
    if found is None or not found.local:
        raise NotFound(N_("There is no such picture."))
    return found


routes = [
    Route("/media/{key:str}-{size:str}.jpg", kept),
    Route("/media/{id:int}", numbered),
    Route("/drawn/{what}/{name}.png", drawn),
]
