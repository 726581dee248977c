"""What several activities need: which event of ours is meant, what was taken back before it came, how to answer."""

from federation import outgoing
from federation.as2 import loose
from federation.as2.contexts import Json
from hub import events, things
from hub.actors import Actor
from hub.clock import now
from hub.errors import N_
from hub.store import Tx

FORGOTTEN = "ignored: of a kind that we do not act on"
NOT_OURS = N_("It is about nothing of ours.")


def event_of(tx: Tx, what: object) -> int | None:
    """Our id of an event of ours that is named by its own id or its poll's."""
    thing = things.at(tx, loose.id_of(what)) if what else None
    if thing is None or not thing.local:
        return None
    if thing.kind == "companion":
        return events.by_companion(tx, thing.id).id
    return thing.id if thing.kind == "event" else None


def taken_back(tx: Tx, sender: Actor, activity: Json) -> bool:
    """Whether the Undo of this activity came before it."""
    gone = tx.one(
        "SELECT 1 AS x FROM gone WHERE uri = :uri AND domain = :domain",
        uri=loose.id_of(activity), domain=sender.domain,
    )  # fmt: skip
    return gone is not None


def remember_gone(tx: Tx, uri: str, sender: Actor) -> None:
    tx.run(
        "INSERT INTO gone (uri, domain, at) VALUES (:uri, :domain, :now) ON CONFLICT (uri) DO NOTHING",
        uri=uri, domain=sender.domain, now=now(),
    )  # fmt: skip


def tell(tx: Tx, kind: str, ours: int, sender: Actor, about: Json) -> None:
    asked = {name: loose.id_of(about.get(name)) for name in ("id", "actor", "object")} | {"type": loose.type_of(about)}
    outgoing.answer(tx, kind, ours, sender, asked)
