"""For those who organise: who is coming to an event, and who can help with an ask."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import asks, attendance, events, things
from hub.errors import N_, Conflict
from hub.store import Tx
from web import auth, done, forms
from web.templates import render, see_other


class Decision(msgspec.Struct, frozen=True):
    answer: str = ""
    state: str = ""


class ComingPage(msgspec.Struct, frozen=True):
    """Everybody who answered an event, the newest first."""

    event: events.Event
    people: list[attendance.Attendance]


class AnswersPage(msgspec.Struct, frozen=True):
    """Everybody who answered an ask or an offer, the newest first."""

    ask: asks.Ask
    answers: list[asks.Answer]


@auth.needs("organiser")
async def coming(request: Request) -> Response:
    who = auth.require(request, "organiser")
    page = await request.app.state.store.read(_coming, who.actor, request.path_params["id"])
    return render(request, "coming.html", page, headers=_PRIVATE)


def _coming(tx: Tx, who: int, id: int) -> ComingPage:
    things.ours(tx, id, ("event",))
    return ComingPage(events.get(tx, id), attendance.attending(tx, who, id))


@auth.needs("organiser")
async def answers(request: Request) -> Response:
    who = auth.require(request, "organiser")
    page = await request.app.state.store.read(_answers, who.actor, request.path_params["id"])
    return render(request, "answers.html", page, headers=_PRIVATE)


def _answers(tx: Tx, who: int, id: int) -> AnswersPage:
    things.ours(tx, id, ("ask", "offer"))
    return AnswersPage(asks.get(tx, id), asks.answers(tx, who, id))


@auth.needs("organiser")
async def decide(request: Request) -> Response:
    who, id = auth.require(request, "organiser"), request.path_params["id"]
    form = await forms.parse(request, Decision)
    typed = form.value or Decision()
    if typed.state not in ("accepted", "declined") or not (typed.answer.isascii() and typed.answer.isdecimal()):
        return see_other(request, f"/asks/{id}/answers")
    await request.app.state.store.write(_decide, who.actor, id, int(typed.answer[:18]), typed.state)
    return see_other(request, done.path(f"/asks/{id}/answers", typed.state))


def _decide(tx: Tx, who: int, ask: int, answer: int, state: str) -> None:
    things.ours(tx, ask, ("ask", "offer"))
    if asks.decide(tx, who, answer, state).id != ask:
        raise Conflict(N_("That answer belongs to another ask."))


_PRIVATE = {"Cache-Control": "no-store"}

routes = [
    Route("/events/{id:int}/people", coming),
    Route("/asks/{id:int}/answers", answers, methods=["GET"]),
    Route("/asks/{id:int}/answers", decide, methods=["POST"]),
]
