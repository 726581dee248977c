"""A project that is taken down takes its actor with it."""

from federation import documents
from federation.as2 import activities
from federation.audience import of_hub
from federation.dispatch import EVERYBODY, Sender
from hub import actors
from hub.changes import Change


def removed(s: Sender, change: Change) -> None:
    """Its followers are told, and the hub's, for they show it too. At its address stands a stone from now on."""
    row = s.tx.one("SELECT actor FROM project WHERE id = :id", id=change.subject)
    it = actors.get(s.tx, row["actor"] if row else 0)
    if not it.local or it.removed is None:
        return
    former, at = documents.former("project"), it.removed
    to = s.followers(it.id, reading=EVERYBODY) | of_hub(s, EVERYBODY)
    s.say(it.id, lambda uri: activities.delete(uri, it.uri, it.uri, former, at), to, about=it.uri)
