"""Statuses, one by one: said, changed, taken back; what they answer and what answers them."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from hub import mentions, once, reacting, scheduled, statuses, viewing
from hub.clock import HOUR, now
from hub.errors import N_, NotFound
from hub.kept import Picture, Thing
from hub.packing import unpack
from hub.people import Account
from hub.reading import Extra
from hub.store import Row, Store, Tx
from hub.text import Text, pick
from web.mastodon import drafting, entities, shapes, tellings
from web.mastodon.api import Caller, answer, path_id, raw, route
from web.mastodon.drafting import Wanted
from web.mastodon.params import Params
from web.mastodon.view import Entry, View, view
from web.meeting import meet

MOST_AT_ONCE = 40  # statuses asked for by id
Made = tuple[bool, int]  # whether it is for later; its id


def who(caller: Caller) -> Account:
    """The account that calls: for calls that need one."""
    if caller.account is None:
        raise NotFound(viewing.NOTHING)
    return caller.account


async def shown(request: Request, caller: Caller, id: int) -> Response:
    store: Store = request.app.state.store
    return raw(await store.read(entities.status, view(request), caller.id, id))


# --- one -------------------------------------------------------------------------------------------


async def one(request: Request, caller: Caller, params: Params) -> Response:
    return await shown(request, caller, path_id(request))


async def several(request: Request, caller: Caller, params: Params) -> Response:
    """Those of some ids that the caller may see."""
    ids = [int(word) for word in params.many("id") if word.isascii() and word.isdecimal() and len(word) < 19]
    store: Store = request.app.state.store
    found = await store.read(_several, view(request), caller.id, ids[:MOST_AT_ONCE])
    return raw(b"[" + b",".join(found) + b"]")


def _several(tx: Tx, v: View, me: int, ids: list[int]) -> list[bytes]:
    return [body for _, body in entities.statuses(tx, v, me, [entities.entry(tx, id) for id in ids])]


async def context(request: Request, caller: Caller, params: Params) -> Response:
    store: Store = request.app.state.store
    above, below = await store.read(_context, view(request), caller.id, path_id(request))
    return raw(b'{"ancestors":[' + b",".join(above) + b'],"descendants":[' + b",".join(below) + b"]}")


def _context(tx: Tx, v: View, me: int, id: int) -> tuple[list[bytes], list[bytes]]:
    it = viewing.get(tx, me, entities.entry(tx, id).thing)
    above, below = _around(it, viewing.thread(tx, me, it))
    written = dict(entities.statuses(tx, v, me, [Entry(one, one) for one in (*above, *below)]))
    return [written[one] for one in above if one in written], [written[one] for one in below if one in written]


def _around(it: Thing, thread: list[Thing]) -> tuple[list[int], list[int]]:
    """What stands above a thing, from the top; and below it, each answer followed by those to it."""
    at = {one.uri: one.id for one in thread}
    top = it.root or it.id
    # What answers something that is not here (an event's poll, a post that is gone) answers the top.
    over = {one.id: at.get(one.reply_to or "", top) for one in thread if one.id != top and one.reply_to}
    above: list[int] = []
    here = over.get(it.id)
    while here is not None and here not in above and here != it.id:
        above.append(here)
        here = over.get(here)
    under: dict[int, list[int]] = {}
    for one in thread:
        if one.id in over:
            under.setdefault(over[one.id], []).append(one.id)
    below, waiting = [], list(reversed(under.get(it.id, [])))
    while waiting:
        here = waiting.pop()
        below.append(here)
        waiting += reversed(under.pop(here, []))
    return above[::-1], below


async def source(request: Request, caller: Caller, params: Params) -> Response:
    """The words as they were typed, to be changed."""
    it = await request.app.state.store.read(statuses.own, who(caller).actor, path_id(request))
    text, warning = _typed(it)
    return answer({"id": str(it.id), "text": text, "spoiler_text": warning})


def _typed(it: Thing) -> tuple[str, str]:
    return next(iter(it.words.values()), ""), next(iter(it.extra.warning.values()), "")


async def history(request: Request, caller: Caller, params: Params) -> Response:
    store: Store = request.app.state.store
    rows = await store.read(_history, view(request), caller.id, path_id(request))
    return raw(b"[" + b",".join(rows) + b"]")


def _history(tx: Tx, v: View, me: int, id: int) -> list[bytes]:
    it = viewing.get(tx, me, id)
    by = entities.account(tx, v, it.by.id)
    before = [_revision(it, row) for row in mentions.revisions(tx, id)]
    return [_edit(tx, v, one, at, by) for one, at in [*before, (it, it.edited or it.published)]]


def _revision(it: Thing, row: Row) -> tuple[Thing, int]:
    was = msgspec.structs.replace(
        it, title=unpack(row["title"], Text), html=unpack(row["html"], Text),
        pictures=unpack(row["pictures"], list[Picture]),
        extra=unpack(row["extra"], Extra) if row["extra"] else Extra(),
    )  # fmt: skip
    return was, row["at"]


def _edit(tx: Tx, v: View, it: Thing, at: int, by: bytes) -> bytes:
    language = tellings.language(v, it)
    poll = {"options": [{"title": option.name} for option in it.extra.poll.options]} if it.extra.poll else None
    said: dict[str, object] = {
        "content": tellings.content(it, v, language), "spoiler_text": pick(it.extra.warning, language),
        "sensitive": it.extra.sensitive, "created_at": shapes.stamp(at), "emojis": [],
        "media_attachments": tellings.attachments(tx, v, it), **({"poll": poll} if poll else {}),
    }  # fmt: skip
    return b'{"account":' + by + shapes.inside(said) + b"}"


# --- said ------------------------------------------------------------------------------------------


async def publish(request: Request, caller: Caller, params: Params) -> Response:
    """Say something, now or later. Asked for twice by the same key within an hour, it is said once."""
    account, store = who(caller), request.app.state.store
    wanted = drafting.wanted(params, caller.app)
    typed = request.headers.get("idempotency-key", "")[:500]
    key = once.key("status", str(caller.id), typed) if typed else ""
    made: Made | None = await store.read_hot(_made, key) if key else None
    if made is None:
        await meet(request, wanted.text)
        made = await store.write(_publish, account, wanted, key)
    later, id = made
    if not later:
        return await shown(request, caller, id)
    return raw(await store.read(drafting.later, view(request), account.actor, id))


def _made(tx: Tx, key: str) -> Made | None:
    made = once.made(tx, key)
    return None if made is None else (made < 0, abs(made))


def _publish(tx: Tx, account: Account, wanted: Wanted, key: str) -> Made:
    before = _made(tx, key) if key else None
    if before is not None:
        return before
    draft = drafting.draft(tx, account, wanted)
    if wanted.at is not None and wanted.at > now():
        made = True, scheduled.put_off(tx, account.actor, draft, wanted.at).id
    else:
        made = False, statuses.publish(tx, account.actor, draft).id
    if key:
        once.remember(tx, key, -made[1] if made[0] else made[1], lasts=HOUR)
    return made


async def change(request: Request, caller: Caller, params: Params) -> Response:
    """Say it otherwise. What is not mentioned stays as it is."""
    account, id = who(caller), path_id(request)
    await meet(request, params.text("status"))
    await request.app.state.store.write(_change, account, id, params, caller.app)
    return await shown(request, caller, id)


def _change(tx: Tx, account: Account, id: int, params: Params, app: int) -> None:
    it = statuses.own(tx, account.actor, id)
    statuses.change(tx, account.actor, id, drafting.changed(tx, account, it, params))


async def remove(request: Request, caller: Caller, params: Params) -> Response:
    """Take it back, and return what it was with its words, so that it can be written anew."""
    account, id = who(caller), path_id(request)
    store: Store = request.app.state.store
    entry, body, text = await store.read(_before, view(request), account.actor, id)
    if entry.shared_by is not None:
        await store.write(reacting.take_back, account.actor, entry.thing, reacting.SHARE)
    else:
        await store.write(statuses.remove, account.actor, id)
    return raw(body[:-1] + b',"text":' + msgspec.json.encode(text) + b"}")


def _before(tx: Tx, v: View, me: int, id: int) -> tuple[Entry, bytes, str]:
    entry = entities.entry(tx, id)
    if entry.shared_by is None:
        text = _typed(statuses.own(tx, me, id))[0]
    elif entry.shared_by == me:
        text = ""
    else:
        raise NotFound(viewing.NOTHING)
    return entry, entities.status(tx, v, me, id), text


async def translate(request: Request, caller: Caller, params: Params) -> Response:
    """Nothing is translated here; apps are told so before they ask."""
    raise NotFound(N_("Record not found"))


routes = [
    route("GET", "/api/v1/statuses", several, "read:statuses", open=True),
    route("POST", "/api/v1/statuses", publish, "write:statuses"),
    route("GET", "/api/v1/statuses/{id}", one, "read:statuses", open=True),
    route("PUT", "/api/v1/statuses/{id}", change, "write:statuses"),
    route("DELETE", "/api/v1/statuses/{id}", remove, "write:statuses"),
    route("GET", "/api/v1/statuses/{id}/context", context, "read:statuses", open=True),
    route("GET", "/api/v1/statuses/{id}/source", source, "read:statuses"),
    route("GET", "/api/v1/statuses/{id}/history", history, "read:statuses", open=True),
    route("POST", "/api/v1/statuses/{id}/translate", translate, "read:statuses"),
]
