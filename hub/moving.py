"""Moving house: somebody who lived elsewhere comes to live here, or leaves, and those who follow them come along.

An account is believed to be somebody's when both say so: the new one names the old one before anybody moves.
"""

from hub import actors, people, relations
from hub.actors import Actor
from hub.changes import Kind, record
from hub.clock import now
from hub.errors import N_, Conflict, Invalid
from hub.packing import pack
from hub.store import Tx

MOST = 9  # other accounts that somebody names as theirs


def claim(tx: Tx, me: int, other: int) -> list[str]:
    """Say that an account elsewhere is one's own too, so that it can move here. Returns all that are named."""
    people.require(tx, me, "resident")
    it, them = actors.get(tx, me), actors.get(tx, other)
    if them.id == me or them.removed is not None or them.kind not in ("person", "other"):
        raise Invalid(N_("This cannot be an account of yours."), field="account")
    if them.uri in it.also:
        return it.also
    if len(it.also) >= MOST:
        raise Conflict(N_("You name nine other accounts already. Remove one first."), field="account")
    return _say(tx, it, [*it.also, them.uri])


def disclaim(tx: Tx, me: int, uri: str) -> list[str]:
    """It is one's own no longer."""
    people.require(tx, me, "resident")
    it = actors.get(tx, me)
    return _say(tx, it, [one for one in it.also if one != uri]) if uri in it.also else it.also


def go(tx: Tx, me: int, other: int) -> Actor:
    """Live elsewhere from now on. Followers are asked to follow there; this account says nothing more.

    Raises `Invalid` unless the other account, as it was fetched just now, names this one as its own.
    """
    people.require(tx, me, "resident")
    it, there = actors.get(tx, me), actors.get(tx, other)
    if there.id == me or there.removed is not None or it.uri not in there.also:
        raise Invalid(
            N_("The other account does not name this one yet. Add this account there as an alias first."),
            field="account",
        )
    if there.moved is not None:
        raise Invalid(N_("That account has moved itself."), field="account")
    tx.run("UPDATE actor SET moved = :there, updated = :now WHERE id = :me", there=there.id, now=now(), me=me)
    record(tx, Kind.ACTOR_MOVED, subject=me, actor=me, to=there.id)
    for follower, _ in actors.ours_who_follow(tx, me):
        lead(tx, follower, me, there)
    return actors.get(tx, me)


def come_back(tx: Tx, me: int) -> Actor:
    """Live here again: the account speaks as before. Who has gone elsewhere is not fetched back."""
    people.require(tx, me, "resident")
    if tx.run("UPDATE actor SET moved = NULL, updated = :now WHERE id = :me AND moved IS NOT NULL", now=now(), me=me):
        record(tx, Kind.ACTOR_CHANGED, subject=me, actor=me)
    return actors.get(tx, me)


def moved(tx: Tx, old: int, there: Actor) -> int:
    """Somebody elsewhere lives as `there` now: ours who follow them do so there. Returns how many that were."""
    tx.run("UPDATE actor SET moved = :there WHERE id = :old AND local = 0", there=there.id, old=old)
    return sum(lead(tx, follower, old, there) for follower, _ in actors.ours_who_follow(tx, old))


def lead(tx: Tx, follower: int, old: int, there: Actor) -> bool:
    """One of ours follows on, in the way they followed before; not where one has blocked the other."""
    how = tx.one(
        "SELECT shares, notify, languages FROM follow WHERE follower = :me AND followed = :old", me=follower, old=old
    )
    stands = relations.between(tx, follower, there.id)
    asked = False
    if not (stands.blocking or stands.blocked_by or stands.following or stands.requested or follower == there.id):
        relations.begin(tx, follower, there)
        asked = True
        if how is not None:
            tx.run(
                """UPDATE follow SET shares = :shares, notify = :notify, languages = :languages
                   WHERE follower = :me AND followed = :there""",
                **how, me=follower, there=there.id,
            )  # fmt: skip
    relations.part(tx, follower, old)
    return asked


def _say(tx: Tx, it: Actor, also: list[str]) -> list[str]:
    tx.run("UPDATE actor SET also = :also, updated = :now WHERE id = :me", also=pack(also), now=now(), me=it.id)
    record(tx, Kind.ACTOR_CHANGED, subject=it.id, actor=it.id)
    return also
