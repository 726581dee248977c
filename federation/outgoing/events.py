"""What becomes of an event: the `Event` for calendars, the poll for timelines, and a bell when it is off."""

from federation import documents
from federation.as2 import events as as2_events
from federation.audience import of_hub, said, voters
from federation.dispatch import CALENDAR, MOBILIZON, TIMELINE, Sender
from federation.outgoing.said import ONLY_HUBS, create, delete, say_ourselves, share, update
from hub import events
from hub.changes import Change
from hub.errors import N_, NotFound
from hub.events import Event
from hub.things import Thing


def published(s: Sender, change: Change) -> None:
    event = _event(s, change)
    create(s, event.by.id, documents.thing(s.tx, s.hub, event), of_hub(s, CALENDAR), listed=True)
    for ours in (s.hub.actor, s.hub.instance):
        share(s, ours, event.uri, event.by.uri, s.followers(ours, reading=frozenset({MOBILIZON})))
    create(s, event.by.id, as2_events.companion(event, s.hub), of_hub(s, TIMELINE))


def changed(s: Sender, change: Change) -> None:
    event = _event(s, change)
    update(s, event.by.id, documents.thing(s.tx, s.hub, event), of_hub(s, CALENDAR))
    update(s, event.by.id, as2_events.companion(event, s.hub), of_hub(s, TIMELINE))


def off(s: Sender, change: Change) -> None:
    """Cancelled or postponed: also a short reply, since an edit rings no bell."""
    changed(s, change)
    event = _event(s, change)
    if event.status in as2_events.OFF:
        say_ourselves(
            s, "reply", as2_events.notice(event), root=event.id, reply_to=as2_events.companion_uri(event, s.hub)
        )


def removed(s: Sender, change: Change) -> None:
    row = s.tx.one("SELECT companion FROM event WHERE id = :id", id=change.subject)
    delete(s, said(s.tx, change.subject), of_hub(s, CALENDAR))
    delete(s, said(s.tx, row["companion"] if row else None), of_hub(s, TIMELINE))


def tally(s: Sender, thing: Thing) -> None:
    event = events.get(s.tx, thing.id)
    update(s, s.hub.actor, as2_events.companion(event, s.hub), of_hub(s, TIMELINE) | voters(s, event.id))
    update(s, s.hub.actor, documents.thing(s.tx, s.hub, thing), of_hub(s, ONLY_HUBS))


def _event(s: Sender, change: Change) -> Event:
    event = events.get(s.tx, change.subject)
    if not event.local:
        raise NotFound(N_("What was published elsewhere is told from there."))
    return event
