"""They follow one of ours; they let one of ours follow them, or not."""

from federation.as2 import loose
from federation.as2.contexts import Json
from federation.incoming import going, pledges, visits
from federation.incoming.ours import NOT_OURS, taken_back, tell
from federation.resolve import Gathered
from hub import actors, jobs, moving, relations
from hub.actors import Actor
from hub.changes import Kind, record
from hub.clock import DAY, now
from hub.errors import N_, NotAllowed, NotFound
from hub.store import Tx

MOVED, MOVES_AGAIN = "followed to where they are now", 30 * DAY


def follow(tx: Tx, sender: Actor, activity: Json, found: Gathered) -> str:
    target = actors.known(tx, loose.id_of(activity.get("object")))
    if target is None or not target.local or target.removed is not None:
        raise NotFound(NOT_OURS)
    if taken_back(tx, sender, activity):
        return "ignored: taken back before it came"
    if target.uri in relations.blocked_by(tx, sender.id):
        tell(tx, "Reject", target.id, sender, activity)
        return "rejected: they are blocked"
    state, uri = actors.follows(tx, sender.id, target.id), loose.id_of(activity) or None
    if target.locked and state != "accepted":  # the answer comes from whom they ask
        return "asked" if relations.request(tx, sender.id, target.id, uri) else "no news"
    if state == "requested":  # asked before, and now everybody may
        relations.decide(tx, target.id, sender.id, accepted=True)
        return "accepted"
    actors.follow(tx, sender.id, target.id, uri)
    tell(tx, "Accept", target.id, sender, activity)
    return "accepted"


def accept(tx: Tx, sender: Actor, activity: Json, found: Gathered) -> str:
    """They let one of ours follow them. Then what they published before is fetched."""
    coming = going.answered(tx, sender, activity, "yes") or pledges.accepted(tx, sender, activity)
    coming = coming or visits.answered(tx, sender, activity, accepted=True)
    if coming is not None:
        return coming
    ours = our_follow(tx, sender, activity.get("object"))
    before = actors.follows(tx, ours, sender.id)
    if before is None:
        return "ignored: nobody asked"
    actors.follow_answered(tx, ours, sender.id, accepted=True)
    if before != "accepted":
        jobs.enqueue(tx, "backfill", {"actor": sender.id})
        record(tx, Kind.HOME_CHANGED, subject=ours, actor=ours, followed=sender.id)
    return "followed"


def reject(tx: Tx, sender: Actor, activity: Json, found: Gathered) -> str:
    coming = going.answered(tx, sender, activity, "no") or pledges.declined(tx, sender, activity)
    coming = coming or visits.answered(tx, sender, activity, accepted=False)
    if coming is not None:
        return coming
    ours = our_follow(tx, sender, activity.get("object"))
    refused = actors.follow_answered(tx, ours, sender.id, accepted=False)
    return "refused us" if refused else "ignored: nobody asked"


def move(tx: Tx, sender: Actor, activity: Json, found: Gathered) -> str:
    """They live elsewhere now: ours follow them there, once the new account has named the old one as its own."""
    if loose.id_of(activity.get("object")) != sender.uri:
        raise NotAllowed(N_("Only who moves can say so."))
    new = found.actors.get(loose.id_of(activity.get("target")))
    if new is None:
        return "ignored: the new account does not know the old one"
    if _moved_lately(tx, sender):
        return "ignored: they moved this month already"
    return MOVED if moving.moved(tx, sender.id, actors.get(tx, new)) else "no news"


def _moved_lately(tx: Tx, sender: Actor) -> bool:
    """Or somebody who has two accounts could send our follows back and forth for ever."""
    row = tx.one(
        "SELECT 1 AS x FROM inbox WHERE signer = :who AND type = 'Move' AND outcome = :moved AND at > :since LIMIT 1",
        who=sender.uri, moved=MOVED, since=now() - MOVES_AGAIN,
    )  # fmt: skip
    return row is not None


def our_follow(tx: Tx, sender: Actor, what: object) -> int:
    """Which of ours asked to follow the sender. Raises `NotFound` when the activity is none of ours."""
    row = tx.one(
        "SELECT actor FROM activity WHERE uri = :uri AND type = 'Follow' AND object = :object",
        uri=loose.id_of(what), object=sender.uri,
    )  # fmt: skip
    if row is not None:
        return int(row["actor"])
    ours = actors.known(tx, loose.id_of(what.get("actor"))) if isinstance(what, dict) else None
    if ours is None or not ours.local or loose.type_of(what) != "Follow":
        raise NotFound(NOT_OURS)
    return ours.id
