"""What residents answer to polls and events elsewhere, told to whoever asks; and new numbers of their own polls."""

from federation.as2 import activities, personal
from federation.as2.contexts import Json
from federation.dispatch import FRIENDICA, HUB, Sender
from federation.keys import host_of
from federation.outgoing import residents
from hub import actors, jobs, things, voting
from hub.actors import Actor
from hub.changes import Change
from hub.clock import now
from hub.things import Thing

ANSWERS = {"yes": "Accept", "maybe": "TentativeAccept", "no": "Reject"}


def voted(s: Sender, change: Change) -> None:
    """One note for each option that was chosen."""
    it, who = things.get(s.tx, change.subject), actors.get(s.tx, change.actor)
    poll = it.extra.poll
    if it.local or poll is None or not who.local:
        return
    author = actors.get(s.tx, it.by.id)
    for choice in change.detail["choices"]:
        label = poll.options[int(choice)].name

        def made(uri: str, label: str = label) -> Json:
            id = f"{who.uri}#votes/{uri.rpartition('/')[2]}"
            return activities.create(uri, personal.vote(id, it.uri, who.uri, author.uri, label, now()), now())

        s.tell(who.id, made, author, about=it.uri)
    residents.at_close(s, it)


def visiting(s: Sender, change: Change) -> None:
    """One of ours goes to an event elsewhere, may go, or does not."""
    it, who = things.get(s.tx, change.subject), actors.get(s.tx, change.actor)
    row = s.tx.one("SELECT said, uri FROM visit WHERE event = :event AND actor = :who", event=it.id, who=who.id)
    if it.local or not who.local or row is None or row["said"] != change.detail["said"]:
        return
    host = actors.get(s.tx, it.by.id)
    answer = _answer(it, who, host, row["said"], asked=row["uri"] or "", profile=s.profiles.get(host_of(it.uri), ""))
    id = s.tell(who.id, lambda uri: answer | {"id": uri}, host, about=it.uri)
    if answer["type"] == "Join":
        voting.visit_asked_as(s.tx, it.id, who.id, f"{s.hub.base}/activity/{id}")


def _answer(it: Thing, who: Actor, host: Actor, said: str, *, asked: str, profile: str) -> Json:
    """In the words that its server knows: hubs know a Join that may be a maybe, Friendica answers to the event itself,
    and a no to who was asked by a Join is a Leave."""
    plain = {"actor": who.uri, "to": [host.uri], "object": it.uri}
    if profile == HUB and said != "no":
        return {"type": "Join", **plain, "nh:attendance": said}
    if said == "yes" and profile != FRIENDICA:
        return {"type": "Join", **plain}
    if said == "no" and asked and profile != HUB:
        return {"type": "Leave", **plain}
    return {"type": ANSWERS[said], **plain}


def tally_later(s: Sender, thing: int, kind: str, every: int) -> None:
    """The new numbers go out in a while, together with those that come until then."""
    line = f"tally|{thing}"
    waits = s.tx.one(
        "SELECT 1 AS x FROM job WHERE line = :line AND dead = 0 AND leased_until < :now LIMIT 1", line=line, now=now()
    )
    if waits is None:
        jobs.enqueue(s.tx, "tally", {kind: thing}, due=now() + every, line=line)
