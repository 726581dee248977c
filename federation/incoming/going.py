"""Who comes to an event of ours: by Join, by an answer to the Event itself, by a vote, by a word in a reply."""

from federation import outgoing
from federation.as2 import loose, seen
from federation.as2.contexts import Json
from federation.incoming.ours import FORGOTTEN, NOT_OURS, event_of, taken_back, tell
from federation.resolve import Gathered
from hub import attendance, events, messages, things
from hub.actors import Actor
from hub.attendance import NoRoomForMore
from hub.errors import Conflict, Invalid, NotFound
from hub.store import Tx
from hub.things import Thing

# How a reply begins, in small letters. Also in the words of the poll itself: who cannot vote there types them.
ANSWERS = {
    "yes": (
        "yes", "going", "i'm going", "i'll be there", "i will be there", "i'll come", "count me in",
        "ie", "ydw", "byddaf", "bydda i yno", "mi fydda i yno", "fe fydda i yno", "dof", "dw i'n dod", "dwi'n dod",
        "rwy'n dod", "rydw i'n dod",
    ),
    "maybe": ("maybe", "i might come", "efallai", "falle", "ella", "hwyrach"),
    "no": (
        "no", "cancel", "not going", "i'm not going", "can't make it", "i can't make it", "i can't come",
        "i won't be there", "na", "nac ydw", "na fyddaf", "alla i ddim dod", "galla i ddim dod", "fydda i ddim yno",
        "dw i ddim yn dod", "dwi ddim yn dod",
    ),
}  # fmt: skip


def join(tx: Tx, sender: Actor, activity: Json, found: Gathered) -> str:
    """Who signs is who goes. The answer is told back, also a no."""
    event = event_of(tx, activity.get("object"))
    if event is None:
        raise NotFound(NOT_OURS)
    if taken_back(tx, sender, activity):
        return "ignored: taken back before it came"
    organiser, said = events.get(tx, event).by.id, loose.nh(activity, "attendance")
    said = said if said in attendance.SAID else "yes"
    party = max(loose.count(loose.nh(activity, "partySize"), attendance.MOST_TOGETHER) or 1, 1)
    try:
        kept = attendance.answer(
            tx, event, sender.id, said, party=party, via="join", asked=loose.id_of(activity)[:2000]
        )  # fmt: skip
    except NoRoomForMore as refusal:
        tell(tx, "Accept", organiser, sender, activity)
        if not messages.enough(tx, sender.id, event):
            outgoing.going.tell(tx, events.get(tx, event), sender.id, "no more")
        return f"going as before: {refusal}"
    except (Conflict, Invalid) as refusal:
        tell(tx, "Reject", organiser, sender, activity)
        return f"rejected: {refusal}"
    tell(tx, "TentativeAccept" if kept.waiting else "Accept", organiser, sender, activity)
    return "waiting" if kept.waiting else f"going: {said}"


def leave(tx: Tx, sender: Actor, activity: Json, found: Gathered) -> str:
    event = event_of(tx, activity.get("object"))
    if event is None:
        raise NotFound(NOT_OURS)
    return "no longer going" if attendance.withdraw(tx, event, sender.id) else "no news"


def answered(tx: Tx, sender: Actor, activity: Json, said: str) -> str | None:
    """Friendica's way: Accept, TentativeAccept or Reject of the Event itself. `None` when it is about no event."""
    event = event_of(tx, activity.get("object"))
    if event is None:
        return None
    return _answer(tx, event, sender, said, "calendar", "going")


def tentative(tx: Tx, sender: Actor, activity: Json, found: Gathered) -> str:
    return answered(tx, sender, activity, "maybe") or FORGOTTEN


def voted(tx: Tx, sender: Actor, poll: Thing, said: str) -> str:
    """A vote on the poll that stands for an event, or on the event."""
    event = events.by_companion(tx, poll.id) if poll.kind == "companion" else events.get(tx, poll.id)
    if attendance.answer_of(tx, event.id, sender.id) is not None:
        return "ignored: answered before"
    return _answer(tx, event.id, sender, said, "poll", "voted")


def spoken(tx: Tx, sender: Actor, asked: Thing, doc: Json) -> str | None:
    """A reply that begins with yes, maybe or no, in English or Welsh; `None` for any other."""
    first, event = seen.first_words(doc), _asks_about(tx, asked)
    said = next((said for said, phrases in ANSWERS.items() if seen.begins(first, phrases)), None)
    if event is None or said is None:
        return None
    return _answer(tx, event, sender, said, "reply", "answered")


def _asks_about(tx: Tx, asked: Thing) -> int | None:
    """The event that can be answered by a reply: to itself, to its poll, to what the hub said of a change of plan."""
    match asked.kind:
        case "event":
            return asked.id
        case "companion":
            return events.by_companion(tx, asked.id).id
        case "reply" if asked.root is not None and asked.by.kind == "hub":
            root = things.get(tx, asked.root)
            return root.id if root.kind == "event" and root.local else None
    return None


def _answer(tx: Tx, event: int, sender: Actor, said: str, via: str, outcome: str) -> str:
    """Who finds it full is told so in private: none of these ways has an answer of its own."""
    kept = attendance.answer(tx, event, sender.id, said, via=via)
    outgoing.going.waits(tx, kept)
    return f"{outcome}: {said}" + (", waiting" if kept.waiting else "")
