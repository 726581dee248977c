"""Signing in and out, one's own account, and a new password by a link from the steward."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import helping, people, pledges
from hub.errors import N_, Invalid, NotAllowed
from hub.store import Store, Tx
from web import auth, browsers, done, forms, i18n, limits
from web.forms import Form
from web.templates import render, see_other

Name = Annotated[str, Meta(max_length=300)]
Password = Annotated[str, Meta(max_length=1000)]


class SignIn(msgspec.Struct, frozen=True):
    name: Name
    password: Password
    next: str = ""


class NewPassword(msgspec.Struct, frozen=True):
    password: Password
    again: Password = ""


class Change(msgspec.Struct, frozen=True):
    now: Password
    password: Password
    again: Password = ""


class Language(msgspec.Struct, frozen=True):
    language: str = ""


class SignInPage(msgspec.Struct, frozen=True):
    """`next` is the page of ours to go on to."""

    form: Form[Any]
    next: str


class SignedIn(msgspec.Struct, frozen=True):
    """Where somebody is signed in, since when, when last seen; `here` for this one.

    `browser` and `system` are messages to be translated; `system` is empty when it cannot be told.
    """

    browser: str
    system: str
    created: int
    seen: int
    here: bool


class AccountPage(msgspec.Struct, frozen=True):
    """One's own account: `form` changes the password, `language` what pages speak, of `tongues` (tag, its own name).

    `sessions` is everywhere that they are signed in, `helping` what they offered here, `pledged` to other hubs.
    """

    form: Form[Any]
    account: people.Account
    language: Form[Any]
    tongues: list[tuple[str, str]]
    sessions: list[SignedIn]
    helping: list[helping.Mine]
    pledged: list[pledges.Mine]


class PasswordPage(msgspec.Struct, frozen=True):
    """A new password by a link. `key` is the link's secret, `login` whose it is."""

    form: Form[Any]
    key: str
    login: str


async def sign_in(request: Request) -> Response:
    wanted = auth.back(request.query_params.get("next", ""), "")
    if auth.account(request) is not None and "again" not in request.query_params:
        return auth.popup(see_other(request, wanted or "/account"), wanted)
    return _sign_in(request, forms.blank(next=wanted), wanted)


async def enter(request: Request) -> Response:
    form = await forms.parse(request, SignIn)
    typed = form.value
    wanted = auth.back(form.typed("next"), "")
    if typed is None:
        return _sign_in(request, form, wanted, 422)
    try:
        who = await auth.check(request, typed.name, typed.password)
    except Invalid as wrong:
        return _sign_in(request, form.refuse(wrong), wanted, 422)
    to = wanted or ("/steward" if people.may(who, "organiser") else "/account")
    response = auth.popup(see_other(request, done.path(to, "signed-in")), wanted)
    return await auth.enter(request, response, who)


def _sign_in(request: Request, form: Form[Any], wanted: str, status: int = 200) -> Response:
    return auth.popup(render(request, "signin.html", SignInPage(form, wanted), status, headers=_PRIVATE), wanted)


async def leave(request: Request) -> Response:
    return await auth.leave(request, see_other(request, done.path("/", "signed-out")))


@auth.needs("resident")
async def mine(request: Request) -> Response:
    return await _account(request, forms.blank())


async def _account(request: Request, form: Form[Any], status: int = 200) -> Response:
    who = auth.require(request, "resident")
    secret = auth.cookie(request.scope, request.app.state.cookie)
    everywhere, offered, pledged = await request.app.state.store.read(_about, who.actor, secret)
    tongues = [(tag, i18n.LANGUAGES[tag]) for tag in request.app.state.hub.languages if tag in i18n.LANGUAGES]
    page = AccountPage(form, who, forms.blank(language=who.language), tongues, everywhere, offered, pledged)
    return render(request, "account.html", page, status, headers=_PRIVATE)


def _about(tx: Tx, who: int, secret: str) -> tuple[list[SignedIn], list[helping.Mine], list[pledges.Mine]]:
    everywhere = [
        SignedIn(*browsers.named(it.agent), it.created, it.seen, it.here) for it in people.sessions(tx, who, secret)
    ]
    return everywhere, helping.all_mine(tx, who), pledges.all_mine(tx, who)


@auth.needs("resident")
async def speak(request: Request) -> Response:
    form = await forms.parse(request, Language)
    wanted = form.value.language if form.value else ""
    who, hub = auth.require(request, "resident"), request.app.state.hub
    await request.app.state.store.write(people.speak, who.actor, wanted if wanted in hub.languages else "")
    return see_other(request, done.path("/account", "saved"))


@auth.needs("resident")
async def leave_others(request: Request) -> Response:
    who, secret = auth.require(request, "resident"), auth.cookie(request.scope, request.app.state.cookie)
    await request.app.state.store.write(people.close_others, who.actor, secret)
    return see_other(request, done.path("/account", "left-others"))


@auth.needs("resident")
async def change(request: Request) -> Response:
    """A new password, for somebody who knows the old one. Signs out everywhere else."""
    form = await forms.parse(request, Change)
    who, state = auth.require(request, "resident"), request.app.state
    if form.value is None:
        return await _account(request, form, 422)
    limits.check(request, limits.PASSWORD, who.login)
    known = await state.store.read(people.known_as, who.login)
    if known is None or not await state.passwords.fits(form.value.now, known[1]):
        return await _account(request, form.refuse(Invalid(N_("That is not your present password."), field="now")), 422)
    try:
        secret = await _set(request, who, form.value.password, form.value.again)
    except Invalid as wrong:
        return await _account(request, form.refuse(wrong), 422)
    return auth.give(request, see_other(request, done.path("/account", "password")), secret, who.role)


async def _set(request: Request, who: people.Account, password: str, again: str, key: str = "") -> str:
    """Checks and keeps it. Returns the secret of a new session, the only one that is left."""
    if again != password:
        raise Invalid(N_("The two passwords differ. Type the same one twice."), field="again")
    people.check_new_password(password, who.login, who.email, *request.app.state.hub.name.values())
    hashed = await request.app.state.passwords.hashed(password)
    store: Store = request.app.state.store
    return await store.write(_renew, who.actor, hashed, request.headers.get("user-agent", ""), key)


def _renew(tx: Tx, who: int, hashed: str, agent: str, key: str) -> str:
    if key:
        people.use_link(tx, "password", key)
    people.set_password(tx, who, hashed)
    return people.open_session(tx, who, agent)


async def by_link(request: Request) -> Response:
    key = request.query_params.get("key", "")[:200]
    return _by_link(request, forms.blank(), key, await _whose(request, key))


async def use_link(request: Request) -> Response:
    limits.check(request, limits.PASSWORD)
    key = request.query_params.get("key", "")[:200]
    who = await _whose(request, key)
    form = await forms.parse(request, NewPassword)
    if form.value is None:
        return _by_link(request, form, key, who, 422)
    try:
        secret = await _set(request, who, form.value.password, form.value.again, key)
    except Invalid as wrong:
        return _by_link(request, form.refuse(wrong), key, who, 422)
    return auth.give(request, see_other(request, done.path("/account", "password")), secret, who.role)


def _by_link(request: Request, form: Form[Any], key: str, who: people.Account, status: int = 200) -> Response:
    return render(request, "password.html", PasswordPage(form, key, who.login), status, headers=_PRIVATE)


async def _whose(request: Request, key: str) -> people.Account:
    return await request.app.state.store.read(_linked, key)  # type: ignore[no-any-return]


def _linked(tx: Tx, key: str) -> people.Account:
    found = people.link(tx, "password", key)
    who = people.get(tx, found) if found else None
    if who is None or who.closed is not None:
        raise NotAllowed(N_("This link has been used or is too old. Ask for a new one."))
    return who


_PRIVATE = {"Cache-Control": "no-store"}

routes = [
    Route("/signin", sign_in, methods=["GET"]),
    Route("/signin", enter, methods=["POST"]),
    Route("/signout", leave, methods=["POST"]),
    Route("/account", mine, methods=["GET"]),
    Route("/account/language", speak, methods=["POST"]),
    Route("/account", change, methods=["POST"]),
    Route("/account/sessions", leave_others, methods=["POST"]),
    Route("/password", by_link, methods=["GET"]),
    Route("/password", use_link, methods=["POST"]),
]
