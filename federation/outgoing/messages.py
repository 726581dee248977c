"""What one of ours writes to somebody elsewhere, and to nobody else."""

from federation.as2 import activities
from federation.as2.messages import message
from federation.dispatch import Sender
from hub import actors, messages
from hub.changes import Change
from hub.clock import now


def sent(s: Sender, change: Change) -> None:
    it = messages.get(s.tx, change.subject)
    if it.local and not it.receiver.local:
        note = message(it, s.hub)
        receiver = actors.get(s.tx, it.receiver.id)
        s.tell(it.sender.id, lambda uri: activities.create(uri, note, now()), receiver, about=it.uri)
