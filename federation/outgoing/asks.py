"""What becomes of an ask or an offer."""

from federation import documents
from federation.audience import of_hub, said
from federation.dispatch import POLLS, Sender
from federation.outgoing.said import create, delete, ours, update
from hub.changes import Change
from hub.things import Thing


def published(s: Sender, change: Change) -> None:
    ask = ours(s, change)
    create(s, ask.by.id, documents.thing(s.tx, s.hub, ask), of_hub(s, POLLS), listed=True)


def changed(s: Sender, change: Change) -> None:
    ask = ours(s, change)
    update(s, ask.by.id, documents.thing(s.tx, s.hub, ask), of_hub(s, POLLS))


def removed(s: Sender, change: Change) -> None:
    delete(s, said(s.tx, change.subject), of_hub(s, POLLS))


def tally(s: Sender, thing: Thing) -> None:
    update(s, s.hub.actor, documents.thing(s.tx, s.hub, thing), of_hub(s, POLLS), numbers=True)
