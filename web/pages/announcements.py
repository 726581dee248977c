"""The steward's page of what the hub tells everybody who uses it, on top of their app."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import announcements
from hub.announcements import Announcement, Draft
from hub.errors import HubError
from hub.text import Text
from web import auth, done, forms
from web.forms import Form
from web.templates import render, see_other

HERE = "/steward/announcements"


class Wanted(msgspec.Struct, frozen=True):
    """The form: what is said, and between which moments."""

    words: Text = msgspec.field(default_factory=dict)
    begins: int | None = None
    ends: int | None = None


class TakenDown(msgspec.Struct, frozen=True):
    announcement: Annotated[str, Meta(pattern=r"^[0-9]{1,18}$")]


class AnnouncementsPage(msgspec.Struct, frozen=True):
    """What is told now, what will be, and what was, newest first."""

    form: Form[Any]
    announcements: list[Announcement]


@auth.needs("steward")
async def show(request: Request) -> Response:
    return await _page(request, forms.blank())


@auth.needs("steward")
async def publish(request: Request) -> Response:
    who, state = auth.require(request, "steward"), request.app.state
    form = await forms.parse(request, Wanted, zone=state.hub.zone)
    if form.value is None:
        return await _page(request, form, 422)
    it = form.value
    try:
        await state.store.write(announcements.publish, who.actor, Draft(it.words, it.begins, it.ends))
    except HubError as refusal:
        return await _page(request, form.refuse(refusal), 422)
    return see_other(request, done.path(HERE, "announced"))


@auth.needs("steward")
async def remove(request: Request) -> Response:
    who = auth.require(request, "steward")
    form = await forms.parse(request, TakenDown)
    if form.value is not None:
        await request.app.state.store.write(announcements.remove, who.actor, int(form.value.announcement))
    return see_other(request, done.path(HERE, "announcement-gone"))


async def _page(request: Request, form: Form[Any], status: int = 200) -> Response:
    who = auth.require(request, "steward")
    page = AnnouncementsPage(form, await request.app.state.store.read(announcements.all_, who.actor))
    return render(request, "steward_announcements.html", page, status, headers={"Cache-Control": "no-store"})


routes = [
    Route(HERE, show, methods=["GET"]),
    Route(HERE, publish, methods=["POST"]),
    Route(f"{HERE}/remove", remove, methods=["POST"]),
]
