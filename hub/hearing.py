"""Who hears at once of what is said: for apps that listen, and pages that are open."""

from collections.abc import Collection

import msgspec

from hub import homes
from hub.clock import now
from hub.kept import DIRECT, PUBLIC
from hub.kept import PRIVATE as FOR_FEW
from hub.packing import unpack
from hub.store import AMONG, Row, Tx, batches


class Said(msgspec.Struct, frozen=True):
    """Something that was said, or shared by `by`. `open`: everybody may see it in the stream of all; `reply`: it
    answers somebody else."""

    id: int
    kind: str
    author: int
    by: int
    local: bool
    audience: str
    open: bool
    reply: bool
    answered: int  # whom it answers; 0 for nobody, for somebody who is not known, and for oneself
    pictures: bool
    tags: list[str]
    gone: bool
    hidden: bool  # by a moderator
    row: Row


def said(tx: Tx, id: int, by: int | None = None) -> Said | None:
    """`None` for what was never here, and for an event's poll, which is seen as the event. Also of what is gone."""
    row = tx.one(
        """SELECT t.id, t.kind, t.author, t.local, t.audience, t.hidden, t.reply_to, t.pictures, t.removed,
             p.author AS answered
           FROM thing t LEFT JOIN thing p ON p.uri = t.reply_to WHERE t.id = :id AND t.kind <> 'companion'""",
        id=id,
    )
    if row is None:
        return None
    tags = tx.all("SELECT tag FROM thing_tag WHERE thing = :id", id=id)
    return Said(
        id=row["id"], kind=row["kind"], author=row["author"], by=by or row["author"], local=bool(row["local"]),
        audience=row["audience"],
        open=row["audience"] == PUBLIC and row["hidden"] == 0, gone=row["removed"] is not None,
        hidden=row["hidden"] not in (0, FOR_FEW),
        reply=row["reply_to"] is not None and row["answered"] != row["author"],
        answered=row["answered"] if row["answered"] and row["answered"] != row["author"] else 0,
        pictures=bool(unpack(row["pictures"], list[object])), tags=[one["tag"] for one in tags], row=row,
    )  # fmt: skip


def readers(tx: Tx, it: Said) -> list[int]:
    """Who finds it on their first page, and whoever said or shared it."""
    if it.hidden:
        return []
    if it.audience == DIRECT:
        return [it.by]
    found = homes.meant(tx, it.row) if it.by == it.author else homes.readers(tx, it.row, it.by)
    apart = tx.all(
        "SELECT l.account FROM list_member m JOIN list l ON l.id = m.list WHERE m.actor = :by AND l.exclusive = 1",
        by=it.by,
    )
    elsewhere = {row["account"] for row in apart}
    return list(dict.fromkeys([it.by, *(one for one in found if one not in elsewhere)]))


def lists(tx: Tx, it: Said) -> list[tuple[int, int]]:
    """The lists that it stands in, by who says or shares it: their numbers, and whose they are."""
    rows = tx.all(
        """SELECT l.id, l.account FROM list_member m JOIN list l ON l.id = m.list WHERE m.actor = :by AND (
             :answered = 0 OR (l.replies = 'list' AND EXISTS
               (SELECT 1 FROM list_member y WHERE y.list = l.id AND y.actor = :answered))
             OR (l.replies = 'followed' AND EXISTS (SELECT 1 FROM follow y WHERE y.follower = l.account
               AND y.followed = :answered AND y.state = 'accepted')))""",
        by=it.by, answered=it.answered if it.by == it.author else 0,
    )  # fmt: skip
    return [(row["id"], row["account"]) for row in rows] if not it.hidden and it.audience != DIRECT else []


def share(tx: Tx, thing: int, by: int) -> int | None:
    """The number under which somebody shares it, if they do."""
    row = tx.one("SELECT id FROM reaction WHERE thing = :thing AND actor = :by AND kind = 'share'", thing=thing, by=by)
    return int(row["id"]) if row else None


def named(tx: Tx, it: Said) -> list[int]:
    """Those for whom it is, or who are named in it."""
    return [row["actor"] for row in tx.all("SELECT actor FROM mention WHERE thing = :id", id=it.id)]


def unwilling(tx: Tx, it: Said) -> frozenset[int]:
    """Who does not want to hear of it, or is not to: for whom they have blocked or muted, and who has blocked them."""
    rows = tx.all(
        """SELECT blocker AS id FROM block WHERE blocked IN (:author, :by)
           UNION SELECT blocked FROM block WHERE blocker IN (:author, :by)
           UNION SELECT account FROM mute WHERE muted IN (:author, :by) AND (ends IS NULL OR ends > :now)
           UNION SELECT d.account FROM muted_domain d JOIN actor a ON a.domain = d.domain AND a.local = 0
             WHERE a.id IN (:author, :by)""",
        author=it.author, by=it.by, now=now(),
    )  # fmt: skip
    return frozenset(row["id"] for row in rows)


def alive(tx: Tx, tokens: Collection[int]) -> frozenset[int]:
    """Those among an app's tokens that still open something."""
    found: set[int] = set()
    for these in batches(sorted(tokens)):
        rows = tx.all(
            f"""SELECT t.id FROM token t LEFT JOIN account c ON c.actor = t.account
                WHERE t.id IN ({AMONG[len(these)]}) AND c.closed IS NULL""",
            **these,
        )  # fmt: skip
        found |= {row["id"] for row in rows}
    return frozenset(found)
