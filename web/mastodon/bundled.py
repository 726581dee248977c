"""What somebody is told, in bundles: the second way of asking, where each account and status is written once."""

from functools import lru_cache

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from hub import bundles
from hub.bundles import USUAL, Bundle
from hub.store import Tx
from web.mastodon import entities
from web.mastodon.api import Caller, Page, answer, between, joined, links, raw, route
from web.mastodon.notifications import ABOUT, COUNTED, DEFAULT, MOST, MOST_COUNTED, Asked, asked, last_read
from web.mastodon.params import Params
from web.mastodon.recent import given
from web.mastodon.shapes import encoded, stamp
from web.mastodon.view import View, view

PARTIAL = "partial_avatars"
_PARTS = ("id", "acct", "url", "avatar", "avatar_static", "locked", "bot")


class Group(msgspec.Struct, frozen=True, omit_defaults=True):
    """A bundle as apps read it."""

    group_key: str
    notifications_count: int
    type: str
    most_recent_notification_id: int
    page_min_id: str
    page_max_id: str
    latest_page_notification_at: str
    sample_account_ids: list[str]
    status_id: str = ""


class Part(msgspec.Struct, frozen=True):
    """As much of an account as its face needs."""

    id: str
    acct: str
    url: str
    avatar: str
    avatar_static: str
    locked: bool
    bot: bool


async def all_(request: Request, caller: Caller, params: Params) -> Response:
    page, partial = params.page(DEFAULT, MOST), params.text("expand_accounts") == PARTIAL

    async def made() -> Response:
        parts, found = await request.app.state.store.read_hot(
            _page, view(request), caller.id, asked(params), _bundled(params), page, partial
        )
        return joined(parts, _links(request, found, page))

    return await given(request, caller.id, made)


async def one(request: Request, caller: Caller, params: Params) -> Response:
    parts = await request.app.state.store.read(_one, view(request), caller.id, _key(request))
    return raw(b"".join(parts))


async def accounts(request: Request, caller: Caller, params: Params) -> Response:
    rows = await request.app.state.store.read(_accounts, view(request), caller.id, _key(request))
    return raw(b"[" + b",".join(rows) + b"]")


async def dismiss(request: Request, caller: Caller, params: Params) -> Response:
    await request.app.state.store.write(bundles.dismiss, caller.id, _key(request))
    return answer({})


async def unread(request: Request, caller: Caller, params: Params) -> Response:
    limit = min(params.number("limit", COUNTED) or COUNTED, MOST_COUNTED)
    count = await request.app.state.store.read(_unread, caller.id, asked(params), _bundled(params), limit)
    return answer({"count": count})


def _bundled(params: Params) -> tuple[str, ...]:
    return tuple(params.many("grouped_types")) if "grouped_types" in params else USUAL


def _key(request: Request) -> str:
    return str(request.path_params["group_key"])[:100]


def _links(request: Request, found: list[Bundle], page: Page) -> dict[str, str]:
    """Onwards from the oldest notice that stands on this page, back from the newest."""
    ends = [max(it.newest for it in found), min(it.oldest for it in found)] if found else []
    return links(request, ends, msgspec.structs.replace(page, limit=2 if len(found) >= page.limit else 3))


def _page(
    tx: Tx, v: View, me: int, it: Asked, bundled: tuple[str, ...], page: Page, partial: bool
) -> tuple[list[bytes], list[Bundle]]:
    found = bundles.page(
        tx, me, kinds=it.kinds, actor=it.actor, waiting=it.waiting, bundled=bundled, before=page.max_id,
        after=page.min_id, since=page.since_id, limit=page.limit,
    )  # fmt: skip
    return _written(tx, v, me, found, partial=partial), found


def _one(tx: Tx, v: View, me: int, key: str) -> list[bytes]:
    found, _ = bundles.get(tx, me, key)
    return _written(tx, v, me, [found], partial=False)


def _written(tx: Tx, v: View, me: int, found: list[Bundle], *, partial: bool) -> list[bytes]:
    """The page in pieces of JSON."""
    shown = entities.shown(tx, v, me, [it.thing for it in found if it.thing is not None and it.kind in ABOUT])
    found = [it for it in found if it.kind not in ABOUT or it.thing in shown]
    faces = list(dict.fromkeys([one for it in found for one in it.actors]))
    whole = faces
    if partial:
        firsts = {it.actors[0] for it in found}
        whole = [one for one in faces if one in firsts]
        faces = [one for one in faces if one not in firsts]
    parts = [b'{"accounts":[', *between(entities.accounts(tx, v, whole))]
    if partial:
        parts += [b'],"partial_accounts":[', *between(_parts(tx, v, faces))]
    parts.append(b'],"statuses":[')
    for number, one in enumerate(shown.values()):
        parts += (b",", *one) if number else one
    return [*parts, b'],"notification_groups":[', *between([_group(it) for it in found]), b"]}"]


def _parts(tx: Tx, v: View, ids: list[int]) -> list[bytes]:
    return [encoded(msgspec.json.decode(body, type=Part)) for body in entities.accounts(tx, v, ids)]


@lru_cache(maxsize=2048)
def _group(it: Bundle) -> bytes:
    shown = Group(
        group_key=it.key, notifications_count=it.count, type=it.kind, most_recent_notification_id=it.last,
        page_min_id=str(it.oldest), page_max_id=str(it.newest), latest_page_notification_at=stamp(it.at),
        sample_account_ids=[str(one) for one in it.actors],
        status_id=str(it.thing) if it.thing is not None and it.kind in ABOUT else "",
    )  # fmt: skip
    return encoded(shown)


def _accounts(tx: Tx, v: View, me: int, key: str) -> list[bytes]:
    _, those = bundles.get(tx, me, key)
    return entities.accounts(tx, v, list(dict.fromkeys(it.actor for it in those)))


def _unread(tx: Tx, me: int, it: Asked, bundled: tuple[str, ...], limit: int) -> int:
    return bundles.unread(tx, me, last_read(tx, me), kinds=it.kinds, bundled=bundled, limit=limit)


routes = [
    route("GET", "/api/v2/notifications", all_, "read:notifications"),
    route("GET", "/api/v2/notifications/unread_count", unread, "read:notifications"),
    route("GET", "/api/v2/notifications/{group_key}", one, "read:notifications"),
    route("GET", "/api/v2/notifications/{group_key}/accounts", accounts, "read:notifications"),
    route("POST", "/api/v2/notifications/{group_key}/dismiss", dismiss, "write:notifications"),
]
