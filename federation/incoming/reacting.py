"""They like or share something, vote in a poll of one of ours, and take it back."""

from federation import welcome
from federation.as2 import loose
from federation.as2.contexts import Json
from federation.incoming.ours import taken_back
from hub import actors, events, reacting, things, voting
from hub.actors import Actor
from hub.changes import Kind, record
from hub.kept import OPEN
from hub.reacting import SHARE
from hub.store import Tx
from hub.things import Thing

NOT_OURS = "ignored: about nothing of ours"


def react(tx: Tx, sender: Actor, activity: Json, kind: str) -> str:
    """Ours is counted; of others' things what those share whom somebody here follows, since it is seen through them."""
    thing = meant(tx, loose.passed_on(activity)[1])
    if thing is None or not (thing.local or (kind == SHARE and actors.residents_follow(tx, sender.id))):
        return NOT_OURS
    if not welcome.may(tx, sender, thing) or (kind == SHARE and thing.audience not in OPEN):
        return "ignored: not for them"
    if taken_back(tx, sender, activity):
        return "ignored: taken back before it came"
    if not things.react(tx, thing.id, sender.id, kind, loose.id_of(activity) or None):
        return "no news"
    record(tx, Kind.REACTED, subject=thing.id, actor=sender.id, how=kind)
    return kind


def take_back(tx: Tx, sender: Actor, uri: str, kind: str) -> bool:
    thing = meant(tx, uri)
    return thing is not None and reacting.undo(tx, sender.id, thing.id, kind)


def voted(tx: Tx, sender: Actor, poll: Thing, label: str, uri: str) -> str:
    """A vote in what somebody of ours asks: one for each option, of one choice the first, and none when it is over."""
    asked = poll.extra.poll
    choice = next((n for n, it in enumerate(asked.options) if it.name == label), None) if asked else None
    if asked is None or choice is None:
        return "ignored: no option of a poll of ours"
    if not welcome.may(tx, sender, poll):
        return "ignored: not for them"
    if asked.over:
        return "ignored: the poll is over"
    if not asked.many and voting.chosen(tx, poll.id, sender.id):
        return "ignored: answered before"
    if not voting.cast(tx, poll.id, sender.id, [choice], uri or None):
        return "no news"
    record(tx, Kind.VOTED, subject=poll.id, actor=sender.id, choices=[choice])
    return f"voted: {label}"[:100]


def meant(tx: Tx, uri: str) -> Thing | None:
    """The thing at an address; the event, where its poll is named."""
    thing = things.at(tx, uri)
    if thing is not None and thing.kind == "companion":
        return things.get(tx, events.by_companion(tx, thing.id).id)
    return thing
