"""They speak to one of ours: in public, which a moderator looks over first, or to us alone."""

from federation.as2 import loose, seen
from federation.as2.contexts import Json
from federation.incoming import going, helping
from hub import actors, heard, messages, settings, things
from hub.actors import Actor
from hub.errors import Conflict
from hub.store import Tx

MOST_ADDRESSED = 20  # of whom a note addresses, that are looked at
OPEN_TO_ALL = ("hub", "project")  # whom anybody may speak to in public; a person is merely mentioned


def to_us(tx: Tx, sender: Actor, doc: Json) -> str | None:
    """What came of a note that addresses one of ours; `None` for one that does not."""
    if loose.type_of(doc) not in ("Note", "Article", "Page", "Question"):
        return None
    ours = _addressed(tx, doc)
    if not loose.is_public(doc) and heard.withdraw(tx, sender.id, loose.id_of(doc)):
        return "said to us: no longer in public"
    if not loose.is_public(doc):
        # To people alone it is a post like any other, only for few.
        return _in_private(tx, sender, doc, ours) if any(one.kind != "person" for one in ours) else None
    spoken_to = next((one for one in ours if one.kind in OPEN_TO_ALL), None)
    if spoken_to is None or doc.get("inReplyTo"):
        return None
    state = heard.hear(tx, sender.id, spoken_to.id, seen.thing(doc))
    return f"said to us: {state}" if state else None


def _in_private(tx: Tx, sender: Actor, doc: Json, ours: list[Actor]) -> str | None:
    if not ours:
        return None
    about = _about(tx, loose.id_of(doc.get("inReplyTo")), sender)
    if about is not None:
        try:
            said = going.spoken(tx, sender, about, doc) or helping.spoken(tx, sender, about, doc)
        except Conflict:  # over, closed: somebody reads it all the same
            said = None
        if said is not None:
            return said
    kept = messages.receive(tx, sender.id, ours[0].id, seen.thing(doc), about=about.id if about else None)
    return "no news" if kept is None else "told us"


def _about(tx: Tx, answered: str, sender: Actor) -> things.Thing | None:
    """What the message of ours was about that they answer, if it was written to them."""
    about = messages.answered(tx, answered, sender.id)
    found = things.get(tx, about) if about else None
    return found if found is not None and found.local else None


def _addressed(tx: Tx, doc: Json) -> list[Actor]:
    """Those of ours who are addressed, or named by a Mention; never the server itself."""
    named = [id for place in ("to", "cc") for id in loose.ids_of(doc.get(place))]
    tags = [tag for tag in loose.several(doc.get("tag")) if loose.type_of(tag) == "Mention"]
    named += [href for tag in tags if isinstance(href := tag.get("href"), str)]
    here = f"{settings.base(tx)}/"
    ours = [uri for uri in dict.fromkeys(named) if uri.startswith(here)]
    found = [actors.known(tx, uri) for uri in ours[:MOST_ADDRESSED]]
    return [it for it in found if it is not None and it.local and it.removed is None and it.kind != "instance"]
