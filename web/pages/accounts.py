"""The steward's page of accounts: who may sign in, what they may do, and links to choose a password with."""

import secrets
from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import audit, letters, people, rescue
from hub.clock import DAY
from hub.errors import HubError
from hub.people import Account
from hub.rescue import Rescue
from hub.store import Tx
from web import auth, done, forms, mail
from web.auth import Handler
from web.forms import Form
from web.templates import render, see_other

LASTS = 3 * DAY  # a link to choose a password with

Words = Annotated[str, Meta(max_length=300)]


class New(msgspec.Struct, frozen=True):
    login: Words
    email: Words
    role: str = "organiser"


class Role(msgspec.Struct, frozen=True):
    role: str = ""


class AccountsPage(msgspec.Struct, frozen=True):
    """All accounts. `link` is a new link for `link_for` to choose a password with; it is shown only this once.

    `mails`: whether the hub sends letters. `rescues`: who is to be let back in, by their account.
    """

    form: Form[Any]
    accounts: list[Account]
    me: int
    roles: tuple[str, ...] = people.ROLES
    link: str = ""
    link_for: str = ""
    days: int = LASTS // DAY
    mails: bool = False
    rescues: dict[int, Rescue] = msgspec.field(default_factory=dict)


@auth.needs("steward")
async def accounts(request: Request) -> Response:
    return await _page(request, forms.blank(role="organiser"))


async def _page(request: Request, form: Form[Any], status: int = 200, *, link: str = "", whose: str = "") -> Response:
    who, state = auth.require(request, "steward"), request.app.state
    found, rescues = await state.store.read(_all)
    address = f"{state.base}/password?key={link}" if link else ""
    mails = mail.on(state.config)
    page = AccountsPage(form, found, who.actor, link=address, link_for=whose, mails=mails, rescues=rescues)
    return render(request, "accounts.html", page, status, headers={"Cache-Control": "no-store"})


def _all(tx: Tx) -> tuple[list[Account], dict[int, Rescue]]:
    return people.all_(tx), rescue.under_way(tx)


@auth.needs("steward")
@auth.sure
async def create(request: Request) -> Response:
    """An account for somebody, who then chooses their own password by the link that this shows."""
    who, state = auth.require(request, "steward"), request.app.state
    form = await forms.parse(request, New)
    if form.value is None:
        return await _page(request, form, 422)
    hashed = await state.passwords.hashed(secrets.token_urlsafe(32))  # nobody knows it
    try:
        account, link = await state.store.write(_create, who.actor, form.value, hashed)
    except HubError as refusal:
        if refusal.field is None:
            raise
        return await _page(request, form.refuse(refusal), 422)
    return await _page(request, forms.blank(role="organiser"), link=link, whose=account.login)


def _create(tx: Tx, who: int, typed: New, hashed: str) -> tuple[Account, str]:
    people.require(tx, who, "steward")
    account = people.create(tx, typed.login, typed.email, hashed, typed.role)
    audit.note(tx, who, "account", account.actor, name=account.login, role=account.role)
    return account, people.new_link(tx, "password", account=account.actor, lasts=LASTS)


@auth.needs("steward")
@auth.sure
async def renew(request: Request) -> Response:
    """A link with which somebody can choose a new password. The old one works until they have."""
    who = auth.require(request, "steward")
    account, link = await request.app.state.store.write(_renew, who.actor, request.path_params["id"])
    return await _page(request, forms.blank(role="organiser"), link=link, whose=account.login)


def _renew(tx: Tx, who: int, id: int) -> tuple[Account, str]:
    people.require(tx, who, "steward")
    account = people.get(tx, id)
    audit.note(tx, who, "link", id, name=account.login)
    letters.send(tx, "notice", "link-made", account.email, account=id)
    return account, people.new_link(tx, "password", account=id, lasts=LASTS)


@auth.needs("steward")
@auth.sure
async def role(request: Request) -> Response:
    who = auth.require(request, "steward")
    form = await forms.parse(request, Role)
    wanted = form.value.role if form.value else ""
    await request.app.state.store.write(people.change_role, who.actor, request.path_params["id"], wanted)
    return see_other(request, done.path("/steward/people", "role"))


def _deed(unit: Callable[[Tx, int, int], object], said: str) -> Handler:
    """What the steward does to an account with one press."""

    @auth.needs("steward")
    @auth.sure
    async def do(request: Request) -> Response:
        who = auth.require(request, "steward")
        await request.app.state.store.write(unit, who.actor, request.path_params["id"])
        return see_other(request, done.path("/steward/people", said))

    return do


routes = [
    Route("/steward/people", accounts, methods=["GET"]),
    Route("/steward/people", create, methods=["POST"]),
    Route("/steward/people/{id:int}/link", renew, methods=["POST"]),
    Route("/steward/people/{id:int}/role", role, methods=["POST"]),
    Route("/steward/people/{id:int}/close", _deed(people.close, "account-closed"), methods=["POST"]),
    Route("/steward/people/{id:int}/suspend", _deed(people.suspend, "suspended"), methods=["POST"]),
    Route("/steward/people/{id:int}/back", _deed(people.let_back, "let-back"), methods=["POST"]),
]
