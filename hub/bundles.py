"""What somebody is told, as lists show it: ten likes of a post in half a day are one line, with the faces of a few."""

from collections.abc import Collection, Hashable
from operator import attrgetter

import msgspec

from hub import notices, viewing
from hub.clock import HOUR
from hub.errors import NotFound
from hub.notices import FAVOURITE, FOLLOW, KINDS, REBLOG, Notice
from hub.store import AMONG, Tx, batches
from hub.viewing import ease

USUAL = (FAVOURITE, FOLLOW, REBLOG)  # kinds that are bundled unless an app says which
SPAN = 12 * HOUR
FACES = 8
STRETCH = 2  # how many notices are looked at for each line that is asked for, at a time
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
    actors: tuple[int, ...]
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
    found: dict[Hashable, list[Notice]] = {}
    together = frozenset(USUAL).intersection(bundled)
    up, seen = after is not None, 0
    while seen < LONGEST:
        some = notices.page(
            tx, me, kinds=kinds, actor=actor, before=before, after=after, since=since, limit=limit * STRETCH,
            waiting=waiting,
        )  # fmt: skip
        seen += len(some)
        for it in reversed(some) if up else some:
            key = (it.kind, it.thing, it.at // SPAN) if it.kind in together else it.id
            those = found.get(key)
            if those is not None:
                those.append(it)
            elif len(found) < limit:
                found[key] = [it]
            else:
                return _bundles(tx, me, _keyed(found, bundled))
        if len(some) < limit * STRETCH:
            break
        before, after = (before, some[0].id) if up else (some[-1].id, after)
    return _bundles(tx, me, _keyed(found, bundled))


def _keyed(found: dict[Hashable, list[Notice]], bundled: Collection[str]) -> dict[str, list[Notice]]:
    return {key_of(those[0], bundled): those for those in found.values()}


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
    whole = _whole(tx, me, [those[0] for key, those in found.items() if not key.startswith(_ALONE)])
    made = []
    for key, those in found.items():
        if len(those) > 1:
            those = sorted(those, key=_id, reverse=True)
        first = those[0]
        count, last = whole.get(key, (len(those), first.id))
        faces = tuple(dict.fromkeys([it.actor for it in those]))[:FACES]
        made.append(Bundle(key, first.kind, count, last, first.id, those[-1].id, first.at, faces, first.thing))
    return sorted(made, key=_newest, reverse=True)


_id, _newest = attrgetter("id"), attrgetter("newest")


def _whole(tx: Tx, me: int, firsts: list[Notice]) -> dict[str, tuple[int, int]]:
    """Of each line how many notices it stands for, also beyond this page, and the newest."""
    found: dict[str, tuple[int, int]] = {}
    ends = [it.at // SPAN for it in firsts]
    for these in batches(list(dict.fromkeys([it.thing or 0 for it in firsts]))):
        rows = tx.lines(
            f"""SELECT n.kind, coalesce(n.thing, 0), n.at / {SPAN}, count(*), max(n.id)
                FROM notice n JOIN actor a ON a.id = n.actor
                WHERE n.account = :me AND n.kind IN {_BUNDLED} AND coalesce(n.thing, 0) IN ({AMONG[len(these)]})
                  AND n.at >= :start AND n.at < :end AND n.filtered = 0 AND a.removed IS NULL
                  AND (:content = 1 OR NOT EXISTS (SELECT 1 FROM block y WHERE y.blocker = :me AND y.blocked = n.actor))
                GROUP BY 1, 2, 3""",
            me=me, start=min(ends) * SPAN, end=(max(ends) + 1) * SPAN, **ease(tx, me), **these,
        )  # fmt: skip
        found |= {f"{kind}{f'-{thing}' if thing else ''}-{span}": (n, last) for kind, thing, span, n, last in rows}
    return found


_BUNDLED = str(USUAL)  # as SQL has it
