"""What becomes of the parts that are followed by themselves: each shares what falls in it, and takes back what leaves.

Who follows the hub, too, has seen it already: they get no share. Who follows a slice alone gets, besides the share,
every change and the end of what was shared, since the author's own followers are others.
"""

from collections.abc import Iterable
from functools import partial

from federation.as2 import activities
from federation.as2.contexts import Json
from federation.dispatch import CALENDAR, EVERYBODY, POLLS, TIMELINE, WORDS, Sender
from hub import actors, slices
from hub.changes import Change
from hub.clock import now
from hub.slices import Facts, Slice

CONCERNED = ("event.", "ask.", "post.")
BEFORE = 20  # things that a new slice has in its outbox for those who come late

Shapes = list[tuple[str, frozenset[str]]]


def prepare(s: Sender, thing: int) -> None:
    """From now on, what is said of this thing goes to those, too, who had it from a slice."""
    s.beyond = {}
    those = [actor for actor, _ in slices.shared(s.tx, thing).values()] if s.parts else []
    it = slices.facts(s.tx, thing) if those else None
    if it is not None:
        s.beyond = {uri: s.followers(*those, reading=reading) for uri, reading in shapes(it)}


def sort(s: Sender, change: Change) -> None:
    """A thing was published, changed or taken down: share it where it falls now, take it back where it was."""
    s.beyond = {}
    it = slices.facts(s.tx, change.subject) if s.parts else None
    if it is None:
        return
    before, inside = slices.shared(s.tx, it.id), _inside(s, s.parts, it)
    for id, (actor, told) in before.items():
        if id not in {part.id for part in inside}:
            _take_back(s, id, actor, it, told)
    seen: set[int] = set()
    for part in inside:
        if part.id not in before:
            _share(s, part, it, _not_yet(s, part, it, seen))


def begun(s: Sender, change: Change) -> None:
    """Somebody looks for it for the first time: what is in it now stands in its outbox."""
    part = slices.of_actor(s.tx, change.subject)
    for it in reversed(slices.latest(s.tx, part, limit=BEFORE)):
        _share(s, part, it, [])


def ended(s: Sender, change: Change) -> None:
    """Nobody can follow it any more: its followers' servers forget it."""
    it = actors.get(s.tx, change.subject)
    gone = it.removed or now()
    to = s.followers(it.id, reading=EVERYBODY)
    s.say(it.id, lambda uri: activities.delete(uri, it.uri, it.uri, it.type, gone), to, about=it.uri)


def concerns(change: Change) -> bool:
    """Whether a change is of something that may be in a slice."""
    return change.kind.startswith(CONCERNED) and not change.kind.endswith(".answered")


def shapes(it: Facts) -> Shapes:
    """The addresses under which a thing is told, each with who can read it; the first stands in outboxes."""
    if it.kind == "event":
        poll = [(it.companion, TIMELINE)] if it.companion else []
        return [(it.uri, CALENDAR if poll else EVERYBODY), *poll]
    if it.kind == "reply":
        return [(it.uri, TIMELINE)]
    return [(it.uri, POLLS if it.kind in ("ask", "offer") else WORDS)]


def _inside(s: Sender, parts: list[Slice], it: Facts) -> list[Slice]:
    """Where it falls. What the hub itself says of an event (that it is off) goes wherever the event went."""
    if it.kind == "reply":
        told = slices.shared(s.tx, it.root or 0) if it.shows and it.author == s.hub.actor else {}
        return [part for part in parts if part.id in told]
    return [part for part in parts if slices.holds(part, it)]


def _not_yet(s: Sender, part: Slice, it: Facts, seen: set[int]) -> list[str]:
    """The inboxes of those followers who do not have it from the hub, its author, or another slice.

    A boost of what somebody has already is harmless on Mastodon, and a second notice elsewhere.
    """
    rows = s.tx.all(
        """SELECT a.id, coalesce(a.shared_inbox, a.inbox) AS inbox FROM follow f JOIN actor a ON a.id = f.follower
           WHERE f.followed = :part AND f.state = 'accepted' AND a.local = 0 AND a.removed IS NULL
             AND NOT EXISTS (SELECT 1 FROM follow o WHERE o.follower = a.id AND o.state = 'accepted'
                             AND o.followed IN (:author, :hub, :instance))""",
        part=part.actor, author=it.author, hub=s.hub.actor, instance=s.hub.instance,
    )  # fmt: skip
    news = [row for row in rows if row["id"] not in seen]
    seen.update(row["id"] for row in news)
    return [row["inbox"] for row in news]


def _share(s: Sender, part: Slice, it: Facts, to: Iterable[str]) -> None:
    """Announce it, in the shape that each server reads. What was told is kept, to be taken back one day."""
    assert part.id is not None
    assert part.actor is not None
    ours, told, to = actors.get(s.tx, part.actor).uri, list[tuple[str, str]](), list(to)
    for number, (uri, reading) in enumerate(shapes(it)):

        def made(id: str, uri: str = uri) -> Json:
            told.append((id, uri))
            return activities.announce(id, ours, uri, now(), it.by)

        listed = number == 0 and it.kind != "reply"
        s.say(part.actor, made, s.readers(to, reading), about=uri, listed=listed)
    slices.tell(s.tx, part.id, it.id, told)


def _take_back(s: Sender, part: int, actor: int, it: Facts, told: list[tuple[str, str]]) -> None:
    ours, reading = actors.get(s.tx, actor).uri, dict(shapes(it))
    for id, uri in told:
        share = {"id": id, "type": "Announce", "actor": ours, "object": uri}
        to = s.followers(actor, reading=reading.get(uri, EVERYBODY))
        s.tx.run("UPDATE activity SET listed = 0 WHERE uri = :uri", uri=id)
        s.say(actor, partial(_undo, ours, share), to, about=uri)
    slices.untell(s.tx, part, it.id)


def _undo(ours: str, share: Json, id: str) -> Json:
    return activities.undo_share(id, ours, share)
