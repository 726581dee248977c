"""Asks and offers, and who helps."""

from starlette.requests import Request
from starlette.responses import Response

from hub import asks, helping, people, pledges, viewing, whereabouts
from hub.errors import N_, Conflict, NotFound
from hub.store import Tx
from web.mastodon.api import Caller, answer, path_id
from web.mastodon.params import Params
from web.mastodon.view import View, view
from web.neighbourhub import shapes
from web.neighbourhub.asked import Asks, Offer, side
from web.neighbourhub.calls import Call, part, taken
from web.neighbourhub.shapes import Help

NOTHING = Help(said=None, state=None, words="", told={})


async def needed(request: Request, caller: Caller, params: Params) -> Response:
    asked = taken(params, Asks)
    before = whereabouts.HIGHEST if asked.after is None else int(asked.after)

    def unit(tx: Tx) -> list[shapes.Ask]:
        found = whereabouts.needed(
            tx, me=caller.id, kind=asked.kind or "", category=asked.category or "", area=asked.area, local=side(asked),
            open_={"true": True, "false": False, "all": None}[asked.open], before=before, limit=asked.limit + 1,
        )  # fmt: skip
        return [shapes.ask(tx, v, it, _help_of(tx, caller.id, it)) for it in found]

    v = view(request)
    found = await request.app.state.store.read(unit)
    more = len(found) > asked.limit
    return part(request, found[: asked.limit], found[asked.limit - 1].id if more else None)


async def one(request: Request, caller: Caller, params: Params) -> Response:
    return answer(await request.app.state.store.read(_one, view(request), caller.id, path_id(request)))


async def help_(request: Request, caller: Caller, params: Params) -> Response:
    return answer(await request.app.state.store.read(_help, caller.id, path_id(request)))


async def offer(request: Request, caller: Caller, params: Params) -> Response:
    asked = taken(params, Offer)
    return answer(await request.app.state.store.write(_offer, caller.id, path_id(request), asked))


async def take_back(request: Request, caller: Caller, params: Params) -> Response:
    return answer(await request.app.state.store.write(_take_back, caller.id, path_id(request)))


def _seen(tx: Tx, me: int, id: int) -> asks.Ask:
    """The ask, if they may see it."""
    if viewing.get(tx, me, id).kind not in asks.SAID:
        raise NotFound(viewing.NOTHING)
    return asks.get(tx, id)


def _one(tx: Tx, v: View, me: int, id: int) -> shapes.Ask:
    it = _seen(tx, me, id)
    return shapes.ask(tx, v, it, _help_of(tx, me, it))


def _help(tx: Tx, me: int, id: int) -> Help:
    return _help_of(tx, me, _seen(tx, me, id)) or NOTHING


def _help_of(tx: Tx, me: int, it: asks.Ask) -> Help | None:
    """What they have answered; `None` for a stranger."""
    if not me:
        return None
    if it.local:
        mine = helping.mine(tx, it.id, me)
        return Help(said=mine.said, state=mine.state, words=mine.words, told=mine.told) if mine else NOTHING
    pledged = pledges.of(tx, me, it.id)
    if pledged is None:
        return NOTHING
    told = {"und": pledged.reason} if pledged.reason else {}
    return Help(said=asks.SAID[it.kind][0], state=pledged.state, words=pledged.words, told=told)


def _offer(tx: Tx, me: int, id: int, asked: Offer) -> Help:
    """The same verbs as for the form and the poll."""
    people.require(tx, me, "resident")
    it = _seen(tx, me, id)
    said = asked.to(it.kind)
    if it.local:
        helping.answer(tx, id, me, said, words=asked.words, via="app")
    elif said != asks.SAID[it.kind][0]:
        raise Conflict(N_("This can only be answered where it was published."))
    else:
        pledges.offer(tx, me, id, pledges.Draft(asked.words, asked.available, asked.hours))
    return _help(tx, me, id)


def _take_back(tx: Tx, me: int, id: int) -> Help:
    people.require(tx, me, "resident")
    it = _seen(tx, me, id)
    if it.local:
        helping.withdraw(tx, id, me)
    elif pledges.of(tx, me, id) is not None:
        pledges.take_back(tx, me, id)
    return _help(tx, me, id)


calls = [
    Call(
        method="GET", path="/asks", handler=needed, query=Asks, gives=list[shapes.Ask], tag="asks", paged=True,
        summary="Asks and offers, the newest first",
    ),
    Call(
        method="GET", path="/asks/{id}", handler=one, gives=shapes.Ask, tag="asks", refuses=(404,),
        summary="One ask or offer",
    ),
    Call(
        method="GET", path="/asks/{id}/help", handler=help_, gives=Help, tag="asks", open=False, refuses=(404,),
        summary="Whether you help",
    ),
    Call(
        method="PUT", path="/asks/{id}/help", handler=offer, body=Offer, gives=Help, tag="asks", open=False,
        scope="write:statuses", refuses=(404,), summary="Say how you help",
    ),
    Call(
        method="DELETE", path="/asks/{id}/help", handler=take_back, gives=Help, tag="asks", open=False,
        scope="write:statuses", refuses=(404,), summary="Take your answer back",
    ),
]  # fmt: skip
