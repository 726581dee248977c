"""Taking along what is one's own, bringing it from elsewhere, and leaving for good."""

import asyncio
import io
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import belongings, leaving, media
from hub.belongings import KINDS, Import
from hub.errors import N_, HubError, Invalid, NotFound
from hub.store import Tx
from web import auth, bringing, done, forms, limits
from web.forms import Form
from web.templates import render, see_other

TAKE = limits.Limit("take along", 10, 60 * 60_000)
LARGEST = 6 * 1024 * 1024  # bytes of a list that is brought along


class Brought(msgspec.Struct, frozen=True):
    kind: Annotated[str, Meta(max_length=20)] = ""


class Leave(msgspec.Struct, frozen=True):
    """`name` is typed once more, so that nobody leaves by a slip."""

    name: Annotated[str, Meta(max_length=100)] = ""


class BelongingsPage(msgspec.Struct, frozen=True):
    """What one can take along (`kinds`), and what one has brought: how far it is."""

    form: Form[Any]
    brought: list[Import]
    kinds: tuple[str, ...] = KINDS


class LeavePage(msgspec.Struct, frozen=True):
    """`due`: when one goes (ms UTC), None for who stays. `login` is what to type."""

    form: Form[Any]
    login: str
    due: int | None


@auth.needs("resident")
async def show(request: Request) -> Response:
    return await _page(request, forms.blank())


async def _page(request: Request, form: Form[Any], status: int = 200) -> Response:
    who = auth.require(request, "resident")
    brought = await request.app.state.store.read(belongings.imports, who.actor)
    return render(request, "belongings.html", BelongingsPage(form, brought), status, headers=_PRIVATE)


@auth.needs("resident")
async def sheet(request: Request) -> Response:
    """One list, for a spreadsheet or for another server."""
    who, kind = auth.require(request, "resident"), request.path_params["kind"]
    text: str = await request.app.state.store.read(belongings.sheet, who.actor, kind)
    return _file(text.encode(), "text/csv; charset=utf-8", f"{kind}.csv")


@auth.needs("resident")
@auth.sure
async def everything(request: Request) -> Response:
    """All of it in one file: what is known of them, what they said, every list, every picture."""
    who, state = auth.require(request, "resident"), request.app.state
    limits.check(request, TAKE, f"account {who.actor}")
    files, keys = await state.store.read(_gathered, who.actor)
    packed = await asyncio.to_thread(_packed, files, keys, state.data / "media")
    return _file(packed, "application/zip", f"{who.login}.zip")


def _gathered(tx: Tx, who: int) -> tuple[dict[str, bytes], list[str]]:
    told = msgspec.json.format(msgspec.json.encode(belongings.everything(tx, who)), indent=2)
    sheets = {f"{kind}.csv": belongings.sheet(tx, who, kind).encode() for kind in KINDS}
    return {"everything.json": told} | sheets, belongings.pictures(tx, who)


def _packed(files: dict[str, bytes], keys: list[str], folder: Path) -> bytes:
    import zipfile  # when somebody takes their things along: a hub at rest needs no room for it

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
        for key in keys:
            picture = media.path(folder, key, "full")
            if picture.is_file():
                archive.write(picture, f"pictures/{key[:16]}.jpg", zipfile.ZIP_STORED)
    return out.getvalue()


@auth.needs("resident")
async def bring(request: Request) -> Response:
    """Bring a list along that another server wrote."""
    who = auth.require(request, "resident")
    limits.check(request, TAKE, f"bring {who.actor}")
    typed, files = await forms.read(request, LARGEST, 1)
    form: Form[Any] = forms.convert(typed, Brought, request.app.state.hub.zone)
    upload = files.get("file")
    try:
        if form.value is None or upload is None or not upload.data:
            raise Invalid(N_("Choose the file, and what it has in it."), field="file")
        lines = belongings.read(_text(upload.data), form.value.kind)
        await request.app.state.store.write(bringing.start, who.actor, form.value.kind, lines)
    except HubError as refusal:
        return await _page(request, form.refuse(refusal), 422)
    return see_other(request, done.path("/account/belongings#brought", "brought"))


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid(N_("This file is too large, or is no list."), field="file") from None


@auth.needs("resident")
@auth.sure
async def leave(request: Request) -> Response:
    return await _leave(request, forms.blank())


async def _leave(request: Request, form: Form[Any], status: int = 200) -> Response:
    who = auth.require(request, "resident")
    due = await request.app.state.store.read(leaving.due, who.actor)
    return render(request, "leave.html", LeavePage(form, who.login, due), status, headers=_PRIVATE)


@auth.needs("resident")
@auth.sure
async def go(request: Request) -> Response:
    who = auth.require(request, "resident")
    form = await forms.parse(request, Leave)
    try:
        if form.value is None or form.value.name.strip().lower() != who.login:
            raise Invalid(N_("Type the name that you sign in with, so that nobody leaves by a slip."), field="name")
        await request.app.state.store.write(leaving.begin, who.actor)
    except HubError as refusal:
        return await _leave(request, form.refuse(refusal), 422)
    return see_other(request, done.path("/account/leave", "leaving"))


@auth.needs("resident")
async def stay(request: Request) -> Response:
    who = auth.require(request, "resident")
    if not await request.app.state.store.write(leaving.stay, who.actor):
        raise NotFound(N_("You were not leaving."))
    return see_other(request, done.path("/account/leave", "staying"))


def _file(data: bytes, kind: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return Response(data, 200, headers | _PRIVATE, kind)


_PRIVATE = {"Cache-Control": "no-store"}

routes = [
    Route("/account/belongings", show, methods=["GET"]),
    Route("/account/belongings", bring, methods=["POST"]),
    Route("/account/belongings/everything.zip", everything, methods=["GET"]),
    Route("/account/belongings/{kind}.csv", sheet, methods=["GET"]),
    Route("/account/leave", leave, methods=["GET"]),
    Route("/account/leave", go, methods=["POST"]),
    Route("/account/leave/stay", stay, methods=["POST"]),
]
