"""Accounts, statuses and polls as apps read them. Pure functions of a transaction, for units that read."""

from collections.abc import Iterable
from functools import lru_cache

from hub import actors, marks, reacting, viewing
from hub.errors import NotFound
from hub.ids import made_at
from hub.marks import PINNED
from hub.people import Account
from hub.store import Tx
from hub.viewing import Sight
from web.mastodon import ballots, filtering, portraits, tellings
from web.mastodon.shapes import stamp as stamp
from web.mastodon.view import Entry, Piece, View

NO_POLL = b',"poll":null'
BEGIN, FILTERED = b'{"account":', b',"filtered":'
_NAMES = ("favourited", "reblogged", "muted", "bookmarked")  # in the order of `marks`
FLAGS = [
    "".join(f',"{name}":{"true" if bits >> n & 1 else "false"}' for n, name in enumerate(_NAMES)).encode()
    for bits in range(16)
]
OTHERS = [flags + FILTERED + b"[]" for flags in FLAGS]
Parts = tuple[bytes, ...]  # of one status: joined they are its JSON


def account(tx: Tx, v: View, id: int) -> bytes:
    """An account as JSON. Raises `NotFound`."""
    v.kept.freshen(tx, v)
    return account_as_of(tx, v, id, actors.version(tx, id))


def accounts(tx: Tx, v: View, ids: list[int]) -> list[bytes]:
    """In the order given. Unknown ones are left out."""
    v.kept.freshen(tx, v)
    versions = actors.versions(tx, ids)
    return [account_as_of(tx, v, id, versions[id]) for id in ids if id in versions]


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
    sights = marks.sights(tx, me, entries)
    return [(sight[0], b"".join(parts)) for sight, parts in zip(sights, written(tx, v, me, sights), strict=True)]


def shown(tx: Tx, v: View, me: int, things: Iterable[int]) -> dict[int, Parts]:
    """Those of these things that `me` may see, in this order, in pieces."""
    sights = marks.sights(tx, me, [(id, id, None) for id in dict.fromkeys(things)])
    return dict(zip([sight[0] for sight in sights], written(tx, v, me, sights), strict=True))


def written(tx: Tx, v: View, me: int, sights: list[Sight]) -> list[Parts]:
    """Each of these in pieces of JSON, most of which are kept. `sights` are what `me` may see."""
    v.kept.freshen(tx, v)
    if not sights:
        return []
    marked = marks.of(tx, me, sights)
    pieces = _pieces(tx, v, me, sights)
    caught = filtering.filtered(tx, v, me, sights) if me else {}
    sharers = actors.versions(tx, list({sight[2] for sight in sights if sight[2] is not None}))
    made, left, kept, found = marked.of, marked.left, v.kept.accounts, list[Parts]()
    for number, thing, sharer, _, author, author_updated, root in sights:
        piece, account = pieces[thing], kept.get(author)
        same = account is not None and account[0] == author_updated
        by = account[1] if account and same else account_as_of(tx, v, author, author_updated)
        poll = _poll(tx, v, me, thing) if piece.poll else NO_POLL
        if caught or left or author == me or not me:
            own = _own(marked.on(thing, root), thing, author == me, caught) if me else b""
        else:
            own = OTHERS[made.get(thing, 0)]
        parts: Parts = (BEGIN, by, piece.body, poll, own, b"}")
        found.append(parts if sharer is None else (*_shared(tx, v, number, sharer, sharers[sharer], own), *parts, b"}"))
    return found


def poll(tx: Tx, v: View, me: int, id: int) -> bytes:
    """The poll that a thing is or has. Raises `NotFound`."""
    made = ballots.poll(tx, v, me, viewing.get(tx, me, id))
    if made is None:
        raise NotFound(viewing.NOTHING)
    return made


def _pieces(tx: Tx, v: View, me: int, sights: list[Sight]) -> dict[int, Piece]:
    pieces, missing, kept = {}, [], v.kept.statuses
    for sight in sights:
        piece = kept.get(sight[1])
        if piece is None or piece.version != sight[3]:
            missing.append(sight[1])
        else:
            pieces[sight[1]] = piece
    for id, thing in viewing.many(tx, me, list(dict.fromkeys(missing))).items():
        pieces[id] = piece = tellings.piece(tx, v, thing)
        v.kept.keep(v, id, piece)
    return pieces


def account_as_of(tx: Tx, v: View, id: int, version: int) -> bytes:
    """An account whose version was read in the same unit, after something else has asked for what is fresh."""
    kept = v.kept.accounts.get(id)
    if kept is not None and kept[0] == version:
        return kept[1]
    body = portraits.account(tx, v, actors.get(tx, id))
    v.kept.keep_account(v, id, version, body)
    return body


def _own(made: int, thing: int, mine: bool, caught: dict[int, bytes]) -> bytes:
    """What `me` has made of it."""
    if not mine:
        return OTHERS[made & ~PINNED] if thing not in caught else FLAGS[made & ~PINNED] + FILTERED + caught[thing]
    return FLAGS[made & ~PINNED] + (b',"pinned":true' if made & PINNED else b',"pinned":false') + FILTERED + b"[]"


def _poll(tx: Tx, v: View, me: int, id: int) -> bytes:
    made = ballots.poll(tx, v, me, viewing.get(tx, me, id))
    return NO_POLL if made is None else b',"poll":' + made


def _shared(tx: Tx, v: View, number: int, sharer: int, version: int, own: bytes) -> Parts:
    """What stands before the status that is shared."""
    return BEGIN, account_as_of(tx, v, sharer, version), _wrapper(v.base, number), NO_POLL, own, b',"reblog":'


@lru_cache(maxsize=1024)
def _wrapper(base: str, number: int) -> bytes:
    return tellings.wrapper(base, number, made_at(number))
