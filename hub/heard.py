"""What people elsewhere say to the hub or to one of its projects: looked over first, then shown and passed on.

Anybody on Mastodon can mention `@hub@…`. A moderator decides with one click: share it, make an ask of it, or let it
be. From people who are trusted it passes at once, until they change what was said.
"""

import re

import msgspec

from hub import actors, asks, blocks, messages, people, things
from hub.actors import By
from hub.asks import Ask
from hub.changes import Kind, record
from hub.clock import DAY, now
from hub.errors import N_, Conflict, NotFound
from hub.store import Row, Tx
from hub.text import Text, excerpt
from hub.things import Seen, Thing

OPEN_EACH, OPEN_ALL, A_DAY = 5, 200, 20  # held at once from one person, from all; and in a day from one person
EACH_SERVER = 40  # held at once from one server
# Phone numbers, e-mail addresses and postcodes: what an ask never says.
_REACHES = re.compile(r"(?<!\w)(?:\+|0)\d[\d ()-]{6,}\d|\S+@\S+\.\w+|\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b")
HELD, SHARED, REFUSED, ASKED = "held", "shared", "refused", "asked"


class Heard(msgspec.Struct, frozen=True):
    """What was said, to whom of ours (hub or project), and what became of it. `trusted`: whether its author is."""

    thing: Thing
    receiver: By
    state: str
    trusted: bool


def hear(tx: Tx, author: int, receiver: int, seen: Seen) -> str:
    """Keep what was said to `receiver`, unseen until it is shared. Returns the state, "" for no news and for too much.

    When its author changes what has been shared already, it is looked over again.
    """
    before = things.at(tx, seen.uri)
    known = tx.one("SELECT state FROM heard WHERE thing = :id", id=before.id) if before is not None else None
    if before is not None and known is None:
        return ""  # it is here for another reason: its author is followed
    if before is None and _too_much(tx, author):
        return ""
    id = things.mirror(tx, "note", author, seen)
    if id is None:
        return ""
    if known is None:
        tx.run(
            "INSERT INTO heard (thing, receiver, state, at) VALUES (:id, :receiver, 'held', :now)",
            id=id, receiver=receiver, now=now(),
        )  # fmt: skip
    state = known["state"] if known else HELD
    if trusted(tx, author) and not blocks.level(tx, actors.get(tx, author).domain):
        state = SHARED if state == HELD else state
    elif state == SHARED:
        state = HELD
    _set(tx, id, state, known["state"] if known else "", decider=None)
    record(tx, Kind.HEARD, subject=id, actor=author, state=state)
    return state


def waiting(tx: Tx, who: int, state: str = HELD, limit: int = 50) -> list[Heard]:
    """What nobody has looked at (or what was decided as `state`), newest first. Moderators may."""
    people.require(tx, who, "moderator")
    rows = tx.all(
        f"""{_SELECT} WHERE w.state = :state AND t.removed IS NULL ORDER BY w.thing DESC LIMIT :limit""",
        state=state, limit=limit,
    )  # fmt: skip
    return [_heard(row) for row in rows]


def shared(tx: Tx, *, receiver: int | None = None, limit: int = 10) -> list[Thing]:
    """What was said to the hub, or to the project `receiver`, and is shown, newest first."""
    rows = tx.all(
        f"""SELECT {things.COLUMNS} FROM {things.FROM} JOIN heard w ON w.thing = t.id
            WHERE w.state = 'shared' AND {things.VISIBLE} AND (:receiver = 0 OR w.receiver = :receiver)
            ORDER BY w.thing DESC LIMIT :limit""",
        receiver=receiver or 0, limit=limit,
    )  # fmt: skip
    return [things.common(row) for row in rows]


def receiver(tx: Tx, thing: int) -> int | None:
    """Who of ours was spoken to, for what was said to us; `None` for anything else."""
    row = tx.one("SELECT receiver FROM heard WHERE thing = :id", id=thing)
    return int(row["receiver"]) if row else None


def share(tx: Tx, who: int, thing: int) -> Heard:
    """Show it here, and pass it on to those who follow. Moderators may. Raises `Conflict` if that was decided."""
    return _decide(tx, who, thing, SHARED, (HELD, REFUSED))


def refuse(tx: Tx, who: int, thing: int) -> Heard:
    """It is not shown, or no longer. Its author is told nothing."""
    return _decide(tx, who, thing, REFUSED, (HELD, SHARED))


def withdraw(tx: Tx, author: int, uri: str) -> bool:
    """Its author no longer says it in public: nobody sees it here, whatever was decided. False for anything else."""
    it = things.at(tx, uri)
    row = tx.one("SELECT state FROM heard WHERE thing = :id", id=it.id if it else 0)
    if it is None or row is None or it.by.id != author:
        return False
    _set(tx, it.id, REFUSED, row["state"], decider=None)
    return True


def make_ask(tx: Tx, who: int, thing: int) -> Ask:
    """Publish an ask in the hub's name from what was said, and tell its author where it is.

    The words are theirs, their name is not shown: whoever does this reads them over, and can change them after.
    """
    people.require(tx, who, "moderator")
    it = get(tx, thing)
    words = {language: excerpt(html, 4000) for language, html in it.thing.html.items()}
    language = next(iter(words), "en")
    line = words.get(language, "").strip()
    # Who mentions the hub begins with its name; that is no part of what they need.
    line = _REACHES.sub("…", " ".join(word for word in line.split() if not word.startswith("@")))
    if not line:
        raise Conflict(N_("There are no words in it that an ask could be made of."))
    title = line if len(line) <= 80 else excerpt(line, 80)
    spoken = language if language != "und" else "en"
    ask = asks.publish(tx, who, "ask", asks.Draft(title={spoken: title}, text={spoken: line}))
    _decide(tx, who, thing, ASKED, (HELD, REFUSED))
    told: Text = {
        "en": f"Thank you. It is on our board now: {ask.url}",
        "cy": f"Diolch. Mae ar ein bwrdd nawr: {ask.url}",
    }
    messages.tell(tx, it.receiver.id, it.thing.by.id, told, about=ask.id, reply_to=it.thing.uri)
    return ask


def trust(tx: Tx, who: int, actor: int) -> None:
    """What this person says to the hub needs no looking over from now on. Moderators may."""
    people.require(tx, who, "moderator")
    actors.get(tx, actor)
    tx.run(
        "INSERT INTO trusted (actor, truster, at) VALUES (:actor, :who, :now) ON CONFLICT (actor) DO NOTHING",
        actor=actor, who=who, now=now(),
    )  # fmt: skip


def distrust(tx: Tx, who: int, actor: int) -> bool:
    people.require(tx, who, "moderator")
    return bool(tx.run("DELETE FROM trusted WHERE actor = :actor", actor=actor))


def trusted(tx: Tx, actor: int) -> bool:
    return tx.one("SELECT 1 AS x FROM trusted WHERE actor = :actor", actor=actor) is not None


def get(tx: Tx, thing: int) -> Heard:
    row = tx.one(f"{_SELECT} WHERE w.thing = :id AND t.removed IS NULL", id=thing)
    if row is None:
        raise NotFound(N_("Nobody said that to us, or it has been taken back."))
    return _heard(row)


def _too_much(tx: Tx, author: int) -> bool:
    row = tx.one(
        """SELECT (SELECT count(*) FROM heard h JOIN thing o ON o.id = h.thing
                    WHERE h.state = 'held' AND o.removed IS NULL) AS everybody,
             (SELECT count(*) FROM heard h JOIN thing o ON o.id = h.thing JOIN actor a ON a.id = o.author
              WHERE h.state = 'held' AND o.removed IS NULL
                AND a.domain = (SELECT domain FROM actor WHERE id = :author)) AS server,
             count(*) FILTER (WHERE w.state = 'held' AND t.removed IS NULL) AS held,
             count(*) FILTER (WHERE w.at > :since) AS today
           FROM thing t JOIN heard w ON w.thing = t.id WHERE t.author = :author""",
        author=author, since=now() - DAY,
    )  # fmt: skip
    assert row is not None
    if row["everybody"] >= OPEN_ALL or row["server"] >= EACH_SERVER:
        return True
    return bool(row["held"] >= OPEN_EACH or row["today"] >= A_DAY)


def _decide(tx: Tx, who: int, thing: int, state: str, before: tuple[str, ...]) -> Heard:
    people.require(tx, who, "moderator")
    it = get(tx, thing)
    if it.state not in before:
        raise Conflict(N_("Somebody has decided on this already."))
    _set(tx, thing, state, it.state, decider=who)
    return get(tx, thing)


def _set(tx: Tx, thing: int, state: str, before: str, *, decider: int | None) -> None:
    tx.run(
        "UPDATE heard SET state = :state, decided = :now, decider = :decider WHERE thing = :thing",
        state=state, now=None if state == HELD else now(), decider=decider, thing=thing,
    )  # fmt: skip
    tx.run(
        "UPDATE thing SET hidden = :hidden WHERE id = :thing AND hidden < 2", hidden=int(state != SHARED), thing=thing
    )
    spoken_to = receiver(tx, thing)
    assert spoken_to is not None
    if SHARED in (state, before) and state != before:
        kind = Kind.HEARD_SHARED if state == SHARED else Kind.HEARD_TAKEN_BACK
        record(tx, kind, subject=thing, actor=decider or spoken_to)


_SELECT = f"""
SELECT {things.COLUMNS}, w.state, w.receiver, (SELECT count(*) FROM trusted d WHERE d.actor = t.author) AS known,
  r.uri AS r_uri, r.url AS r_url, r.name AS r_name, r.handle AS r_handle, r.domain AS r_domain, r.kind AS r_kind
FROM {things.FROM} JOIN heard w ON w.thing = t.id JOIN actor r ON r.id = w.receiver
"""


def _heard(row: Row) -> Heard:
    spoken_to = {
        "by_uri": row["r_uri"], "by_url": row["r_url"], "by_name": row["r_name"], "by_handle": row["r_handle"],
        "by_domain": row["r_domain"], "by_local": 1, "by_kind": row["r_kind"],
    }  # fmt: skip
    return Heard(
        thing=things.common(row), receiver=actors.by(spoken_to, row["receiver"]), state=row["state"],
        trusted=bool(row["known"]),
    )  # fmt: skip
