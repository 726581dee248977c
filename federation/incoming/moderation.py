"""They report something of ours, or want nothing more to do with one of us."""

from federation.as2 import loose
from federation.as2.contexts import Json
from federation.incoming.ours import NOT_OURS
from federation.resolve import Gathered
from hub import actors, relations, reports, things
from hub.actors import Actor
from hub.errors import NotFound
from hub.ids import new_id
from hub.store import Tx
from hub.text import plain

MOST_NAMED = 50


def flag(tx: Tx, sender: Actor, activity: Json, found: Gathered) -> str:
    """A report. It comes from a server, not from who wrote it, and is never answered."""
    named = loose.ids_of(activity.get("object"))[:MOST_NAMED]
    ours = [uri for uri in named if _ours(tx, uri)]
    words = plain(loose.words(activity.get("content"), 4000))
    uri = loose.id_of(activity) or f"{sender.uri}#report-{new_id()}"
    kept = reports.receive(tx, uri, sender.domain, ours, words, sender=sender.id)
    return "reported" if kept else "ignored: about nothing of ours, or said before"


def block(tx: Tx, sender: Actor, activity: Json, found: Gathered) -> str:
    """They block one of ours: neither follows the other any more."""
    ours = actors.known(tx, loose.id_of(activity.get("object")))
    if ours is None or not ours.local:
        raise NotFound(NOT_OURS)
    relations.keep_block(tx, sender.id, ours.id, loose.id_of(activity) or None)
    return "blocked us"


def ignore(tx: Tx, sender: Actor, activity: Json, found: Gathered) -> str:
    """They will not act on something of ours. That is theirs to decide."""
    return "they ignore it"


def _ours(tx: Tx, uri: str) -> bool:
    thing = things.at(tx, uri)
    if thing is not None:
        return thing.local
    actor = actors.known(tx, uri)
    return actor is not None and actor.local
