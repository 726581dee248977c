"""Links to join by: making them and taking them back. Moderators see all of them, residents their own."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import invitations
from hub.errors import HubError
from hub.invitations import Invitation
from hub.people import Account
from hub.store import Tx
from web import auth, done, forms
from web.forms import Form
from web.templates import render, see_other

LEAST = {"/invitations": "resident", "/steward/invitations": "moderator"}


class New(msgspec.Struct, frozen=True):
    uses: int = 1
    days: int = 14
    note: Annotated[str, Meta(max_length=300)] = ""


class InvitationsPage(msgspec.Struct, frozen=True):
    """Invitations, newest first. `link` was just made and is shown only this once. `may`: whether they may make more;
    `everybodys`: all are there, not only one's own. `action` is the page's own address."""

    form: Form[Any]
    invitations: list[Invitation]
    link: str
    may: bool
    everybodys: bool
    action: str


async def _show(request: Request) -> Response:
    return await _page(request, forms.blank(uses="1", days="14"))


async def _make(request: Request) -> Response:
    who, state = auth.require(request, "resident"), request.app.state
    form = await forms.parse(request, New)
    if form.value is None:
        return await _page(request, form, status=422)
    try:
        typed = msgspec.structs.asdict(form.value)
        secret = await state.store.write(_made, who.actor, typed)
    except HubError as refusal:
        if refusal.field is None:
            raise
        return await _page(request, form.refuse(refusal), status=422)
    return await _page(request, forms.blank(uses="1", days="14"), f"{state.base}/signup?key={secret}")


def _made(tx: Tx, who: int, typed: dict[str, Any]) -> str:
    return invitations.make(tx, who, **typed)


async def _revoke(request: Request) -> Response:
    who = auth.require(request, "resident")
    await request.app.state.store.write(invitations.revoke, who.actor, request.path_params["id"])
    return see_other(request, done.path(_here(request), "revoked"))


async def _page(request: Request, form: Form[Any], link: str = "", status: int = 200) -> Response:
    who, here = auth.require(request, "resident"), _here(request)
    found, may = await request.app.state.store.read(_all, who)
    page = InvitationsPage(form, found, link, may, here.startswith("/steward"), here)
    return render(request, "invitations.html", page, status, headers={"Cache-Control": "no-store"})


def _all(tx: Tx, who: Account) -> tuple[list[Invitation], bool]:
    return invitations.all_(tx, who.actor), invitations.may_invite(tx, who)


def _here(request: Request) -> str:
    return "/steward/invitations" if request.url.path.startswith("/steward") else "/invitations"


routes = [
    route
    for path, role in LEAST.items()
    for route in (
        Route(path, auth.needs(role)(_show), methods=["GET"]),
        Route(path, auth.needs(role)(_make), methods=["POST"]),
        Route(f"{path}/{{id:int}}/revoke", auth.needs(role)(_revoke), methods=["POST"]),
    )
]
