"""Another hub tells us that it has found or lost one. From those with whom we follow each other, and not too often."""

from federation.as2 import hubs, loose
from federation.as2.contexts import Json
from federation.incoming.ours import FORGOTTEN
from federation.resolve import Gathered
from hub import directory, introductions, settings
from hub.actors import Actor
from hub.clock import HOUR, now
from hub.introductions import Told
from hub.store import Tx

AN_HOUR = 20  # from one hub


def add(tx: Tx, sender: Actor, activity: Json, found: Gathered) -> str:
    told = _told(tx, sender, activity)
    if isinstance(told, str):
        return told
    taken = introductions.introduce(tx, sender.domain, [told])
    if taken.new:
        directory.soon(tx)
    return "a new hub, to be asked itself" if taken.new else "no room" if taken.refused else "no news"


def remove(tx: Tx, sender: Actor, activity: Json, found: Gathered) -> str:
    told = _told(tx, sender, activity)
    if isinstance(told, str):
        return told
    if not introductions.withdraw(tx, sender.domain, told.host):
        return "no news"
    return "no longer named"


def _told(tx: Tx, sender: Actor, activity: Json) -> Told | str:
    """The hub that is meant; or why nothing is done, in words for the log."""
    it = directory.find(tx, sender.domain)
    if it is None or not it.book or loose.id_of(activity.get("target")) != it.book:
        return FORGOTTEN
    if sender.kind not in ("instance", "hub") or it.relation != "mutual":
        return "ignored: we do not follow each other"
    if _lately(tx, sender) > AN_HOUR:
        return "ignored: too many in an hour"
    told = hubs.told([activity.get("object")], settings.base(tx))
    return told[0] if told else "ignored: no hub that could be asked"


def _lately(tx: Tx, sender: Actor) -> int:
    """How many of these came within the hour, this one with them."""
    row = tx.one(
        "SELECT count(*) AS n FROM inbox WHERE at > :since AND signer = :who AND type IN ('Add', 'Remove')",
        since=now() - HOUR, who=sender.uri,
    )  # fmt: skip
    return int(row["n"]) if row else 0
