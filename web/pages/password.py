"""A new password: what is kept when one is chosen, and choosing it by a link."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import factors, people
from hub.errors import N_, Invalid, NotAllowed
from hub.store import Tx
from web import auth, done, forms, limits
from web.forms import Form
from web.templates import render, see_other

Password = Annotated[str, Meta(max_length=1000)]


class NewPassword(msgspec.Struct, frozen=True):
    password: Password
    again: Password = ""


class PasswordPage(msgspec.Struct, frozen=True):
    """A new password by a link. `key` is the link's secret, `login` whose it is."""

    form: Form[Any]
    key: str
    login: str


async def choose(request: Request, who: people.Account, password: str, again: str, key: str = "") -> Response:
    """Check it and keep it: a new session is the only one left. Raises `Invalid`. `key`: the link that it came by.

    By a link, whoever has a second step is asked for it next; who is signed in has shown it already.
    """
    if again != password:
        raise Invalid(N_("The two passwords differ. Type the same one twice."), field="again")
    people.check_new_password(password, who.login, who.email, *request.app.state.hub.name.values())
    hashed = await request.app.state.passwords.hashed(password)
    agent, place = request.headers.get("user-agent", ""), limits.address(request)
    secret, half = await request.app.state.store.write(_renew, who.actor, hashed, agent, place, key)
    to = done.path("/account/security", "password")
    return auth.give(request, see_other(request, auth.second_step(to) if half else to), secret, who.role, half=half)


def _renew(tx: Tx, who: int, hashed: str, agent: str, place: str, key: str) -> tuple[str, bool]:
    if key:
        people.use_link(tx, "password", key)
    people.set_password(tx, who, hashed)
    half = bool(key) and factors.of(tx, who).second
    return people.open_session(tx, who, agent, place, half=half), half


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
        return await choose(request, who, form.value.password, form.value.again, key)
    except Invalid as wrong:
        return _by_link(request, form.refuse(wrong), key, who, 422)


def _by_link(request: Request, form: Form[Any], key: str, who: people.Account, status: int = 200) -> Response:
    headers = {"Cache-Control": "no-store"}
    return render(request, "password.html", PasswordPage(form, key, who.login), status, headers=headers)


async def _whose(request: Request, key: str) -> people.Account:
    return await request.app.state.store.read(_linked, key)  # type: ignore[no-any-return]


def _linked(tx: Tx, key: str) -> people.Account:
    found = people.link(tx, "password", key)
    who = people.get(tx, found) if found else None
    if who is None or not people.may(who, "resident"):
        raise NotAllowed(N_("This link has been used or is too old. Ask for a new one."))
    return who


routes = [
    Route("/password", by_link, methods=["GET"]),
    Route("/password", use_link, methods=["POST"]),
]
