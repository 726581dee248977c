"""What somebody has made of things: which they like, shared, kept, pinned; and what a change makes others see."""

from collections.abc import Collection, Iterable

import msgspec

from hub.store import Tx
from hub.viewing import SEEN

STEPS = (1, 5, 20, 40, 80, 160, 400)  # how many are asked for at once, so that the statements stay few
_NAMES = {"like": "liked", "share": "shared", "kept": "kept", "pinned": "pinned"}


class Mark(msgspec.Struct):
    """A thing as it stands (`updated`: it and its author), and what one person has made of it."""

    id: int
    updated: int
    author: int
    author_updated: int
    liked: bool = False
    shared: bool = False
    kept: bool = False
    pinned: bool = False
    muted: bool = False


def of(tx: Tx, me: int, ids: Collection[int]) -> dict[int, Mark]:
    """Those of these things that `me` may see, with their marks."""
    found: dict[int, Mark] = {}
    wanted = list(dict.fromkeys(ids))
    for at in range(0, len(wanted), STEPS[-1]):
        _look(tx, me, numbered(wanted[at : at + STEPS[-1]]), found)
    return found


def _look(tx: Tx, me: int, named: dict[str, int], found: dict[int, Mark]) -> None:
    among = ", ".join(f":{name}" for name in named)
    rows = tx.all(
        f"""SELECT t.id, t.updated, t.author, a.updated AS author_updated, coalesce(t.root, t.id) AS root
            FROM thing t JOIN actor a ON a.id = t.author
            WHERE t.id IN ({among}) AND t.kind <> 'companion' AND {SEEN}""",
        me=me, **named,
    )  # fmt: skip
    for row in rows:
        found[row["id"]] = Mark(row["id"], row["updated"], row["author"], row["author_updated"])
    if not me:
        return
    made: dict[str, set[int]] = {"like": set(), "share": set(), "kept": set(), "pinned": set(), "muted": set()}
    marks = tx.all(
        f"""SELECT kind AS what, thing AS id FROM reaction WHERE actor = :me AND thing IN ({among})
            UNION ALL SELECT 'kept', thing FROM bookmark WHERE account = :me AND thing IN ({among})
            UNION ALL SELECT 'pinned', thing FROM pin WHERE account = :me
            UNION ALL SELECT 'muted', root FROM muted_thread WHERE account = :me""",
        me=me, **named,
    )  # fmt: skip
    for row in marks:
        made[row["what"]].add(row["id"])
    for what, name in _NAMES.items():
        for id in made[what] & found.keys():
            setattr(found[id], name, True)
    if made["muted"]:
        for row in rows:
            found[row["id"]].muted = row["root"] in made["muted"]


def numbered(ids: list[int]) -> dict[str, int]:
    """Ids as parameters, as many as one of `STEPS`: the last comes again until there are."""
    many = next((step for step in STEPS if step >= len(ids)), len(ids))
    return {f"i{n}": id for n, id in enumerate([*ids, *ids[-1:] * (many - len(ids))])}


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
