"""What becomes of an event: the `Event` for calendars, the poll for timelines, and a bell when plans change."""

from federation import documents
from federation.as2 import events as as2_events
from federation.as2 import notices
from federation.audience import of_hub, said, voters
from federation.dispatch import CALENDAR, MOBILIZON, TIMELINE, Sender
from federation.outgoing import going
from federation.outgoing.said import ONLY_HUBS, create, delete, say_ourselves, share, update
from hub import events, jobs
from hub.changes import Change
from hub.clock import now
from hub.errors import N_, NotFound
from hub.events import Event
from hub.things import Thing


def published(s: Sender, change: Change) -> None:
    event = _event(s, change)
    create(s, event.by.id, documents.thing(s.tx, s.hub, event), of_hub(s, CALENDAR), listed=True)
    for ours in (s.hub.actor, s.hub.instance):
        share(s, ours, event.uri, event.by.uri, s.followers(ours, reading=frozenset({MOBILIZON})))
    create(s, event.by.id, as2_events.companion(event, s.hub), of_hub(s, TIMELINE))
    _at_close(s, event)


def changed(s: Sender, change: Change) -> None:
    """Both shapes are edited. Of another time, place or status everybody hears, since an edit rings no bell."""
    event = _event(s, change)
    update(s, event.by.id, documents.thing(s.tx, s.hub, event), of_hub(s, CALENDAR))
    update(s, event.by.id, as2_events.companion(event, s.hub), of_hub(s, TIMELINE) | voters(s, event.id))
    news = list(change.detail.get("news", ["status"]))
    if news and not going.overtaken(s.tx, event.id, change.id):
        words = notices.notice(event, news)
        say_ourselves(s, "reply", words, root=event.id, reply_to=as2_events.companion_uri(event, s.hub))
        going.begin(s, event, news, change)
    _at_close(s, event)


def removed(s: Sender, change: Change) -> None:
    row = s.tx.one("SELECT companion FROM event WHERE id = :id", id=change.subject)
    delete(s, said(s.tx, change.subject), of_hub(s, CALENDAR))
    delete(s, said(s.tx, row["companion"] if row else None), of_hub(s, TIMELINE))


def tally(s: Sender, thing: Thing) -> None:
    event = events.get(s.tx, thing.id)
    update(s, s.hub.actor, as2_events.companion(event, s.hub), of_hub(s, TIMELINE) | voters(s, event.id), numbers=True)
    update(s, s.hub.actor, documents.thing(s.tx, s.hub, thing), of_hub(s, ONLY_HUBS), numbers=True)


def _at_close(s: Sender, event: Event) -> None:
    """The last count of a poll is told when it closes."""
    line = f"close|{event.id}|{event.starts}"
    if event.starts > now() and s.tx.one("SELECT 1 AS x FROM job WHERE line = :line AND dead = 0", line=line) is None:
        jobs.enqueue(s.tx, "close", {"event": event.id, "starts": event.starts}, due=event.starts, line=line)


def _event(s: Sender, change: Change) -> Event:
    event = events.get(s.tx, change.subject)
    if not event.local:
        raise NotFound(N_("What was published elsewhere is told from there."))
    return event
