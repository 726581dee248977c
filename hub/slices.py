"""Parts of what a hub says that are followed by themselves: its events, its asks, a topic, a series, a few streets.

A slice is there as soon as something can fall in it. It gets an actor and keys when somebody first looks for it, so
that nobody can make us produce keys for names that mean nothing here.
"""

import msgspec

from hub import actors, handles, people, search, settings, things
from hub.asks import CATEGORIES
from hub.changes import Kind, record
from hub.clock import now
from hub.errors import N_, Conflict, Invalid, NotFound
from hub.keys import Keys
from hub.packing import pack, unpack
from hub.patches import Draft, inside
from hub.places import Area, Venue
from hub.store import Row, Tx
from hub.text import Text

FIXED = ("events", "asks", "offers")
ABOUT = ("event", "ask", "offer")
OF = {
    "events": ("event",), "asks": ("ask",), "offers": ("offer",), "series": ("event",), "patch": ABOUT, "area": ABOUT,
    "topic": (*ABOUT, "note", "update"),
}  # fmt: skip
NAMES: dict[str, Text] = {
    "events": {"en": "Events", "cy": "Digwyddiadau"}, "asks": {"en": "Asks for help", "cy": "Ceisiadau am help"},
    "offers": {"en": "Offers", "cy": "Cynigion"},
}  # fmt: skip
MOST_AWAKE = 500  # slices with keys: more than any hub has topics that people follow
MOST_DRAWN = 200  # patches and areas
LOOKED_THROUGH = 1000  # things, to find those that are in a slice
TAGGED = 500  # things whose tags are shown as topics


class Slice(msgspec.Struct, frozen=True):
    """A part that can be followed. `id` and `actor` are None until somebody has looked for it.

    `rule` says what is in it: a topic's word, the lines of a patch, an area's code or name.
    """

    id: int | None
    handle: str
    kind: str
    name: Text
    rule: str = ""
    actor: int | None = None


class Facts(msgspec.Struct, frozen=True):
    """Of a thing, what decides where it falls. `companion` is the address of an event's poll."""

    id: int
    uri: str
    kind: str
    local: bool
    author: int
    by: str
    root: int | None
    shows: bool
    topics: list[str]
    series: int | None
    venue: Venue
    area: Area
    companion: str | None


_FACTS = """
SELECT t.id, t.uri, t.kind, t.local, t.author, w.uri AS by_uri, t.root, t.hidden, t.personal, t.removed, t.tags,
  t.area_name, t.area_code, k.category, e.venue, x.slice AS series, c.uri AS companion
FROM thing t JOIN actor w ON w.id = t.author LEFT JOIN ask k ON k.id = t.id LEFT JOIN event e ON e.id = t.id
  LEFT JOIN series_event x ON x.event = t.id LEFT JOIN thing c ON c.id = e.companion
"""
_OURS = "t.local = 1 AND t.kind IN ('event', 'ask', 'offer')"
_WHERE = {
    "events": "t.local = 1 AND t.kind = 'event'", "asks": "t.local = 1 AND t.kind = 'ask'",
    "offers": "t.local = 1 AND t.kind = 'offer'", "series": "x.slice = :slice AND t.local = 1", "patch": _OURS,
    "topic": "t.local = 1 AND (k.category = :rule OR (t.tags <> '[]' AND t.id IN ({match})))",
    "area": "t.local = 0 AND t.kind IN ('event', 'ask', 'offer') AND (t.area_code = :rule OR t.area_name = :rule)",
}  # fmt: skip


# --- which there are -------------------------------------------------------------------------------


def find(tx: Tx, handle: str) -> Slice | None:
    """The slice behind a handle, also one that nobody has looked for yet; `None` when nothing can fall in it."""
    handle = handle.lower()
    row = tx.one("SELECT * FROM slice WHERE handle = :handle", handle=handle)
    if row is not None:
        return None if row["ended"] else _slice(row)
    for part in fixed(tx):
        if part.handle == handle:
            return part
    word = handle.removeprefix(handles.TOPIC)
    if word == handle or not word or len(handle) > handles.LONGEST or handles.made_of(word) != word:
        return None
    part = _topic(word)
    return part if word in CATEGORIES or latest(tx, part, limit=1) else None


def get(tx: Tx, id: int) -> Slice:
    row = tx.one("SELECT * FROM slice WHERE id = :id AND ended IS NULL", id=id)
    if row is None:
        raise NotFound(N_("There is nothing at this address."))
    return _slice(row)


def of_actor(tx: Tx, actor: int) -> Slice:
    """The slice that an actor stands for. Raises `NotFound`."""
    row = tx.one("SELECT * FROM slice WHERE actor = :actor AND ended IS NULL", actor=actor)
    if row is None:
        raise NotFound(N_("There is nothing at this address."))
    return _slice(row)


def fixed(tx: Tx) -> list[Slice]:
    """Those that every hub has."""
    rows = {row["kind"]: _slice(row) for row in tx.all(f"SELECT * FROM slice WHERE kind IN {FIXED}")}
    return [rows.get(kind) or Slice(None, _own(tx, kind), kind, NAMES[kind]) for kind in FIXED]


def kept(tx: Tx, *kinds: str) -> list[Slice]:
    """Series, patches or areas, the last made first."""
    rows = tx.all("SELECT * FROM slice WHERE ended IS NULL AND kind <> 'topic' ORDER BY id DESC LIMIT 400")
    return [part for part in map(_slice, rows) if part.kind in kinds]


def topics(tx: Tx, limit: int = 30) -> list[tuple[Slice, int]]:
    """What is talked about here, and how often lately; the most frequent first."""
    rows = tx.all(
        f"""SELECT tags FROM thing t WHERE t.local = 1 AND t.tags <> '[]' AND {things.VISIBLE}
            ORDER BY t.published DESC LIMIT :limit""",
        limit=TAGGED,
    )
    rows += tx.all(
        f"""SELECT '["' || k.category || '"]' AS tags FROM ask k JOIN thing t ON t.id = k.id
            WHERE t.local = 1 AND k.category <> 'other' AND {things.VISIBLE} ORDER BY t.published DESC LIMIT :limit""",
        limit=TAGGED,
    )
    many: dict[str, int] = {}
    for row in rows:
        for word in _topics_of(row["tags"]):
            many[word] = many.get(word, 0) + 1
    often = sorted(many, key=lambda word: (-many[word], word))[:limit]
    return [(_topic(word), many[word]) for word in often]


def awake(tx: Tx) -> list[Slice]:
    """Those with an actor: somebody may follow them."""
    rows = tx.all("SELECT * FROM slice WHERE actor IS NOT NULL AND ended IS NULL ORDER BY id")
    return [_slice(row) for row in rows]


def title(part: Slice, hub: settings.Hub) -> Text:
    """What it is called elsewhere: "Events · Riverside", in each language of the hub."""
    names = {}
    for tag in hub.languages:
        own = part.name.get(tag) or next(iter(part.name.values()), "")
        names[tag] = f"{own} · {hub.name.get(tag) or next(iter(hub.name.values()), '')}"
    return names


def wake(tx: Tx, handle: str, keys: Keys) -> bool:
    """Give a slice its actor, since somebody looks for it. False when there is no such slice, or too many."""
    part, hub = find(tx, handle), settings.get(tx)
    if part is None or part.actor is not None or not may_wake(tx):
        return False
    actor = actors.create(
        tx, hub.base, part.handle, kind="other", type="Group", handle=part.handle, title=title(part, hub),
        url=f"{hub.base}/@{part.handle}", keys=keys,
    )  # fmt: skip
    id = part.id or handles.claim(tx, part.handle, part.kind, part.name, part.rule)
    tx.run("UPDATE slice SET actor = :actor WHERE id = :id", actor=actor, id=id)
    record(tx, Kind.SLICE_BEGUN, subject=actor, actor=actor)
    return True


def may_wake(tx: Tx) -> bool:
    """Whether one more can get an actor."""
    many = tx.one("SELECT count(*) AS n FROM slice WHERE actor IS NOT NULL")
    return many is not None and many["n"] < MOST_AWAKE


def handles_of(tx: Tx) -> list[str]:
    """Of all that can be followed: what every hub has, what stewards drew, series, and topics that are followed."""
    there = [*fixed(tx), *kept(tx, "series", "patch", "area"), *(part for part in awake(tx) if part.kind == "topic")]
    return [part.handle for part in there]


def renamed(tx: Tx) -> None:
    """The hub has a new name, and their names end with it."""
    hub = settings.get(tx)
    for part in awake(tx):
        assert part.actor is not None
        name = title(part, hub)
        if actors.get(tx, part.actor).name != name:
            actors.rename(tx, part.actor, title=name, summary={})


# --- what falls in them ----------------------------------------------------------------------------


def facts(tx: Tx, thing: int) -> Facts | None:
    """What there is to know of a thing, also when it shows no more; `None` for what never was."""
    row = tx.one(f"{_FACTS} WHERE t.id = :id", id=thing)
    return _facts(row) if row else None


def holds(part: Slice, it: Facts) -> bool:
    """Whether a thing is in a slice. Areas are of what other hubs publish, all others of what is published here."""
    if not it.shows or it.kind not in OF[part.kind] or it.local == (part.kind == "area"):
        return False
    match part.kind:
        case "topic":
            return part.rule in it.topics
        case "series":
            return part.id is not None and it.series == part.id
        case "patch":
            return inside(part.rule, it.venue, it.area)
        case "area":
            return part.rule in (it.area.code, it.area.name)
    return True


def latest(tx: Tx, part: Slice, *, ends_after: int = 0, limit: int = 40) -> list[Facts]:
    """What is in it, the last published first. `ends_after` (ms) leaves out events that were over by then."""
    words = search.query(tx, part.rule.replace("_", " ")) if part.kind == "topic" else ""
    rows = tx.all(
        f"""{_FACTS} WHERE {_WHERE[part.kind].format(match=search.MATCH[tx.dialect.name])} AND {things.STANDING}
              AND (e.id IS NULL OR e.ends > :ends_after)
            ORDER BY t.published DESC, t.id DESC LIMIT :limit""",
        limit=LOOKED_THROUGH, ends_after=ends_after,
        **_given(part, words),
    )  # fmt: skip
    return [it for it in map(_facts, rows) if holds(part, it)][:limit]


# --- patches and areas, which a steward draws ------------------------------------------------------


def draw(tx: Tx, who: int, draft: Draft) -> Slice:
    """Let a few streets be followed, or what other hubs publish of an area. Stewards may."""
    people.require(tx, who, "steward")
    name, rule = draft.checked()
    handle = next((made for words in name.values() if (made := handles.made_of(words))), "")
    if not handle:
        raise Invalid(N_("Use letters or numbers in the name."), field="name")
    if len(kept(tx, "patch", "area")) >= MOST_DRAWN:
        raise Conflict(N_("There are enough of these. End one that nobody follows."))
    return get(tx, handles.claim(tx, handles.free(tx, handle), draft.kind, name, rule))


def redraw(tx: Tx, who: int, id: int, draft: Draft) -> Slice:
    """Other streets, or another name. Who follows goes on following; what is there already stays told."""
    people.require(tx, who, "steward")
    part = get(tx, id)
    name, rule = draft.checked()
    if part.kind != draft.kind:
        raise NotFound(N_("There is nothing at this address."))
    tx.run("UPDATE slice SET name = :name, rule = :rule WHERE id = :id", id=id, name=pack(name), rule=rule)
    if part.actor is not None:
        actors.rename(tx, part.actor, title=title(get(tx, id), settings.get(tx)), summary={})
    return get(tx, id)


def end(tx: Tx, who: int, id: int) -> None:
    """Nobody can follow it any more. Its handle is not given to anything else."""
    people.require(tx, who, "steward")
    part = get(tx, id)
    if part.kind not in ("patch", "area"):
        raise Conflict(N_("This one ends by itself, when nothing falls in it."))
    tx.run("UPDATE slice SET ended = :now WHERE id = :id", now=now(), id=id)
    if part.actor is not None:
        record(tx, Kind.SLICE_ENDED, subject=part.actor, actor=who)
        tx.run("UPDATE actor SET removed = :now WHERE id = :actor", now=now(), actor=part.actor)


# --- what they have told ---------------------------------------------------------------------------


def shared(tx: Tx, thing: int) -> dict[int, tuple[int, list[tuple[str, str]]]]:
    """Which slices have shared a thing: by the slice, its actor, and the addresses of each Announce and of what."""
    rows = tx.all(
        """SELECT s.id, s.actor, m.told FROM slice_thing m JOIN slice s ON s.id = m.slice
           WHERE m.thing = :thing AND s.actor IS NOT NULL AND s.ended IS NULL""",
        thing=thing,
    )
    return {row["id"]: (row["actor"], unpack(row["told"], list[tuple[str, str]])) for row in rows}


def tell(tx: Tx, part: int, thing: int, told: list[tuple[str, str]]) -> None:
    tx.run(
        """INSERT INTO slice_thing (slice, thing, told, at) VALUES (:slice, :thing, :told, :now)
           ON CONFLICT (slice, thing) DO UPDATE SET told = excluded.told, at = excluded.at""",
        slice=part, thing=thing, told=pack(told), now=now(),
    )  # fmt: skip


def untell(tx: Tx, part: int, thing: int) -> None:
    tx.run("DELETE FROM slice_thing WHERE slice = :slice AND thing = :thing", slice=part, thing=thing)


def _given(part: Slice, words: str) -> dict[str, object]:
    """What the condition of its kind asks for."""
    match part.kind:
        case "topic":
            return {"rule": part.rule, "words": words}
        case "series":
            return {"slice": part.id}
        case "area":
            return {"rule": part.rule}
    return {}


def _own(tx: Tx, kind: str) -> str:
    """A neighbour may have had the name before slices were there."""
    row = tx.one("SELECT 1 AS x FROM actor WHERE local = 1 AND handle = :kind", kind=kind)
    return f"hub_{kind}" if row else kind


def _topic(word: str) -> Slice:
    return Slice(None, handles.TOPIC + word, "topic", {"und": f"#{word}"}, word)


def _topics_of(tags: str) -> list[str]:
    words = [handles.made_of(tag, handles.TOPIC).removeprefix(handles.TOPIC) for tag in unpack(tags, list[str])]
    return list(dict.fromkeys(word for word in words if word))


def _slice(row: Row) -> Slice:
    name = unpack(row["name"], Text)
    return Slice(row["id"], row["handle"], row["kind"], name, row["rule"], row["actor"])


def _facts(row: Row) -> Facts:
    category = [row["category"]] if row["category"] and row["category"] != "other" else []
    return Facts(
        id=row["id"], uri=row["uri"], kind=row["kind"], local=bool(row["local"]), author=row["author"],
        by=row["by_uri"], root=row["root"], shows=not row["hidden"] and not row["personal"] and row["removed"] is None,
        topics=[*_topics_of(row["tags"]), *category], series=row["series"],
        venue=unpack(row["venue"], Venue) if row["venue"] else Venue(),
        area=Area(row["area_name"] or "", row["area_code"] or ""), companion=row["companion"],
    )  # fmt: skip
