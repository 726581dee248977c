"""Who helps with an ask of ours, or takes up an offer: by a vote, or by words in a reply; and who no longer does."""

from federation.as2 import content, loose, seen, words
from federation.as2.contexts import Json
from hub import helping, messages, settings
from hub.actors import Actor
from hub.helping import Answer
from hub.store import Tx
from hub.text import pick, plain
from hub.things import Thing

# How a reply begins, in small letters → what it says. The longest that fits counts.
HELP = (
    "i can help", "i could help", "i'll help", "i will help", "happy to help", "galla i helpu", "gallaf helpu",
    "mi alla i helpu", "fe alla i helpu", "medra i helpu", "hapus i helpu", "dwi'n gallu helpu",
)  # fmt: skip
REFER = ("i know someone", "i know somebody", "dwi'n nabod rhywun", "dw i'n nabod rhywun", "rwy'n nabod rhywun")
TAKE = ("book me in", "cadwch le i mi", "cadwch le i fi")
INFO = ("tell me more", "hoffwn wybod mwy", "dwedwch fwy")
NO_LONGER = (
    "no longer", "i can no longer", "i can't help any more", "i can't help anymore", "i can't help after all",
    "i cannot help any more", "i can't any more", "ddim bellach", "dim bellach", "alla i ddim bellach",
    "alla i ddim helpu bellach", "alla i ddim helpu wedi'r cyfan", "galla i ddim bellach",
)  # fmt: skip
SAYS = {
    "ask": dict.fromkeys(HELP, "help") | dict.fromkeys(REFER, "refer"),
    "offer": dict.fromkeys(TAKE, "take") | dict.fromkeys(INFO, "info"),
}
THANKED = {"help": "offered", "take": "offered", "refer": "pass on"}  # what they said → what they are told in private


def voted(tx: Tx, sender: Actor, poll: Thing, said: str) -> str:
    if helping.answered(tx, poll.id, sender.id):
        return "ignored: answered before"
    _thank(tx, poll, sender, helping.answer(tx, poll.id, sender.id, said, via="poll"))
    return f"voted: {said}"


def spoken(tx: Tx, sender: Actor, asked: Thing, doc: Json) -> str | None:
    """A reply that begins with "I can help" or "no longer", in English or Welsh; `None` for any other."""
    if asked.kind not in SAYS:
        return None
    first = seen.first_words(doc)
    if seen.begins(first, NO_LONGER):
        return "taken back" if helping.withdraw(tx, asked.id, sender.id) else None
    said = next((said for phrase, said in SAYS[asked.kind].items() if seen.begins(first, (phrase,))), None)
    if said is None:
        return None
    whole = next(iter(loose.html(doc, "content", longest=5000, most=50_000).values()), "")
    before = helping.mine(tx, asked.id, sender.id)
    kept = helping.answer(tx, asked.id, sender.id, said, words=plain(whole)[:1000], via="reply")
    if before is None or before.state != kept.state or before.said != kept.said:
        _thank(tx, asked, sender, kept)
    return f"answered: {said}"


def _thank(tx: Tx, asked: Thing, sender: Actor, it: Answer) -> None:
    """They are told in private that it has come, and nothing that is not on the page anyway."""
    what, hub = THANKED.get(it.said), settings.get(tx)
    if what is not None and not messages.enough(tx, sender.id, asked.id):
        told = {
            one: words.say(what, one, title=content.literal(pick(asked.title, one)), url=asked.url)
            for one in hub.languages
        }
        messages.tell(tx, hub.actor, sender.id, told, about=asked.id)
