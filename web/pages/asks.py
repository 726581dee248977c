"""Help wanted and help to be had: the list, one of them, and "I can help"."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import asks, helping, once, pledges
from hub.asks import Ask
from hub.errors import N_, Conflict, HubError, NotFound
from hub.helping import Answer
from hub.people import Account, Guest, may
from hub.pledges import Pledge
from hub.settings import Contact, Hub
from hub.store import Tx
from web import auth, done, forms, limits, twice
from web.accept import ACTIVITY, to_activity, wants_activity
from web.cache import shared
from web.forms import Form
from web.pages.talk import ANSWER, reply_form
from web.shell import Alternate
from web.showing import Origin, Talk, asked, origin, replies
from web.templates import render, see_other

LISTED, CLOSED = 40, 6


class AsksPage(msgspec.Struct, frozen=True):
    """Asks, offers, and the last ones that worked. `kind` is "ask" or "offer" when only those are wanted, `category`
    likewise; `categories` are those that something is there for."""

    kind: str
    category: str
    categories: list[str]
    asks: list[Ask]
    offers: list[Ask]
    closed: list[Ask]


class AskPage(msgspec.Struct, frozen=True):
    """One ask or offer. `mine` is what the visitor has answered, if they are signed in, `pledge` what they offered to
    the hub that asks; `reaches`: whether they can offer that from here; `organiser`: whether they may change it.
    `guard` is whom to ring when something feels wrong. `form` is "I can help", `words` a reply."""

    ask: Ask
    replies: Talk
    origin: Origin | None
    guard: Contact | None
    mine: Answer | None
    pledge: Pledge | None
    reaches: bool
    organiser: bool
    form: Form[Any]
    words: Form[Any]


class ThanksPage(msgspec.Struct, frozen=True):
    """What happens now that somebody has offered."""

    ask: Ask
    guard: Contact | None


class GuestHelp(msgspec.Struct, frozen=True):
    """The form of a guest. Only coordinators see any of it."""

    said: str
    name: str = ""
    contact: str = ""
    words: str = ""
    named: bool = False


class OwnHelp(msgspec.Struct, frozen=True):
    """The form of somebody who has signed in. `named`: they may be thanked by name."""

    said: str
    words: str = ""
    named: bool = False


@shared
async def listed(request: Request) -> Response:
    kind, category = request.query_params.get("kind", ""), request.query_params.get("category", "")
    page = await request.app.state.store.read(
        gather, kind if kind in asks.SAID else "", category if category in asks.CATEGORIES else ""
    )
    return render(request, "asks.html", page)


def gather(tx: Tx, kind: str, category: str) -> AsksPage:
    found = asks.open_(tx, limit=200)
    wanted = [it for it in found if category in ("", it.category)]
    used = {it.category for it in found}
    return AsksPage(
        kind=kind, category=category, categories=[one for one in asks.CATEGORIES if one in used],
        asks=[it for it in wanted if it.kind == "ask" and kind != "offer"][:LISTED],
        offers=[it for it in wanted if it.kind == "offer" and kind != "ask"][:LISTED],
        closed=asks.closed(tx, CLOSED),
    )  # fmt: skip


@shared
async def show(request: Request) -> Response:
    if wants_activity(request):
        ask: Ask = await request.app.state.store.read(asks.get, request.path_params["id"])
        return to_activity(ask.uri)
    return await _page(request)


async def _page(
    request: Request, *, form: Form[Any] | None = None, words: Form[Any] | None = None, status: int = 200
) -> Response:
    state, id = request.app.state, request.path_params["id"]
    page: AskPage = await state.store.read(gather_one, id, state.hub, auth.account(request), asked(request))
    page = msgspec.structs.replace(page, form=form or forms.blank(), words=words or forms.blank())
    return render(request, "ask.html", page, status, alternates=[Alternate(page.ask.uri, ACTIVITY)])


def gather_one(tx: Tx, id: int, hub: Hub, who: Account | None, talk: int = 0) -> AskPage:
    ask = asks.get(tx, id)
    return AskPage(
        ask=ask, replies=replies(tx, ask, hub, talk, who), origin=origin(ask), guard=guard(hub),
        mine=helping.mine(tx, id, who.actor) if who else None, pledge=pledges.of(tx, who.actor, id) if who else None,
        reaches=pledges.reaches(tx, ask), organiser=ask.local and may(who, "organiser"), form=forms.blank(),
        words=forms.blank(),
    )  # fmt: skip


def guard(hub: Hub) -> Contact | None:
    """Who looks after safeguarding, as their role says ("Keeping people safe"); else the first who can be reached."""
    reachable = [one for one in hub.contacts if one.reach.strip()]
    named = [one for one in reachable if "safe" in one.role.casefold() or "diogelu" in one.role.casefold()]
    return next(iter(named + reachable), None)


async def answer(request: Request) -> Response:
    """ "I can help": a neighbour as themselves, a guest by name and number."""
    limits.check(request, ANSWER)
    who, id = auth.account(request), request.path_params["id"]
    form: Form[Any] = await forms.parse(request, OwnHelp if who else GuestHelp)
    if form.value is None:
        return await _page(request, form=form, status=422)
    try:
        await request.app.state.store.write(_answer_once, twice.key(request, who, form.kept()), id, who, form.value)
    except HubError as refusal:
        return await _page(request, form=form.refuse(refusal), status=422)
    return see_other(request, f"/asks/{id}/thanks")


def _answer_once(tx: Tx, key: str, id: int, who: Account | None, it: Any) -> None:
    """The same form from the same guest is the same answer. (Somebody with an account has one answer anyway.)"""
    if who is None and once.made(tx, key) is not None:
        return
    person = who.actor if who else Guest(it.name, it.contact)
    kept = helping.answer(tx, id, person, it.said, words=it.words, named=it.named)
    twice.remember(tx, key, kept.id)


@auth.needs("resident")
async def pledge(request: Request) -> Response:
    """ "I can help", with what another hub asks."""
    limits.check(request, ANSWER)
    who, id = auth.require(request, "resident"), request.path_params["id"]
    form = await forms.parse(request, pledges.Draft)
    if form.value is None:
        return await _page(request, form=form, status=422)
    try:
        await request.app.state.store.write(pledges.offer, who.actor, id, form.value)
    except NotFound:
        raise
    except HubError as refusal:
        return await _page(request, form=form.refuse(refusal), status=422)
    return see_other(request, done.path(f"/asks/{id}", "pledged"))


@auth.needs("resident")
async def take_back(request: Request) -> Response:
    """They cannot help any more, here or there."""
    who, id = auth.require(request, "resident"), request.path_params["id"]
    await request.app.state.store.write(_take_back, who.actor, id)
    return see_other(request, done.path(f"/asks/{id}", "help-withdrawn"))


def _take_back(tx: Tx, who: int, id: int) -> None:
    if not asks.get(tx, id).local:
        pledges.take_back(tx, who, id)
    elif not helping.withdraw(tx, id, who):
        raise Conflict(N_("There is nothing to take back any more."))


async def thanks(request: Request) -> Response:
    state = request.app.state
    ask = await state.store.read(asks.get, request.path_params["id"])
    return render(request, "thanks.html", ThanksPage(ask, guard(state.hub)), headers={"X-Robots-Tag": "noindex"})


routes = [
    Route("/asks", listed),
    Route("/asks/{id:int}", show),
    Route("/asks/{id:int}/answer", answer, methods=["POST"]),
    Route("/asks/{id:int}/thanks", thanks),
    Route("/asks/{id:int}/pledge", pledge, methods=["POST"]),
    Route("/asks/{id:int}/withdraw", take_back, methods=["POST"]),
    reply_form("asks", _page),
]
