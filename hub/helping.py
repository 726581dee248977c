"""The people who say "I can help", from the first word to the thanks: seen by coordinators and by nobody else.

Nothing is disclosed by itself. A coordinator decides whose help is taken up, and what that person is told.
"""

import re

import msgspec

from hub import asks, identities, messages, people, posts, settings, things
from hub.asks import HELPS, SAID, Ask
from hub.changes import Kind, record
from hub.clock import DAY, now
from hub.errors import N_, Conflict, Invalid, NotFound
from hub.ids import new_id
from hub.packing import pack, unpack
from hub.people import Guest
from hub.store import Row, Tx
from hub.text import Text, clean_text, clean_words

KEPT = 30 * DAY  # after an ask is closed: then it is taken down, and who answered is forgotten
MOST_HOURS = 1000.0
LONGEST = 5000  # characters a coordinator tells somebody
STILL = ("offered", "accepted")  # what can still be taken back
HELPED = ("done", "thanked")


class Offered(msgspec.Struct, frozen=True):
    """What another hub's neighbour offers with it: the Offer's address, for how many hours, and when they can."""

    uri: str
    hours: float | None = None
    available: str = ""


class Answer(msgspec.Struct, frozen=True):
    """Somebody's answer, for coordinators' eyes and their own. `state` is offered, accepted, done, thanked, declined
    or withdrawn; `told` what a coordinator wrote to them, `named` whether they may be thanked by name. `handle` is
    "" for who has no account."""

    id: int
    ask: int
    actor: int | None
    name: str
    handle: str
    contact: str
    said: str
    words: str
    state: str
    via: str
    at: int
    decided: int | None
    named: bool
    told: Text
    hours: float | None
    offer: str
    available: str


class Mine(msgspec.Struct, frozen=True):
    """What a neighbour of ours has offered here: on what, and how it stands."""

    ask: int
    title: Text
    state: str
    said: str
    at: int
    hours: float | None


class Forgotten(msgspec.Struct, frozen=True):
    """Asks that were taken down, and addresses of what was said about them in private."""

    asks: list[int]
    private: list[str]


def answer(
    tx: Tx, id: int, who: int | Guest, said: str, *, words: str = "", via: str = "web", named: bool = False,
    offered: Offered | None = None,
) -> Answer:  # fmt: skip
    """ "I can help": the one way in for forms, polls, replies and other hubs alike. Only coordinators see it.

    `said` is help, refer or share for an ask; take or info for an offer. An actor answers once and may change it.
    Raises `Conflict` when it is closed or they have helped already, `Invalid` for a guest who cannot be reached.
    """
    ask = asks.get(tx, id)
    if not ask.local:
        raise Conflict(N_("Answer where this was published."))
    if not ask.open:
        raise Conflict(N_("This is closed. Thank you all the same."))
    if said not in SAID[ask.kind]:
        raise Invalid(N_("Choose one of the answers."), field="said")
    if isinstance(who, Guest):
        _check_guest(who)
    elif _state(tx, id, who) in HELPED:
        raise Conflict(N_("You have helped with this already. Thank you."))
    if offered is not None and _offered_else(tx, offered.uri, id, who):
        raise Invalid(N_("This was offered for something else."), field="offer")
    words = clean_words(words, longest=2000, field="words")
    kept = _write(tx, ask, who, said, words=words, via=via, named=named, offered=offered)
    record(tx, Kind.ASK_ANSWERED, subject=id, actor=who if isinstance(who, int) else ask.by.id, said=said)
    return get(tx, kept)


def answered(tx: Tx, id: int, actor: int) -> bool:
    """Whether this actor has said anything yet. Votes are final, words are not."""
    return _state(tx, id, actor) is not None


def mine(tx: Tx, id: int, actor: int) -> Answer | None:
    """What this actor has answered, for their own eyes."""
    row = tx.one(f"{_WHO} WHERE w.ask = :ask AND w.actor = :actor", ask=id, actor=actor)
    return _answer(row) if row else None


def all_mine(tx: Tx, actor: int) -> list[Mine]:
    """Everything that this actor has answered here and that still stands, the newest first."""
    rows = tx.all(
        """SELECT w.ask, t.title, w.state, w.said, w.at, w.hours FROM answer w JOIN thing t ON t.id = w.ask
           WHERE w.actor = :actor AND t.removed IS NULL ORDER BY w.at DESC LIMIT 50""",
        actor=actor,
    )
    return [
        Mine(row["ask"], unpack(row["title"], Text), row["state"], row["said"], row["at"], row["hours"]) for row in rows
    ]


def withdraw(tx: Tx, id: int, actor: int) -> bool:
    """They cannot help any more. What they wrote is forgotten. False when there is nothing to take back."""
    row = tx.one(
        f"""UPDATE answer SET state = 'withdrawn', words = '', available = '', decided = :now
            WHERE ask = :ask AND actor = :actor AND state IN {STILL} RETURNING ask""",
        ask=id, actor=actor, now=now(),
    )  # fmt: skip
    if row is not None:
        record(tx, Kind.ASK_ANSWERED, subject=id, actor=actor, said="withdrawn")
    return row is not None


def withdraw_offer(tx: Tx, uri: str, actor: int) -> bool:
    """The same, of what another hub's neighbour offered at this address."""
    row = tx.one("SELECT ask FROM answer WHERE offer = :uri AND actor = :actor", uri=uri, actor=actor)
    return row is not None and withdraw(tx, row["ask"], actor)


# --- for coordinators ------------------------------------------------------------------------------


def get(tx: Tx, id: int) -> Answer:
    row = tx.one(f"{_WHO} WHERE w.id = :id", id=id)
    if row is None:
        raise NotFound(N_("There is no such answer."))
    return _answer(row)


def answers(tx: Tx, who: int, ask: int) -> list[Answer]:
    """Who said what, newest first: for coordinators. Raises `NotAllowed` for everybody else."""
    people.require(tx, who, "organiser")
    return [_answer(row) for row in tx.all(f"{_WHO} WHERE w.ask = :ask ORDER BY w.at DESC LIMIT 1000", ask=ask)]


def tally(tx: Tx, ask: int) -> dict[str, int]:
    """How many gave each answer: what a poll shows. Who they are only coordinators see."""
    rows = tx.all(
        "SELECT said, count(*) AS n FROM answer WHERE ask = :ask AND state <> 'withdrawn' GROUP BY said", ask=ask
    )
    return {row["said"]: row["n"] for row in rows}


def waiting(tx: Tx, who: int, limit: int = 50) -> list[tuple[Ask, int]]:
    """Open asks and offers with answers that no coordinator has decided on, and how many."""
    people.require(tx, who, "organiser")
    rows = tx.all(
        """SELECT w.ask, count(*) AS n FROM answer w JOIN ask k ON k.id = w.ask JOIN thing t ON t.id = w.ask
           WHERE w.state = 'offered' AND k.status = 'open' AND w.said <> 'share' AND t.removed IS NULL
           GROUP BY w.ask ORDER BY max(w.at) DESC LIMIT :limit""",
        limit=limit,
    )
    return [(asks.get(tx, row["ask"]), row["n"]) for row in rows]


def accept(tx: Tx, who: int, id: int, words: Text, *, checked: bool = False) -> Answer:
    """A coordinator takes somebody's help up, and tells them in private what they choose to: where, when, whom to ring.

    `checked`: they are one of those whom the hub has checked, which an ask for such people needs. Who cannot be
    written to (a guest) has to be rung. Raises `Invalid` naming the field, `Conflict` when it is too late.
    """
    it, ask = _before(tx, who, id, ("offered", "declined"))
    if ask.vetted and it.said in HELPS and not checked:
        raise Invalid(
            N_("This is only for people whom the hub has checked. Say that you know they are."), field="checked"
        )
    told = clean_text(words, longest=LONGEST, field="words")
    if it.actor is not None:
        if not told:
            raise Invalid(N_("Write to them: what is needed, and how they get in touch with whom."), field="words")
        messages.tell(tx, settings.get(tx).actor, it.actor, told, about=ask.id)
    return _decide(tx, who, it, "accepted", told=told)


def decline(tx: Tx, who: int, id: int, words: Text) -> Answer:
    """Thank you, but no: also to somebody whose help was taken up before. With words, they are told."""
    it, ask = _before(tx, who, id, STILL)
    told = clean_text(words, longest=LONGEST, field="words")
    if it.actor is not None and told and not it.offer:  # who offered from another hub gets the words with the answer
        messages.tell(tx, settings.get(tx).actor, it.actor, told, about=ask.id)
    return _decide(tx, who, it, "declined", told=told)


def done(tx: Tx, who: int, id: int, hours: float | None) -> Answer:
    """They have helped, for so many hours if somebody counted. Raises `Invalid` for hours that cannot be."""
    it, _ = _before(tx, who, id, ("accepted",))
    if it.said not in HELPS:
        raise Conflict(N_("They did not offer to help."))
    if hours is not None and not 0 < hours <= MOST_HOURS:
        raise Invalid(N_("Give a number of hours above 0, at most 1,000."), field="hours")
    return _decide(tx, who, it, "done", hours=hours)


def thank(tx: Tx, who: int, id: int, words: Text, *, public: bool) -> Answer:
    """Thank them: by a note that everybody sees, which names them only if they agreed to that; or in private.

    Raises `Invalid` without words, and for a note with the name of somebody who has not agreed.
    """
    it, ask = _before(tx, who, id, ("done",))
    said = clean_text(words, longest=LONGEST, field="words")
    if public:
        if not it.named and any(_names(tx, it, one) for one in said.values()):
            raise Invalid(N_("They have not agreed to be named. Thank them without their name."), field="words")
        if not said:
            raise Invalid(N_("Write something first."), field="words")
        posts.publish(tx, who, posts.Draft(text=said))
    elif it.actor is not None:
        messages.tell(tx, settings.get(tx).actor, it.actor, said, about=ask.id)
    return _decide(tx, who, it, "thanked")


def so_far(tx: Tx) -> tuple[int, float]:
    """How many times somebody has helped since the hub opened, and for how many hours."""
    rows = tx.all(
        f"""SELECT count(*) AS n, coalesce(sum(hours), 0) AS hours FROM answer WHERE state IN {HELPED}
            UNION ALL
            SELECT coalesce(sum(n), 0) AS n, coalesce(sum(hours), 0) AS hours FROM answer_count
            WHERE state IN {HELPED}"""
    )
    return sum(int(row["n"]) for row in rows), sum(float(row["hours"]) for row in rows)


# --- forgetting ------------------------------------------------------------------------------------


def forget(tx: Tx, limit: int = 100) -> Forgotten:
    """Thirty days after an ask is closed it is taken down, and who answered is only counted. Run every hour."""
    private, gone = [], []
    for row in _over(tx, limit):
        id = row["id"]
        private += [*messages.forget_about(tx, id), *_offers(tx, id)]
        tx.run(
            """INSERT INTO answer_count (ask, said, state, n, hours)
               SELECT ask, said, state, count(*), coalesce(sum(hours), 0) FROM answer WHERE ask = :id
               GROUP BY ask, said, state
               ON CONFLICT (ask, said, state) DO UPDATE SET n = answer_count.n + excluded.n,
                 hours = answer_count.hours + excluded.hours""",
            id=id,
        )
        tx.run("DELETE FROM answer WHERE ask = :id", id=id)
        if row["removed"] is None:
            things.take_down(tx, id)
            record(tx, Kind.ASK_REMOVED, subject=id, actor=row["author"])
            gone.append(id)
    return Forgotten(gone, private)


def _over(tx: Tx, limit: int) -> list[Row]:
    """Asks of ours whose time is up: what is to be done on a later day counts from that day."""
    # CROSS: from the asks, which are few, to their things, never the other way round.
    return tx.all(
        """SELECT k.id, t.author, t.removed FROM ask k CROSS JOIN thing t
           WHERE t.id = k.id AND t.local = 1 AND (
             (t.removed IS NULL AND k.status <> 'open'
               AND CASE WHEN coalesce(k.due, 0) > k.closed THEN k.due ELSE k.closed END < :old)
             OR (t.removed < :old AND EXISTS (SELECT 1 FROM answer w WHERE w.ask = k.id)))
           ORDER BY k.id LIMIT :limit""",
        old=now() - KEPT, limit=limit,
    )  # fmt: skip


def _offers(tx: Tx, ask: int) -> list[str]:
    rows = tx.all("SELECT offer FROM answer WHERE ask = :ask AND offer IS NOT NULL", ask=ask)
    return [row["offer"] for row in rows]


# --- rows ------------------------------------------------------------------------------------------


def _check_guest(guest: Guest) -> None:
    if not guest.name.strip():
        raise Invalid(N_("Tell us your name."), field="name")
    if not guest.contact.strip():
        raise Invalid(
            N_("Leave a phone number or an e-mail address. Only the coordinators will see it."), field="contact"
        )


def _offered_else(tx: Tx, uri: str, ask: int, who: int | Guest) -> bool:
    """Whether an Offer of this address has been made by somebody else, or for another ask."""
    row = tx.one("SELECT ask, actor FROM answer WHERE offer = :uri", uri=uri)
    return row is not None and (row["ask"], row["actor"]) != (ask, who)


def _state(tx: Tx, ask: int, actor: int) -> str | None:
    row = tx.one("SELECT state FROM answer WHERE ask = :ask AND actor = :actor", ask=ask, actor=actor)
    return row["state"] if row else None


def _before(tx: Tx, who: int, id: int, states: tuple[str, ...]) -> tuple[Answer, Ask]:
    """An answer that a coordinator may decide on now. Raises `Conflict` when it is past that, or not there yet."""
    people.require(tx, who, "organiser")
    it = get(tx, id)
    if it.state == "withdrawn":
        raise Conflict(N_("They have taken their offer back."))
    if it.state not in states:
        raise Conflict(N_("This has been decided already. Look at the page again."))
    return it, asks.get(tx, it.ask)


def _decide(
    tx: Tx, who: int, it: Answer, state: str, *, told: Text | None = None, hours: float | None = None
) -> Answer:
    tx.run(
        """UPDATE answer SET state = :state, decided = :now, told = coalesce(:told, told),
             hours = coalesce(:hours, hours) WHERE id = :id""",
        id=it.id, state=state, now=now(), told=pack(told) if told else None, hours=hours,
    )  # fmt: skip
    record(tx, Kind.ASK_HELPED, subject=it.ask, actor=who, answer=it.id, state=state)
    return get(tx, it.id)


def _names(tx: Tx, it: Answer, words: str) -> bool:
    """Whether words name whoever answered: by what they call themselves, or how they can be reached."""
    row = tx.one("SELECT handle, name FROM actor WHERE id = :id", id=it.actor or 0)
    called = [it.name, it.contact]
    if row is not None:
        called += [row["handle"], f"@{row['handle']}", *unpack(row["name"], Text).values()]
    found = {name.strip() for name in called} | {part for name in called for part in name.split() if len(part) > 2}
    whole = re.compile("|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in sorted(found) if name) or r"(?!)", re.I)
    return whole.search(words) is not None


def _write(
    tx: Tx, ask: Ask, who: int | Guest, said: str, *, words: str, via: str, named: bool, offered: Offered | None
) -> int:
    guest = who if isinstance(who, Guest) else None
    row = tx.one(
        """INSERT INTO answer (id, ask, actor, guest, contact, said, words, state, via, at, named, offer, available,
             hours)
           VALUES (:id, :ask, :actor, :guest, :contact, :said, :words, 'offered', :via, :now, :named, :offer,
             :available, :hours)
           ON CONFLICT (ask, actor) DO UPDATE SET said = excluded.said, words = excluded.words, via = excluded.via,
             at = excluded.at, named = excluded.named, offer = coalesce(excluded.offer, answer.offer),
             available = excluded.available, hours = coalesce(excluded.hours, answer.hours),
             state = CASE WHEN answer.state = 'withdrawn' OR answer.said <> excluded.said THEN 'offered'
                          ELSE answer.state END
           RETURNING id""",
        id=new_id(), ask=ask.id, actor=None if guest else who, guest=guest.name.strip()[:200] if guest else None,
        contact=guest.contact.strip()[:300] if guest else None, said=said, words=words, via=via, now=now(),
        named=int(named), offer=offered.uri if offered else None, available=offered.available if offered else "",
        hours=offered.hours if offered else None,
    )  # fmt: skip
    assert row is not None
    return int(row["id"])


_WHO = "SELECT w.*, a.handle, a.domain, a.local, a.name FROM answer w LEFT JOIN actor a ON a.id = w.actor"


def _answer(row: Row) -> Answer:
    name, handle = identities.called(row)
    return Answer(
        id=row["id"], ask=row["ask"], actor=row["actor"], name=name, handle=handle,
        contact=row["contact"] or "", said=row["said"], words=row["words"], state=row["state"], via=row["via"],
        at=row["at"], decided=row["decided"], named=bool(row["named"]),
        told=unpack(row["told"], Text) if row["told"] else {}, hours=row["hours"], offer=row["offer"] or "",
        available=row["available"],
    )  # fmt: skip
