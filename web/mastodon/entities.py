"""Accounts, statuses and polls as apps read them. Pure functions of a transaction, for units that read."""

from collections.abc import Iterable

from hub import actors, marks, reacting, viewing
from hub.errors import NotFound
from hub.ids import made_at
from hub.marks import Mark
from hub.people import Account
from hub.store import Tx
from web.mastodon import ballots, filtering, portraits, tellings
from web.mastodon.shapes import stamp as stamp
from web.mastodon.view import Entry, Piece, View

NO_POLL = b',"poll":null'
_NAMES = ("favourited", "reblogged", "muted", "bookmarked")
FLAGS = [
    "".join(f',"{name}":{"true" if bits >> n & 1 else "false"}' for n, name in enumerate(_NAMES)).encode()
    for bits in range(16)
]


def account(tx: Tx, v: View, id: int) -> bytes:
    """An account as JSON. Raises `NotFound`."""
    v.kept.freshen(tx, v)
    return _account(tx, v, id, actors.version(tx, id))


def accounts(tx: Tx, v: View, ids: list[int]) -> list[bytes]:
    """In the order given. Unknown ones are left out."""
    v.kept.freshen(tx, v)
    versions = actors.versions(tx, ids)
    return [_account(tx, v, id, versions[id]) for id in ids if id in versions]


def own_account(tx: Tx, v: View, account: Account) -> bytes:
    """The account of who calls, with what only they see of it."""
    return portraits.own(tx, v, account)


def status(tx: Tx, v: View, me: int, id: int) -> bytes:
    """A thing's or a share's id. Raises `NotFound`, also for what `me` may not see."""
    found = statuses(tx, v, me, [entry(tx, id)])
    if not found:
        raise NotFound(viewing.NOTHING)
    return found[0][1]


def entry(tx: Tx, id: int) -> Entry:
    """The line that an id stands for."""
    share = reacting.by_number(tx, id)
    return Entry(id, share["thing"], share["actor"]) if share else Entry(id, id)


def statuses(tx: Tx, v: View, me: int, entries: Iterable[Entry]) -> list[tuple[int, bytes]]:
    """Those that `me` may see, in order, with the id that each stands under."""
    v.kept.freshen(tx, v)
    entries = list(entries)
    if not entries:
        return []
    marked = marks.of(tx, me, [one.thing for one in entries])
    pieces = _pieces(tx, v, me, marked)
    caught = filtering.filtered(tx, v, me, marked) if me else {}
    found: dict[int, tuple[bytes, bytes]] = {}
    for id, mark in marked.items():
        piece = pieces[id]
        by = _account(tx, v, mark.author, mark.author_updated)
        own = _own(mark, me, caught) if me else b""
        poll = _poll(tx, v, me, id) if piece.poll else NO_POLL
        found[id] = b"".join((b'{"account":', by, piece.body, poll, own, b"}")), own
    written = []
    for id, thing, sharer in entries:
        if thing in found:
            body, own = found[thing]
            written.append((id, body if sharer is None else _shared(tx, v, id, sharer, body, own)))
    return written


def poll(tx: Tx, v: View, me: int, id: int) -> bytes:
    """The poll that a thing is or has. Raises `NotFound`."""
    made = ballots.poll(tx, v, me, viewing.get(tx, me, id))
    if made is None:
        raise NotFound(viewing.NOTHING)
    return made


def _pieces(tx: Tx, v: View, me: int, marked: dict[int, Mark]) -> dict[int, Piece]:
    pieces, missing = {}, []
    for id, row in marked.items():
        piece = v.kept.statuses.get(id)
        if piece is None or piece.version != row.updated:
            missing.append(id)
        else:
            pieces[id] = piece
    for id, thing in viewing.many(tx, me, missing).items():
        pieces[id] = piece = tellings.piece(tx, v, thing)
        v.kept.keep(v, id, piece)
    return pieces


def _account(tx: Tx, v: View, id: int, version: int) -> bytes:
    kept = v.kept.accounts.get(id)
    if kept is not None and kept[0] == version:
        return kept[1]
    body = portraits.account(tx, v, actors.get(tx, id))
    v.kept.keep_account(v, id, version, body)
    return body


def _own(row: Mark, me: int, caught: dict[int, bytes]) -> bytes:
    """What `me` has made of it."""
    flags: bytes = FLAGS[row.liked + 2 * row.shared + 4 * row.muted + 8 * row.kept]
    if row.author == me:
        flags += b',"pinned":true' if row.pinned else b',"pinned":false'
    return flags + b',"filtered":' + caught.get(row.id, b"[]")


def _poll(tx: Tx, v: View, me: int, id: int) -> bytes:
    made = ballots.poll(tx, v, me, viewing.get(tx, me, id))
    return NO_POLL if made is None else b',"poll":' + made


def _shared(tx: Tx, v: View, number: int, sharer: int, original: bytes, own: bytes) -> bytes:
    by = _account(tx, v, sharer, actors.version(tx, sharer))
    body = tellings.wrapper(v, number, made_at(number))
    return b"".join((b'{"account":', by, body, NO_POLL, own, b',"reblog":', original, b"}"))
