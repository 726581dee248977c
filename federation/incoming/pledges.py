"""Help between hubs: a neighbour of another one offers it here, or another hub answers one of ours (FEP-0837)."""

from federation.as2 import agreements, loose, words
from federation.as2.contexts import Json
from federation.dispatch import Sender
from federation.incoming.ours import FORGOTTEN, NOT_OURS, taken_back
from federation.outgoing import pledges as out
from federation.resolve import Gathered
from hub import helping, pledges, things
from hub.actors import Actor
from hub.errors import N_, Conflict, NotAllowed, NotFound
from hub.helping import Offered
from hub.store import Tx
from hub.text import plain

DOES = {"ask": "help", "offer": "take"}


def offer(tx: Tx, sender: Actor, activity: Json, found: Gathered) -> str:
    """ "I can help", from another hub: seen by coordinators, like any other. Who signs is who helps."""
    it = agreements.proposed(activity)
    if it is None:
        return FORGOTTEN
    thing = things.at(tx, it.thing)
    if thing is None or not thing.local or thing.kind not in DOES:
        raise NotFound(NOT_OURS)
    if sender.uri != (it.provider if thing.kind == "ask" else it.receiver):
        raise NotAllowed(N_("Nobody can promise what somebody else will do."))
    if taken_back(tx, sender, activity):
        return "ignored: taken back before it came"
    uri = loose.id_of(activity)
    try:
        helping.answer(
            tx, thing.id, sender.id, DOES[thing.kind], words=it.words, via="pledge",
            offered=Offered(uri, it.hours, it.available),
        )  # fmt: skip
    except Conflict as refusal:
        s = Sender(tx)
        out.refuse(s, sender, uri, words.say("no longer needed", s.hub.languages[0]))
        return f"rejected: {refusal}"
    return "offered"


def accepted(tx: Tx, sender: Actor, activity: Json) -> str | None:
    """The hub takes up what one of ours offered. `None` when it is about no offer of ours to that hub."""
    result = activity.get("result")
    agreement = loose.id_of(result) if loose.type_of(result) == "Agreement" else ""
    if not loose.same_origin(agreement, sender.uri):
        agreement = ""
    return _news(pledges.accepted(tx, loose.id_of(activity.get("object")), sender.id, agreement or None), "accepted")


def declined(tx: Tx, sender: Actor, activity: Json) -> str | None:
    """It does not, or not any more. `None` likewise."""
    said = next(iter(loose.html(activity, "content", longest=2000, most=20_000).values()), "")
    return _news(pledges.declined(tx, loose.id_of(activity.get("object")), sender.id, plain(said)[:500]), "declined")


def finished(tx: Tx, sender: Actor, doc: Json) -> str:
    """It is done, says the hub that asked. Nobody else can say so."""
    agreement = loose.id_of(doc.get("fulfills")).partition("#")[0]
    if not agreement or doc.get("finished") is not True:
        return FORGOTTEN
    said = _news(pledges.finished(tx, agreement, sender.id, agreements.hours(doc.get("effortQuantity"))), "done")
    return said or "ignored: about nothing that was agreed with one of ours"


def undone(tx: Tx, sender: Actor, uri: str) -> bool:
    """They take back what they offered here."""
    return helping.withdraw_offer(tx, uri, sender.id)


def _news(turned: bool | None, word: str) -> str | None:
    return None if turned is None else word if turned else "no news"
