"""How one's account is kept safe: the password, passkeys, an app with codes, recovery codes, where one is signed in."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import factors, people, sessions
from hub.clock import now
from hub.errors import HubError, Invalid
from hub.factors import Factors
from hub.store import Tx
from web import auth, browsers, done, forms, limits, passkeys
from web.forms import Form
from web.pages import password
from web.templates import render, see_other

HOME = "/account/security"

Password = Annotated[str, Meta(max_length=1000)]


class Change(msgspec.Struct, frozen=True):
    now: Password
    password: Password
    again: Password = ""


class NewPasskey(msgspec.Struct, frozen=True):
    name: Annotated[str, Meta(max_length=60)] = ""
    credential: Annotated[str, Meta(max_length=passkeys.LARGEST)] = ""


class Code(msgspec.Struct, frozen=True):
    code: Annotated[str, Meta(max_length=40)]


class SignedIn(msgspec.Struct, frozen=True):
    """Where somebody is signed in, from which address, since when, when last seen; `here` for this one.

    `browser` and `system` are messages to be translated; `system` is empty when it cannot be told.
    """

    id: int
    browser: str
    system: str
    place: str
    created: int
    seen: int
    here: bool


class SecurityPage(msgspec.Struct, frozen=True):
    """`form` changes the password. `sessions` is everywhere that they are signed in.

    `second_by` is when a second step has to be there at the latest, 0 for whoever needs none or has one; `late` when
    that has passed.
    """

    form: Form[Any]
    account: people.Account
    factors: Factors
    sessions: list[SignedIn]
    second_by: int
    late: bool


class PasskeyPage(msgspec.Struct, frozen=True):
    """A new passkey: `form` takes its name."""

    form: Form[Any]


class AppPage(msgspec.Struct, frozen=True):
    """Setting up an app with codes: `key` in groups of four to be typed, `address` to be scanned."""

    form: Form[Any]
    key: str
    address: str


class CodesPage(msgspec.Struct, frozen=True):
    """Recovery codes, shown this once. `hub` and `login` say on paper what they are for."""

    codes: list[str]
    hub: str
    login: str


@auth.needs("resident")
async def show(request: Request) -> Response:
    return await _page(request, forms.blank())


async def _page(request: Request, form: Form[Any], status: int = 200) -> Response:
    who = auth.require(request, "resident")
    secret = auth.cookie(request.scope, request.app.state.cookie)
    has, everywhere = await request.app.state.store.read(_about, who.actor, secret)
    by = auth.second_by(request)
    page = SecurityPage(form, who, has, everywhere, by, 0 < by <= now())
    return render(request, "security.html", page, status, headers=_PRIVATE)


def _about(tx: Tx, who: int, secret: str) -> tuple[Factors, list[SignedIn]]:
    everywhere = [
        SignedIn(it.id, *browsers.named(it.agent), it.place, it.created, it.seen, it.here)
        for it in sessions.sessions(tx, who, secret)
    ]
    return factors.of(tx, who), everywhere


# The password


@auth.needs("resident")
async def change(request: Request) -> Response:
    """A new password, for somebody who knows the old one. Signs out everywhere else."""
    form = await forms.parse(request, Change)
    who = auth.require(request, "resident")
    if form.value is None:
        return await _page(request, form, 422)
    try:
        await auth.check_own(request, who, form.value.now, "now")
        return await password.choose(request, who, form.value.password, form.value.again)
    except Invalid as wrong:
        return await _page(request, form.refuse(wrong), 422)


# Passkeys


@auth.needs("resident")
@auth.sure
async def new_passkey(request: Request) -> Response:
    return _new_passkey(request, forms.blank())


def _new_passkey(request: Request, form: Form[Any], status: int = 200) -> Response:
    return render(request, "passkey.html", PasskeyPage(form), status, headers=_PRIVATE)


@auth.needs("resident")
@auth.sure
async def passkey_options(request: Request) -> Response:
    limits.check(request, limits.PASSKEY)
    return await passkeys.new_options(request, auth.require(request, "resident"))


@auth.needs("resident")
@auth.sure
async def add_passkey(request: Request) -> Response:
    limits.check(request, limits.PASSKEY)
    form = await forms.parse(request, NewPasskey)
    if form.value is None:
        return _new_passkey(request, form, 422)
    try:
        codes = await passkeys.added(request, auth.require(request, "resident"), form.value.credential, form.value.name)
    except HubError as wrong:
        return _new_passkey(request, form.refuse(wrong), 422)
    return await _settled(request, codes, "passkey-added")


@auth.needs("resident")
async def rename_passkey(request: Request) -> Response:
    form = await forms.parse(request, NewPasskey)
    who, id = auth.require(request, "resident"), request.path_params["id"]
    await request.app.state.store.write(factors.rename_passkey, who.actor, id, form.value.name if form.value else "")
    return see_other(request, done.path(HOME, "passkey-renamed"))


@auth.needs("resident")
@auth.sure
async def remove_passkey(request: Request) -> Response:
    who = auth.require(request, "resident")
    await request.app.state.store.write(factors.remove_passkey, who.actor, request.path_params["id"])
    return see_other(request, done.path(HOME, "passkey-removed"))


# An app that shows codes


@auth.needs("resident")
@auth.sure
async def app(request: Request) -> Response:
    return await _app(request, forms.blank())


async def _app(request: Request, form: Form[Any], status: int = 200) -> Response:
    who, state = auth.require(request, "resident"), request.app.state
    key = await state.store.write(factors.new_key, who.actor)
    groups = " ".join(key[at : at + 4] for at in range(0, len(key), 4)).lower()
    page = AppPage(form, groups, factors.key_address(key, who.login, state.hub.domain))
    return render(request, "app.html", page, status, headers=_PRIVATE)


@auth.needs("resident")
@auth.sure
async def confirm_app(request: Request) -> Response:
    form = await forms.parse(request, Code)
    if form.value is None:
        return await _app(request, form, 422)
    who = auth.require(request, "resident")
    try:
        codes = await request.app.state.store.write(factors.confirm_app, who.actor, form.value.code)
    except Invalid as wrong:
        return await _app(request, form.refuse(wrong), 422)
    return await _settled(request, codes, "app-added")


@auth.needs("resident")
@auth.sure
async def remove_app(request: Request) -> Response:
    await request.app.state.store.write(factors.remove_app, auth.require(request, "resident").actor)
    return see_other(request, done.path(HOME, "app-removed"))


# Recovery codes


@auth.needs("resident")
@auth.sure
async def new_codes(request: Request) -> Response:
    """A new set, if there is something that they stand in for."""
    who = auth.require(request, "resident")
    return await _settled(request, await request.app.state.store.write(_new_codes, who.actor), "saved")


def _new_codes(tx: Tx, actor: int) -> list[str]:
    return factors.new_codes(tx, actor) if factors.of(tx, actor).second else []


async def _settled(request: Request, codes: list[str], said: str) -> Response:
    """Show the codes, this once, and give the session another secret: there is a second step now that there was not."""
    who, hub = auth.require(request, "resident"), request.app.state.hub
    if not codes:
        return await auth.reassure(request, see_other(request, done.path(HOME, said)))
    page = CodesPage(codes, hub.domain, who.login)
    return await auth.reassure(request, render(request, "codes.html", page, headers=_PRIVATE))


# Where one is signed in


@auth.needs("resident")
async def leave_others(request: Request) -> Response:
    who, secret = auth.require(request, "resident"), auth.cookie(request.scope, request.app.state.cookie)
    await request.app.state.store.write(sessions.close_others, who.actor, secret)
    return see_other(request, done.path(HOME, "left-others"))


@auth.needs("resident")
async def leave_one(request: Request) -> Response:
    who = auth.require(request, "resident")
    await request.app.state.store.write(sessions.close_one, who.actor, request.path_params["id"])
    return see_other(request, done.path(HOME, "left-session"))


_PRIVATE = {"Cache-Control": "no-store"}

routes = [
    Route(HOME, show, methods=["GET"]),
    Route("/account/password", change, methods=["POST"]),
    Route("/account/passkeys", new_passkey, methods=["GET"]),
    Route("/account/passkeys", add_passkey, methods=["POST"]),
    Route("/account/passkeys/options", passkey_options, methods=["POST"]),
    Route("/account/passkeys/{id:int}/name", rename_passkey, methods=["POST"]),
    Route("/account/passkeys/{id:int}/remove", remove_passkey, methods=["POST"]),
    Route("/account/app", app, methods=["GET"]),
    Route("/account/app", confirm_app, methods=["POST"]),
    Route("/account/app/remove", remove_app, methods=["POST"]),
    Route("/account/codes", new_codes, methods=["POST"]),
    Route("/account/sessions", leave_others, methods=["POST"]),
    Route("/account/sessions/{id:int}", leave_one, methods=["POST"]),
]
