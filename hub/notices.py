"""What a person is told: somebody named them, follows them, likes what they said; an event they go to has changed.

A reader of the log: each change becomes a line for each person it concerns, once. The words are the app's.
"""

from collections.abc import Callable, Collection
from typing import Any

import msgspec

from hub import doorbell, people, things, viewing, voting
from hub.changes import Change, Kind, record
from hub.clock import DAY, now
from hub.errors import NotFound
from hub.ids import new_id
from hub.kept import Thing
from hub.store import Row, Tx

MENTION, STATUS, REBLOG, FOLLOW, FOLLOW_REQUEST = "mention", "status", "reblog", "follow", "follow_request"
FAVOURITE, POLL, UPDATE, SIGN_UP, REPORT = "favourite", "poll", "update", "admin.sign_up", "admin.report"
KINDS = (MENTION, STATUS, REBLOG, FOLLOW, FOLLOW_REQUEST, FAVOURITE, POLL, UPDATE, SIGN_UP, REPORT)
KEPT = 90 * DAY
OLD = 7 * DAY  # what was said elsewhere before then is no news
PAGE = 40
_BY = "AND n.actor = :actor"
_WANTED = "NOT EXISTS (SELECT 1 FROM block y WHERE y.blocker = :me AND y.blocked = n.actor)"
_HOW = {"like": FAVOURITE, "share": REBLOG}


class Notice(msgspec.Struct, frozen=True):
    """One line. `actor` did it, `thing` is what it is about; `filtered`: it waits for the person's yes to whom it is
    from. `at` in ms UTC."""

    id: int
    account: int
    kind: str
    actor: int
    thing: int | None
    at: int
    filtered: bool


def spread(tx: Tx, change: Change) -> list[Notice]:
    """Whom a change concerns, told. Returns what is new; run again, nothing is."""
    handle = _HANDLERS.get(change.kind)
    return [told for told in handle(tx, change) if told is not None] if handle else []


def tell(tx: Tx, account: int, kind: str, actor: int, thing: int | None = None) -> Notice | None:
    """Tell somebody of ours, once for each actor and thing; `None` when they were told, or do not want to be."""
    if account == actor or not _listens(tx, account, actor, kind, thing):
        return None
    said = doorbell.judge(tx, account, actor, kind, thing)
    if said == doorbell.DROP:
        return None
    return _put(tx, Notice(new_id(), account, kind, actor, thing, now(), filtered=said == doorbell.FILTER))


def _put(tx: Tx, it: Notice) -> Notice | None:
    added = tx.run(
        """INSERT INTO notice (id, account, kind, actor, thing, at, filtered)
           VALUES (:id, :account, :kind, :actor, :thing, :at, :filtered) ON CONFLICT DO NOTHING""",
        **(msgspec.structs.asdict(it) | {"filtered": int(it.filtered)}),
    )
    if added and not it.filtered:
        record(tx, Kind.NOTICED, subject=it.id, actor=it.account)
    return it if added else None


def page(tx: Tx, me: int, **which: Any) -> list[Notice]:
    """What somebody is told, newest first; `which` as `told` has it."""
    return [it for it, _ in told(tx, me, **which)]


def told(
    tx: Tx, me: int, *, kinds: Collection[str] = KINDS, actor: int | None = None, before: int | None = None,
    after: int | None = None, since: int | None = None, limit: int = PAGE, waiting: bool = False,
) -> list[tuple[Notice, int]]:  # fmt: skip
    """The same, with when its actor was last changed: of these kinds, by that actor. `waiting`: also what waits for
    their yes."""
    wanted = {f"k{n}": kind for n, kind in enumerate(kinds) if kind in KINDS}
    if not wanted:
        return []
    up = after is not None
    every = "" if len(wanted) == len(KINDS) else f"AND n.kind IN ({', '.join(f':{name}' for name in wanted)})"
    rows = tx.lines(
        f"""SELECT n.id, n.account, n.kind, n.actor, n.thing, n.at, n.filtered, a.updated
            FROM notice n JOIN actor a ON a.id = n.actor
            WHERE n.account = :me AND n.id < :before AND n.id > :after {every} {_BY if actor else ""}
              {"" if waiting else "AND n.filtered = 0"} AND a.removed IS NULL AND (:content = 1 OR {_WANTED})
            ORDER BY n.id {"ASC" if up else "DESC"} LIMIT :limit""",
        me=me, before=before or 2**63 - 1, after=max(after or 0, since or 0), limit=limit,
        **viewing.ease(tx, me), **({"actor": actor} if actor else {}), **(wanted if every else {}),
    )  # fmt: skip
    return [
        (Notice(id, account, kind, who, thing, at, bool(filtered)), version)
        for id, account, kind, who, thing, at, filtered, version in (rows[::-1] if up else rows)
    ]


def unread(tx: Tx, me: int, after: int, *, kinds: Collection[str] = KINDS, limit: int = 100) -> int:
    """How many there are behind the last one that they have read; no more are counted than `limit`."""
    return len(page(tx, me, kinds=kinds, since=after, limit=limit))


def get(tx: Tx, me: int, id: int) -> Notice:
    row = tx.one("SELECT * FROM notice WHERE account = :me AND id = :id", me=me, id=id)
    if row is None:
        raise NotFound(viewing.NOTHING)
    return _notice(row)


def of_row(row: Row) -> Notice:
    return _notice(row)


def dismiss(tx: Tx, me: int, id: int) -> None:
    tx.run("DELETE FROM notice WHERE account = :me AND id = :id", me=me, id=id)


def clear(tx: Tx, me: int) -> None:
    tx.run("DELETE FROM notice WHERE account = :me", me=me)


def sweep(tx: Tx) -> int:
    return tx.run("DELETE FROM notice WHERE at < :old", old=now() - KEPT)


# --- what follows from what ------------------------------------------------------------------------


def _said(tx: Tx, change: Change) -> list[Notice | None]:
    """Those whom it names are told; and those who want to hear of each post of its author."""
    it = tx.one(
        "SELECT id, author, local, published, audience, reply_to FROM thing WHERE id = :id AND removed IS NULL",
        id=change.subject,
    )
    if it is None or (not it["local"] and it["published"] < now() - OLD):  # fetched long after it was said
        return []
    named = tx.all("SELECT m.actor FROM mention m JOIN account c ON c.actor = m.actor WHERE m.thing = :id", id=it["id"])
    told = [tell(tx, row["actor"], MENTION, it["author"], it["id"]) for row in named]
    if it["audience"] == "direct" or it["reply_to"] is not None:
        return told
    keen = tx.all(
        """SELECT f.follower FROM follow f JOIN account c ON c.actor = f.follower
           WHERE f.followed = :by AND f.notify = 1 AND f.state = 'accepted'""",
        by=it["author"],
    )
    return told + [tell(tx, row["follower"], STATUS, it["author"], it["id"]) for row in keen]


def _reacted(tx: Tx, change: Change) -> list[Notice | None]:
    it, kind = _thing(tx, change.subject), _HOW.get(str(change.detail.get("how")))
    if it is None or kind is None or not it.local:
        return []
    return [tell(tx, one, kind, change.actor, it.id) for one in _authors(tx, it)]


def _unreacted(tx: Tx, change: Change) -> list[Notice | None]:
    kind = _HOW.get(str(change.detail.get("how")))
    tx.run(
        "DELETE FROM notice WHERE kind = :kind AND actor = :actor AND thing = :thing",
        kind=kind, actor=change.actor, thing=change.subject,
    )  # fmt: skip
    return []


def _followed(tx: Tx, change: Change) -> list[Notice | None]:
    tx.run(
        "DELETE FROM notice WHERE account = :me AND kind = :kind AND actor = :actor",
        me=change.subject, kind=FOLLOW_REQUEST, actor=change.actor,
    )  # fmt: skip
    return [tell(tx, change.subject, FOLLOW, change.actor)] if _is_account(tx, change.subject) else []


def _requested(tx: Tx, change: Change) -> list[Notice | None]:
    return [tell(tx, change.subject, FOLLOW_REQUEST, change.actor)] if _is_account(tx, change.subject) else []


def _changed(tx: Tx, change: Change) -> list[Notice | None]:
    """An event that they go to, an ask that they answered, a post that they shared says something else now."""
    it = _thing(tx, change.subject)
    if it is None:
        return []
    rows = tx.all(
        """SELECT actor FROM attendance WHERE event = :id AND said <> 'no' AND actor IS NOT NULL
           UNION SELECT actor FROM visit WHERE event = :id AND said <> 'no'
           UNION SELECT actor FROM answer WHERE ask = :id AND state IN ('offered', 'accepted') AND actor IS NOT NULL
           UNION SELECT actor FROM pledge WHERE ask = :id AND state IN ('offered', 'accepted')
           UNION SELECT actor FROM reaction WHERE thing = :id AND kind = 'share'""",
        id=it.id,
    )
    concerned = [row["actor"] for row in rows if _is_account(tx, row["actor"])]
    for one in concerned:  # each change is news
        tx.run(
            "DELETE FROM notice WHERE account = :one AND kind = :kind AND thing = :id", one=one, kind=UPDATE, id=it.id
        )
    return [tell(tx, one, UPDATE, it.by.id, it.id) for one in concerned]


def _gone(tx: Tx, change: Change) -> list[Notice | None]:
    tx.run("DELETE FROM notice WHERE thing = :id", id=change.subject)
    return []


def _reported(tx: Tx, change: Change) -> list[Notice | None]:
    return [tell(tx, one, REPORT, change.actor) for one in people.those(tx, "moderator")]


def _joined(tx: Tx, change: Change) -> list[Notice | None]:
    """Moderators hear of who is in; whoever only asks to be has no account yet, and waits on a page of its own."""
    return [tell(tx, one, SIGN_UP, change.subject) for one in people.those(tx, "moderator") if one != change.actor]


def poll_over(tx: Tx, thing: int) -> list[Notice]:
    """A poll has closed: those of ours who voted are told, and whoever asked."""
    it = _thing(tx, thing)
    if it is None or it.extra.poll is None or not it.extra.poll.over:
        return []
    concerned = [*voting.voters(tx, thing), *([it.by.id] if _is_account(tx, it.by.id) else [])]
    told = [_tell_oneself(tx, one, it) for one in dict.fromkeys(concerned)]
    return [one for one in told if one is not None]


def _tell_oneself(tx: Tx, account: int, it: Thing) -> Notice | None:
    """Of one's own poll one is told too."""
    if account != it.by.id:
        return tell(tx, account, POLL, it.by.id, it.id)
    return _put(tx, Notice(new_id(), account, POLL, account, it.id, now(), filtered=False))


# --- who -------------------------------------------------------------------------------------------


def _listens(tx: Tx, account: int, actor: int, kind: str, thing: int | None) -> bool:
    """Whether they want to hear it: not from whom they block or mute, not of a conversation that they left."""
    row = tx.one(
        """SELECT
             (SELECT count(*) FROM block WHERE blocker = :me AND blocked = :them) AS blocked,
             (SELECT count(*) FROM mute WHERE account = :me AND muted = :them AND notices = 1
                AND (ends IS NULL OR ends > :now)) AS muted,
             (SELECT count(*) FROM muted_domain d JOIN actor a ON a.domain = d.domain
                WHERE d.account = :me AND a.id = :them) AS domain,
             (SELECT count(*) FROM muted_thread m JOIN thing t ON m.root IN (t.id, t.root)
                WHERE m.account = :me AND t.id = :thing) AS thread""",
        me=account, them=actor, thing=thing or 0, now=now(),
    )  # fmt: skip
    assert row is not None
    left = row["thread"] and kind in (MENTION, REBLOG, FAVOURITE)
    return not (row["blocked"] or row["muted"] or row["domain"] or left)


def _authors(tx: Tx, it: Thing) -> list[int]:
    """Who is told of what happens to it: its author, if that is a person; else whoever published it for the hub."""
    if it.by.kind == "person":
        return [it.by.id] if _is_account(tx, it.by.id) else []
    row = tx.one(
        """SELECT actor FROM change WHERE subject = :id AND kind IN
             ('event.published', 'ask.published', 'post.published', 'project.started') ORDER BY id LIMIT 1""",
        id=it.id,
    )
    return [row["actor"]] if row and _is_account(tx, row["actor"]) else []


def _is_account(tx: Tx, actor: int) -> bool:
    return tx.one("SELECT 1 AS x FROM account WHERE actor = :actor AND closed IS NULL", actor=actor) is not None


def _thing(tx: Tx, id: int) -> Thing | None:
    try:
        return things.get(tx, id)
    except NotFound:
        return None


def _notice(row: Row) -> Notice:
    return Notice(row["id"], row["account"], row["kind"], row["actor"], row["thing"], row["at"], bool(row["filtered"]))


_Handler = Callable[[Tx, Change], list[Notice | None]]
_HANDLERS: dict[str, _Handler] = {
    Kind.MESSAGE_SENT: _said, Kind.MESSAGE_RECEIVED: _said, Kind.MESSAGE_REMOVED: _gone,
    Kind.POST_PUBLISHED: _said, Kind.EVENT_PUBLISHED: _said, Kind.ASK_PUBLISHED: _said,
    Kind.REACTED: _reacted, Kind.UNREACTED: _unreacted,
    Kind.FOLLOWED: _followed, Kind.FOLLOW_REQUESTED: _requested,
    Kind.POST_CHANGED: _changed, Kind.EVENT_CHANGED: _changed, Kind.EVENT_CANCELLED: _changed,
    Kind.EVENT_POSTPONED: _changed, Kind.ASK_CHANGED: _changed, Kind.ASK_CLOSED: _changed,
    Kind.POST_REMOVED: _gone, Kind.EVENT_REMOVED: _gone, Kind.ASK_REMOVED: _gone,
    Kind.REPORTED: _reported, Kind.ACCOUNT_APPROVED: _joined,
}  # fmt: skip
