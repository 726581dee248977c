"""What somebody is told, as lists show it: ten likes of a post in half a day are one line, with the faces of a few."""

from collections.abc import Collection, Iterable

import msgspec

from hub import notices, viewing
from hub.clock import HOUR
from hub.errors import NotFound
from hub.notices import FAVOURITE, FOLLOW, KINDS, REBLOG, Notice
from hub.store import Tx

USUAL = (FAVOURITE, FOLLOW, REBLOG)  # kinds that are bundled unless an app says which
SPAN = 12 * HOUR
FACES = 8
STRETCH = 4  # how many notices are looked at for each line that is asked for, at a time
LONGEST = 1000  # notices that a page is made of at the most
_ALONE = "ungrouped"


class Bundle(msgspec.Struct, frozen=True):
    """One line. `newest`, `oldest` are notices on this page; `last` the newest of all and `count` how many there are;
    `actors` the latest few. `at` in ms UTC."""

    key: str
    kind: str
    count: int
    last: int
    newest: int
    oldest: int
    at: int
    actors: list[int]
    thing: int | None


def key_of(it: Notice, bundled: Collection[str] = USUAL) -> str:
    """The same for notices that stand in one line."""
    if it.kind not in bundled or it.kind not in USUAL:
        return f"{_ALONE}-{it.id}"
    about = f"-{it.thing}" if it.thing else ""
    return f"{it.kind}{about}-{it.at // SPAN}"


def page(
    tx: Tx, me: int, *, kinds: Collection[str] = KINDS, bundled: Collection[str] = USUAL, actor: int | None = None,
    before: int | None = None, after: int | None = None, since: int | None = None, limit: int = 40,
    waiting: bool = False,
) -> list[Bundle]:  # fmt: skip
    """Lines, the newest first; of `after` those behind that notice, the oldest first to come."""
    found: dict[str, list[Notice]] = {}
    up, seen = after is not None, 0
    while seen < LONGEST:
        some = notices.page(
            tx, me, kinds=kinds, actor=actor, before=before, after=after, since=since, limit=limit * STRETCH,
            waiting=waiting,
        )  # fmt: skip
        seen += len(some)
        for it in reversed(some) if up else some:
            key = key_of(it, bundled)
            if key not in found and len(found) == limit:
                return _bundles(tx, me, found)
            found.setdefault(key, []).append(it)
        if len(some) < limit * STRETCH:
            break
        before, after = (before, some[0].id) if up else (some[-1].id, after)
    return _bundles(tx, me, found)


def get(tx: Tx, me: int, key: str) -> tuple[Bundle, list[Notice]]:
    """One line, with all that it stands for. Raises `NotFound`."""
    those = _members(tx, me, key)
    if not those:
        raise NotFound(viewing.NOTHING)
    (found,) = _bundles(tx, me, {key: those})
    return found, those


def dismiss(tx: Tx, me: int, key: str) -> None:
    for it in _members(tx, me, key):
        notices.dismiss(tx, me, it.id)


def unread(tx: Tx, me: int, after: int, *, kinds: Collection[str] = KINDS, bundled: Collection[str] = USUAL,
           limit: int = 100) -> int:  # fmt: skip
    """How many lines there are behind the last notice that they have read; no more are counted than `limit`."""
    return len(page(tx, me, kinds=kinds, bundled=bundled, since=after, limit=limit))


def _members(tx: Tx, me: int, key: str) -> list[Notice]:
    kind, *rest = key.split("-")
    numbers = [int(one) for one in rest if one.isascii() and one.isdecimal() and len(one) < 19]
    if len(numbers) != len(rest) or not numbers:
        return []
    if kind == _ALONE:
        rows = tx.all("SELECT * FROM notice WHERE account = :me AND id = :id", me=me, id=numbers[0])
        return [notices.of_row(row) for row in rows]
    if kind not in USUAL:
        return []
    rows = tx.all(
        """SELECT * FROM notice WHERE account = :me AND kind = :kind AND coalesce(thing, 0) = :thing
             AND at >= :start AND at < :end ORDER BY id DESC LIMIT :most""",
        me=me, kind=kind, thing=numbers[0] if len(numbers) > 1 else 0, start=numbers[-1] * SPAN,
        end=(numbers[-1] + 1) * SPAN, most=LONGEST,
    )  # fmt: skip
    return [notices.of_row(row) for row in rows]


def _bundles(tx: Tx, me: int, found: dict[str, list[Notice]]) -> list[Bundle]:
    whole = _whole(tx, me, [it for those in found.values() for it in those[:1] if not _alone(it, found)])
    made = []
    for key, those in found.items():
        those = sorted(those, key=lambda it: it.id, reverse=True)
        first = those[0]
        count, last = whole.get(key, (len(those), first.id))
        faces = list(dict.fromkeys(it.actor for it in those))[:FACES]
        made.append(
            Bundle(
                key=key,
                kind=first.kind,
                count=count,
                last=last,
                newest=first.id,
                oldest=those[-1].id,
                at=first.at,
                actors=faces,
                thing=first.thing,
            )
        )
    return sorted(made, key=lambda it: it.newest, reverse=True)


def _alone(it: Notice, found: dict[str, list[Notice]]) -> bool:
    return f"{_ALONE}-{it.id}" in found


def _whole(tx: Tx, me: int, firsts: Iterable[Notice]) -> dict[str, tuple[int, int]]:
    """Of each line how many notices it stands for, also beyond this page, and the newest."""
    firsts = [*firsts]
    if not firsts:
        return {}
    found = {}
    for it in firsts:
        start = it.at // SPAN * SPAN
        row = tx.one(_COUNT, me=me, kind=it.kind, thing=it.thing or 0, start=start, end=start + SPAN)
        if row is not None and row["n"]:
            found[key_of(it)] = (row["n"], row["last"])
    return found


_COUNT = """
SELECT count(*) AS n, max(n.id) AS last FROM notice n JOIN actor a ON a.id = n.actor
WHERE n.account = :me AND n.kind = :kind AND coalesce(n.thing, 0) = :thing AND n.at >= :start AND n.at < :end
  AND n.filtered = 0 AND a.removed IS NULL
  AND NOT EXISTS (SELECT 1 FROM block y WHERE y.blocker = :me AND y.blocked = n.actor)
"""
