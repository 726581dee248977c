"""What a resident does with what others say, and with those who say it: one small form each, back to where it stood."""

from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import reacting, relations, statuses, voting
from hub.clock import DAY
from hub.errors import N_, Invalid
from hub.store import Tx
from web import auth, done, forms, limits
from web.pages.talk import ANSWER
from web.templates import see_other

Word = Annotated[str, Meta(max_length=40)]
MUTED_FOR = {"day": DAY, "week": 7 * DAY, "": 0}


class Deed(msgspec.Struct, frozen=True):
    """`deed` is what to do, `back` the page that the form stands on, `choice` the options of a poll (from 0)."""

    deed: Word
    back: Annotated[str, Meta(max_length=600)] = ""
    choice: list[str] = msgspec.field(default_factory=list)


Unit = Callable[[Tx, int, int], Any]

WITH_THINGS: dict[str, Unit] = {
    "like": reacting.like,
    "unlike": lambda tx, me, id: reacting.take_back(tx, me, id, reacting.LIKE),
    "share": reacting.share,
    "unshare": lambda tx, me, id: reacting.take_back(tx, me, id, reacting.SHARE),
    "keep": reacting.keep,
    "drop": reacting.drop,
    "pin": reacting.pin,
    "unpin": reacting.unpin,
    "leave": reacting.leave_thread,
    "rejoin": reacting.rejoin_thread,
    "remove": statuses.remove,
}
WITH_PEOPLE: dict[str, Unit] = {
    "follow": relations.follow,
    "unfollow": relations.unfollow,
    "block": relations.block,
    "unblock": relations.unblock,
    "mute": relations.mute,
    "mute-day": lambda tx, me, id: relations.mute(tx, me, id, lasts=MUTED_FOR["day"]),
    "mute-week": lambda tx, me, id: relations.mute(tx, me, id, lasts=MUTED_FOR["week"]),
    "unmute": relations.unmute,
    "accept": lambda tx, me, id: relations.decide(tx, me, id, accepted=True),
    "refuse": lambda tx, me, id: relations.decide(tx, me, id, accepted=False),
    "dismiss": relations.dismiss,
}
# What is worth a sentence afterwards; the rest shows on the button itself.
TOLD = frozenset({
    "share", "keep", "pin", "leave", "remove", "follow", "unfollow", "block", "mute", "mute-day", "mute-week", "accept",
    "refuse", "vote",
})  # fmt: skip


@auth.needs("resident")
async def with_thing(request: Request) -> Response:
    return await _do(request, WITH_THINGS, "post")


@auth.needs("resident")
async def with_person(request: Request) -> Response:
    return await _do(request, WITH_PEOPLE, "actor")


async def _do(request: Request, units: dict[str, Unit], what: str) -> Response:
    who, id = auth.require(request, "resident"), request.path_params["id"]
    form = await forms.parse(request, Deed)
    limits.check(request, ANSWER, f"deed {who.actor}")
    typed = form.value or Deed("")
    back, stands = auth.back(typed.back, "/home"), None
    if what == "post" and typed.deed == "vote":
        await request.app.state.store.write(voting.vote, who.actor, id, _choices(typed.choice))
    elif typed.deed in units:
        stands = await request.app.state.store.write(units[typed.deed], who.actor, id)
    else:
        raise Invalid(N_("Use the buttons on the page."))
    if typed.deed == "remove" and back.startswith(f"/posts/{id}"):
        back = "/home"
    to = f"{back.partition('#')[0]}#{'s' if what == 'post' else 'a'}{id}" if typed.deed != "remove" else back
    word = "asked" if typed.deed == "follow" and stands and stands.requested else typed.deed
    return see_other(request, done.path(to, f"deed-{word}") if typed.deed in TOLD else to)


def _choices(typed: list[str]) -> list[int]:
    return [int(one) for one in typed if one.isascii() and one.isdecimal() and len(one) < 3]


routes = [
    Route("/posts/{id:int}/do", with_thing, methods=["POST"]),
    Route("/people/{id:int}/do", with_person, methods=["POST"]),
]
