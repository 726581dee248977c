"""What somebody sees first: what those say and share whom they follow, newest first. Filled as it is said."""

from typing import cast

from hub.changes import Change, Kind
from hub.clock import now
from hub.kept import FOLLOWERS, OPEN, PUBLIC
from hub.store import Row, Tx
from hub.viewing import FACTS, SEEN_WITH_EASE, Sight, ease

KEPT = 800  # on each first page
BACK = 40  # things of somebody whom one begins to follow
SHARE = "share"
_SAYS = (Kind.POST_PUBLISHED, Kind.EVENT_PUBLISHED, Kind.ASK_PUBLISHED, Kind.PROJECT_STARTED)
_UNWANTED = """NOT EXISTS (SELECT 1 FROM block y WHERE y.blocker = :me AND y.blocked = {who})
  AND NOT EXISTS (SELECT 1 FROM mute y WHERE y.account = :me AND y.muted = {who}
    AND (y.ends IS NULL OR y.ends > :now))"""
_AUTHOR_WANTED, _SHARER_WANTED = _UNWANTED.format(who="h.author"), _UNWANTED.format(who="h.shared_by")
# Who is on a list that is read apart from all others.
_NOT_APART = """(:together = 1 OR NOT EXISTS (SELECT 1 FROM list_member y JOIN list z ON z.id = y.list
    WHERE y.actor = coalesce(h.shared_by, h.author) AND z.account = :me AND z.exclusive = 1))"""
_HIDE = "i.kind <> 'companion' AND i.removed IS NULL"


def put(tx: Tx, account: int, id: int, *, author: int, thing: int | None = None, shared_by: int | None = None) -> bool:
    """Put a thing on a first page; or a share of it, which has the number `id`. False when it stands there."""
    return bool(
        tx.run(
            """INSERT INTO home (account, id, thing, author, shared_by)
               SELECT :account, :id, :thing, :author, :shared_by WHERE NOT EXISTS
                 (SELECT 1 FROM home h WHERE h.account = :account AND h.thing = :thing)
               ON CONFLICT (account, id) DO NOTHING""",
            account=account, id=id, thing=thing or id, author=author, shared_by=shared_by,
        )
    )  # fmt: skip


def spread(tx: Tx, change: Change) -> list[int]:
    """What a change puts on first pages. Returns whose. Run again, it does nothing more."""
    if change.kind in _SAYS:
        return _said(tx, change.subject)
    if change.kind == Kind.HEARD_SHARED:
        return _said(tx, change.subject)
    if change.kind == Kind.REACTED and change.detail.get("how") == SHARE:
        return _shared(tx, change.subject, change.actor)
    if change.kind == Kind.UNREACTED and change.detail.get("how") == SHARE:
        tx.run("DELETE FROM home WHERE id = :id", id=int(change.detail.get("number") or 0))
    elif change.kind == Kind.ACTOR_REMOVED:
        tx.run("DELETE FROM home WHERE author = :gone OR shared_by = :gone", gone=change.subject)
    elif change.kind == Kind.HOME_CHANGED:
        _changed(tx, change)
    return []


def readers(tx: Tx, thing: Row, by: int) -> list[int]:
    """Accounts that would see on their first page what `by` said or shared: who follows them and may see it.

    Of an answer, those who follow both sides (or are meant) see it. `thing` has id, author, audience, reply_to.
    """
    rows = tx.all(
        """SELECT f.follower, f.shares FROM follow f JOIN account c ON c.actor = f.follower
           WHERE f.followed = :by AND f.state = 'accepted' AND c.closed IS NULL AND f.follower <> :by""",
        by=by,
    )
    shared = by != thing["author"]
    found = [row["follower"] for row in rows if row["shares"] or not shared]
    if not found or shared or thing["reply_to"] is None:
        return found
    answered = tx.one("SELECT author FROM thing WHERE uri = :uri", uri=thing["reply_to"])
    other = answered["author"] if answered else 0
    return [one for one in found if other in (by, one) or _follows(tx, one, other)]


def page(
    tx: Tx, account: int, *, before: int | None = None, after: int | None = None, since: int | None = None,
    limit: int = 20,
) -> list[Row]:  # fmt: skip
    """Rows of `id`, `thing`, `author`, `shared_by`, newest first. `before`, `since` bound it; `after` asks for the
    oldest ones behind that number."""
    rows = tx.all(_PAGE["ASC" if after is not None else "DESC"], **_stretch(tx, account, before, after, since, limit))
    return rows[::-1] if after is not None else rows


def sights(tx: Tx, account: int, *, before: int | None, after: int | None, since: int | None,
           limit: int) -> list[Sight]:  # fmt: skip
    """The same, ready to be shown."""
    rows = tx.lines(_PAGE["ASC" if after is not None else "DESC"], **_stretch(tx, account, before, after, since, limit))
    return cast(list[Sight], rows[::-1] if after is not None else rows)


def _stretch(
    tx: Tx, account: int, before: int | None, after: int | None, since: int | None, limit: int
) -> dict[str, int]:
    low = max(after or 0, since or 0)
    return ease(tx, account) | {
        "me": account, "before": before or 2**63 - 1, "after": low, "limit": limit, "now": now()
    }  # fmt: skip


_PAGE = {
    order: f"""SELECT h.id, h.thing, h.shared_by, {FACTS} FROM home h JOIN thing t ON t.id = h.thing
            JOIN actor a ON a.id = h.author
            WHERE h.account = :me AND h.id < :before AND h.id > :after AND t.kind <> 'companion' AND {SEEN_WITH_EASE}
              AND (:content = 1 OR ({_AUTHOR_WANTED} AND {_SHARER_WANTED}
                AND NOT EXISTS (SELECT 1 FROM muted_domain y WHERE y.account = :me AND y.domain = a.domain)))
              AND {_NOT_APART}
            ORDER BY h.id {order} LIMIT :limit"""
    for order in ("ASC", "DESC")
}


def trim(tx: Tx) -> int:
    """Keep the newest of each first page. Returns how many went."""
    gone = 0
    for row in tx.all("SELECT account, count(*) AS n FROM home GROUP BY account HAVING count(*) > :most", most=KEPT):
        gone += tx.run(
            """DELETE FROM home WHERE account = :account AND id <
                 (SELECT min(id) FROM (SELECT id FROM home WHERE account = :account ORDER BY id DESC LIMIT :most) x)""",
            account=row["account"], most=KEPT,
        )  # fmt: skip
    return gone


def _said(tx: Tx, id: int) -> list[int]:
    thing = _thing(tx, id)
    if thing is None or thing["audience"] not in (*OPEN, FOLLOWERS):
        return []
    return [one for one in meant(tx, thing) if put(tx, one, id, author=thing["author"])]


def meant(tx: Tx, thing: Row) -> list[int]:
    """On whose first page it belongs that this was said. `thing` has what `readers` asks for, and `hidden`."""
    told = readers(tx, thing, thing["author"])
    if thing["audience"] == PUBLIC and not thing["hidden"]:
        told = list(dict.fromkeys([*told, *_followers_of_its_tags(tx, thing)]))
    return told


def _followers_of_its_tags(tx: Tx, thing: Row) -> list[int]:
    """Who follows a tag of what is said to everybody. Their first page leaves out whom they do not want to hear."""
    rows = tx.all(
        """SELECT DISTINCT f.account FROM thing_tag g JOIN tag_follow f ON f.tag = g.tag
             JOIN account c ON c.actor = f.account
           WHERE g.thing = :id AND c.closed IS NULL AND f.account <> :author AND NOT EXISTS
             (SELECT 1 FROM block y WHERE y.blocker = :author AND y.blocked = f.account)""",
        id=thing["id"], author=thing["author"],
    )  # fmt: skip
    return [row["account"] for row in rows]


def _shared(tx: Tx, id: int, by: int) -> list[int]:
    """A share stands under its own number; who has seen the thing already does not see it again."""
    thing = _thing(tx, id)
    row = tx.one("SELECT id FROM reaction WHERE thing = :thing AND actor = :by AND kind = 'share'", thing=id, by=by)
    if thing is None or row is None or thing["audience"] not in OPEN:
        return []
    told = readers(tx, thing, by)
    return [
        one for one in told if one != thing["author"]
        and put(tx, one, row["id"], author=thing["author"], thing=id, shared_by=by)
    ]  # fmt: skip


def _changed(tx: Tx, change: Change) -> None:
    """Somebody follows one more, and finds what they said lately; or one less, and finds it no more."""
    followed, unfollowed = change.detail.get("followed"), change.detail.get("unfollowed")
    if unfollowed:
        tx.run(
            "DELETE FROM home WHERE account = :me AND (author = :them OR shared_by = :them)",
            me=change.subject, them=int(unfollowed),
        )  # fmt: skip
    if followed:
        fill(tx, change.subject, int(followed))


def fill(tx: Tx, account: int, followed: int) -> None:
    """What somebody said lately, for one who follows them now."""
    rows = tx.all(
        f"""SELECT i.id FROM thing i WHERE i.author = :them AND {_HIDE} AND i.reply_to IS NULL
              AND i.audience IN ('public', 'unlisted', 'followers') AND i.hidden IN (0, 3)
            ORDER BY i.published DESC, i.id DESC LIMIT :limit""",
        them=followed,
        limit=BACK,
    )
    for row in rows:
        put(tx, account, row["id"], author=followed)


def _thing(tx: Tx, id: int) -> Row | None:
    return tx.one(
        f"""SELECT i.id, i.author, i.audience, i.reply_to, i.hidden FROM thing i
            WHERE i.id = :id AND {_HIDE} AND i.hidden IN (0, 3)""",
        id=id,
    )


def _follows(tx: Tx, who: int, other: int) -> bool:
    sql = "SELECT 1 AS x FROM follow WHERE follower = :who AND followed = :other AND state = 'accepted'"
    return tx.one(sql, who=who, other=other) is not None
