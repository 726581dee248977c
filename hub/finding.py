"""What an app finds for somebody: people by what they are called, and what was said by its words, newest first."""

import re
from typing import cast

from hub import actors, search
from hub.clock import now
from hub.errors import NotFound
from hub.packing import unpack
from hub.settings import Hub
from hub.store import Row, Tx
from hub.text import Text
from hub.viewing import FACTS, SEEN, SEEN_WITH_EASE, WANTED_WITH_EASE, Sight, ease

COARSE = 400  # actors that are looked at more closely
CLOSE = 3  # letters, from which on marks on them do not matter
_MARKED = "aceinouwyz"
_PAGE = re.compile(r"/(?:@[^/]+|posts|events|asks|projects|post|event|ask|offer)/([0-9]{1,18})")
# What somebody may find: their own, what they had to do with, what the neighbourhood says, and those who want it.
_FOUND = """(t.author = :me
  OR (t.hidden = 0 AND t.audience = 'public' AND ((t.local = 1 AND t.personal = 0) OR a.indexable = 1))
  OR EXISTS (SELECT 1 FROM mention y WHERE y.thing = t.id AND y.actor = :me)
  OR EXISTS (SELECT 1 FROM reaction y WHERE y.thing = t.id AND y.actor = :me)
  OR EXISTS (SELECT 1 FROM bookmark y WHERE y.account = :me AND y.thing = t.id))"""


def statuses(tx: Tx, me: int, words: str, **which: int) -> list[int]:
    """Ids of things that say all these words and that `me` may find, newest first; `which` as `sights` has it."""
    return [sight[1] for sight in sights(tx, me, words, **which)]


def sights(
    tx: Tx, me: int, words: str, *, author: int = 0, before: int | None = None, after: int | None = None,
    skip: int = 0, limit: int = 20,
) -> list[Sight]:  # fmt: skip
    """The same, ready to be shown; of one author if it is named."""
    asked = search.query(tx, words)
    if not asked:
        return []
    # In the order of the index of words, as `search.things` has it.
    rows = tx.lines(
        f"""SELECT t.id, t.id, NULL, {FACTS} FROM word CROSS JOIN thing t CROSS JOIN actor a
            WHERE {search.SAYS[tx.dialect.name]} AND t.id = word.rowid AND a.id = t.author AND t.kind <> 'companion'
              AND word.rowid < :before AND word.rowid > :after AND (:author = 0 OR t.author = :author)
              AND {_FOUND} AND {SEEN_WITH_EASE} AND {WANTED_WITH_EASE}
            ORDER BY word.rowid DESC LIMIT :limit OFFSET :skip""",
        words=asked, me=me, now=now(), author=author, before=before or 2**63 - 1, after=after or 0, limit=limit,
        skip=skip, **ease(tx, me),
    )  # fmt: skip
    return cast(list[Sight], rows)


def accounts(
    tx: Tx, me: int, words: str, hub: Hub, *, following: bool = False, skip: int = 0, limit: int = 40
) -> list[int]:  # fmt: skip
    """Those whom we know by this handle or name, or by the beginning of a word of it: whom `me` follows first, then our
    own, then everybody else."""
    words = words.strip().removeprefix("acct:").removeprefix("@")
    if "@" in words:
        exact = handle(tx, words, hub)
        fits = exact is not None and (not following or actors.follows(tx, me, exact) == "accepted")
        return [exact][skip:] if exact is not None and fits else []
    asked = words[:100].lower()
    if not asked:
        return []
    rows = tx.all(
        """SELECT a.id, a.handle, a.name FROM actor a
             LEFT JOIN follow f ON f.follower = :me AND f.followed = a.id AND f.state = 'accepted'
             LEFT JOIN account c ON c.actor = a.id
           WHERE a.removed IS NULL AND a.kind <> 'instance' AND c.closed IS NULL
             AND (:following = 0 OR f.follower IS NOT NULL)
             AND (substr(a.handle, 1, length(:asked)) = :asked OR lower(a.name) LIKE :like ESCAPE '!')
             AND NOT EXISTS (SELECT 1 FROM block y WHERE y.blocker = a.id AND y.blocked = :me)
           ORDER BY CASE WHEN f.follower IS NULL THEN 1 ELSE 0 END, CASE WHEN a.handle = :asked THEN 0 ELSE 1 END,
             a.local DESC, a.handle, a.id LIMIT :coarse""",
        me=me, asked=asked, like=_like(asked), following=int(following), coarse=COARSE,
    )  # fmt: skip
    return [row["id"] for row in rows if _called(row, asked)][skip : skip + limit]


def handle(tx: Tx, words: str, hub: Hub) -> int | None:
    """Who is called `ann` or `ann@host`, with or without a sign before it; `None` when we never met."""
    name, _, host = words.strip().removeprefix("acct:").removeprefix("@").partition("@")
    try:
        return actors.named(tx, name, host or hub.domain).id
    except NotFound:
        return None


def address(tx: Tx, url: str) -> int | None:
    """Whose page or id this is."""
    row = tx.one(
        "SELECT id FROM actor WHERE (uri = :url OR url = :url) AND removed IS NULL ORDER BY id LIMIT 1", url=url
    )
    return int(row["id"]) if row else None


def thing(tx: Tx, me: int, url: str, hub: Hub) -> int | None:
    """What stands at this id, or on this page of ours, as far as `me` may see it."""
    page = _PAGE.fullmatch(url.removeprefix(hub.base)) if url.startswith(f"{hub.base}/") else None
    row = tx.one(
        f"SELECT t.id FROM thing t WHERE (t.uri = :url OR t.id = :id) AND t.kind <> 'companion' AND {SEEN}",
        url=url, id=int(page[1]) if page else 0, me=me,
    )  # fmt: skip
    return int(row["id"]) if row else None


def _called(row: Row, asked: str) -> bool:
    """What was found in a name may be what holds the name together; or the middle of a word."""
    if str(row["handle"]).startswith(asked):
        return True
    names = (search.folded(name) for name in unpack(row["name"], Text).values())
    wanted = search.folded(asked)
    return any(name.startswith(wanted) or f" {wanted}" in name for name in names)


def _like(words: str) -> str:
    """Anywhere in it. What may have a mark is any letter, and looked at afterwards; but not where that would be all."""
    return f"%{''.join(_sign(c, bare=len(words) < CLOSE) for c in words)}%"


def _sign(c: str, *, bare: bool) -> str:
    if c in "!%_":
        return f"!{c}"
    return c if c.isascii() and (bare or c not in _MARKED) else "_"
