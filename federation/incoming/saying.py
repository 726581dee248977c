"""Something is said, changed, shared or liked: votes, replies, and what those say whom we follow."""

from federation import outgoing, welcome
from federation.as2 import loose, seen, whom, words
from federation.as2.contexts import Json
from federation.incoming import going, helping, pledges, reacting, told
from federation.incoming.ours import FORGOTTEN
from federation.incoming.taking_back import taken_down
from federation.keep import KEPT, keep, listened_to
from federation.resolve import Gathered
from hub import actors, relations, things
from hub.actors import Actor
from hub.clock import now
from hub.errors import N_, Conflict, NotAllowed, NotFound
from hub.store import Tx


def create(tx: Tx, sender: Actor, activity: Json, found: Gathered) -> str:
    """A vote, an answer in words, a reply, or something new from somebody who is followed."""
    doc = _own(tx, sender, activity, found)
    if loose.type_of(doc) == "EconomicEvent":
        return pledges.finished(tx, sender, doc)
    label = seen.vote(doc)
    if label is not None:
        return _vote(tx, sender, doc, label)
    return _spoken(tx, sender, doc) or told.to_us(tx, sender, doc) or _keep(tx, sender, doc, found)


def update(tx: Tx, sender: Actor, activity: Json, found: Gathered) -> str:
    if loose.id_of(activity.get("object")) == sender.uri:
        return KEPT if sender.uri in found.actors else "ignored: not fetched"
    doc = _own(tx, sender, activity, found)
    if seen.vote(doc) is not None:
        return "ignored: votes are final"
    touched = None if doc.get("updated") else loose.moment(activity.get("published")) or now()
    return _spoken(tx, sender, doc) or told.to_us(tx, sender, doc) or _keep(tx, sender, doc, found, touched=touched)


def _own(tx: Tx, sender: Actor, activity: Json, found: Gathered) -> Json:
    """What the activity is about, if it is the sender's own: on their server, and by them (FEP-fe34)."""
    what = activity.get("object")
    doc = found.objects.get(what) if isinstance(what, str) else what
    if not isinstance(doc, dict):
        raise NotFound(N_("It is about nothing that we could fetch."))
    if not loose.same_origin(loose.id_of(doc), sender.uri):
        raise NotAllowed(N_("It stands on another server than its sender."))
    authors = loose.ids_of(doc.get("attributedTo"))
    if authors and sender.uri not in authors and _group(tx, sender, doc) is None:
        raise NotAllowed(N_("It is somebody else's."))
    return seen.addressed(doc, activity)


def _group(tx: Tx, sender: Actor, doc: Json) -> Actor | None:
    """The group in whose name somebody on its server publishes: the thing names both (Mobilizon)."""
    if loose.id_of(doc.get("actor")) != sender.uri:
        return None
    group = actors.known(tx, seen.author(doc))
    if group is None or group.type != "Group" or group.uri == sender.uri:
        return None
    return group if loose.same_origin(group.uri, sender.uri) and group.removed is None else None


def _vote(tx: Tx, sender: Actor, doc: Json, label: str) -> str:
    poll = things.at(tx, loose.id_of(doc.get("inReplyTo")))
    if poll is not None and poll.local and poll.extra.poll is not None:
        return reacting.voted(tx, sender, poll, label, loose.id_of(doc))
    kind = {"companion": "event"}.get(poll.kind, poll.kind) if poll is not None and poll.local else ""
    said = words.chosen(kind, label) if kind in words.OPTIONS else None
    if poll is None or said is None:
        return "ignored: no option of a poll of ours"
    return going.voted(tx, sender, poll, said) if kind == "event" else helping.voted(tx, sender, poll, said)


def _spoken(tx: Tx, sender: Actor, doc: Json) -> str | None:
    """A reply that begins with an answer is one; the hub shows that it understood by liking it."""
    asked = things.at(tx, loose.id_of(doc.get("inReplyTo")))
    if asked is None or not asked.local:
        return None
    try:
        said = going.spoken(tx, sender, asked, doc) or helping.spoken(tx, sender, asked, doc)
    except Conflict:  # full, over, closed: it stays a comment that people can read
        return None
    if said is not None:
        outgoing.answer(tx, "Like", asked.by.id, sender, loose.id_of(doc))
    return said


def _keep(tx: Tx, sender: Actor, doc: Json, found: Gathered, *, touched: int | None = None) -> str:
    by = _group(tx, sender, doc) or sender
    shut = relations.blocked_by(tx, by.id)
    named = welcome.names_somebody(tx, [uri for uri in whom.named(doc) if uri not in shut])
    if not (doc.get("inReplyTo") or listened_to(tx, by) or named or _shows(tx, by, doc)):
        return "ignored: nobody here follows them"
    wanted = named or actors.residents_follow(tx, by.id)
    for uri in reversed(found.above):
        _keep_above(tx, found, found.objects[uri], wanted=wanted)
    return keep(tx, by, doc, touched=touched)


def _keep_above(tx: Tx, found: Gathered, above: Json, *, wanted: bool) -> None:
    """What it answers: for the neighbourhood's pages only as far as it answers something that is there."""
    author = found.actors.get(seen.author(above))
    if author is not None and loose.is_public(above) and (wanted or above.get("inReplyTo")):
        keep(tx, actors.get(tx, author), above, wanted=wanted)


def _shows(tx: Tx, author: Actor, doc: Json) -> bool:
    """Whether it is theirs and here already: what came by way of a slice changes, though nobody follows its author."""
    there = things.at(tx, loose.id_of(doc))
    return there is not None and there.by.id == author.id


def like(tx: Tx, sender: Actor, activity: Json, found: Gathered) -> str:
    return reacting.react(tx, sender, activity, "like")


def announce(tx: Tx, sender: Actor, activity: Json, found: Gathered) -> str:
    """They share something: ours is counted, others' is kept as its author's when we follow who shares it."""
    kind, id = loose.passed_on(activity)
    if id in found.gone:
        return taken_down(tx, id)
    doc = found.objects.get(id)
    if doc is None:
        return reacting.react(tx, sender, activity, "share") if kind in ("", "Create") else FORGOTTEN
    author = found.actors.get(seen.author(doc))
    if author is None:
        raise NotFound(N_("Its author is not known."))
    touched = now() if kind == "Update" and not doc.get("updated") else None
    word = keep(tx, actors.get(tx, author), doc, touched=touched, by=sender)
    if word == KEPT and kind != "Update":
        reacting.react(tx, sender, activity, "share")  # who follows them here sees that it comes from them
    return word
