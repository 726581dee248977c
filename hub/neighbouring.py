"""The reader of the log that keeps residents up to date: first pages, letters and notices, as it happens."""

from hub import conversations, homes, jobs, notices, push, things
from hub.changes import Change, Kind, move, read_on
from hub.clock import MINUTE
from hub.errors import NotFound
from hub.kept import Thing
from hub.store import Tx

READER = "residents"
MOST = 100  # changes in one go
POLL_OVER = "poll-over"  # the kind of job that tells how a poll ended
LATE = MINUTE // 60  # ms behind its end


def spread(tx: Tx) -> int:
    """Put what has happened since the last time where people see it. Returns how many changes that was."""
    changes = read_on(tx, READER, MOST)
    for change in changes:
        homes.spread(tx, change)
        conversations.spread(tx, change)
        push.ring(tx, notices.spread(tx, change))
        if change.kind in (Kind.POST_PUBLISHED, Kind.POST_CHANGED, Kind.VOTED):
            _await(tx, change)
    if changes:
        move(tx, READER, changes[-1])
    return len(changes)


def poll_over(tx: Tx, thing: int) -> None:
    """Tell how a poll ended; if it has been given more time, wait for that."""
    it = _thing(tx, thing)
    if it is not None and it.extra.poll is not None:
        push.ring(tx, notices.poll_over(tx, thing))
        if not it.extra.poll.over:
            _wait(tx, it)


def sweep(tx: Tx) -> None:
    """Forget what nobody will look at any more. Run every hour."""
    notices.sweep(tx)
    homes.trim(tx)


def _await(tx: Tx, change: Change) -> None:
    """A poll of ours, or one elsewhere that one of ours has voted in, has an end that they are told of."""
    it = _thing(tx, change.subject)
    if it is None or it.kind in ("event", "ask", "offer") or it.extra.poll is None or it.extra.poll.over:
        return
    waits = tx.one("SELECT 1 AS x FROM job WHERE line = :line AND dead = 0 LIMIT 1", line=_line(it))
    if waits is None and (it.local or change.kind == Kind.VOTED):
        _wait(tx, it)


def _wait(tx: Tx, it: Thing) -> None:
    if it.extra.poll is not None and it.extra.poll.ends is not None:
        jobs.enqueue(tx, POLL_OVER, {"poll": it.id}, due=it.extra.poll.ends + LATE, line=_line(it))


def _line(it: Thing) -> str:
    return f"poll|{it.id}"


def _thing(tx: Tx, id: int) -> Thing | None:
    try:
        return things.get(tx, id)
    except NotFound:
        return None
