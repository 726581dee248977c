"""What the server of an event elsewhere answers to one of ours who wants to come."""

from federation.as2 import loose
from federation.as2.contexts import Json
from hub import actors, things, voting
from hub.actors import Actor
from hub.store import Tx


def answered(tx: Tx, sender: Actor, activity: Json, *, accepted: bool) -> str | None:
    """`None` when it is about nobody's wish to come. Only whose event it is may say, or somebody on its server."""
    asked = activity.get("object")
    found = voting.visit_of(tx, loose.id_of(asked)) or _said(tx, asked)
    if found is None:
        return None
    event, who = found
    if not loose.same_origin(things.get(tx, event).uri, sender.uri):
        return "ignored: it is not their event"
    voting.visit_answered(tx, event, who, accepted=accepted)
    return "they may come" if accepted else "they may not come"


def _said(tx: Tx, asked: object) -> tuple[int, int] | None:
    """By what is in it, for servers that give our Join another id."""
    if not isinstance(asked, dict) or loose.type_of(asked) != "Join":
        return None
    who, event = actors.known(tx, loose.id_of(asked.get("actor"))), things.at(tx, loose.id_of(asked.get("object")))
    if who is None or event is None or not who.local or not voting.visits(tx, event.id, who.id):
        return None
    return event.id, who.id
