"""From words to people, hashtags and statuses; and from an address to what stands there, here or elsewhere."""

import re

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from federation import find_account, find_thing
from hub import finding, tags
from hub.clock import MINUTE
from hub.errors import N_, Invalid, NotFound
from hub.store import Store, Tx
from web import limits
from web.limits import Limit
from web.mastodon import crowds, entities
from web.mastodon.api import NEEDS_USER, Caller, Refused, between, raw, route
from web.mastodon.params import Params
from web.mastodon.shapes import encoded
from web.mastodon.tags import Tag, written
from web.mastodon.view import Entry, View, view

KINDS = ("accounts", "statuses", "hashtags")
LOOKS = Limit("look", 60, 5 * MINUTE)  # how often one person may have other servers asked
_HANDLE = re.compile(r"@?[A-Za-z0-9_.-]+@[^@\s/?#]+")


class Asked(msgspec.Struct, frozen=True):
    """What is looked for, and which stretch of it. `author` is 0 for anybody."""

    words: str
    following: bool
    author: int
    before: int | None
    after: int | None
    skip: int
    limit: int


class Found(msgspec.Struct, frozen=True):
    """Accounts and statuses as JSON."""

    accounts: list[bytes]
    statuses: list[bytes]
    hashtags: list[Tag]


class OldFound(msgspec.Struct, frozen=True):
    accounts: list[msgspec.Raw]
    statuses: list[msgspec.Raw]
    hashtags: list[str]


async def search(request: Request, caller: Caller, params: Params) -> Response:
    found = await _search(request, caller, params)
    parts = [b'{"accounts":[', *between(found.accounts), b'],"statuses":[', *between(found.statuses)]
    return raw(b"".join([*parts, b'],"hashtags":', encoded(found.hashtags), b"}"]))


async def old_search(request: Request, caller: Caller, params: Params) -> Response:
    """The same with hashtags as bare words."""
    found = await _search(request, caller, params)
    names = [tag.name for tag in found.hashtags]
    return raw(encoded(OldFound(_raw(found.accounts), _raw(found.statuses), names)))


async def _search(request: Request, caller: Caller, params: Params) -> Found:
    words = params.text("q").strip()
    if not words:
        raise Invalid(N_("Type what you look for."), field="q")
    skip, limit = crowds.span(params, 20, 40)
    resolve, kind = bool(params.flag("resolve")), params.text("type")
    if caller.account is None and (resolve or skip):
        raise Refused(401, NEEDS_USER)
    page = params.page()
    asked = Asked(
        words, bool(params.flag("following")), params.number("account_id", 0) or 0, page.max_id, page.min_id, skip,
        limit,
    )  # fmt: skip
    kinds = [one for one in KINDS if kind in ("", one)]
    store: Store = request.app.state.store
    if "://" in words:
        it = await _behind(request, caller, words, resolve=resolve)
        return await store.read(_one, view(request), caller.id, it, kinds)
    if resolve and "accounts" in kinds and _HANDLE.fullmatch(words):
        await _meet(request, caller, words)
    return await store.read_hot(_gathered, view(request), caller.id, asked, kinds)


async def people_found(
    request: Request, caller: Caller, params: Params, words: str, sizes: tuple[int, int]
) -> list[bytes]:  # fmt: skip
    """Accounts alone, for who types a name."""
    skip, limit = crowds.span(params, *sizes)
    if params.flag("resolve") and (_HANDLE.fullmatch(words) or "://" in words):
        await _meet(request, caller, words)
    asked = Asked(words, bool(params.flag("following")), 0, None, None, skip, limit)
    found: list[bytes] = await request.app.state.store.read(_people, view(request), caller.id, asked)
    return found


async def _meet(request: Request, caller: Caller, typed: str) -> int | None:
    """Have them asked for at their own server. `None` when there is nobody."""
    limits.check(request, LOOKS, str(caller.id))
    try:
        return await find_account(request.app.state.wire, typed)
    except NotFound:
        return None


async def _behind(request: Request, caller: Caller, url: str, *, resolve: bool) -> tuple[int, int]:
    """The actor and the thing (one of them 0) that stand at an address."""
    who, thing = await request.app.state.store.read(_known, view(request), caller.id, url)
    if who or thing or not resolve:
        return who, thing
    who = await _meet(request, caller, url) or 0
    if who:
        return who, 0
    try:
        return 0, await find_thing(request.app.state.wire, url)
    except NotFound:
        return 0, 0


def _known(tx: Tx, v: View, me: int, url: str) -> tuple[int, int]:
    who = finding.address(tx, url) or 0
    return who, 0 if who else finding.thing(tx, me, url, v.hub) or 0


def _one(tx: Tx, v: View, me: int, it: tuple[int, int], kinds: list[str]) -> Found:
    """One of them, as far as it is asked for and may be seen."""
    who, thing = it
    accounts = entities.accounts(tx, v, [who]) if who and "accounts" in kinds else []
    said = _statuses(tx, v, me, [thing]) if thing and "statuses" in kinds else []
    return Found(accounts, said, [])


def _gathered(tx: Tx, v: View, me: int, it: Asked, kinds: list[str]) -> Found:
    accounts = _people(tx, v, me, it) if "accounts" in kinds and not it.words.startswith("#") else []
    said = _said(tx, v, me, it) if "statuses" in kinds and me else []
    spoken = _tags(tx, v, me, it) if "hashtags" in kinds and not it.words.startswith("@") else []
    return Found(accounts, said, spoken)


def _people(tx: Tx, v: View, me: int, it: Asked) -> list[bytes]:
    if "://" in it.words:
        found = finding.address(tx, it.words)
        ids = [] if found is None or it.skip else [found]
    else:
        ids = finding.accounts(tx, me, it.words, v.hub, following=it.following, skip=it.skip, limit=it.limit)
    return entities.accounts(tx, v, ids)


def _said(tx: Tx, v: View, me: int, it: Asked) -> list[bytes]:
    found = finding.sights(
        tx, me, it.words, author=it.author, before=it.before, after=it.after, skip=it.skip, limit=it.limit
    )
    return [b"".join(parts) for parts in entities.written(tx, v, me, found)]


def _statuses(tx: Tx, v: View, me: int, ids: list[int]) -> list[bytes]:
    return [body for _, body in entities.statuses(tx, v, me, [Entry(id, id) for id in ids])]


def _tags(tx: Tx, v: View, me: int, it: Asked) -> list[Tag]:
    """What begins so; and just this, also where nobody has used it, so that it can be followed."""
    names = tags.named_like(tx, it.words, skip=it.skip, limit=it.limit)
    if it.words.startswith("#") and not it.skip:
        try:
            names = list(dict.fromkeys([tags.get(tx, me, it.words).tag, *names]))[: it.limit]
        except NotFound:
            return []
    return written(tx, v, me, names)


def _raw(bodies: list[bytes]) -> list[msgspec.Raw]:
    return [msgspec.Raw(body) for body in bodies]


routes = [
    route("GET", "/api/v2/search", search, "read:search", open=True),
    route("GET", "/api/v1/search", old_search, "read:search", open=True),
]
