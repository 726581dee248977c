"""Those who answered an event are told what concerns them, and nobody else: a place, a wait, a change of plan.

Each on the way they came: a Join is accepted by an activity, everybody else who has an account gets a message. A guest
reads it on the page of their answer.
"""

from federation.as2 import activities, notices
from federation.as2.contexts import Json
from federation.dispatch import Sender
from hub import actors, attendance, events, jobs, messages
from hub.attendance import Attendance
from hub.changes import Change, Kind
from hub.events import Event
from hub.store import Tx

AT_ONCE = 50  # people told in one transaction
NEWS = (Kind.EVENT_CHANGED, Kind.EVENT_CANCELLED, Kind.EVENT_POSTPONED)


def tell(tx: Tx, it: Event, who: int, what: str) -> None:
    """A private word to somebody with an account, here or elsewhere."""
    messages.tell(tx, it.by.id, who, notices.private(what, it), about=it.id)


def let_in(s: Sender, change: Change) -> None:
    """Who waited has a place."""
    it = attendance.get(s.tx, int(change.detail["attendance"]))
    if it.actor is not None and it.going:
        _answer(s, events.get(s.tx, it.event), it.actor, "Accept", it.asked, "let in")


def taken_off(s: Sender, change: Change) -> None:
    """They had answered, and an organiser took them off the list."""
    event = events.get(s.tx, change.subject)
    if change.actor != event.by.id and change.detail["said"] != "no":
        _answer(s, event, change.actor, "Reject", str(change.detail["asked"]), "taken off")


def tell_everybody(tx: Tx, event: int, news: list[str], change: int, after: int) -> None:
    """Tell some of those whom a change of plan concerns, and leave the rest to another job.

    When there has been another change since, that one is told instead.
    """
    it, those = events.get(tx, event), attendance.to_be_told(tx, event, after, AT_ONCE)
    if not those or overtaken(tx, event, change):
        return
    said = {language: f"{words}\n\n{it.url}" for language, words in notices.notice(it, news).items()}
    for one in those:
        if one.actor is not None:
            messages.tell(tx, it.by.id, one.actor, said, about=event)
    _go_on(tx, event, news, change, those[-1].id)


def begin(s: Sender, it: Event, news: list[str], change: Change) -> None:
    """Everybody whom it concerns is told in the background."""
    _go_on(s.tx, it.id, news, change.id, 0)


def overtaken(tx: Tx, event: int, change: int) -> bool:
    """Whether there has been other news of an event since a change of it."""
    later = tx.all(
        "SELECT kind, detail FROM change WHERE subject = :event AND id > :change AND kind IN (:a, :b, :c)",
        event=event, change=change, **dict(zip("abc", map(str, NEWS), strict=True)),
    )  # fmt: skip
    return any(row["kind"] != Kind.EVENT_CHANGED or '"news":[]' not in row["detail"] for row in later)


def _go_on(tx: Tx, event: int, news: list[str], change: int, after: int) -> None:
    args = {"event": event, "news": news, "change": change, "after": after}
    jobs.enqueue(tx, "tell", args, line=f"tell|{event}")


def _answer(s: Sender, event: Event, who: int, kind: str, asked: str, what: str) -> None:
    """By an activity to who asked by one; in words to everybody else."""
    it = actors.get(s.tx, who)
    if it.removed is not None:
        return
    if not asked:
        tell(s.tx, event, who, what)
        return
    join: Json = {"id": asked, "type": "Join", "actor": it.uri, "object": event.uri}
    ours = event.by.uri
    s.tell(event.by.id, lambda uri: activities.answer(kind, uri, ours, it.uri, join), it, about=asked)


def waits(tx: Tx, it: Attendance) -> None:
    """Who came by a vote or in words is told that they wait."""
    if it.actor is not None and it.waiting and not messages.enough(tx, it.actor, it.event):
        tell(tx, events.get(tx, it.event), it.actor, "waiting")
