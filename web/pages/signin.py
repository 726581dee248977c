"""Signing in, by a passkey or by a password and a second step, and out again."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import factors, people, sessions
from hub.errors import N_, HubError, Invalid, NotAllowed
from hub.factors import Factors
from hub.people import Account
from hub.store import Tx
from web import auth, done, forms, limits, passkeys
from web.forms import Form
from web.templates import render, see_other

Name = Annotated[str, Meta(max_length=300)]
Password = Annotated[str, Meta(max_length=1000)]
Answer = Annotated[str, Meta(max_length=passkeys.LARGEST)]
WRONG_CODE = N_("That code is not right, or was used before. Wait for the next one and type that.")


class SignIn(msgspec.Struct, frozen=True):
    name: Name
    password: Password
    next: str = ""


class WithPasskey(msgspec.Struct, frozen=True):
    credential: Answer = ""
    next: str = ""


class Second(msgspec.Struct, frozen=True):
    code: Name = ""
    credential: Answer = ""
    next: str = ""


class SignInPage(msgspec.Struct, frozen=True):
    """`next` is the page of ours to go on to."""

    form: Form[Any]
    next: str


class SecondPage(msgspec.Struct, frozen=True):
    """The second step. `factors` is what they have; `next` is the page of ours to go on to."""

    form: Form[Any]
    factors: Factors
    next: str


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
    return await auth.enter(request, _next(wanted, who), who)


def _next(wanted: str, who: Account) -> str:
    to = wanted or ("/steward" if people.may(who, "organiser") else "/account")
    return done.path(to, "signed-in")


def _sign_in(request: Request, form: Form[Any], wanted: str, status: int = 200) -> Response:
    return auth.popup(render(request, "signin.html", SignInPage(form, wanted), status, headers=_PRIVATE), wanted)


# With a passkey


async def options(request: Request) -> Response:
    """What a passkey is to sign: anybody's to sign in with, one's own for the second step or to be sure."""
    limits.check(request, limits.PASSKEY)
    who = auth.account(request)
    if who is not None:
        return await passkeys.options(request, "sure", who)
    half = await _half(request)
    return await (passkeys.options(request, "second", half) if half else passkeys.options(request, "sign-in"))


async def with_passkey(request: Request) -> Response:
    limits.check(request, limits.PASSKEY)
    form = await forms.parse(request, WithPasskey)
    wanted = auth.back(form.typed("next"), "")
    if form.value is None:
        return _sign_in(request, form, wanted, 422)
    try:
        shown = await passkeys.shown(request, "sign-in", form.value.credential)
        who, app = await request.app.state.store.read(_owner, shown.passkey.account)
    except HubError as wrong:
        return _sign_in(request, form.refuse(wrong), wanted, 422)
    return await auth.enter(request, _next(wanted, who), who, second=shown.verified or not app)


def _owner(tx: Tx, actor: int) -> tuple[Account, bool]:
    """Whose passkey it is, and whether they have an app to show as well: a passkey that nobody unlocked is one step."""
    who = people.get(tx, actor)
    if not people.may(who, "resident"):
        raise Invalid(passkeys.REFUSED)
    return who, bool(factors.of(tx, actor).app)


# The second step


async def _half(request: Request) -> Account | None:
    secret = auth.cookie(request.scope, request.app.state.cookie)
    return await request.app.state.store.read(sessions.half_session, secret) if secret else None


async def second(request: Request) -> Response:
    wanted = auth.back(request.query_params.get("next", ""), "/account")
    who = await _half(request)
    if who is None:
        return see_other(request, wanted) if auth.account(request) else _too_late(request, wanted)
    return await _second(request, forms.blank(next=wanted), who, wanted)


async def _second(request: Request, form: Form[Any], who: Account, wanted: str, status: int = 200) -> Response:
    found = await request.app.state.store.read(factors.of, who.actor)
    return auth.popup(render(request, "second.html", SecondPage(form, found, wanted), status, headers=_PRIVATE), wanted)


def _too_late(request: Request, wanted: str) -> Response:
    """Ten minutes have gone by: it begins again with the password."""
    late = Invalid(N_("That took too long, or you have signed in elsewhere meanwhile. Please start again."))
    return _sign_in(request, forms.blank(next=wanted).refuse(late), wanted, 422)


async def show_second(request: Request) -> Response:
    form = await forms.parse(request, Second)
    wanted, who = auth.back(form.typed("next"), "/account"), await _half(request)
    if who is None:
        return _too_late(request, wanted)
    try:
        await check_second(request, form, who, "second")
    except (Invalid, NotAllowed) as wrong:
        return await _second(request, form.refuse(wrong), who, wanted, 422)
    return await auth.enter(request, wanted, who, second=True)


async def check_second(request: Request, form: Form[Any], who: Account, purpose: str) -> None:
    """Whether `code` or `credential` of the form shows that it is them. Raises `Invalid`, or `NotAllowed`."""
    limits.check(request, limits.PASSKEY)
    if form.value is None:
        raise Invalid(passkeys.REFUSED)
    if form.value.credential:
        await passkeys.shown(request, purpose, form.value.credential, who)
    elif not form.value.code.strip():
        raise Invalid(N_("Fill this in."), field="code")
    elif not await request.app.state.store.write(factors.check_code, who.actor, form.value.code):
        raise Invalid(WRONG_CODE, field="code")


# Out, and up


async def leave(request: Request) -> Response:
    return await auth.leave(request, see_other(request, done.path("/", "signed-out")))


_PRIVATE = {"Cache-Control": "no-store"}

routes = [
    Route("/signin", sign_in, methods=["GET"]),
    Route("/signin", enter, methods=["POST"]),
    Route("/signin/options", options, methods=["POST"]),
    Route("/signin/passkey", with_passkey, methods=["POST"]),
    Route("/signin/second", second, methods=["GET"]),
    Route("/signin/second", show_second, methods=["POST"]),
    Route("/signout", leave, methods=["POST"]),
]
