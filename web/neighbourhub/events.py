"""Events by place and date, and who comes."""

from starlette.requests import Request
from starlette.responses import Response

from hub import attendance, events, people, viewing, voting, whereabouts
from hub.errors import N_, Invalid, NotFound
from hub.store import Tx
from web.mastodon.api import Caller, answer, path_id
from web.mastodon.params import Params
from web.mastodon.view import View, view
from web.neighbourhub import shapes
from web.neighbourhub.asked import Answer, Events, around, side
from web.neighbourhub.calls import Call, part, taken
from web.neighbourhub.shapes import Rsvp

NOTHING = Rsvp(said=None, party=0, waiting=False, ahead=0)


async def on(request: Request, caller: Caller, params: Params) -> Response:
    asked = taken(params, Events)
    where = around(asked)

    def unit(tx: Tx) -> tuple[list[shapes.Event], whereabouts.Mark | None]:
        found = whereabouts.on(
            tx, asked.when, me=caller.id, around=where, area=asked.area, local=side(asked), after=asked.mark,
            limit=asked.limit,
        )  # fmt: skip
        return [shapes.event(tx, v, it, km, _rsvp_of(tx, caller.id, it)) for it, km in found.events], found.end

    v = view(request)
    found, end = await request.app.state.store.read(unit)
    return part(request, found, None if end is None else f"{end[0]}.{end[1]}")


async def one(request: Request, caller: Caller, params: Params) -> Response:
    return answer(await request.app.state.store.read(_one, view(request), caller.id, path_id(request)))


async def rsvp(request: Request, caller: Caller, params: Params) -> Response:
    return answer(await request.app.state.store.read(_rsvp, caller.id, path_id(request)))


async def say(request: Request, caller: Caller, params: Params) -> Response:
    asked = taken(params, Answer)
    return answer(await request.app.state.store.write(_say, caller.id, path_id(request), asked))


async def take_back(request: Request, caller: Caller, params: Params) -> Response:
    return answer(await request.app.state.store.write(_take_back, caller.id, path_id(request)))


def _seen(tx: Tx, me: int, id: int) -> events.Event:
    """The event, if they may see it."""
    if viewing.get(tx, me, id).kind != "event":
        raise NotFound(viewing.NOTHING)
    return events.get(tx, id)


def _one(tx: Tx, v: View, me: int, id: int) -> shapes.Event:
    it = _seen(tx, me, id)
    return shapes.event(tx, v, it, rsvp=_rsvp_of(tx, me, it))


def _rsvp(tx: Tx, me: int, id: int) -> Rsvp:
    return _rsvp_of(tx, me, _seen(tx, me, id)) or NOTHING


def _rsvp_of(tx: Tx, me: int, it: events.Event) -> Rsvp | None:
    """What they have answered; `None` for a stranger."""
    if not me:
        return None
    if it.local:
        mine = attendance.answer_of(tx, it.id, me)
        if mine is None:
            return NOTHING
        ahead = attendance.ahead(tx, mine) if mine.waiting else 0
        return Rsvp(said=mine.said, party=mine.party, waiting=mine.waiting, ahead=ahead)  # type: ignore[arg-type]
    poll = voting.standing(tx, me, it)
    if poll is None or not poll.mine:
        return NOTHING
    return Rsvp(said=voting.EVENT[poll.mine[0]], party=1, waiting=False, ahead=0)  # type: ignore[arg-type]


def _say(tx: Tx, me: int, id: int, asked: Answer) -> Rsvp:
    """The same verbs as for the form and the poll."""
    people.require(tx, me, "resident")
    it = _seen(tx, me, id)
    if it.local:
        attendance.answer(tx, id, me, asked.said, party=asked.party, via="app")
    elif (asked.party or 1) > 1:
        raise Invalid(N_("To another hub you can only answer for yourself."), field="party")
    else:
        voting.vote(tx, me, id, [voting.EVENT.index(asked.said)])
    return _rsvp(tx, me, id)


def _take_back(tx: Tx, me: int, id: int) -> Rsvp:
    """As if never said. To an event elsewhere it becomes a no: there is no less that its hub would understand."""
    people.require(tx, me, "resident")
    it = _seen(tx, me, id)
    if it.local:
        attendance.withdraw(tx, id, me)
    elif voting.visits(tx, id, me):
        voting.vote(tx, me, id, [voting.EVENT.index("no")])
    return _rsvp(tx, me, id)


calls = [
    Call(
        method="GET", path="/events", handler=on, query=Events, gives=list[shapes.Event], tag="events", paged=True,
        summary="Events by place and date, soonest first",
    ),
    Call(
        method="GET", path="/events/{id}", handler=one, gives=shapes.Event, tag="events", refuses=(404,),
        summary="One event",
    ),
    Call(
        method="GET", path="/events/{id}/rsvp", handler=rsvp, gives=Rsvp, tag="events", open=False, refuses=(404,),
        summary="Whether you come",
    ),
    Call(
        method="PUT", path="/events/{id}/rsvp", handler=say, body=Answer, gives=Rsvp, tag="events", open=False,
        scope="write:statuses", refuses=(404,), summary="Say whether you come",
    ),
    Call(
        method="DELETE", path="/events/{id}/rsvp", handler=take_back, gives=Rsvp, tag="events", open=False,
        scope="write:statuses", refuses=(404,), summary="Take your answer back",
    ),
]  # fmt: skip
