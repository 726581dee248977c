"""Who helps with an ask of ours, or takes up an offer: by a vote, by a word in a reply."""

from federation.as2 import loose, seen
from federation.as2.contexts import Json
from hub import helping
from hub.actors import Actor
from hub.store import Tx
from hub.text import plain
from hub.things import Thing

HELP = (["i", "can", "help"], ["galla", "i", "helpu"], ["gallaf", "helpu"])


def voted(tx: Tx, sender: Actor, poll: Thing, said: str) -> str:
    if helping.answered(tx, poll.id, sender.id):
        return "ignored: answered before"
    helping.answer(tx, poll.id, sender.id, said, via="poll")
    return f"voted: {said}"


def spoken(tx: Tx, sender: Actor, asked: Thing, doc: Json) -> str | None:
    """A reply that begins with "I can help", in English or Welsh; `None` for any other."""
    first = seen.first_words(doc)
    if asked.kind != "ask" or not any(first[: len(phrase)] == phrase for phrase in HELP):
        return None
    whole = next(iter(loose.html(doc, "content", longest=5000, most=50_000).values()), "")
    helping.answer(tx, asked.id, sender.id, "help", words=plain(whole)[:1000], via="reply")
    return "answered: help"
