"""How two people stand to each other: who follows, who wants to, who is blocked, who is not to be heard for a while."""

import msgspec

from hub import actors, people
from hub.changes import Kind, record
from hub.clock import DAY, now
from hub.errors import N_, Conflict, Invalid, NotAllowed, NotFound
from hub.ids import new_id
from hub.packing import pack, unpack
from hub.store import Row, Tx
from hub.text import clean_words

LONGEST_MUTE = 3650 * DAY
MOST_FOLLOWED = 7500
PAGE = 40
REMARK = 2000  # characters


class Relation(msgspec.Struct, frozen=True, kw_only=True):
    """How somebody of ours (`me`) stands to `id`. `ends`: until when they are muted, ms UTC."""

    id: int
    following: bool = False
    requested: bool = False
    followed_by: bool = False
    requested_by: bool = False
    shares: bool = False
    notify: bool = False
    languages: list[str] = msgspec.field(default_factory=list)
    blocking: bool = False
    blocked_by: bool = False
    muting: bool = False
    muting_notices: bool = False
    ends: int | None = None
    domain_muted: bool = False


def of(tx: Tx, me: int, ids: list[int]) -> list[Relation]:
    """How `me` stands to each of these, in their order; those whom nobody knows are left out."""
    named = {f"i{n}": id for n, id in enumerate(dict.fromkeys(ids))}
    if not named:
        return []
    rows = tx.all(
        f"""SELECT a.id, f.state AS mine, f.shares, f.notify, f.languages, r.state AS theirs,
              b.id AS blocking, c.id AS blocked_by, m.id AS muting, m.notices, m.ends, d.id AS domain_muted
            FROM actor a
            LEFT JOIN follow f ON f.follower = :me AND f.followed = a.id
            LEFT JOIN follow r ON r.follower = a.id AND r.followed = :me
            LEFT JOIN block b ON b.blocker = :me AND b.blocked = a.id
            LEFT JOIN block c ON c.blocker = a.id AND c.blocked = :me
            LEFT JOIN mute m ON m.account = :me AND m.muted = a.id AND (m.ends IS NULL OR m.ends > :now)
            LEFT JOIN muted_domain d ON d.account = :me AND d.domain = a.domain
            WHERE a.id IN ({", ".join(f":{name}" for name in named)})""",
        me=me, now=now(), **named,
    )  # fmt: skip
    found = {row["id"]: _relation(row) for row in rows}
    return [found[id] for id in named.values() if id in found]


def between(tx: Tx, me: int, other: int) -> Relation:
    found = of(tx, me, [other])
    if not found:
        raise NotFound(N_("There is nobody by that name here."))
    return found[0]


# --- following -------------------------------------------------------------------------------------


def follow(
    tx: Tx, me: int, other: int, *, shares: bool = True, notify: bool = False, languages: list[str] | None = None
) -> Relation:
    """One of ours follows somebody, here or elsewhere, or asks to. Asked again, it only changes how.

    Raises `Invalid` for oneself, `NotAllowed` when they are blocked by them, `Conflict` when it is too many.
    """
    people.require(tx, me, "resident")
    them = actors.get(tx, other)
    if me == other or them.removed is not None or them.kind == "instance":
        raise Invalid(N_("You cannot follow this account."), field="id")
    stands = between(tx, me, other)
    if stands.blocked_by or stands.blocking:
        raise NotAllowed(N_("You cannot follow this account: one of you has blocked the other."))
    if not (stands.following or stands.requested):
        if actors.counts(tx, me)[1] >= MOST_FOLLOWED:
            raise Conflict(N_("You follow as many as can be. Unfollow somebody first."))
        begin(tx, me, them)
    tx.run(
        """UPDATE follow SET shares = :shares, notify = :notify, languages = :languages, id = coalesce(id, :id)
           WHERE follower = :me AND followed = :other""",
        shares=int(shares), notify=int(notify), languages=pack((languages or [])[:20]), id=new_id(), me=me, other=other,
    )  # fmt: skip
    return between(tx, me, other)


def begin(tx: Tx, me: int, them: actors.Actor) -> None:
    """One of ours follows somebody, or asks to; the caller has checked that they may."""
    if not them.local:
        actors.ask_to_follow(tx, me, them.id)
    elif them.locked:
        request(tx, me, them.id, None)
    else:
        actors.follow(tx, me, them.id)
        record(tx, Kind.HOME_CHANGED, subject=me, actor=me, followed=them.id)


def unfollow(tx: Tx, me: int, other: int) -> Relation:
    """They are followed no more, nor asked."""
    people.require(tx, me, "resident")
    if actors.get(tx, other).local:
        actors.unfollow(tx, me, other)
    else:
        actors.stop_following(tx, me, other)
    _off_lists(tx, me, other)
    record(tx, Kind.HOME_CHANGED, subject=me, actor=me, unfollowed=other)
    return between(tx, me, other)


def request(tx: Tx, follower: int, followed: int, uri: str | None) -> bool:
    """Somebody asks to follow one of ours, who decides. False when they did already."""
    added = tx.run(
        """INSERT INTO follow (follower, followed, state, uri, at, id)
           VALUES (:follower, :followed, 'requested', :uri, :now, :id) ON CONFLICT (follower, followed) DO NOTHING""",
        follower=follower, followed=followed, uri=uri, now=now(), id=new_id(),
    )  # fmt: skip
    if added:
        record(tx, Kind.FOLLOW_REQUESTED, subject=followed, actor=follower)
    return bool(added)


def decide(tx: Tx, me: int, other: int, *, accepted: bool) -> Relation:
    """Let somebody follow who asked, or not. Raises `NotFound` when they did not ask."""
    people.require(tx, me, "resident")
    row = tx.one(
        "SELECT uri FROM follow WHERE follower = :other AND followed = :me AND state = 'requested'", other=other, me=me
    )
    if row is None:
        raise NotFound(N_("They have not asked to follow you, or have thought better of it."))
    if accepted:
        tx.run("UPDATE follow SET state = 'accepted' WHERE follower = :other AND followed = :me", other=other, me=me)
        record(tx, Kind.FOLLOWED, subject=me, actor=other)
        record(tx, Kind.HOME_CHANGED, subject=other, actor=other, followed=me)
    else:
        tx.run("DELETE FROM follow WHERE follower = :other AND followed = :me", other=other, me=me)
    record(tx, Kind.FOLLOW_DECIDED, subject=me, actor=other, accepted=accepted, uri=row["uri"] or "")
    return between(tx, me, other)


def dismiss(tx: Tx, me: int, follower: int) -> Relation:
    """Somebody no longer follows, by the word of whom they followed."""
    people.require(tx, me, "resident")
    row = tx.one("SELECT uri FROM follow WHERE follower = :other AND followed = :me", other=follower, me=me)
    if row is not None and actors.unfollow(tx, follower, me):
        record(tx, Kind.FOLLOW_DECIDED, subject=me, actor=follower, accepted=False, uri=row["uri"] or "")
        record(tx, Kind.HOME_CHANGED, subject=follower, actor=follower, unfollowed=me)
    return between(tx, me, follower)


def requests(tx: Tx, me: int, *, before: int | None = None, limit: int = PAGE) -> list[tuple[int, int]]:
    """Who waits for an answer, newest first: actors, and the number to page by."""
    rows = tx.all(
        """SELECT follower, id FROM follow WHERE followed = :me AND state = 'requested' AND id < :before
           ORDER BY id DESC LIMIT :limit""",
        me=me, before=before or 2**63 - 1, limit=limit,
    )  # fmt: skip
    return [(row["follower"], row["id"]) for row in rows]


# --- blocking and muting ---------------------------------------------------------------------------


def block(tx: Tx, me: int, other: int) -> Relation:
    """Neither sees the other any more, nor follows. Their server is told, so that it holds there too."""
    people.require(tx, me, "resident")
    if me == other:
        raise Invalid(N_("You cannot block yourself."), field="id")
    if keep_block(tx, me, other, None):
        record(tx, Kind.BLOCKED, subject=other, actor=me)
    return between(tx, me, other)


def keep_block(tx: Tx, blocker: int, blocked: int, uri: str | None) -> bool:
    """One blocks the other, whichever is ours: both stop following. False when it was so already."""
    added = tx.run(
        """INSERT INTO block (blocker, blocked, id, uri) VALUES (:blocker, :blocked, :id, :uri)
           ON CONFLICT (blocker, blocked) DO NOTHING""",
        blocker=blocker, blocked=blocked, id=new_id(), uri=uri,
    )  # fmt: skip
    for follower, followed in ((blocker, blocked), (blocked, blocker)):
        if actors.follows(tx, follower, followed) is not None:
            part(tx, follower, followed)
    return bool(added)


def part(tx: Tx, follower: int, followed: int) -> None:
    """One no longer follows the other, whoever of them is ours."""
    if actors.get(tx, followed).local:
        actors.unfollow(tx, follower, followed)
    else:
        actors.stop_following(tx, follower, followed)
    _off_lists(tx, follower, followed)
    record(tx, Kind.HOME_CHANGED, subject=follower, actor=follower, unfollowed=followed)


def _off_lists(tx: Tx, me: int, other: int) -> None:
    """Who is followed no more is on no list, and not shown on the page of `me`."""
    tx.run(
        "DELETE FROM list_member WHERE actor = :other AND list IN (SELECT id FROM list WHERE account = :me)",
        other=other, me=me,
    )  # fmt: skip
    tx.run("DELETE FROM endorsement WHERE account = :me AND actor = :other", me=me, other=other)


def unblock(tx: Tx, me: int, other: int) -> Relation:
    people.require(tx, me, "resident")
    if lift_block(tx, me, other):
        record(tx, Kind.UNBLOCKED, subject=other, actor=me)
    return between(tx, me, other)


def lift_block(tx: Tx, blocker: int, blocked: int) -> bool:
    sql = "DELETE FROM block WHERE blocker = :blocker AND blocked = :blocked"
    return bool(tx.run(sql, blocker=blocker, blocked=blocked))


def block_known_as(tx: Tx, blocker: int, blocked: int, uri: str) -> None:
    """Keep the address under which their server was told."""
    tx.run(
        "UPDATE block SET uri = :uri WHERE blocker = :blocker AND blocked = :blocked",
        uri=uri, blocker=blocker, blocked=blocked,
    )  # fmt: skip


def blocked_by(tx: Tx, other: int) -> set[str]:
    """The addresses of those of ours who have blocked somebody."""
    rows = tx.all(
        "SELECT a.uri FROM block b JOIN actor a ON a.id = b.blocker WHERE b.blocked = :other AND a.local = 1",
        other=other,
    )
    return {row["uri"] for row in rows}


def mute(tx: Tx, me: int, other: int, *, notices: bool = True, lasts: int = 0) -> Relation:
    """Their words are left out of what `me` sees, for `lasts` ms (0: until taken back). They are not told."""
    people.require(tx, me, "resident")
    if me == other:
        raise Invalid(N_("You cannot mute yourself."), field="id")
    tx.run(
        """INSERT INTO mute (account, muted, id, notices, ends) VALUES (:me, :other, :id, :notices, :ends)
           ON CONFLICT (account, muted) DO UPDATE SET notices = excluded.notices, ends = excluded.ends""",
        me=me, other=other, id=new_id(), notices=int(notices),
        ends=now() + min(lasts, LONGEST_MUTE) if lasts > 0 else None,
    )  # fmt: skip
    tx.wake()
    return between(tx, me, other)


def unmute(tx: Tx, me: int, other: int) -> Relation:
    people.require(tx, me, "resident")
    tx.run("DELETE FROM mute WHERE account = :me AND muted = :other", me=me, other=other)
    tx.wake()
    return between(tx, me, other)


def mute_domain(tx: Tx, me: int, domain: str) -> None:
    """Nobody on that server is heard by `me`; those there who follow them do no longer."""
    people.require(tx, me, "resident")
    domain = clean_words(domain, longest=253, field="domain").lower()
    if not domain:
        raise Invalid(N_("Type the name of a server, for example spam.example."), field="domain")
    tx.run(
        """INSERT INTO muted_domain (account, domain, id) VALUES (:me, :domain, :id)
           ON CONFLICT (account, domain) DO NOTHING""",
        me=me, domain=domain, id=new_id(),
    )  # fmt: skip
    tx.wake()
    for row in tx.all(
        """SELECT f.follower, f.followed FROM follow f JOIN actor a ON a.id IN (f.follower, f.followed)
           WHERE a.domain = :domain AND a.local = 0 AND (f.followed = :me OR f.follower = :me)""",
        domain=domain, me=me,
    ):  # fmt: skip
        part(tx, row["follower"], row["followed"])


def unmute_domain(tx: Tx, me: int, domain: str) -> None:
    people.require(tx, me, "resident")
    tx.run("DELETE FROM muted_domain WHERE account = :me AND domain = :domain", me=me, domain=domain.lower())
    tx.wake()


def _relation(row: Row) -> Relation:
    return Relation(
        id=row["id"], following=row["mine"] == "accepted", requested=row["mine"] == "requested",
        followed_by=row["theirs"] == "accepted", requested_by=row["theirs"] == "requested",
        shares=row["mine"] is not None and bool(row["shares"]), notify=bool(row["notify"]),
        languages=unpack(row["languages"], list[str]) if row["languages"] else [],
        blocking=row["blocking"] is not None, blocked_by=row["blocked_by"] is not None,
        muting=row["muting"] is not None, muting_notices=bool(row["notices"]), ends=row["ends"],
        domain_muted=row["domain_muted"] is not None,
    )  # fmt: skip
