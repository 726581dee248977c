"""The reader of the log that keeps residents up to date: first pages, letters and notices, as it happens."""

from hub import conversations, homes, notices, push
from hub.changes import move, read_on
from hub.store import Tx

READER = "residents"
MOST = 100  # changes in one go


def spread(tx: Tx) -> int:
    """Put what has happened since the last time where people see it. Returns how many changes that was."""
    changes = read_on(tx, READER, MOST)
    for change in changes:
        homes.spread(tx, change)
        conversations.spread(tx, change)
        push.ring(tx, notices.spread(tx, change))
    if changes:
        move(tx, READER, changes[-1])
    return len(changes)


def poll_over(tx: Tx, thing: int) -> None:
    """A poll has closed: those who took part are told."""
    push.ring(tx, notices.poll_over(tx, thing))


def sweep(tx: Tx) -> None:
    """Forget what nobody will look at any more. Run every hour."""
    notices.sweep(tx)
    homes.trim(tx)
