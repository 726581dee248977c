"""What we tell those with whom we follow each other about further hubs: found, or lost. They ask for themselves."""

from federation.as2 import hubs
from federation.as2.contexts import Json
from federation.audience import of_hub
from federation.dispatch import Sender
from federation.keys import host_of
from federation.outgoing.said import ONLY_HUBS
from hub import actors, directory
from hub.changes import Change
from hub.clock import HOUR, now
from hub.directory import Entry

AN_HOUR = 20  # entries; who reads our list twice a day hears of the rest there


def found(s: Sender, change: Change) -> None:
    it = directory.by_id(s.tx, change.subject)
    if it is not None and it.good:
        _tell(s, "Add", it, hubs.entry(it, s.hub))


def lost(s: Sender, change: Change) -> None:
    it = directory.by_id(s.tx, change.subject)
    if it is not None and it.uri and not it.good:
        _tell(s, "Remove", it, hubs.pointer(it.uri))


def _tell(s: Sender, kind: str, it: Entry, entry: Json) -> None:
    """To our followers whom we follow; not to the hub that it is about."""
    friends = directory.relations(s.tx).follows - {it.host}
    to = [inbox for inbox in of_hub(s, ONLY_HUBS) if host_of(inbox) in friends]
    if to and _told_lately(s) < AN_HOUR:
        actor = actors.get(s.tx, s.hub.instance).uri
        s.say(
            s.hub.instance, lambda uri: hubs.change(kind, uri, actor, entry, f"{s.hub.base}/actor/hubs"), to,
            about=it.uri,
        )  # fmt: skip


def _told_lately(s: Sender) -> int:
    row = s.tx.one(
        """SELECT count(*) AS n FROM activity
           WHERE actor = :us AND listed = 0 AND type IN ('Add', 'Remove') AND at > :since""",
        us=s.hub.instance, since=now() - HOUR,
    )  # fmt: skip
    return int(row["n"]) if row else 0
