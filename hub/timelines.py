"""What is read in order, newest first, by the number that apps page by: the hub's timeline, a hashtag's, a person's."""

from collections.abc import Iterable
from typing import TypeVar, cast

import msgspec

from hub import lists, mentions
from hub.clock import DAY, now
from hub.errors import N_, NotFound
from hub.store import Row, Tx
from hub.viewing import FACTS, LET_IN, SEEN, WANTED, WANTED_WITH_EASE, Sight, ease

HIGHEST = 2**63 - 1
NO_LIST = N_("There is no such list.")
_FOR_ALL = "t.removed IS NULL AND t.hidden = 0 AND t.audience = 'public' AND t.kind <> 'companion'"
_SIDES = {True: "t.local = 1", False: "t.local = 0"}
AHEAD = 7 * DAY
# What stands in the lists that the hub keeps (`:now`, `:until` in ms).
_STANDING = {
    lists.WEEK: "event e ON e.id = t.id WHERE e.ends > :now AND e.starts < :until AND e.status <> 'cancelled'",
    lists.NEAR: "ask k ON k.id = t.id WHERE k.status = 'open' AND k.expires > :now AND :until > 0",
}
PICTURED, ANY = "t.pictures <> '[]'", "1 = 1"

S = TypeVar("S")
Line = tuple[int, int, int | None]  # its number; the thing; who shared it, if that is what the line says


class Stretch(msgspec.Struct, frozen=True):
    """A part of a list: below `before`, above `since`; or the oldest ones above `after`."""

    before: int | None = None
    after: int | None = None
    since: int | None = None
    limit: int = 20

    @property
    def bounds(self) -> dict[str, int]:
        low = max(self.after or 0, self.since or 0)
        return {"before": HIGHEST if self.before is None else self.before, "after": low, "limit": self.limit}


def public(tx: Tx, me: int, part: Stretch, *, local: bool | None = None, pictures: bool = False) -> list[Sight]:
    """What is said to everybody and answers nobody; here, elsewhere (what came from there), or both."""
    order = "ASC" if part.after is not None else "DESC"
    shown = PICTURED if pictures else ANY  # said in so many words: there are indexes of those with pictures, and of
    where = ANY if local is None else _SIDES[local]  # each side: with a number to be given, SQLite plans each time anew
    rows = tx.lines(
        f"""SELECT t.id, t.id, NULL, {FACTS} FROM thing t JOIN actor a ON a.id = t.author
            WHERE {where} AND t.id < :before AND t.id > :after AND t.reply_to IS NULL AND {_FOR_ALL} AND {shown}
              AND {LET_IN} AND {WANTED_WITH_EASE} ORDER BY t.id {order} LIMIT :limit""",
        me=me, now=now(), **part.bounds, **ease(tx, me),
    )  # fmt: skip
    return _down(part, cast(list[Sight], rows))


def tagged(
    tx: Tx, me: int, part: Stretch, tag: str, *, any_: Iterable[str] = (), all_: Iterable[str] = (),
    none: Iterable[str] = (), local: bool | None = None, pictures: bool = False,
) -> list[Line]:  # fmt: skip
    """What everybody may read under a hashtag, or any of some; that has all of `all_`, and none of `none`."""
    words = list(dict.fromkeys(mentions.folded(one) for one in (tag, *any_)))[:5]
    both, neither = _folded(all_), _folded(none)
    lists = [_tagged(tx, me, part, word, both, neither, local, pictures) for word in words]
    return _merged(part, lists)


def _tagged(
    tx: Tx, me: int, part: Stretch, tag: str, both: list[str], neither: list[str], local: bool | None, pictures: bool
) -> list[Line]:
    order = "ASC" if part.after is not None else "DESC"
    shown = PICTURED if pictures else ANY
    must = {f"y{n}": word for n, word in enumerate(both)}
    not_ = {f"n{n}": word for n, word in enumerate(neither)}
    also = "EXISTS (SELECT 1 FROM thing_tag z WHERE z.thing = t.id AND z.tag = "
    rows = tx.all(
        f"""SELECT t.id FROM thing_tag g JOIN thing t ON t.id = g.thing JOIN actor a ON a.id = t.author
            WHERE g.tag = :tag AND g.thing < :before AND g.thing > :after AND {_FOR_ALL} AND {shown}
              AND (:side < 0 OR t.local = :side) AND (:me = 0 OR ({WANTED}))
              {"".join(f" AND {also}:{name})" for name in must)} {"".join(f" AND NOT {also}:{name})" for name in not_)}
            ORDER BY g.thing {order} LIMIT :limit""",
        tag=tag, me=me, now=now(), side=-1 if local is None else int(local), **part.bounds,
        **must, **not_,
    )  # fmt: skip
    return _own(rows)


def of(
    tx: Tx, me: int, author: int, part: Stretch, *, replies: bool = True, shares: bool = True, pictures: bool = False,
    tag: str = "",
) -> list[Line]:  # fmt: skip
    """What somebody said, as `me` may see it, and what they shared. Nothing that was for a few."""
    lists = [_said(tx, me, author, part, replies, pictures, mentions.folded(tag))]
    if shares and not pictures and not tag:
        lists.append(_shared(tx, author, part))
    return _merged(part, lists)


def _said(tx: Tx, me: int, author: int, part: Stretch, replies: bool, pictures: bool, tag: str) -> list[Line]:
    order = "ASC" if part.after is not None else "DESC"
    shown = PICTURED if pictures else ANY
    rows = tx.all(
        f"""SELECT t.id FROM thing t
            WHERE t.author = :author AND t.id < :before AND t.id > :after AND t.kind <> 'companion'
              AND t.audience <> 'direct' AND (:replies = 1 OR t.reply_to IS NULL) AND {shown}
              AND (:tag = '' OR EXISTS (SELECT 1 FROM thing_tag z WHERE z.thing = t.id AND z.tag = :tag)) AND {SEEN}
            ORDER BY t.id {order} LIMIT :limit""",
        author=author, me=me, replies=int(replies), tag=tag, **part.bounds,
    )  # fmt: skip
    return _own(rows)


def _shared(tx: Tx, author: int, part: Stretch) -> list[Line]:
    order = "ASC" if part.after is not None else "DESC"
    rows = tx.all(
        f"""SELECT r.id, r.thing FROM reaction r JOIN thing t ON t.id = r.thing
            WHERE r.actor = :author AND r.kind = 'share' AND r.id < :before AND r.id > :after
              AND t.removed IS NULL AND t.hidden = 0 ORDER BY r.id {order} LIMIT :limit""",
        author=author, **part.bounds,
    )  # fmt: skip
    return [(row["id"], row["thing"], author) for row in rows]


def pinned(tx: Tx, author: int) -> list[Line]:
    """What somebody shows first on their own page, the last pinned first."""
    rows = tx.all("SELECT thing AS id FROM pin WHERE account = :author ORDER BY at DESC LIMIT 40", author=author)
    return _own(rows)


def liked(tx: Tx, me: int, part: Stretch) -> list[Line]:
    """What `me` likes. The number is the like's."""
    order = "ASC" if part.after is not None else "DESC"
    rows = tx.all(
        f"""SELECT r.id, r.thing FROM reaction r WHERE r.actor = :me AND r.kind = 'like'
              AND r.id < :before AND r.id > :after ORDER BY r.id {order} LIMIT :limit""",
        me=me, **part.bounds,
    )  # fmt: skip
    return _down(part, [(row["id"], row["thing"], None) for row in rows])


def kept(tx: Tx, me: int, part: Stretch) -> list[Line]:
    """What `me` keeps for later. The number is the bookmark's."""
    order = "ASC" if part.after is not None else "DESC"
    rows = tx.all(
        f"""SELECT b.id, b.thing FROM bookmark b WHERE b.account = :me AND b.id < :before AND b.id > :after
            ORDER BY b.id {order} LIMIT :limit""",
        me=me, **part.bounds,
    )  # fmt: skip
    return _down(part, [(row["id"], row["thing"], None) for row in rows])


def direct(tx: Tx, me: int, part: Stretch) -> list[Line]:
    """What was said to `me` alone, or by `me` to a few."""
    order = "ASC" if part.after is not None else "DESC"
    to_me = tx.all(
        f"""SELECT t.id FROM mention m JOIN thing t ON t.id = m.thing
            WHERE m.actor = :me AND m.thing < :before AND m.thing > :after AND t.audience = 'direct'
              AND t.removed IS NULL ORDER BY m.thing {order} LIMIT :limit""",
        me=me, **part.bounds,
    )  # fmt: skip
    by_me = tx.all(
        f"""SELECT t.id FROM thing t WHERE t.author = :me AND t.id < :before AND t.id > :after
              AND t.audience = 'direct' AND t.removed IS NULL ORDER BY t.id {order} LIMIT :limit""",
        me=me, **part.bounds,
    )  # fmt: skip
    return _merged(part, [_own(to_me), _own(by_me)])


def listed(tx: Tx, me: int, list_: int, part: Stretch) -> list[Line]:
    """What those on a list say and share, of what `me` sees first. Raises `NotFound` for somebody else's list."""
    found = tx.one("SELECT replies FROM list WHERE id = :list AND account = :me", list=list_, me=me)
    if found is None:
        if list_ in lists.STANDING:
            return _standing(tx, me, list_, part)
        raise NotFound(NO_LIST)
    order = "ASC" if part.after is not None else "DESC"
    rows = tx.all(
        f"""SELECT h.id, h.thing, h.shared_by FROM home h JOIN thing t ON t.id = h.thing
            JOIN actor a ON a.id = h.author
            WHERE h.account = :me AND h.id < :before AND h.id > :after AND {SEEN} AND {WANTED}
              AND EXISTS (SELECT 1 FROM list_member x
                          WHERE x.list = :list AND x.actor = coalesce(h.shared_by, h.author))
              AND (t.reply_to IS NULL OR h.shared_by IS NOT NULL OR :replies = 'followed' OR (:replies = 'list'
                AND EXISTS (SELECT 1 FROM thing p JOIN list_member x ON x.actor = p.author
                            WHERE p.uri = t.reply_to AND x.list = :list)))
            ORDER BY h.id {order} LIMIT :limit""",
        me=me, list=list_, replies=found["replies"], now=now(), **part.bounds,
    )  # fmt: skip
    return _down(part, [(row["id"], row["thing"], row["shared_by"]) for row in rows])


def standing_with(tx: Tx, id: int) -> list[int]:
    """In which of the lists that the hub keeps something stands now."""
    return [
        list_
        for list_ in _STANDING
        if tx.one(
            f"SELECT 1 AS x FROM thing t JOIN {_STANDING[list_]} AND t.id = :id AND {_FOR_ALL}", id=id, **_this_week()
        )
    ]


def comes_up(tx: Tx, since: int, until: int) -> list[int]:
    """What has come to be on this week between two moments, only because time goes on."""
    rows = tx.all(
        f"""SELECT t.id FROM thing t JOIN {_STANDING[lists.WEEK]} AND e.starts >= :since AND {_FOR_ALL}
            ORDER BY e.starts, t.id""",
        now=until, since=since + AHEAD, until=until + AHEAD,
    )  # fmt: skip
    return [row["id"] for row in rows]


def _standing(tx: Tx, me: int, list_: int, part: Stretch) -> list[Line]:
    """What is on in the next seven days, or who needs and offers help: here and at the hubs that this one follows."""
    order = "ASC" if part.after is not None else "DESC"
    rows = tx.all(
        f"""SELECT t.id FROM thing t JOIN actor a ON a.id = t.author JOIN {_STANDING[list_]}
              AND t.id < :before AND t.id > :after AND {_FOR_ALL} AND {WANTED} ORDER BY t.id {order} LIMIT :limit""",
        me=me, **_this_week(), **part.bounds,
    )  # fmt: skip
    return _down(part, _own(rows))


def _this_week() -> dict[str, int]:
    return {"now": now(), "until": now() + AHEAD}


def _own(rows: list[Row]) -> list[Line]:
    return [(row["id"], row["id"], None) for row in rows]


def _folded(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(filter(None, map(mentions.folded, words))))[:4]


def _down(part: Stretch, rows: list[S]) -> list[S]:
    """Newest first, although they may have been asked for from below."""
    return rows[::-1] if part.after is not None else rows


def _merged(part: Stretch, lists: list[list[Line]]) -> list[Line]:
    """Several lists as one, each line once."""
    if len(lists) == 1:
        return _down(part, lists[0])
    rows = sorted({line for rows in lists for line in rows}, reverse=part.after is None)[: part.limit]
    return _down(part, rows)
