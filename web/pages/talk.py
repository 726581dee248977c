"""Saying something under an event, an ask, a project or a post: one form, wherever it stands."""

from collections.abc import Awaitable
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import posts
from hub.clock import MINUTE
from hub.errors import HubError
from hub.store import Tx
from hub.text import Text
from web import auth, done, forms, limits, twice
from web.forms import Form
from web.shell import language
from web.showing import Words
from web.templates import see_other

ANSWER = limits.Limit("answer", 30, 10 * MINUTE)  # answers and replies from one address


class Page(Protocol):
    """Draws the page that the form stands on, once more, with what was typed and what is wrong with it."""

    def __call__(self, request: Request, *, words: Form[Any], status: int) -> Awaitable[Response]: ...


def reply_form(folder: str, page: Page) -> Route:
    """Where a neighbour who has signed in says something under one of what stands in `/folder`."""

    async def reply(request: Request) -> Response:
        who, id = auth.require(request, "resident"), request.path_params["id"]
        form = await forms.parse(request, Words)
        if form.value is None:
            return await page(request, words=form, status=422)
        limits.check(request, ANSWER)
        lang, _ = language(request, request.app.state.hub, auth.visitor(request))
        try:
            waits = await request.app.state.store.write(
                _say_once, twice.key(request, who, form.kept()), who.actor, id, {lang: form.value.text}
            )
        except HubError as refusal:
            return await page(request, words=form.refuse(refusal), status=422)
        return see_other(request, done.path(f"/{folder}/{id}#replies", "said-waits" if waits else "replied"))

    return Route(f"/{folder}/{{id:int}}/reply", reply, methods=["POST"])


def _say_once(tx: Tx, key: str, who: int, under: int, words: Text) -> bool:
    """Whether it waits until somebody has read it."""
    if twice.before(tx, key) is not None:
        return False
    said = posts.reply(tx, who, under, words)
    twice.remember(tx, key, said.id)
    return said.hidden
