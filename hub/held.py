"""What newcomers say: kept until somebody who looks after the hub has read it, and until then seen by its author alone.

While it waits it is `hidden`, and the log says only that: whoever spreads, tells or shows things has nothing to go by.
When it is let through it is published like anything else, at that moment.
"""

import msgspec

from hub import actors, audit, letters, mentions, messages, people, settings, things
from hub.changes import Kind, record
from hub.clock import now
from hub.errors import N_, Conflict, NotAllowed, NotFound
from hub.kept import DIRECT, OPEN, PRIVATE
from hub.packing import pack, unpack
from hub.store import Row, Tx
from hub.text import Text, clean_words, excerpt
from hub.things import Picture, Thing

MOST = 10  # that wait at once of one person
LONGEST_REASON = 2000  # characters
QUOTED = 2000  # characters of refused words that the letter gives back
PAGE = 50


class Before(msgspec.Struct, frozen=True):
    """What a thing said before it was changed, and since when (ms UTC)."""

    html: Text
    pictures: list[Picture]
    at: int


class Held(msgspec.Struct, frozen=True):
    """What waits. `under`: what it answers. `shown`: it was let through before. `before`: what it said, oldest first;
    `others`: how much of the same author waits besides."""

    thing: Thing
    under: Thing | None
    shown: bool
    at: int
    before: list[Before]
    others: int


def keep(tx: Tx, who: int, id: int, *, changed: bool = False) -> bool:
    """Hold what a newcomer says, or, with `changed`, says otherwise. False for whoever needs no looking over, and for
    letters.

    What waits goes on waiting, whoever its author has become meanwhile. Raises `Conflict` for one too many.
    """
    it = things.get(tx, id)
    if not waits(tx, id):
        if it.audience == DIRECT or not people.newcomer(tx, who):
            return False
        if waiting(tx, who) >= MOST:
            raise Conflict(N_("Ten posts of yours wait already. Somebody has to read them first."))
        tx.run(
            "INSERT INTO held (thing, author, shown, at) VALUES (:id, :who, :shown, :now)",
            id=id, who=who, shown=int(changed), now=now(),
        )  # fmt: skip
        tx.run("UPDATE thing SET hidden = 1 WHERE id = :id", id=id)
        if changed:
            record(tx, Kind.POST_HIDDEN, subject=id, actor=who)
        letters.gather(tx, "waiting")
    record(tx, Kind.POST_HELD, subject=id, actor=who)
    return True


def write_only_here(tx: Tx, who: int, to: list[int], answered: Thing | None) -> None:
    """Letters are read by nobody else, so a newcomer's go to people of this hub, and to who wrote to them first.

    Raises `NotAllowed`.
    """
    known = answered.by.id if answered is not None and answered.audience == DIRECT else who
    away = [one for one in to if one != known and not actors.get(tx, one).local]
    if away and people.newcomer(tx, who):
        raise NotAllowed(
            N_("Until your first posts have been read here, you can write only to people here, or answer others.")
        )


def waits(tx: Tx, id: int) -> bool:
    """Whether nobody but its author and moderators sees it yet."""
    return tx.one("SELECT 1 AS x FROM held WHERE thing = :id AND decided IS NULL", id=id) is not None


def which(tx: Tx, author: int) -> frozenset[int]:
    """What of somebody's waits: for the pill on their cards."""
    sql = "SELECT thing FROM held WHERE author = :author AND decided IS NULL"
    return frozenset(row["thing"] for row in tx.all(sql, author=author))


def gone(tx: Tx, id: int) -> Kind:
    """What the log says when a thing is taken down: of what nobody had seen, nobody is told."""
    unseen = tx.one("SELECT 1 AS x FROM held WHERE thing = :id AND shown = 0", id=id)
    return Kind.POST_DROPPED if unseen else Kind.POST_REMOVED


def waiting(tx: Tx, author: int = 0) -> int:
    """How many wait: of one author, if they are named."""
    row = tx.one(
        """SELECT count(*) AS n FROM held w JOIN thing t ON t.id = w.thing
           WHERE w.decided IS NULL AND t.removed IS NULL AND (:author = 0 OR w.author = :author)""",
        author=author,
    )
    return int(row["n"]) if row else 0


def listed(tx: Tx, who: int, limit: int = PAGE) -> list[Held]:
    """What waits, the longest first. Moderators may."""
    people.require(tx, who, "moderator")
    rows = tx.all(f"{_SELECT} AND t.removed IS NULL ORDER BY w.at, w.thing LIMIT :limit", limit=limit)
    return [_held(tx, row) for row in rows]


def get(tx: Tx, id: int) -> Held:
    row = tx.one(f"{_SELECT} AND t.removed IS NULL AND w.thing = :id", id=id)
    if row is None:
        raise NotFound(N_("This does not wait any more. Somebody may have decided already."))
    return _held(tx, row)


def let_through(tx: Tx, who: int, id: int, read: int | None = None) -> Thing:
    """Publish it now, as its author's. Moderators may. Raises `NotFound` when somebody has decided, `Conflict` when it
    is not any more what they have `read`: the time of its last change."""
    people.require(tx, who, "moderator")
    it = get(tx, id)
    if read is not None and read != it.thing.updated:
        raise Conflict(N_("They have changed it since you read it. Go back and read it again."))
    tx.run("DELETE FROM held WHERE thing = :id", id=id)
    tx.run(
        "UPDATE thing SET hidden = :hidden WHERE id = :id", hidden=0 if it.thing.audience in OPEN else PRIVATE, id=id
    )
    author = it.thing.by.id
    if it.shown:
        record(tx, Kind.POST_CHANGED, subject=id, actor=author)
    else:
        _say_now(tx, it.thing)
        people.post_let_through(tx, author)
        record(tx, Kind.POST_PUBLISHED, subject=id, actor=author)
    audit.note(tx, who, "let-through", id, name=it.thing.by.handle)
    return things.get(tx, id)


def refuse(tx: Tx, who: int, id: int, reason: str = "") -> None:
    """Take it down; its author gets a letter with the reason and their words. Moderators may."""
    people.require(tx, who, "moderator")
    it = get(tx, id)
    reason = clean_words(reason, longest=LONGEST_REASON, field="reason")
    _refuse(tx, who, it.thing, reason)
    messages.tell(tx, settings.get(tx).actor, it.thing.by.id, _letter(it.thing, reason))
    audit.note(tx, who, "held-back", id, name=it.thing.by.handle, reason=reason)


def refuse_all(tx: Tx, who: int, author: int, ids: list[int]) -> int:
    """Everything of one author that was on the page, at once; nobody gets a letter. Returns how many went."""
    people.require(tx, who, "moderator")
    mine = which(tx, author)
    refused = [things.get(tx, id) for id in dict.fromkeys(ids) if id in mine]
    for it in refused:
        _refuse(tx, who, it, "")
    if refused:
        audit.note(tx, who, "held-back-all", author, name=refused[0].by.handle, many=len(refused))
    return len(refused)


def before(tx: Tx, id: int) -> list[Before]:
    """What a thing said before it was changed, oldest first."""
    return [
        Before(unpack(row["html"], Text), unpack(row["pictures"], list[Picture]), row["at"])
        for row in mentions.revisions(tx, id)
    ]


def _refuse(tx: Tx, who: int, it: Thing, reason: str) -> None:
    tx.run(
        "UPDATE held SET decided = :now, decider = :who, reason = :reason WHERE thing = :id",
        now=now(), who=who, reason=reason, id=it.id,
    )  # fmt: skip
    kind = gone(tx, it.id)
    things.take_down(tx, it.id)
    tx.run("DELETE FROM reaction WHERE thing = :id", id=it.id)
    record(tx, kind, subject=it.id, actor=who)


def _say_now(tx: Tx, it: Thing) -> None:
    """It was said when others could first read it; a poll is open for as long as was wished."""
    at, extra = now(), it.extra
    if extra.poll is not None and extra.poll.ends is not None:
        ends = extra.poll.ends + at - it.published
        extra = msgspec.structs.replace(extra, poll=msgspec.structs.replace(extra.poll, ends=ends))
        tx.run("UPDATE thing SET extra = :extra WHERE id = :id", extra=pack(extra), id=it.id)
    tx.run("UPDATE thing SET published = :now, updated = :now, edited = NULL WHERE id = :id", now=at, id=it.id)
    tx.run("DELETE FROM revision WHERE thing = :id", id=it.id)


def _letter(it: Thing, reason: str) -> Text:
    said = "\n".join(f"> {excerpt(html, QUOTED)}" for html in it.html.values())
    why = f"\n\n{reason}" if reason else ""
    return {
        "en": f"The people who look after this hub have not let your post through.{why}\n\n{said}".strip(),
        "cy": f"Nid yw’r bobl sy’n gofalu am yr hwb wedi gadael eich neges drwodd.{why}\n\n{said}".strip(),
    }


_SELECT = f"""
SELECT {things.COLUMNS}, w.shown, w.at AS held_at,
  (SELECT count(*) FROM held o JOIN thing x ON x.id = o.thing
   WHERE o.author = w.author AND o.decided IS NULL AND x.removed IS NULL) - 1 AS others
FROM {things.FROM} JOIN held w ON w.thing = t.id WHERE w.decided IS NULL
"""


def _held(tx: Tx, row: Row) -> Held:
    it = things.common(row)
    under = things.at(tx, it.reply_to) if it.reply_to else None
    return Held(it, under, bool(row["shown"]), row["held_at"], before(tx, it.id), row["others"])
