"""What somebody has made of things: which they like, shared, kept, pinned; and what a change makes others see."""

from collections.abc import Collection, Iterable

import msgspec

from hub.store import Tx
from hub.viewing import FACTS, SEEN_WITH_EASE, Sight, ease

STEPS = (1, 5, 20, 40, 80, 160, 400)  # how many are asked for at once, so that the statements stay few
LIKED, SHARED, MUTED, KEPT, PINNED = 1, 2, 4, 8, 16
Place = tuple[int, int, int | None]  # what is to be shown: under which number, which thing, shared by whom


class Marks(msgspec.Struct):
    """What one person has made of things: a sum of the above for each, and the conversations that they left."""

    of: dict[int, int]
    left: set[int]

    def on(self, thing: int, root: int) -> int:
        made = self.of.get(thing, 0)
        return made | MUTED if self.left and root in self.left else made


NONE = Marks({}, set())


def sights(tx: Tx, me: int, places: Iterable[Place]) -> list[Sight]:
    """Those of these things that `me` may see, in this order, ready to be shown."""
    wanted = list(places)
    ids = list(dict.fromkeys(place[1] for place in wanted))
    found: dict[int, tuple[int, int, int, int]] = {}
    eased = ease(tx, me)
    for at in range(0, len(ids), STEPS[-1]):
        named = numbered(ids[at : at + STEPS[-1]])
        for id, *facts in tx.lines(_SEEN[len(named)], me=me, **eased, **named):
            found[id] = (*facts,)
    return [(*place, *found[place[1]]) for place in wanted if place[1] in found]


def of(tx: Tx, me: int, sights: Iterable[Sight]) -> Marks:
    """The marks of `me` on what they are about to see."""
    ids = list(dict.fromkeys(sight[1] for sight in sights))
    if not me or not ids:
        return NONE
    made, left = dict[int, int](), set[int]()
    for at in range(0, len(ids), STEPS[-1]):
        named = numbered(ids[at : at + STEPS[-1]])
        for mark, id in tx.lines(_MARKS[len(named)], me=me, **named):
            if mark == MUTED:
                left.add(id)
            else:
                made[id] = made.get(id, 0) | mark
    return Marks(made, left)


def numbered(ids: list[int]) -> dict[str, int]:
    """Ids as parameters, as many as one of `STEPS`: the last comes again until there are."""
    many = next((step for step in STEPS if step >= len(ids)), len(ids))
    return dict(zip(_NAMED[many], ids + ids[-1:] * (many - len(ids)), strict=True))


_NAMED = {many: [f"i{n}" for n in range(many)] for many in (0, *STEPS)}
_AMONG = {many: ", ".join(f":{name}" for name in names) for many, names in _NAMED.items()}
_SEEN = {
    many: f"""SELECT t.id, {FACTS} FROM thing t JOIN actor a ON a.id = t.author
              WHERE t.id IN ({among}) AND t.kind <> 'companion' AND {SEEN_WITH_EASE}"""
    for many, among in _AMONG.items()
}
_MARKS = {
    many: f"""SELECT CASE kind WHEN 'like' THEN {LIKED} ELSE {SHARED} END, thing FROM reaction
                WHERE actor = :me AND thing IN ({among})
              UNION ALL SELECT {KEPT}, thing FROM bookmark WHERE account = :me AND thing IN ({among})
              UNION ALL SELECT {PINNED}, thing FROM pin WHERE account = :me
              UNION ALL SELECT {MUTED}, root FROM muted_thread WHERE account = :me"""
    for many, among in _AMONG.items()
}


def touched(tx: Tx, subjects: Iterable[int]) -> set[int]:
    """Whatever else looks different when these change: what they answer (its number of answers), who said them."""
    found: set[int] = set()
    wanted = list(subjects)
    for at in range(0, len(wanted), STEPS[-1]):
        named = numbered(wanted[at : at + STEPS[-1]])
        rows = tx.all(
            f"""SELECT t.author, p.id AS parent, p.root AS above FROM thing t LEFT JOIN thing p ON p.uri = t.reply_to
                WHERE t.id IN ({", ".join(f":{name}" for name in named)})""",
            **named,
        )  # fmt: skip
        found |= {row[name] for row in rows for name in ("author", "parent", "above") if row[name]}
    return found


def said(tx: Tx, author: int) -> tuple[int, int | None]:
    """How much somebody has said to everybody, and when last (ms UTC)."""
    row = tx.one(
        """SELECT count(*) AS n, max(published) AS last FROM thing
           WHERE author = :author AND removed IS NULL AND hidden = 0 AND kind <> 'companion'""",
        author=author,
    )
    return (row["n"], row["last"]) if row else (0, None)


def answered(tx: Tx, uris: Collection[str]) -> int:
    """How many answers to any of these addresses everybody may see."""
    return sum(_answers(tx, uri) for uri in uris)


def _answers(tx: Tx, uri: str) -> int:
    sql = "SELECT count(*) AS n FROM thing WHERE reply_to = :uri AND removed IS NULL AND hidden = 0"
    row = tx.one(sql, uri=uri)
    return row["n"] if row else 0


def parent(tx: Tx, uri: str) -> tuple[int, int] | None:
    """What an answer to `uri` answers, and who said that; an event for its poll. `None` when it is not here."""
    row = tx.one("SELECT id, author, kind, root FROM thing WHERE uri = :uri AND removed IS NULL", uri=uri)
    if row is None:
        return None
    return (row["root"] if row["kind"] == "companion" else row["id"]), row["author"]
