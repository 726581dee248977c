"""Who here wants what somebody elsewhere says: the neighbourhood, for its pages; a resident, for their own; or nobody.

Units of work, no network.
"""

import msgspec

from federation.as2 import loose
from hub import actors, relations, settings, things, viewing
from hub.actors import Actor
from hub.clock import DAY, now
from hub.kept import DIRECT, OPEN
from hub.store import Tx
from hub.things import Seen, Thing

NEIGHBOURHOOD = "neighbourhood"  # the hub or the server follows who says or shares it
RESIDENTS = "residents"  # somebody does who lives here
NAMED = "named"  # it names one of them, or is for them
ANYBODY = "anybody"  # nobody does; what answers something here is shown all the same
A_DAY = 50  # times that somebody whom nobody follows may name ours


def sorted_out(tx: Tx, author: Actor, it: Seen, by: Actor | None = None) -> tuple[Seen, str | None]:
    """A thing without those of ours who have blocked its author, and who wants it; `None` when nobody may have it.

    `by` shares it.
    """
    shut = relations.blocked_by(tx, author.id)
    it = msgspec.structs.replace(it, mentions=[uri for uri in it.mentions if uri not in shut]) if shut else it
    answered = things.at(tx, it.reply_to) if it.reply_to else None
    if answered is not None and not may(tx, author, answered, shut):
        return it, None
    if it.audience in OPEN and (belongs(tx, author) or (by is not None and belongs(tx, by))):
        return it, NEIGHBOURHOOD
    followed = actors.residents_follow(tx, author.id) and it.audience != DIRECT
    if followed or (by is not None and it.audience in OPEN and actors.residents_follow(tx, by.id)):
        return it, RESIDENTS
    if names_somebody(tx, it.mentions):
        return it, NAMED
    return it, ANYBODY if it.audience in OPEN else None


def may(tx: Tx, them: Actor, thing: Thing, shut: set[str] | None = None) -> bool:
    """Whether they may have to do with it: its author has not blocked them, and it was said to them."""
    if thing.by.uri in (relations.blocked_by(tx, them.id) if shut is None else shut):
        return False
    return thing.audience in OPEN or thing.by.id == them.id or thing.id in viewing.many(tx, them.id, [thing.id])


def belongs(tx: Tx, actor: Actor) -> bool:
    """Whether what they say is for the neighbourhood's pages: the hub follows them, or the hub that they belong to."""
    hub = hub_of(tx, actor)
    return actors.neighbourhood_follows(tx, actor.id) or (hub is not None and actors.neighbourhood_follows(tx, hub.id))


def hub_of(tx: Tx, actor: Actor) -> Actor | None:
    """The hub that an actor belongs to, when both say so by standing on one server."""
    if not actor.hub or not loose.same_origin(actor.hub, actor.uri):
        return None
    return actors.known(tx, actor.hub)


def names_somebody(tx: Tx, named: list[str]) -> bool:
    """Whether one of these is a person who lives here."""
    here = f"{settings.base(tx)}/"
    found = (actors.known(tx, uri) for uri in named[: loose.MOST_IDS] if uri.startswith(here))
    return any(it is not None and it.local and it.kind == "person" and it.removed is None for it in found)


def too_much(tx: Tx, author: Actor) -> bool:
    """Whether somebody whom nobody follows has said so much to ours today that nothing more is kept."""
    row = tx.one(
        """SELECT count(*) AS n FROM (SELECT id FROM thing WHERE author = :author ORDER BY id DESC LIMIT :most) x
           WHERE id > :since""",
        author=author.id, most=A_DAY, since=now() - DAY << 16,
    )  # fmt: skip
    return row is not None and row["n"] >= A_DAY
