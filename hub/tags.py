"""Hashtags that somebody follows, and those that they show on their page."""

import msgspec

from hub import mentions, people
from hub.clock import DAY, now
from hub.errors import N_, Conflict, Invalid, NotFound
from hub.ids import new_id
from hub.store import Row, Tx

FOLLOWED, FEATURED = 500, 10  # of one account
WEEK = 7
# Beginning with the letters `:start`, by the index: how that is said depends on how a database sorts.
BEGINS = {"sqlite": "g.tag >= :start AND g.tag < :start || char(1114111)", "postgres": "starts_with(g.tag, :start)"}


class Tag(msgspec.Struct, frozen=True):
    """A hashtag, as it is looked up and as it is written."""

    tag: str
    name: str
    following: bool = False
    featured: bool = False


class Featured(msgspec.Struct, frozen=True):
    """A tag on somebody's page. `said`: how often they used it in public, `last`: when they last did (ms)."""

    id: int
    tag: str
    name: str
    said: int
    last: int | None


Days = list[tuple[int, int, int]]  # ms at which each begins, the newest first; uses, and by how many


def get(tx: Tx, me: int, name: str) -> Tag:
    """A hashtag as it stands with `me` (0: a stranger). Raises `NotFound` for what can be none."""
    tag = mentions.folded(name)
    if not tag or not tag.replace("_", "a").isalnum() or tag.isdecimal():
        raise NotFound(N_("That is no hashtag."))
    row = tx.one(
        """SELECT (SELECT count(*) FROM tag_follow WHERE account = :me AND tag = :tag) AS following,
                  (SELECT count(*) FROM tag_feature WHERE account = :me AND tag = :tag) AS featured""",
        me=me, tag=tag,
    )  # fmt: skip
    assert row is not None
    written = tag if name.lstrip("#").isupper() else name.strip().lstrip("#")[:100]
    return Tag(tag, written, bool(row["following"]), bool(row["featured"]))


def follow(tx: Tx, me: int, name: str) -> Tag:
    """What is said in public under this tag comes to the first page of `me` from now on."""
    people.require(tx, me, "resident")
    it = get(tx, me, name)
    row = tx.one("SELECT count(*) AS n FROM tag_follow WHERE account = :me", me=me)
    if not it.following and row and row["n"] >= FOLLOWED:
        raise Conflict(N_("You follow as many hashtags as can be. Unfollow one first."))
    tx.run(
        """INSERT INTO tag_follow (account, tag, id, name) VALUES (:me, :tag, :id, :name)
           ON CONFLICT (account, tag) DO NOTHING""",
        me=me, tag=it.tag, id=new_id(), name=it.name,
    )  # fmt: skip
    return get(tx, me, name)


def unfollow(tx: Tx, me: int, name: str) -> Tag:
    tx.run("DELETE FROM tag_follow WHERE account = :me AND tag = :tag", me=me, tag=mentions.folded(name))
    return get(tx, me, name)


def followed(tx: Tx, me: int, *, before: int | None = None, limit: int = 100) -> list[tuple[str, int]]:
    """The tags that `me` follows, the last first: as they were written, and the number to page by."""
    rows = tx.all(
        "SELECT name, id FROM tag_follow WHERE account = :me AND id < :before ORDER BY id DESC LIMIT :limit",
        me=me, before=before or 2**63 - 1, limit=limit,
    )  # fmt: skip
    return [(row["name"], row["id"]) for row in rows]


def feature(tx: Tx, me: int, name: str) -> Featured:
    """Show a tag on one's page. Asked again, it stays."""
    people.require(tx, me, "resident")
    try:
        it = get(tx, me, name)
    except NotFound as exc:
        raise Invalid(exc.message, field="name") from exc
    if not it.featured and len(featured(tx, me)) >= FEATURED:
        raise Conflict(N_("Your page shows as many hashtags as it can. Take one off first."))
    tx.run(
        """INSERT INTO tag_feature (account, tag, id, name) VALUES (:me, :tag, :id, :name)
           ON CONFLICT (account, tag) DO NOTHING""",
        me=me, tag=it.tag, id=new_id(), name=it.name,
    )  # fmt: skip
    return next(one for one in featured(tx, me) if one.tag == it.tag)


def unfeature(tx: Tx, me: int, id: int) -> None:
    if not tx.run("DELETE FROM tag_feature WHERE account = :me AND id = :id", me=me, id=id):
        raise NotFound(N_("Your page does not show this hashtag."))


def unfeature_named(tx: Tx, me: int, name: str) -> Tag:
    tx.run("DELETE FROM tag_feature WHERE account = :me AND tag = :tag", me=me, tag=mentions.folded(name))
    return get(tx, me, name)


def featured(tx: Tx, who: int) -> list[Featured]:
    """What somebody shows on their page, the most used first."""
    rows = tx.all(
        """SELECT x.id, x.tag, x.name, count(t.id) AS said, max(t.published) AS last FROM tag_feature x
             LEFT JOIN thing_tag g ON g.tag = x.tag
             LEFT JOIN thing t ON t.id = g.thing AND t.author = x.account AND t.removed IS NULL AND t.hidden = 0
           WHERE x.account = :who GROUP BY x.id, x.tag, x.name ORDER BY said DESC, x.id""",
        who=who,
    )
    return [Featured(row["id"], row["tag"], row["name"], row["said"], row["last"]) for row in rows]


def used_by(tx: Tx, me: int, limit: int = 10) -> list[str]:
    """The tags that somebody used most of late, of those that their page does not show."""
    rows = tx.all(
        """SELECT g.tag, count(*) AS n FROM thing t JOIN thing_tag g ON g.thing = t.id
           WHERE t.author = :me AND t.removed IS NULL AND t.hidden = 0 AND NOT EXISTS
             (SELECT 1 FROM tag_feature x WHERE x.account = :me AND x.tag = g.tag)
           GROUP BY g.tag ORDER BY n DESC, g.tag LIMIT :limit""",
        me=me, limit=limit,
    )  # fmt: skip
    return [row["tag"] for row in rows]


def history(tx: Tx, tags: list[str]) -> dict[str, Days]:
    """For each tag the last seven days, today first: how often it was used in public, and by how many."""
    if not tags:
        return {}
    named = {f"t{n}": tag for n, tag in enumerate(dict.fromkeys(tags))}
    today = now() // DAY * DAY
    rows = tx.all(
        f"""SELECT g.tag, t.published / {DAY} AS day, count(*) AS uses, count(DISTINCT t.author) AS people
            FROM thing_tag g JOIN thing t ON t.id = g.thing
            WHERE g.tag IN ({", ".join(f":{name}" for name in named)}) AND t.published >= :since
              AND t.removed IS NULL AND t.hidden = 0 AND t.kind <> 'companion' GROUP BY g.tag, t.published / {DAY}""",
        since=today - (WEEK - 1) * DAY, **named,
    )  # fmt: skip
    found = {(row["tag"], row["day"] * DAY): (row["uses"], row["people"]) for row in rows}
    return {tag: week(found, tag, today) for tag in named.values()}


def week(found: dict[tuple[str, int], tuple[int, int]], what: str, today: int) -> Days:
    """The last seven days of something that was counted by day."""
    days = [today - n * DAY for n in range(WEEK)]
    return [(day, *found.get((what, day), (0, 0))) for day in days]


def named_like(tx: Tx, words: str, *, skip: int = 0, limit: int = 20) -> list[str]:
    """Tags in public use that begin with these letters, the most used first."""
    start = mentions.folded(words)
    if not start:
        return []
    rows: list[Row] = tx.all(
        f"""SELECT g.tag, count(*) AS n FROM thing_tag g JOIN thing t ON t.id = g.thing
            WHERE {BEGINS[tx.dialect.name]} AND t.removed IS NULL AND t.hidden = 0
            GROUP BY g.tag ORDER BY n DESC, g.tag LIMIT :limit OFFSET :skip""",
        start=start, limit=limit, skip=skip,
    )  # fmt: skip
    return [row["tag"] for row in rows]
