"""One event: what, when, where, how to get in; who is coming, and what was said."""

from datetime import date
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import attendance, events, once, projects
from hub.attendance import Attendance
from hub.errors import N_, HubError, NotFound
from hub.events import Event
from hub.people import Account, Guest, may
from hub.settings import Hub
from hub.store import Tx
from web import auth, done, forms, limits, twice, when
from web.accept import ACTIVITY, to_activity, wants_activity
from web.cache import shared
from web.forms import Form
from web.pages.talk import ANSWER, reply_form
from web.shell import Alternate
from web.showing import Origin, Photo, Talk, asked, photos, replies, source
from web.templates import render, see_other

PRIVATE = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}


class EventPage(msgspec.Struct, frozen=True):
    """One event. `open`: whether it can be answered here. `answer` is what the visitor said, if they are signed in,
    `organiser` whether they may change it. `origin` is there for what another hub published. `ahead` counts those who
    wait before the visitor. `form` is the answer, `words` a reply, `day` the one it begins on, where it is."""

    event: Event
    day: date
    photos: list[Photo]
    project: projects.Project | None
    replies: Talk
    origin: Origin | None
    open: bool
    answer: Attendance | None
    organiser: bool
    form: Form[Any]
    words: Form[Any]
    ahead: int = 0


class AnsweredPage(msgspec.Struct, frozen=True):
    """What a guest answered, and how to change it. `path` is the page's own, secret in it, `address` the same with the
    hub's before it; `open` whether it can still be changed, `ahead` how many wait before them."""

    event: Event
    answer: Attendance
    path: str
    address: str
    open: bool
    form: Form[Any]
    ahead: int = 0


class GuestAnswer(msgspec.Struct, frozen=True):
    """The form of a guest. `party` is for how many people they speak."""

    said: str
    name: str = ""
    contact: str = ""
    party: int = 1


class OwnAnswer(msgspec.Struct, frozen=True):
    """The form of somebody who has signed in."""

    said: str
    party: int = 1


@shared
async def show(request: Request) -> Response:
    if wants_activity(request):
        event: Event = await request.app.state.store.read(events.get, request.path_params["id"])
        return to_activity(event.uri)
    return await _page(request)


async def _page(
    request: Request, *, form: Form[Any] | None = None, words: Form[Any] | None = None, status: int = 200
) -> Response:
    state, id = request.app.state, request.path_params["id"]
    page: EventPage = await state.store.read(gather, id, state.hub, auth.account(request), asked(request))
    first = form or forms.blank(**({"said": page.answer.said, "party": str(page.answer.party)} if page.answer else {}))
    page = msgspec.structs.replace(page, form=first, words=words or forms.blank())
    alternates = [Alternate(page.event.uri, ACTIVITY)]
    if page.origin is None:
        alternates.append(Alternate(f"/events/{id}.ics", "text/calendar"))
    return render(request, "event.html", page, status, alternates=alternates)


def gather(tx: Tx, id: int, hub: Hub, who: Account | None, talk: int = 0) -> EventPage:
    event = events.get(tx, id)
    if event.hidden:
        raise NotFound(N_("There is no such event. It may have been taken down."))
    answer = attendance.answer_of(tx, id, who.actor) if who else None
    return EventPage(
        event=event, day=when.local(event.starts, event.zone).date(), photos=photos(tx, event.pictures),
        project=_project(tx, event), replies=replies(tx, event, hub, talk, who),
        origin=source(tx, event), open=is_open(event), answer=answer,
        organiser=event.local and may(who, "organiser"), form=forms.blank(), words=forms.blank(),
        ahead=attendance.ahead(tx, answer) if answer else 0,
    )  # fmt: skip


def is_open(event: Event) -> bool:
    """Whether it can be answered here and now."""
    return event.local and not event.cancelled and not event.over


def _project(tx: Tx, event: Event) -> projects.Project | None:
    if event.project is None:
        return None
    try:
        return projects.get(tx, event.project)
    except NotFound:  # it was taken down; the event is still on
        return None


async def answer(request: Request) -> Response:
    """Going, maybe, can't: a neighbour as themselves, a guest by name."""
    limits.check(request, ANSWER)
    who, id = auth.account(request), request.path_params["id"]
    return await (_own(request, id, who) if who else _guest(request, id))


async def _own(request: Request, id: int, who: Account) -> Response:
    form = await forms.parse(request, OwnAnswer)
    if form.value is None:
        return await _page(request, form=form, status=422)
    try:
        kept = await request.app.state.store.write(
            attendance.answer, id, who.actor, form.value.said, party=form.value.party
        )
    except HubError as refusal:
        return await _page(request, form=form.refuse(refusal), status=422)
    return see_other(request, done.path(f"/events/{id}", "said-waiting" if kept.waiting else f"said-{kept.said}"))


async def _guest(request: Request, id: int) -> Response:
    form = await forms.parse(request, GuestAnswer)
    if form.value is None:
        return await _page(request, form=form, status=422)
    try:
        key = twice.key(request, None, form.kept())
        secret = await request.app.state.store.write(_answer_once, key, id, form.value)
    except HubError as refusal:
        return await _page(request, form=form.refuse(refusal), status=422)
    return see_other(request, f"/events/{id}/answer/{secret}")


def _answer_once(tx: Tx, key: str, id: int, it: GuestAnswer) -> str:
    """The same form from the same guest is the same answer, under the secret that they will be shown."""
    before, guest = once.made(tx, key), Guest(it.name, it.contact)
    secret = attendance.new_secret(tx, before) if before is not None else ""
    if secret:
        attendance.answer(tx, id, guest, it.said, party=it.party, secret=secret)
        return secret
    kept = attendance.answer(tx, id, guest, it.said, party=it.party)
    twice.remember(tx, key, kept.id)
    return kept.secret


async def answered(request: Request) -> Response:
    return await _answered(request)


async def _answered(request: Request, form: Form[Any] | None = None, status: int = 200) -> Response:
    state, id, secret = request.app.state, request.path_params["id"], request.path_params["secret"]
    event, kept, ahead = await state.store.read(_of_guest, id, secret)
    path = f"/events/{id}/answer/{secret}"
    first = form or forms.blank(said=kept.said, name=kept.name, contact=kept.contact, party=str(kept.party))
    page = AnsweredPage(event, kept, path, state.hub.base + path, is_open(event), first, ahead)
    return render(request, "answered.html", page, status, headers=PRIVATE)


def _of_guest(tx: Tx, id: int, secret: str) -> tuple[Event, Attendance, int]:
    kept = attendance.answer_by_secret(tx, id, secret)
    return events.get(tx, id), kept, attendance.ahead(tx, kept)


async def answer_again(request: Request) -> Response:
    """A guest changes their mind, by the address that they were given."""
    limits.check(request, ANSWER)
    id, secret = request.path_params["id"], request.path_params["secret"]
    form = await forms.parse(request, GuestAnswer)
    if form.value is None:
        return await _answered(request, form, 422)
    it = form.value
    try:
        await request.app.state.store.write(
            attendance.answer, id, Guest(it.name, it.contact), it.said, party=it.party, secret=secret
        )
    except HubError as refusal:
        return await _answered(request, form.refuse(refusal), 422)
    return see_other(request, done.path(f"/events/{id}/answer/{secret}", "answer-changed"))


routes = [
    Route("/events/{id:int}", show),
    Route("/events/{id:int}/answer", answer, methods=["POST"]),
    Route("/events/{id:int}/answer/{secret}", answered),
    Route("/events/{id:int}/answer/{secret}", answer_again, methods=["POST"]),
    reply_form("events", _page),
]
