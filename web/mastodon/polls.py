"""Polls: what people think, who is coming, who helps."""

from starlette.requests import Request
from starlette.responses import Response

from hub import voting
from hub.errors import N_, Invalid
from web.mastodon import entities
from web.mastodon.api import Caller, path_id, raw, route
from web.mastodon.params import Params
from web.mastodon.view import view


async def one(request: Request, caller: Caller, params: Params) -> Response:
    return raw(await request.app.state.store.read(entities.poll, view(request), caller.id, path_id(request)))


async def vote(request: Request, caller: Caller, params: Params) -> Response:
    """Answer. Of an event or an ask, answering again changes the answer."""
    choices = params.many("choices")
    if not all(word.isascii() and word.isdecimal() and len(word) < 4 for word in choices):
        raise Invalid(N_("Choose one of the answers."), field="choices")
    await request.app.state.store.write(voting.vote, caller.id, path_id(request), [int(word) for word in choices])
    return await one(request, caller, params)


routes = [
    route("GET", "/api/v1/polls/{id}", one, "read:statuses", open=True),
    route("POST", "/api/v1/polls/{id}/votes", vote, "write:statuses"),
]
