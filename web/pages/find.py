"""Finding somebody to follow, or something that was said: among those we know, and on any server, by its address."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from federation import find_account, find_thing
from hub import actors, finding, relations, suggestions, viewing
from hub.actors import Actor
from hub.clock import MINUTE
from hub.errors import HubError, NotFound
from hub.relations import Relation
from hub.settings import Hub
from hub.store import Tx
from web import auth, forms, limits
from web.forms import Form
from web.templates import render, see_other
from web.timeline import Card, Entry, cards, path

LOOK = limits.Limit("look elsewhere", 30, 10 * MINUTE)
MOST = 20


class Found(msgspec.Struct, frozen=True):
    """Somebody who was found, and how the reader stands to them."""

    actor: Actor
    stands: Relation


class FindPage(msgspec.Struct, frozen=True):
    """People and words that were found for `words`; without any, whom one might like to follow. `refusal`: why nobody
    was found elsewhere."""

    form: Form[Any]
    words: str
    people: list[Found]
    cards: list[Card]
    proposed: list[Found]
    refusal: HubError | None = None


@auth.needs("resident")
async def find(request: Request) -> Response:
    who, state = auth.require(request, "resident"), request.app.state
    words = " ".join(request.query_params.get("q", "")[:500].split())
    page: FindPage = await state.store.read(_gather, state.hub, who.actor, words)
    if not (page.people or page.cards) and _is_address(words):
        try:
            return see_other(request, await _elsewhere(request, who.actor, words))
        except HubError as refusal:
            page = msgspec.structs.replace(page, refusal=refusal)
    return render(request, "find.html", page, headers={"Cache-Control": "no-store"})


def _is_address(words: str) -> bool:
    return " " not in words and ("://" in words or "@" in words.removeprefix("@"))


async def _elsewhere(request: Request, me: int, words: str) -> str:
    """The page here of what is at an address elsewhere: somebody, or something that was said. Raises `NotFound`."""
    limits.check(request, LOOK, f"account {me}")
    state = request.app.state
    try:
        return f"/people/{await find_account(state.wire, words)}"
    except NotFound:
        if "://" not in words:
            raise
    return path(await state.store.read(viewing.get, me, await find_thing(state.wire, words)))


def _gather(tx: Tx, hub: Hub, me: int, words: str) -> FindPage:
    found = finding.accounts(tx, me, words, hub, limit=MOST) if words else []
    said = finding.statuses(tx, me, words, limit=MOST) if words and not _is_address(words) else []
    if words and "://" in words and not found:
        found = [one for one in [finding.address(tx, words)] if one is not None]
        said = [one for one in [finding.thing(tx, me, words, hub)] if one is not None]
    proposed = [] if words else suggestions.for_(tx, me, limit=MOST)
    return FindPage(
        forms.blank(q=words), words, _found(tx, me, found),
        cards(tx, hub, me, [Entry(one, one) for one in said]).cards, _found(tx, me, proposed),
    )  # fmt: skip


def _found(tx: Tx, me: int, ids: list[int]) -> list[Found]:
    stands = {it.id: it for it in relations.of(tx, me, ids)}
    return [Found(actors.get(tx, one), stands[one]) for one in ids if one in stands]


routes = [Route("/find", find)]
