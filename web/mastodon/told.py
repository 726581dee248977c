"""How far somebody has read, what the hub tells everybody, and what somebody reports to the people responsible."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from hub import announcements, markers, reports
from hub.announcements import Announcement
from hub.errors import N_, Invalid
from hub.linked import html
from hub.markers import PLACES, Marker
from hub.store import Tx
from hub.text import pick
from web.mastodon import entities, shapes
from web.mastodon.api import Caller, Refused, answer, path_id, raw, route
from web.mastodon.crowds import ids
from web.mastodon.params import LARGEST, Params
from web.mastodon.shapes import stamp
from web.mastodon.view import View, view


class Place(msgspec.Struct, frozen=True):
    last_read_id: str
    version: int
    updated_at: str


class Told(msgspec.Struct, frozen=True):
    id: str
    content: str
    starts_at: str | None
    ends_at: str | None
    all_day: bool
    published_at: str
    updated_at: str
    read: bool
    mentions: list[str] = msgspec.field(default_factory=list)
    statuses: list[str] = msgspec.field(default_factory=list)
    tags: list[str] = msgspec.field(default_factory=list)
    emojis: list[str] = msgspec.field(default_factory=list)
    reactions: list[str] = msgspec.field(default_factory=list)


async def places(request: Request, caller: Caller, params: Params) -> Response:
    """Those that are asked for. One that was never set says so as far back as can be: some apps fail without it."""
    wanted = [place for place in PLACES if place in params.many("timeline")]
    found = {it.place: it for it in await request.app.state.store.read(markers.get, caller.id, wanted)}
    begun = caller.account.created if caller.account else 0
    return answer({place: _place(found.get(place) or Marker(place, 0, 0, begun)) for place in wanted})


async def move(request: Request, caller: Caller, params: Params) -> Response:
    """Both or one of them."""
    wanted = [(place, params.group(place)) for place in PLACES if place in params]

    def unit(tx: Tx) -> list[Marker]:
        return [markers.put(tx, caller.id, place, _number(said)) for place, said in wanted]

    return answer({it.place: _place(it) for it in await request.app.state.store.write(unit)})


def _number(said: Params) -> int:
    upto = said.number("last_read_id")
    if upto is None or not 0 <= upto <= LARGEST:
        raise Refused(422, "Validation failed: Last read is not a number")
    return upto


def _place(it: Marker) -> Place:
    return Place(str(it.upto), it.version, stamp(it.updated))


# --- what the hub tells ------------------------------------------------------------------------------


async def told(request: Request, caller: Caller, params: Params) -> Response:
    read = bool(params.flag("with_dismissed"))
    found = await request.app.state.store.read(lambda tx: announcements.current(tx, caller.id, read=read))
    language = caller.account.language if caller.account and caller.account.language else view(request).language
    return answer([announcement(one, language, request.app.state.base) for one in found])


def announcement(it: Announcement, language: str, base: str) -> Told:
    return Told(
        id=str(it.id), content=html(pick(it.words, language), {}, lambda tag: f"{base}/tags/{tag.casefold()}"),
        starts_at=None if it.begins is None else stamp(it.begins), ends_at=None if it.ends is None else stamp(it.ends),
        all_day=False, published_at=stamp(it.published), updated_at=stamp(it.updated), read=it.read,
    )  # fmt: skip


async def put_away(request: Request, caller: Caller, params: Params) -> Response:
    await request.app.state.store.write(announcements.dismiss, caller.id, path_id(request))
    return answer({})


# --- reports -----------------------------------------------------------------------------------------


async def report(request: Request, caller: Caller, params: Params) -> Response:
    target = params.number("account_id")
    if target is None:
        raise Invalid(N_("Say whom you report."), field="account_id")
    draft = reports.Draft(
        target, ids(params, "status_ids"), params.text("comment"), params.text("category", "other") or "other",
        ids(params, "rule_ids"), forward=bool(params.flag("forward")),
    )  # fmt: skip
    filed = await request.app.state.store.write(_file, caller.id, draft)
    return raw(await request.app.state.store.read(_report, view(request), filed.id))


def _file(tx: Tx, who: int, draft: reports.Draft) -> reports.Report:
    """A share stands for what is shared."""
    things = [entities.entry(tx, id).thing for id in draft.things]
    return reports.file(tx, who, msgspec.structs.replace(draft, things=things))


class Report(msgspec.Struct, frozen=True):
    id: str
    action_taken: bool
    action_taken_at: str | None
    category: str
    comment: str
    forwarded: bool
    created_at: str
    status_ids: list[str]
    rule_ids: list[str]
    target_account: msgspec.Raw
    collection_ids: list[str] = msgspec.field(default_factory=list)


def _report(tx: Tx, v: View, id: int) -> bytes:
    it = reports.get(tx, id)
    return shapes.encoded(
        Report(
            id=str(it.id), action_taken=it.settled is not None,
            action_taken_at=None if it.settled is None else stamp(it.settled), category=it.category, comment=it.words,
            forwarded=it.forwarded, created_at=stamp(it.at),
            status_ids=[str(one.id) for one in reports.named(tx, it)], rule_ids=[str(rule) for rule in it.rules],
            target_account=msgspec.Raw(entities.account(tx, v, it.target or 0)),
        )
    )  # fmt: skip


routes = [
    route("GET", "/api/v1/markers", places, "read:statuses"),
    route("POST", "/api/v1/markers", move, "write:statuses"),
    route("GET", "/api/v1/announcements", told, "read"),
    route("POST", "/api/v1/announcements/{id}/dismiss", put_away, "write:accounts"),
    route("POST", "/api/v1/reports", report, "write:reports"),
]
