"""Help between hubs: what ours offer elsewhere, and what our hub answers to whoever offers from there.

Timelines do not understand a word of it: it goes to hubs, and to those who sent us an Offer themselves.
"""

from federation.as2 import agreements
from federation.as2.agreements import Parties
from federation.dispatch import Sender
from hub import actors, helping, pledges
from hub.actors import Actor
from hub.changes import Change
from hub.clock import now
from hub.pledges import Pledge
from hub.store import Tx
from hub.text import pick

AT_ONCE = 200  # addresses of one statement


def made(s: Sender, change: Change) -> None:
    it = pledges.get(s.tx, change.subject)
    if it.state == "withdrawn":  # before it was ever sent
        return
    parties, hub = _with(s.tx, it)
    id = s.tell(
        it.actor,
        lambda uri: agreements.offer(uri, parties, words=it.words, available=it.available, hours=it.hours),
        hub, about=f"{parties.thing}#{it.id}",
    )  # fmt: skip
    pledges.known_as(s.tx, it.id, f"{s.hub.base}/activity/{id}")


def withdrawn(s: Sender, change: Change) -> None:
    it = pledges.get(s.tx, change.subject)
    offer = it.uri
    if offer is None:
        return
    parties, hub = _with(s.tx, it)
    about = f"{parties.thing}#{it.id}"  # in one line with the Offer, which has to be there first
    s.tell(it.actor, lambda uri: agreements.undo(uri, parties, offer, it.agreement), hub, about=about)


def decided(s: Sender, change: Change) -> None:
    """A coordinator of ours accepts, declines or ends what somebody offered from another hub."""
    it = helping.get(s.tx, int(change.detail["answer"]))
    if not it.offer or it.actor is None:
        return
    helper = actors.get(s.tx, it.actor)
    row = s.tx.one("SELECT uri, kind FROM thing WHERE id = :id", id=it.ask)
    assert row is not None
    ours = actors.get(s.tx, s.hub.actor).uri
    parties = Parties(kind=row["kind"], thing=row["uri"], hub=ours, helper=helper.uri)
    agreement, hours = f"{s.hub.base}/agreement/{it.id}", it.hours
    match change.detail["state"]:
        case "accepted":
            s.tell(
                s.hub.actor, lambda uri: agreements.accept(uri, parties, it.offer, agreement, hours), helper,
                about=it.offer,
            )  # fmt: skip
        case "declined":
            refuse(s, helper, it.offer, pick(it.told, s.hub.languages[0]) if it.told else "")
        case "done":
            event = f"{s.hub.base}/fulfil/{it.id}"
            s.tell(
                s.hub.actor,
                lambda uri: agreements.finished(uri, parties, event, agreement, hours=hours, at=now()), helper,
                about=it.offer,
            )  # fmt: skip


def refuse(s: Sender, helper: Actor, offer: str, words: str) -> None:
    """Our hub does not take up what somebody offers."""
    ours = actors.get(s.tx, s.hub.actor).uri
    s.tell(s.hub.actor, lambda uri: agreements.reject(uri, ours, helper.uri, offer, words), helper, about=offer)


def forget(tx: Tx) -> None:
    """What has been over for thirty days is forgotten, also as it was sent in private."""
    private = helping.forget(tx).private
    for start in range(0, len(private), AT_ONCE):
        some = {f"one{n}": address for n, address in enumerate(private[start : start + AT_ONCE])}
        tx.run(
            f"DELETE FROM activity WHERE public = 0 AND object IN ({', '.join(f':{name}' for name in some)})", **some
        )
    pledges.sweep(tx)


def _with(tx: Tx, it: Pledge) -> tuple[Parties, Actor]:
    """Who has to do with it: also when the ask has been taken down meanwhile."""
    row = tx.one("SELECT uri, kind, author FROM thing WHERE id = :id", id=it.ask)
    assert row is not None
    hub, helper = actors.get(tx, row["author"]), actors.get(tx, it.actor)
    return Parties(kind=row["kind"], thing=row["uri"], hub=hub.uri, helper=helper.uri), hub
