"""One's own account: who one is here, what one has offered, the language that pages speak."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import factors, helping, people, pledges, sessions
from hub.store import Tx
from web import auth, browsers, done, forms, i18n
from web.forms import Form
from web.templates import render, see_other


class Language(msgspec.Struct, frozen=True):
    language: str = ""


class NewPlace(msgspec.Struct, frozen=True):
    """A sign-in from a browser or a place that was not known before: in words, with its address and when.

    `browser` and `system` are messages to be translated; `system` is empty when it cannot be told.
    """

    browser: str
    system: str
    place: str
    at: int


class AccountPage(msgspec.Struct, frozen=True):
    """One's own account: `language` what pages speak, of `tongues` (tag, its own name).

    `news` are sign-ins from new places, `helping` what they offered here, `pledged` to other hubs. `second` says
    whether they have a second step to sign in.
    """

    account: people.Account
    language: Form[Any]
    tongues: list[tuple[str, str]]
    news: list[NewPlace]
    helping: list[helping.Mine]
    pledged: list[pledges.Mine]
    second: bool


@auth.needs("resident")
async def mine(request: Request) -> Response:
    who = auth.require(request, "resident")
    tongues = [(tag, i18n.LANGUAGES[tag]) for tag in request.app.state.hub.languages if tag in i18n.LANGUAGES]
    page = await request.app.state.store.read(_about, who, tongues)
    return render(request, "account.html", page, headers={"Cache-Control": "no-store"})


def _about(tx: Tx, who: people.Account, tongues: list[tuple[str, str]]) -> AccountPage:
    return AccountPage(
        account=who, language=forms.blank(language=who.language), tongues=tongues,
        news=[NewPlace(*browsers.named(it.agent), it.place, it.first) for it in sessions.new_places(tx, who.actor)],
        helping=helping.all_mine(tx, who.actor), pledged=pledges.all_mine(tx, who.actor),
        second=factors.of(tx, who.actor).second,
    )  # fmt: skip


@auth.needs("resident")
async def speak(request: Request) -> Response:
    form = await forms.parse(request, Language)
    wanted = form.value.language if form.value else ""
    who, hub = auth.require(request, "resident"), request.app.state.hub
    await request.app.state.store.write(people.speak, who.actor, wanted if wanted in hub.languages else "")
    return see_other(request, done.path("/account", "saved"))


@auth.needs("resident")
async def own_places(request: Request) -> Response:
    """That was me."""
    await request.app.state.store.write(sessions.own_places, auth.require(request, "resident").actor)
    return see_other(request, done.path("/account", "own-places"))


routes = [
    Route("/account", mine, methods=["GET"]),
    Route("/account/language", speak, methods=["POST"]),
    Route("/account/places", own_places, methods=["POST"]),
]
