"""For those who organise: who is coming to an event."""

import csv
import io

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import attendance, events, things
from hub.errors import N_, Conflict
from hub.store import Tx
from web import auth, done, forms, when
from web.templates import render, see_other

MOST_IN_FILE = 100_000  # rows
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would work out
MOVES = {"let-in": "let-in", "take-off": "taken-off"}


class Move(msgspec.Struct, frozen=True):
    """What an organiser does with somebody on the list: `do` is let-in or take-off."""

    answer: str = ""
    do: str = ""


class ComingPage(msgspec.Struct, frozen=True):
    """Everybody who answered an event: those who wait in their order, then the others, the newest first."""

    event: events.Event
    people: list[attendance.Attendance]


@auth.needs("organiser")
async def coming(request: Request) -> Response:
    who = auth.require(request, "organiser")
    page = await request.app.state.store.read(_coming, who.actor, request.path_params["id"], attendance.MOST_LISTED)
    return render(request, "coming.html", page, headers=_PRIVATE)


def _coming(tx: Tx, who: int, id: int, most: int) -> ComingPage:
    things.ours(tx, id, ("event",))
    return ComingPage(events.get(tx, id), attendance.attending(tx, who, id, most))


@auth.needs("organiser")
async def move(request: Request) -> Response:
    """Let in somebody who waits, or take somebody off the list."""
    who, id = auth.require(request, "organiser"), request.path_params["id"]
    form = await forms.parse(request, Move)
    typed = form.value or Move()
    if typed.do not in MOVES or not (typed.answer.isascii() and typed.answer.isdecimal()):
        return see_other(request, f"/events/{id}/people")
    await request.app.state.store.write(_move, who.actor, id, int(typed.answer[:18]), typed.do)
    return see_other(request, done.path(f"/events/{id}/people", MOVES[typed.do]))


def _move(tx: Tx, who: int, event: int, answer: int, do: str) -> None:
    verb = attendance.let_in if do == "let-in" else attendance.take_off
    if verb(tx, who, answer).event != event:
        raise Conflict(N_("That answer belongs to another event."))


@auth.needs("organiser")
async def table(request: Request) -> Response:
    """The list for a spreadsheet."""
    who, id = auth.require(request, "organiser"), request.path_params["id"]
    page = await request.app.state.store.read(_coming, who.actor, id, MOST_IN_FILE)
    head = {"Content-Disposition": f'attachment; filename="event-{id}.csv"'}
    return Response(_csv(page.people), media_type="text/csv; charset=utf-8", headers=_PRIVATE | head)


def _csv(them: list[attendance.Attendance]) -> bytes:
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(["name", "answer", "people", "contact", "how", "when"])
    for it in them:
        said = "waiting" if it.waiting else it.said
        at = when.local(it.at, "UTC").strftime("%Y-%m-%d %H:%M UTC")
        rows.writerow([_cell(f"{it.name} {it.handle}".strip()), said, it.party, _cell(it.contact), it.via, at])
    return b"\xef\xbb\xbf" + out.getvalue().encode()  # the mark by which Excel knows that it is UTF-8


def _cell(words: str) -> str:
    """What somebody typed is words, also for a spreadsheet that takes `=` for the beginning of a formula."""
    return f"'{words}" if words.startswith(FORMULA) else words


_PRIVATE = {"Cache-Control": "no-store"}

routes = [
    Route("/events/{id:int}/people", coming, methods=["GET"]),
    Route("/events/{id:int}/people", move, methods=["POST"]),
    Route("/events/{id:int}/people.csv", table, methods=["GET"]),
]
