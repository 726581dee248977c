"""Pictures for statuses: uploaded first, described, then named in the status."""

from starlette.requests import Request
from starlette.responses import Response

from hub import media
from hub.errors import N_, Invalid
from hub.kept import Picture
from hub.media import Media
from hub.store import Tx
from web.mastodon import shapes, tellings
from web.mastodon.api import Caller, answer, path_id, raw, route
from web.mastodon.drafting import described
from web.mastodon.params import Params
from web.mastodon.statuses import who
from web.mastodon.view import View, view
from web.publishing import keep_picture

NO_FILE = N_("File can’t be blank")


async def upload(request: Request, caller: Caller, params: Params) -> Response:
    """Take a picture in. It is ready when this is answered, whichever version of the call."""
    account, state = who(caller), request.app.state
    file = params.file("file")
    if file is None or not file.data:
        raise Invalid(NO_FILE, field="file")
    alt = described(account, params.text("description"), state.hub.languages[0])
    kept: Media = await keep_picture(state.store, state.config, state.data, file.data, alt, account.actor)
    if params.text("focus"):
        await state.store.write(media.describe, account.actor, kept.id, focus=params.text("focus"))
    return await _shown(request, caller, kept.id)


async def one(request: Request, caller: Caller, params: Params) -> Response:
    return await _shown(request, caller, path_id(request))


async def change(request: Request, caller: Caller, params: Params) -> Response:
    """Say what it shows, or where the eye goes first."""
    account, id, hub = who(caller), path_id(request), request.app.state.hub
    alt = described(account, params.text("description"), hub.languages[0]) if "description" in params else None
    focus = params.text("focus") if "focus" in params else None
    await request.app.state.store.write(media.describe, account.actor, id, alt=alt, focus=focus)
    return await _shown(request, caller, id)


async def remove(request: Request, caller: Caller, params: Params) -> Response:
    await request.app.state.store.write(media.discard, who(caller).actor, path_id(request))
    return answer(None)


async def _shown(request: Request, caller: Caller, id: int) -> Response:
    return raw(await request.app.state.store.read(_attachment, view(request), caller.id, id))


def _attachment(tx: Tx, v: View, me: int, id: int) -> bytes:
    kept = media.own(tx, me, id)
    return shapes.encoded(tellings.attachment(tx, v, Picture(media=kept.id, alt=kept.alt), kept.id))


routes = [
    route("POST", "/api/v1/media", upload, "write:media"),
    route("POST", "/api/v2/media", upload, "write:media"),
    route("GET", "/api/v1/media/{id}", one, "write:media"),
    route("PUT", "/api/v1/media/{id}", change, "write:media"),
    route("DELETE", "/api/v1/media/{id}", remove, "write:media"),
]
