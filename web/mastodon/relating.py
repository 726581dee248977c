"""How somebody stands to others, and what they do about it: follow, block, mute, note down, let in."""

from collections.abc import Callable, Iterable

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from hub import people, regards, relations
from hub.relations import Relation
from hub.store import Tx
from web.mastodon import crowds
from web.mastodon.api import Caller, Handler, answer, links, path_id, raw, route
from web.mastodon.crowds import ids
from web.mastodon.params import Page, Params
from web.mastodon.shapes import stamp
from web.mastodon.view import view

Verb = Callable[[Tx, int, int], object]


class Relationship(msgspec.Struct, frozen=True):
    id: str
    following: bool
    showing_reblogs: bool
    notifying: bool
    languages: list[str] | None
    followed_by: bool
    blocking: bool
    blocked_by: bool
    muting: bool
    muting_notifications: bool
    muting_expires_at: str | None
    requested: bool
    requested_by: bool
    domain_blocking: bool
    endorsed: bool
    note: str


def relationships(tx: Tx, me: int, others: Iterable[int]) -> list[Relationship]:
    """How `me` stands to each, in their order."""
    wanted = list(others)
    noted = regards.of(tx, me, wanted)
    return [_relationship(it, *noted.get(it.id, ("", False))) for it in relations.of(tx, me, wanted)]


def relationship(tx: Tx, me: int, other: int) -> Relationship:
    relations.between(tx, me, other)
    return relationships(tx, me, [other])[0]


def _relationship(it: Relation, note: str, endorsed: bool) -> Relationship:
    return Relationship(
        id=str(it.id), following=it.following, showing_reblogs=it.shares and it.following, notifying=it.notify,
        languages=it.languages or None, followed_by=it.followed_by, blocking=it.blocking, blocked_by=it.blocked_by,
        muting=it.muting, muting_notifications=it.muting and it.muting_notices,
        muting_expires_at=None if it.ends is None else stamp(it.ends), requested=it.requested,
        requested_by=it.requested_by, domain_blocking=it.domain_muted, endorsed=endorsed, note=note,
    )  # fmt: skip


def _does(verb: Verb) -> Handler:
    """A call that does this about an account, and answers with how it stands then."""

    async def call(request: Request, caller: Caller, params: Params) -> Response:
        return answer(await request.app.state.store.write(_done, verb, caller.id, path_id(request)))

    return call


def _done(tx: Tx, verb: Verb, me: int, other: int) -> Relationship:
    people.require(tx, me, "resident")
    relations.between(tx, me, other)
    verb(tx, me, other)
    return relationship(tx, me, other)


async def several(request: Request, caller: Caller, params: Params) -> Response:
    found = await request.app.state.store.read(relationships, caller.id, ids(params, "id")[: crowds.MOST])
    return answer(found)


async def follow(request: Request, caller: Caller, params: Params) -> Response:
    """What is not said stays as it was."""
    shares, notify = params.flag("reblogs"), params.flag("notify")
    languages = params.many("languages") if "languages" in params else None

    def verb(tx: Tx, me: int, other: int) -> None:
        was = relations.between(tx, me, other)
        begins = not (was.following or was.requested)
        relations.follow(
            tx, me, other, shares=(begins or was.shares) if shares is None else shares,
            notify=was.notify if notify is None else notify,
            languages=was.languages if languages is None else languages,
        )  # fmt: skip

    return await _does(verb)(request, caller, params)


async def mute(request: Request, caller: Caller, params: Params) -> Response:
    notices, lasts = params.flag("notifications", True), max(params.number("duration", 0) or 0, 0)

    def verb(tx: Tx, me: int, other: int) -> None:
        relations.mute(tx, me, other, notices=bool(notices), lasts=min(lasts, 10**9) * 1000)

    return await _does(verb)(request, caller, params)


async def note(request: Request, caller: Caller, params: Params) -> Response:
    words = params.text("comment")
    return await _does(lambda tx, me, other: regards.remark(tx, me, other, words))(request, caller, params)


def _decides(accepted: bool) -> Verb:
    return lambda tx, me, other: relations.decide(tx, me, other, accepted=accepted)


# --- lists of them -----------------------------------------------------------------------------------


async def requests(request: Request, caller: Caller, params: Params) -> Response:
    def asked(tx: Tx, page: Page) -> crowds.Pairs:
        return relations.requests(tx, caller.id, before=page.max_id, limit=page.limit)

    return await crowds.crowd(request, params.page(*crowds.SIZES), asked)


async def blocks(request: Request, caller: Caller, params: Params) -> Response:
    def asked(tx: Tx, page: Page) -> crowds.Pairs:
        return regards.blocked(tx, caller.id, before=page.max_id, limit=page.limit)

    return await crowds.crowd(request, params.page(*crowds.SIZES), asked)


async def mutes(request: Request, caller: Caller, params: Params) -> Response:
    """Each account also says until when it is muted."""
    page = params.page(*crowds.SIZES)
    me = caller.id

    def unit(tx: Tx) -> tuple[list[int], list[bytes]]:
        rows = regards.muted(tx, me, before=page.max_id, limit=page.limit)
        ends = {who: until for who, _, until in rows}
        numbers, bodies = crowds.gathered(tx, v, [(who, number) for who, number, _ in rows], page)
        return numbers, [_muted(body, ends[who]) for body, who in zip(bodies, ends, strict=False)]

    v = view(request)
    numbers, bodies = await request.app.state.store.read(unit)
    return raw(b"[" + b",".join(bodies) + b"]", links(request, numbers, page))


def _muted(account: bytes, ends: int | None) -> bytes:
    until = b"null" if ends is None else b'"' + stamp(ends).encode() + b'"'
    return account[:-1] + b',"mute_expires_at":' + until + b"}"


async def domains(request: Request, caller: Caller, params: Params) -> Response:
    page = params.page(100, 200)
    rows = await request.app.state.store.read(_domains, caller.id, page)
    body = msgspec.json.encode([domain for domain, _ in rows])
    return raw(body, links(request, [number for _, number in rows], page))


def _domains(tx: Tx, me: int, page: Page) -> list[tuple[str, int]]:
    return regards.muted_domains(tx, me, before=page.max_id, limit=page.limit)


async def mute_domain(request: Request, caller: Caller, params: Params) -> Response:
    await request.app.state.store.write(relations.mute_domain, caller.id, params.text("domain"))
    return answer({})


async def unmute_domain(request: Request, caller: Caller, params: Params) -> Response:
    await request.app.state.store.write(relations.unmute_domain, caller.id, params.text("domain"))
    return answer({})


HERE = "/api/v1/accounts/{id}"

routes = [
    route("GET", "/api/v1/accounts/relationships", several, "read:follows"),
    route("POST", f"{HERE}/follow", follow, "write:follows"),
    route("POST", f"{HERE}/unfollow", _does(relations.unfollow), "write:follows"),
    route("POST", f"{HERE}/remove_from_followers", _does(relations.dismiss), "write:follows"),
    route("POST", f"{HERE}/block", _does(relations.block), "write:blocks"),
    route("POST", f"{HERE}/unblock", _does(relations.unblock), "write:blocks"),
    route("POST", f"{HERE}/mute", mute, "write:mutes"),
    route("POST", f"{HERE}/unmute", _does(relations.unmute), "write:mutes"),
    route("POST", f"{HERE}/note", note, "write:accounts"),
    route("POST", f"{HERE}/pin", _does(regards.endorse), "write:accounts"),
    route("POST", f"{HERE}/unpin", _does(regards.unendorse), "write:accounts"),
    route("POST", f"{HERE}/endorse", _does(regards.endorse), "write:accounts"),
    route("POST", f"{HERE}/unendorse", _does(regards.unendorse), "write:accounts"),
    route("GET", "/api/v1/follow_requests", requests, "read:follows"),
    route("POST", "/api/v1/follow_requests/{id}/authorize", _does(_decides(True)), "write:follows"),
    route("POST", "/api/v1/follow_requests/{id}/reject", _does(_decides(False)), "write:follows"),
    route("GET", "/api/v1/blocks", blocks, "read:blocks"),
    route("GET", "/api/v1/mutes", mutes, "read:mutes"),
    route("GET", "/api/v1/domain_blocks", domains, "read:blocks"),
    route("POST", "/api/v1/domain_blocks", mute_domain, "write:blocks"),
    route("DELETE", "/api/v1/domain_blocks", unmute_domain, "write:blocks"),
]
