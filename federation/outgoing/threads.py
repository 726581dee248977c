"""What the hub says reaches Lemmy, PieFed and the like as posts in a community, by an actor who speaks for it."""

from federation.as2 import threads
from federation.as2.contexts import Json
from federation.audience import of_hub
from federation.dispatch import THREADS, Sender
from hub import actors, settings
from hub.clock import now


def pass_on(s: Sender, kind: str, it: Json) -> None:
    """Tell it to those who follow the hub from there, if it begins a thread there."""
    to = of_hub(s, THREADS)
    if to and threads.is_post(it):
        group, author = actors.get(s.tx, s.hub.actor).uri, settings.desk(s.tx)
        said = threads.post(it, group, author)
        s.say(s.hub.actor, lambda id: threads.passed_on(id, group, author, kind, said, now()), to, about=it["id"])


def take_back(s: Sender, uri: str) -> None:
    to = of_hub(s, THREADS)
    if to:
        group, author = actors.get(s.tx, s.hub.actor).uri, settings.desk(s.tx)
        s.say(s.hub.actor, lambda id: threads.passed_on(id, group, author, "Delete", uri, now()), to, about=uri)
