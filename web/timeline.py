"""What residents read one below the other: words, events and asks as cards, with what the reader may do with each."""

from collections.abc import Sequence

import msgspec

from hub import actors, asks, events, held, timelines, viewing, voting
from hub.actors import By
from hub.kept import OPEN, Thing
from hub.settings import Hub
from hub.store import Row, Tx
from hub.text import Text
from hub.viewing import Sight
from hub.voting import Standing
from web.showing import Photo, photos, place, web_address

MOST = 20
FOLDERS = {"event": "events", "companion": "events", "ask": "asks", "offer": "asks", "project": "projects"}


class Entry(msgspec.Struct, frozen=True):
    """A line of a list: what it goes by (the thing's id or its share's), the thing, and who shared it."""

    id: int
    thing: int
    shared_by: int | None = None


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """One thing as a reader sees it. `id` is what the list goes by. `path`: its page here; `away`: its page elsewhere,
    "" for ours. `answers`: whom it answers. `shared_by`: whoever passed it on. `poll` with its `labels`; `liked`,
    `shared`, `kept`, `pinned` are what the reader did. `event`, `ask`: what it is besides.
    `open`: anybody may see it. `waits`: only its author sees it yet. `face` is the address of its author's own picture,
    "" for the one that is drawn."""

    id: int
    thing: Thing
    path: str
    away: str
    place: Text
    photos: list[Photo]
    answers: By | None = None
    shared_by: By | None = None
    poll: Standing | None = None
    likes: int = 0
    shares: int = 0
    replies: int = 0
    event: events.Event | None = None
    ask: asks.Ask | None = None
    liked: bool = False
    shared: bool = False
    kept: bool = False
    pinned: bool = False
    mine: bool = False
    face: str = ""
    waits: bool = False

    @property
    def open(self) -> bool:
        return self.thing.audience in OPEN


class Cards(msgspec.Struct, frozen=True):
    """A page of a list. `older` is what the next page begins behind, 0 for no more; `newest` the first one's id."""

    cards: list[Card]
    older: int = 0
    newest: int = 0


def cards(tx: Tx, hub: Hub, me: int, entries: list[Entry], most: int = MOST) -> Cards:
    """The cards of a list of which one more than `most` was asked for; what `me` may not see is left out."""
    shown = entries[:most]
    seen = viewing.many(tx, me, [entry.thing for entry in shown])
    counts = _counts(tx, list(seen), me)
    found = [_card(tx, hub, me, entry, seen[entry.thing], counts) for entry in shown if entry.thing in seen]
    return Cards(found, shown[-1].id if len(entries) > most else 0, shown[0].id if shown else 0)


def one(tx: Tx, hub: Hub, me: int, thing: Thing) -> Card:
    return _card(tx, hub, me, Entry(thing.id, thing.id), thing, _counts(tx, [thing.id], me))


def entries(lines: Sequence[timelines.Line | Sight]) -> list[Entry]:
    """A list of the domain, to be shown as cards."""
    return [Entry(*line[:3]) for line in lines]


def older(before: int, most: int = MOST) -> timelines.Stretch:
    """The part of a list below a number: one more than is shown, to see whether there is more."""
    return timelines.Stretch(before=before, limit=most + 1)


# --- one card --------------------------------------------------------------------------------------


def _card(tx: Tx, hub: Hub, me: int, entry: Entry, it: Thing, counts: dict[int, Row]) -> Card:
    row = counts.get(it.id)
    return Card(
        id=entry.id, thing=it, path=path(it), away="" if it.local else web_address(it.url) or web_address(it.uri),
        place=place(it.by, hub), photos=photos(tx, it.pictures), answers=_answered(tx, it),
        shared_by=_by(tx, entry.shared_by), event=events.get(tx, it.id) if it.kind == "event" else None,
        ask=asks.get(tx, it.id) if it.kind in ("ask", "offer") else None, poll=voting.standing(tx, me, it),
        mine=it.by.id == me, likes=row["likes"] if row else 0, shares=row["shares"] if row else 0,
        replies=row["replies"] if row else 0,
        liked=bool(row and row["liked"]), shared=bool(row and row["shared"]), kept=bool(row and row["kept"]),
        pinned=bool(row and row["pinned"]), face=f"/media/{row['face']}-small.jpg" if row and row["face"] else "",
        waits=it.hidden and it.by.id == me and held.waits(tx, it.id),
    )  # fmt: skip


def path(it: Thing) -> str:
    """Where a thing is read here."""
    if it.kind == "companion":
        return f"/events/{it.root}"
    return f"/{FOLDERS.get(it.kind, 'posts')}/{it.id}"


def _counts(tx: Tx, ids: list[int], me: int) -> dict[int, Row]:
    """Of each thing: how many like it, shared it, answered it; and what `me` did with it."""
    named = {f"i{n}": id for n, id in enumerate(ids)}
    if not named:
        return {}
    rows = tx.all(
        f"""SELECT t.id,
              (SELECT count(*) FROM reaction r WHERE r.thing = t.id AND r.kind = 'like') AS likes,
              (SELECT count(*) FROM reaction r WHERE r.thing = t.id AND r.kind = 'share') AS shares,
              (SELECT count(*) FROM thing x WHERE x.reply_to = t.uri AND x.removed IS NULL AND x.hidden = 0) AS replies,
              EXISTS (SELECT 1 FROM reaction r WHERE r.thing = t.id AND r.actor = :me AND r.kind = 'like') AS liked,
              EXISTS (SELECT 1 FROM reaction r WHERE r.thing = t.id AND r.actor = :me AND r.kind = 'share') AS shared,
              EXISTS (SELECT 1 FROM bookmark b WHERE b.thing = t.id AND b.account = :me) AS kept,
              EXISTS (SELECT 1 FROM pin p WHERE p.thing = t.id AND p.account = :me) AS pinned,
              (SELECT m.key FROM actor a JOIN media m ON m.id = a.picture WHERE a.id = t.author AND a.local = 1) AS face
            FROM thing t WHERE t.id IN ({", ".join(f":{name}" for name in named)})""",
        me=me, **named,
    )  # fmt: skip
    return {row["id"]: row for row in rows}


def _answered(tx: Tx, it: Thing) -> By | None:
    """Whom it answers, if that is somebody else."""
    if it.reply_to is None:
        return None
    row = tx.one("SELECT author FROM thing WHERE uri = :uri", uri=it.reply_to)
    return _by(tx, row["author"]) if row and row["author"] != it.by.id else None


def _by(tx: Tx, id: int | None) -> By | None:
    row = tx.one(f"SELECT {actors.BY} FROM actor a WHERE a.id = :id", id=id or 0)
    return actors.by(row, id) if row and id else None
