"""What was said to us from elsewhere, passed on in our name once somebody here has looked it over."""

from federation.audience import of_hub
from federation.dispatch import WORDS, Sender
from federation.outgoing.said import share, unshare
from hub import actors, heard, things
from hub.changes import Change
from hub.things import Thing


def shared(s: Sender, change: Change) -> None:
    thing = things.get(s.tx, change.subject)
    ours = heard.receiver(s.tx, thing.id)
    if ours is not None and not thing.hidden:
        share(s, ours, thing.uri, thing.by.uri, _readers(s, ours, thing), listed=True)


def taken_back(s: Sender, change: Change) -> None:
    thing = things.get(s.tx, change.subject)
    ours = heard.receiver(s.tx, thing.id)
    if ours is not None and thing.hidden:
        unshare(s, ours, thing.uri, _readers(s, ours, thing))


def _readers(s: Sender, ours: int, thing: Thing) -> dict[str, None]:
    """Those who follow whom it was said to, and its author, who sees that it was passed on."""
    to = of_hub(s, WORDS) if ours == s.hub.actor else s.followers(ours, reading=WORDS)
    author = actors.get(s.tx, thing.by.id)
    return to | s.readers([author.shared_inbox or author.inbox], WORDS)
