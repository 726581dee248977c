"""The reader of the log that keeps residents up to date: first pages and notices, in the order of what happens."""

from hub import homes, notices
from hub.changes import move, read_on
from hub.store import Tx

READER = "residents"
MOST = 100  # changes in one go


def spread(tx: Tx) -> int:
    """Put what has happened since the last time where people see it. Returns how many changes that was."""
    changes = read_on(tx, READER, MOST)
    for change in changes:
        homes.spread(tx, change)
        notices.spread(tx, change)
    if changes:
        move(tx, READER, changes[-1])
    return len(changes)
