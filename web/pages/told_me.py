"""What a resident is told: who named them, follows them, liked what they said; and who waits for their yes."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import actors, notices, relations
from hub.actors import Actor
from hub.settings import Hub
from hub.store import Tx
from web import auth, done
from web.pages.residents import LAST
from web.templates import render, see_other
from web.timeline import MOST, Card, Entry, cards


class Line(msgspec.Struct, frozen=True):
    """One notice: `kind` as apps name it, whoever did it, when (ms UTC), and what it is about."""

    kind: str
    actor: Actor
    at: int
    card: Card | None


class NoticesPage(msgspec.Struct, frozen=True):
    """What happened, newest first, and who asks to follow. `older` leads on."""

    lines: list[Line]
    asking: list[Actor]
    older: str


@auth.needs("resident")
async def show(request: Request) -> Response:
    who, state = auth.require(request, "resident"), request.app.state
    asked = request.query_params.get("before", "")
    before = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 19 else LAST
    page: NoticesPage = await state.store.read(_gather, state.hub, who.actor, before)
    return render(request, "notifications.html", page, headers=_PRIVATE)


@auth.needs("resident")
async def clear(request: Request) -> Response:
    who = auth.require(request, "resident")
    await request.app.state.store.write(notices.clear, who.actor)
    return see_other(request, done.path("/notifications", "notices-gone"))


def _gather(tx: Tx, hub: Hub, me: int, before: int) -> NoticesPage:
    rows = tx.all(
        """SELECT * FROM notice WHERE account = :me AND filtered = 0 AND kind <> :asks AND id < :before
           ORDER BY id DESC LIMIT :most""",
        me=me, asks=notices.FOLLOW_REQUEST, before=before, most=MOST + 1,
    )  # fmt: skip
    told = [notices.of_row(row) for row in rows[:MOST]]
    about = [Entry(it.thing, it.thing) for it in told if it.thing is not None]
    found = {card.thing.id: card for card in cards(tx, hub, me, about, most=len(about)).cards}
    lines = [Line(it.kind, actors.get(tx, it.actor), it.at, found.get(it.thing or 0)) for it in told]
    shown = [line for line, it in zip(lines, told, strict=True) if it.thing is None or line.card is not None]
    asking = [actors.get(tx, one) for one, _ in relations.requests(tx, me)]
    return NoticesPage(shown, asking, f"/notifications?before={told[-1].id}" if len(rows) > MOST else "")


_PRIVATE = {"Cache-Control": "no-store"}

routes = [
    Route("/notifications", show, methods=["GET"]),
    Route("/notifications/clear", clear, methods=["POST"]),
]
