"""What somebody has made of things: which they like, shared, kept, pinned; and what a change makes others see."""

from collections.abc import Collection, Iterable

from hub.store import Row, Tx
from hub.viewing import SEEN

STEPS = (1, 5, 20, 40, 80, 160, 400)  # how many are asked for at once, so that the statements stay few
_COLUMNS = """t.id, t.updated, t.author, a.updated AS author_updated,
  EXISTS (SELECT 1 FROM reaction r WHERE r.thing = t.id AND r.actor = :me AND r.kind = 'like') AS liked,
  EXISTS (SELECT 1 FROM reaction r WHERE r.thing = t.id AND r.actor = :me AND r.kind = 'share') AS shared,
  EXISTS (SELECT 1 FROM bookmark b WHERE b.account = :me AND b.thing = t.id) AS kept,
  EXISTS (SELECT 1 FROM muted_thread m WHERE m.account = :me AND m.root = coalesce(t.root, t.id)) AS muted,
  EXISTS (SELECT 1 FROM pin p WHERE p.account = :me AND p.thing = t.id) AS pinned"""


def of(tx: Tx, me: int, ids: Collection[int]) -> dict[int, Row]:
    """Those of these things that `me` may see, as they stand: `updated` (theirs and their author's), and the marks."""
    found: dict[int, Row] = {}
    wanted = list(dict.fromkeys(ids))
    for at in range(0, len(wanted), STEPS[-1]):
        named = numbered(wanted[at : at + STEPS[-1]])
        rows = tx.all(
            f"""SELECT {_COLUMNS} FROM thing t JOIN actor a ON a.id = t.author
                WHERE t.id IN ({", ".join(f":{name}" for name in named)}) AND t.kind <> 'companion' AND {SEEN}""",
            me=me, **named,
        )  # fmt: skip
        found |= {row["id"]: row for row in rows}
    return found


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
