"""What somebody says of strangers' notices, and those that wait for their yes."""

from collections.abc import Callable

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from hub import doorbell
from hub.doorbell import ACCEPT, FILTER, Asking, Policy
from hub.store import Tx
from web.mastodon import entities
from web.mastodon.api import Caller, Page, answer, listed, path_id, raw, route
from web.mastodon.params import Params
from web.mastodon.shapes import stamp
from web.mastodon.view import Entry, View, view

NAMES = tuple(field.name for field in msgspec.structs.fields(Policy))
DEFAULT, MOST = 40, 80


async def policy(request: Request, caller: Caller, params: Params) -> Response:
    return answer(await request.app.state.store.read(_policy, caller.id))


async def set_policy(request: Request, caller: Caller, params: Params) -> Response:
    wishes = {name: params.text(name) for name in NAMES if name in params}
    await request.app.state.store.write(doorbell.set_policy, caller.id, **wishes)
    return answer(await request.app.state.store.read(_policy, caller.id))


async def old_policy(request: Request, caller: Caller, params: Params) -> Response:
    """The first way of saying it: yes or no."""
    return answer(_first(await request.app.state.store.read(_policy, caller.id)))


async def set_old_policy(request: Request, caller: Caller, params: Params) -> Response:
    flags = {name: params.flag(name.replace("for_", "filter_")) for name in NAMES}
    wishes = {name: FILTER if flag else ACCEPT for name, flag in flags.items() if flag is not None}
    await request.app.state.store.write(doorbell.set_policy, caller.id, **wishes)
    return answer(_first(await request.app.state.store.read(_policy, caller.id)))


async def asking(request: Request, caller: Caller, params: Params) -> Response:
    page = params.page(DEFAULT, MOST)
    rows = await request.app.state.store.read(_asking, view(request), caller.id, page)
    return listed(request, [body for _, body in rows], [id for id, _ in rows], page)


async def one(request: Request, caller: Caller, params: Params) -> Response:
    return raw(await request.app.state.store.read(_one, view(request), caller.id, path_id(request)))


async def merged(request: Request, caller: Caller, params: Params) -> Response:
    """What was accepted is told at once: there is nothing to wait for."""
    return answer({"merged": True})


async def accept(request: Request, caller: Caller, params: Params) -> Response:
    await request.app.state.store.write(_each, doorbell.let_in, caller.id, _meant(request, params))
    return answer({})


async def dismiss(request: Request, caller: Caller, params: Params) -> Response:
    await request.app.state.store.write(_each, doorbell.send_away, caller.id, _meant(request, params))
    return answer({})


def _meant(request: Request, params: Params) -> list[int]:
    if "id" in request.path_params:
        return [path_id(request)]
    return [int(one) for one in params.many("id")[:MOST] if one.isascii() and one.isdecimal() and len(one) < 19]


def _each(tx: Tx, verb: Callable[[Tx, int, int], None], me: int, ids: list[int]) -> None:
    for id in ids:
        doorbell.asked(tx, me, id)
        verb(tx, me, id)


def _policy(tx: Tx, me: int) -> dict[str, object]:
    who, many = doorbell.waiting(tx, me)
    summary = {"pending_requests_count": who, "pending_notifications_count": many}
    return msgspec.structs.asdict(doorbell.policy(tx, me)) | {"summary": summary}


def _first(found: dict[str, object]) -> dict[str, object]:
    said = {name.replace("for_", "filter_"): found[name] != ACCEPT for name in NAMES}
    return said | {"summary": found["summary"]}


def _asking(tx: Tx, v: View, me: int, page: Page) -> list[tuple[int, bytes]]:
    rows = doorbell.asking(tx, me, before=page.max_id, after=page.min_id or page.since_id, limit=page.limit)
    return [(it.id, _request(tx, v, me, it)) for it in rows]


def _one(tx: Tx, v: View, me: int, id: int) -> bytes:
    return _request(tx, v, me, doorbell.asked(tx, me, id))


def _request(tx: Tx, v: View, me: int, it: Asking) -> bytes:
    last = entities.statuses(tx, v, me, [Entry(it.last, it.last)]) if it.last else []
    head = f'{{"id":"{it.id}","created_at":"{stamp(it.first_at)}","updated_at":"{stamp(it.last_at)}"'
    about = b',"last_status":' + (last[0][1] if last else b"null")
    count = f',"notifications_count":"{it.count}","account":'.encode()
    return head.encode() + count + entities.account(tx, v, it.id) + about + b"}"


routes = [
    route("GET", "/api/v2/notifications/policy", policy, "read:notifications"),
    route("PATCH", "/api/v2/notifications/policy", set_policy, "write:notifications"),
    route("PUT", "/api/v2/notifications/policy", set_policy, "write:notifications"),
    route("GET", "/api/v1/notifications/policy", old_policy, "read:notifications"),
    route("PATCH", "/api/v1/notifications/policy", set_old_policy, "write:notifications"),
    route("PUT", "/api/v1/notifications/policy", set_old_policy, "write:notifications"),
    route("GET", "/api/v1/notifications/requests", asking, "read:notifications"),
    route("GET", "/api/v1/notifications/requests/merged", merged, "read:notifications"),
    route("POST", "/api/v1/notifications/requests/accept", accept, "write:notifications"),
    route("POST", "/api/v1/notifications/requests/dismiss", dismiss, "write:notifications"),
    route("GET", "/api/v1/notifications/requests/{id}", one, "read:notifications"),
    route("POST", "/api/v1/notifications/requests/{id}/accept", accept, "write:notifications"),
    route("POST", "/api/v1/notifications/requests/{id}/dismiss", dismiss, "write:notifications"),
]
