"""For those who look after the hub: accounts, who waits to be let in, reports, servers kept at a distance."""

import hashlib
from collections.abc import Callable
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from hub import actors, blocks, overseeing, people, reports, signups
from hub.errors import N_, Invalid, NotFound
from hub.overseeing import Wanted
from hub.people import Account
from hub.roles import ROLES
from hub.signups import Signup
from hub.store import Tx
from web.mastodon import entities, instance, shapes
from web.mastodon.api import Caller, Handler, answer, links, path_id, raw, route
from web.mastodon.params import Page, Params
from web.mastodon.shapes import stamp
from web.mastodon.view import Entry, View, view

SIZES = 100, 200
SEVERITY = {"limited": "silence", "suspended": "suspend"}
LEVEL = {shown: kept for kept, shown in SEVERITY.items()}
NO_DOMAIN = N_("There is no rule for this server.")
NOT_IN_LIST = N_("Type is not included in the list")
Json = dict[str, Any]


# --- accounts ----------------------------------------------------------------------------------------


async def accounts(request: Request, caller: Caller, params: Params) -> Response:
    """As it was asked in version 1: a word for each way to stand."""
    local = False if params.flag("remote") or params.text("by_domain") else True if params.flag("local") else None
    state = next((one for one in ("pending", "active", "disabled", "suspended") if params.flag(one)), "")
    return await _accounts(request, caller, params, local, state, bool(params.flag("staff")))


async def accounts_two(request: Request, caller: Caller, params: Params) -> Response:
    origin, staff = params.text("origin"), params.text("permissions") == "staff"
    local = True if origin == "local" else False if origin == "remote" else None
    return await _accounts(request, caller, params, local, params.text("status"), staff)


async def _accounts(
    request: Request, caller: Caller, params: Params, local: bool | None, state: str, staff: bool
) -> Response:  # fmt: skip
    page, v = params.page(*SIZES), view(request)
    if state == "pending":
        found = await request.app.state.store.read(_pending, v, caller.id, page)
    else:
        wanted = Wanted(
            local, state if state in overseeing.STATES else "", params.text("username"), params.text("display_name"),
            params.text("email"), params.text("by_domain"), staff, page.max_id, page.limit,
        )  # fmt: skip
        found = await request.app.state.store.read(_found, v, caller.id, wanted)
    return raw(msgspec.json.encode([body for _, body in found]), links(request, [id for id, _ in found], page))


def _found(tx: Tx, v: View, me: int, wanted: Wanted) -> list[tuple[int, Json]]:
    return [(id, _account(tx, v, me, id)) for id in overseeing.accounts(tx, me, wanted)]


def _pending(tx: Tx, v: View, me: int, page: Page) -> list[tuple[int, Json]]:
    found = [it for it in reversed(signups.pending(tx, me)) if it.id < (page.max_id or 2**63)]
    return [(it.id, _waiting(v, it)) for it in found[: page.limit]]


def _account(tx: Tx, v: View, me: int, id: int) -> Json:
    it, kept = actors.get(tx, id), overseeing.account(tx, me, id)
    if it.local and kept is None:
        raise NotFound(N_("There is no such account."))
    suspended = it.removed is not None or (kept is not None and kept.closed is not None)
    return {
        "id": str(id), "username": it.handle, "domain": None if it.local else it.domain,
        "created_at": stamp(it.created), **_private(kept), "confirmed": True, "approved": True, "silenced": False,
        "sensitized": False,
        "disabled": kept is not None and kept.state == "suspended", "suspended": suspended,
        "account": msgspec.Raw(entities.account(tx, v, id)),
    }  # fmt: skip


def _private(kept: Account | None) -> Json:
    """Addresses on the network are not kept, so there are none to show."""
    return {
        "email": kept.email if kept else None, "ip": None, "ips": [],
        "locale": (kept.language or None) if kept else None, "invite_request": None,
        "role": _role(kept.role) if kept else None,
    }  # fmt: skip


def _role(role: str) -> Json:
    looks_after = role in ("moderator", "steward")
    return {
        "id": str(ROLES.index(role)), "name": role.capitalize(), "color": "",
        "permissions": str(int(role == "steward")), "highlighted": looks_after,
    }  # fmt: skip


def _waiting(v: View, it: Signup) -> Json:
    """Who waits is no account yet: what there is of one has no pictures and no page."""
    face = f"{v.base}/drawn/icon/hub.png"
    shown = shapes.Account(
        id=str(it.id), username=it.login, acct=it.login, display_name=it.login, locked=False, bot=False,
        discoverable=False, indexable=False, group=False, noindex=True, created_at=stamp(it.at), note="",
        url=f"{v.base}/@{it.login}", uri=f"{v.base}/@{it.login}", avatar=face, avatar_static=face, header=face,
        header_static=face, followers_count=0, following_count=0, statuses_count=0, last_status_at=None,
        hide_collections=True, fields=[], roles=[], neighbourhub=shapes.OfHub("person", "", ""),
    )  # fmt: skip
    return {
        "id": str(it.id), "username": it.login, "domain": None, "created_at": stamp(it.at), "email": it.email,
        "ip": None, "ips": [], "locale": it.language or None, "invite_request": it.answer or None,
        "role": _role("resident"), "confirmed": it.state != "unverified", "approved": False, "silenced": False,
        "sensitized": False, "disabled": False, "suspended": False, "account": shown,
    }  # fmt: skip


async def account(request: Request, caller: Caller, params: Params) -> Response:
    return answer(await request.app.state.store.read(_one, view(request), caller.id, path_id(request)))


def _one(tx: Tx, v: View, me: int, id: int) -> Json:
    """An account, or somebody who waits to have one."""
    people.require(tx, me, "moderator")
    waits = signups.get(tx, id)
    if waits is not None and waits.state in ("unverified", "pending"):
        return _waiting(v, waits)
    return _account(tx, v, me, id)


async def approve(request: Request, caller: Caller, params: Params) -> Response:
    made = await request.app.state.store.write(signups.approve, caller.id, path_id(request))
    return answer(await request.app.state.store.read(_account, view(request), caller.id, made.actor))


async def reject(request: Request, caller: Caller, params: Params) -> Response:
    shown = await request.app.state.store.read(_one, view(request), caller.id, path_id(request))
    await request.app.state.store.write(signups.refuse, caller.id, path_id(request))
    return answer(shown)


async def act(request: Request, caller: Caller, params: Params) -> Response:
    """Nothing, but that a report has been dealt with; no more signing in until let back; or no account any more."""
    kind, report = params.text("type", "none"), params.number("report_id")

    def unit(tx: Tx) -> None:
        people.require(tx, caller.id, "moderator")
        if kind not in DEEDS:
            raise Invalid(NOT_IN_LIST, field="type")
        deed = DEEDS[kind]
        if deed is not None:
            deed(tx, caller.id, people.get(tx, path_id(request)).actor)
        if report is not None:
            reports.settle(tx, caller.id, report)

    await request.app.state.store.write(unit)
    return answer({})


DEEDS: dict[str, Callable[[Tx, int, int], object] | None] = {
    "none": None, "disable": people.suspend, "suspend": people.close,
}  # fmt: skip


async def enable(request: Request, caller: Caller, params: Params) -> Response:
    await request.app.state.store.write(people.let_back, caller.id, path_id(request))
    return await account(request, caller, params)


# --- reports -----------------------------------------------------------------------------------------


async def reports_(request: Request, caller: Caller, params: Params) -> Response:
    page, settled = params.page(*SIZES), bool(params.flag("resolved"))
    target, reporter = params.number("target_account_id", 0) or 0, params.number("account_id", 0) or 0

    def unit(tx: Tx) -> list[tuple[int, Json]]:
        found = reports.listed(
            tx, caller.id, settled=settled, target=target, reporter=reporter, before=page.max_id, limit=page.limit
        )
        return [(it.id, _report(tx, v, caller.id, it)) for it in found]

    v = view(request)
    found = await request.app.state.store.read(unit)
    return raw(msgspec.json.encode([body for _, body in found]), links(request, [id for id, _ in found], page))


async def report(request: Request, caller: Caller, params: Params) -> Response:
    return answer(await request.app.state.store.read(_shown_report, view(request), caller.id, path_id(request)))


def _shown_report(tx: Tx, v: View, me: int, id: int) -> Json:
    people.require(tx, me, "moderator")
    return _report(tx, v, me, reports.get(tx, id))


def _report(tx: Tx, v: View, me: int, it: reports.Report) -> Json:
    """What another server sent names nobody: the hub's own account stands for whom it is about."""
    named = reports.named(tx, it)
    rules = {rule["id"]: rule for rule in instance.rules(v.hub, v.language)}
    target = it.target or next((one.by.id for one in named), v.hub.actor)
    keeper, settler = it.keeper, it.settler
    return {
        "id": str(it.id), "action_taken": it.settled is not None,
        "action_taken_at": None if it.settled is None else stamp(it.settled), "category": it.category,
        "comment": it.words, "forwarded": it.forwarded, "created_at": stamp(it.at),
        "updated_at": stamp(it.settled or it.at),
        "account": _somebody(tx, v, me, it.reporter or v.hub.actor), "target_account": _somebody(tx, v, me, target),
        "assigned_account": _somebody(tx, v, me, keeper) if keeper else None,
        "action_taken_by_account": _somebody(tx, v, me, settler) if settler else None,
        "statuses": [
            msgspec.Raw(body)
            for _, body in entities.statuses(tx, v, me, [Entry(one.id, one.id) for one in named])
        ],
        "rules": [rules[str(rule)] for rule in it.rules if str(rule) in rules],
    }  # fmt: skip


def _somebody(tx: Tx, v: View, me: int, id: int) -> Json:
    """Also the hub itself, which is nobody's account."""
    it = actors.get(tx, id)
    return _account(tx, v, me, id) if not it.local or overseeing.account(tx, me, id) else _itself(tx, v, id)


def _itself(tx: Tx, v: View, id: int) -> Json:
    it = actors.get(tx, id)
    return {
        "id": str(id), "username": it.handle, "domain": None, "created_at": stamp(it.created), **_private(None),
        "confirmed": True, "approved": True, "silenced": False, "sensitized": False, "disabled": False,
        "suspended": False, "account": msgspec.Raw(entities.account(tx, v, id)),
    }  # fmt: skip


def _about(verb: Callable[[Tx, int, int], object]) -> Handler:
    """A call that does this with a report, and answers with how it is then."""

    async def call(request: Request, caller: Caller, params: Params) -> Response:
        await request.app.state.store.write(verb, caller.id, path_id(request))
        return await report(request, caller, params)

    return call


def _take(tx: Tx, who: int, id: int) -> object:
    return reports.assign(tx, who, id, who)


def _leave(tx: Tx, who: int, id: int) -> object:
    return reports.assign(tx, who, id, None)


# --- servers -----------------------------------------------------------------------------------------


async def domains(request: Request, caller: Caller, params: Params) -> Response:
    found = await request.app.state.store.read(blocks.rules, caller.id)
    return answer([_domain(it) for it in found])


async def domain(request: Request, caller: Caller, params: Params) -> Response:
    return answer(_domain(await request.app.state.store.read(_rule, caller.id, path_id(request))))


async def add_domain(request: Request, caller: Caller, params: Params) -> Response:
    level = LEVEL.get(params.text("severity", "silence"))
    if level is None:
        raise Invalid(N_("Choose whether to limit or to suspend it."), field="severity")
    why = params.text("private_comment") or params.text("public_comment")
    made = await request.app.state.store.write(blocks.rule, caller.id, params.text("domain"), level, why)
    return answer(_domain(await request.app.state.store.read(_rule, caller.id, _number(made.domain))))


async def change_domain(request: Request, caller: Caller, params: Params) -> Response:
    def unit(tx: Tx) -> blocks.Rule:
        it = _rule(tx, caller.id, path_id(request))
        level = LEVEL.get(params.text("severity", SEVERITY[it.level]), "")
        return blocks.rule(tx, caller.id, it.domain, level, params.text("private_comment", it.reason))

    return answer(_domain(await request.app.state.store.write(unit)))


async def lift_domain(request: Request, caller: Caller, params: Params) -> Response:
    def unit(tx: Tx) -> None:
        blocks.lift(tx, caller.id, _rule(tx, caller.id, path_id(request)).domain)

    await request.app.state.store.write(unit)
    return answer({})


def _rule(tx: Tx, me: int, id: int) -> blocks.Rule:
    found = next((it for it in blocks.rules(tx, me) if _number(it.domain) == id), None)
    if found is None:
        raise NotFound(NO_DOMAIN)
    return found


def _number(domain: str) -> int:
    """A number that stands for a name, always the same: rules have none of their own."""
    return int.from_bytes(hashlib.sha256(domain.encode()).digest()[:6])


def _domain(it: blocks.Rule) -> Json:
    return {
        "id": str(_number(it.domain)), "domain": it.domain, "digest": hashlib.sha256(it.domain.encode()).hexdigest(),
        "created_at": stamp(it.at), "severity": SEVERITY[it.level], "reject_media": it.level == "suspended",
        "reject_reports": it.level == "suspended", "private_comment": it.reason or None, "public_comment": None,
        "obfuscate": False,
    }  # fmt: skip


READ, WRITE = "admin:read:accounts", "admin:write:accounts"
HERE, REPORT, DOMAIN = (f"/api/v1/admin/{what}/{{id}}" for what in ("accounts", "reports", "domain_blocks"))

routes = [
    route("GET", "/api/v1/admin/accounts", accounts, READ),
    route("GET", "/api/v2/admin/accounts", accounts_two, READ),
    route("GET", HERE, account, READ),
    route("POST", f"{HERE}/approve", approve, WRITE),
    route("POST", f"{HERE}/reject", reject, WRITE),
    route("POST", f"{HERE}/action", act, WRITE),
    route("POST", f"{HERE}/enable", enable, WRITE),
    route("GET", "/api/v1/admin/reports", reports_, "admin:read:reports"),
    route("GET", REPORT, report, "admin:read:reports"),
    route("POST", f"{REPORT}/resolve", _about(reports.settle), "admin:write:reports"),
    route("POST", f"{REPORT}/reopen", _about(reports.reopen), "admin:write:reports"),
    route("POST", f"{REPORT}/assign_to_self", _about(_take), "admin:write:reports"),
    route("POST", f"{REPORT}/unassign", _about(_leave), "admin:write:reports"),
    route("GET", "/api/v1/admin/domain_blocks", domains, "admin:read:domain_blocks"),
    route("POST", "/api/v1/admin/domain_blocks", add_domain, "admin:write:domain_blocks"),
    route("GET", DOMAIN, domain, "admin:read:domain_blocks"),
    route("PUT", DOMAIN, change_domain, "admin:write:domain_blocks"),
    route("DELETE", DOMAIN, lift_domain, "admin:write:domain_blocks"),
]
