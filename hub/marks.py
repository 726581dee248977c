"""What somebody has made of things: which they like, shared, kept, pinned; and what a change makes others see."""

from collections.abc import Collection, Iterable

import msgspec

from hub.store import AMONG, Line, Tx, batches
from hub.viewing import FACTS, SEEN_WITH_EASE, Sight, ease

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
    for these in batches(ids):
        rows = tx.lines(
            f"""SELECT t.id, {FACTS} FROM thing t JOIN actor a ON a.id = t.author
                WHERE t.id IN ({AMONG[len(these)]}) AND t.kind <> 'companion' AND {SEEN_WITH_EASE}""",
            me=me, **ease(tx, me), **these,
        )  # fmt: skip
        found |= {row[0]: row[1:] for row in rows}
    return [(*place, *found[place[1]]) for place in wanted if place[1] in found]


def of(tx: Tx, me: int, sights: Iterable[Sight]) -> Marks:
    """The marks of `me` on what they are about to see."""
    ids = [sight[1] for sight in sights]
    if not me or not ids:
        return NONE
    most = 2 * len(ids) + 20
    rows = tx.lines(_NEAR, me=me, low=min(ids), high=max(ids), most=most)
    if len(rows) == most:  # a list that reaches far back, of somebody who marks much: each is asked for by itself
        rows = _each(tx, me, list(dict.fromkeys(ids)))
    made, left = dict[int, int](), set[int]()
    for mark, id in rows:
        if mark == MUTED:
            left.add(id)
        else:
            made[id] = made.get(id, 0) | mark
    return Marks(made, left)


def _each(tx: Tx, me: int, ids: list[int]) -> list[Line]:
    found = []
    for these in batches(ids):
        found += tx.lines(_OF_THINGS.format(where=f"IN ({AMONG[len(these)]})", **_NAMES), me=me, **these)
    return found


_OF_THINGS = """SELECT CASE kind WHEN 'like' THEN {liked} ELSE {shared} END, thing FROM reaction
    WHERE actor = :me AND thing {where}
  UNION ALL SELECT {kept}, thing FROM bookmark WHERE account = :me AND thing {where}
  UNION ALL SELECT {pinned}, thing FROM pin WHERE account = :me
  UNION ALL SELECT {muted}, root FROM muted_thread WHERE account = :me"""
_NAMES = {"liked": LIKED, "shared": SHARED, "kept": KEPT, "pinned": PINNED, "muted": MUTED}
_NEAR = _OF_THINGS.format(where="BETWEEN :low AND :high", **_NAMES) + " LIMIT :most"


def touched(tx: Tx, subjects: Iterable[int]) -> set[int]:
    """Whatever else looks different when these change: what they answer (its number of answers), who said them."""
    found: set[int] = set()
    for these in batches(list(subjects)):
        rows = tx.all(
            f"""SELECT t.author, p.id AS parent, p.root AS above FROM thing t LEFT JOIN thing p ON p.uri = t.reply_to
                WHERE t.id IN ({AMONG[len(these)]})""",
            **these,
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
