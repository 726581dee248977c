"""Answering a poll, whichever it is: of an event it says who is coming, of an ask who helps, else what people think.

One verb for an app's vote and a form's. What stands here is answered here; what stands elsewhere is answered there,
and kept so that whoever answered sees what they said.
"""

import msgspec

from hub import asks, attendance, events, helping, people, pledges, things, viewing
from hub.changes import Kind, record
from hub.clock import now
from hub.errors import N_, Conflict, Invalid
from hub.kept import Thing
from hub.reading import Poll
from hub.store import Tx

EVENT, ASKS = ("yes", "maybe", "no"), asks.SAID


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A poll as it stands. `labels` are empty for events and asks, whose answers are `keys`; `mine` are options that
    whoever looks has chosen (from 0); `counts` is `None` where numbers are not shown. `ends` in ms UTC."""

    id: int
    keys: tuple[str, ...] = ()
    labels: list[str] = msgspec.field(default_factory=list)
    counts: list[int] | None = None
    voters: int | None = None
    many: bool = False
    ends: int | None = None
    over: bool = False
    mine: list[int] = msgspec.field(default_factory=list)


def standing(tx: Tx, me: int, it: Thing) -> Standing | None:
    """The poll that a thing is or has; `None` when it has none."""
    match it.kind:
        case "event":
            return _event(tx, me, events.get(tx, it.id))
        case "ask" | "offer":
            return _ask(tx, me, asks.get(tx, it.id))
    return _poll(tx, me, it, it.extra.poll) if it.extra.poll else None


def vote(tx: Tx, who: int, id: int, choices: list[int]) -> Thing:
    """Choose among the options (from 0). An RSVP or an offer may be changed later; a vote stays.

    Raises `Invalid` for no such option or too many, `Conflict` when it is over or they have voted.
    """
    people.require(tx, who, "resident")
    it = viewing.get(tx, who, id)
    poll = standing(tx, who, it)
    if poll is None:
        raise Invalid(N_("There is nothing to vote on here."), field="id")
    many = len(poll.keys) or len(poll.labels)
    choices = sorted(set(choices))
    if not choices or choices[-1] >= many or choices[0] < 0 or (len(choices) > 1 and not poll.many):
        raise Invalid(N_("Choose one of the answers."), field="choices")
    if poll.over:
        raise Conflict(N_("This poll is over."))
    if it.kind == "event":
        _rsvp(tx, who, it, EVENT[choices[0]])
    elif it.kind in ASKS:
        _offer(tx, who, it, ASKS[it.kind][choices[0]])
    else:
        _cast(tx, who, it, poll, choices)
    return it


# --- events ----------------------------------------------------------------------------------------


def _event(tx: Tx, me: int, it: events.Event) -> Standing:
    said = _visit(tx, it.id, me) if not it.local else None
    if it.local and me:
        mine = attendance.answer_of(tx, it.id, me)
        said = mine.said if mine else None
    counts = [it.going, it.maybe, it.declined] if it.local else [it.going, 0, 0]
    return Standing(
        id=it.id, keys=EVENT, counts=counts, voters=sum(counts), ends=it.ends,
        over=it.over or it.status == "cancelled", mine=[EVENT.index(said)] if said else [],
    )  # fmt: skip


def _rsvp(tx: Tx, who: int, it: Thing, said: str) -> None:
    if it.local:
        attendance.answer(tx, it.id, who, said, via="app")
        return
    tx.run(
        """INSERT INTO visit (event, actor, said, state, at) VALUES (:event, :who, :said, 'asked', :now)
           ON CONFLICT (event, actor) DO UPDATE SET said = excluded.said, state = 'asked', at = excluded.at""",
        event=it.id, who=who, said=said, now=now(),
    )  # fmt: skip
    record(tx, Kind.VISIT_ANSWERED, subject=it.id, actor=who, said=said)


def visit_answered(tx: Tx, event: int, who: int, *, accepted: bool) -> bool:
    """The hub of an event elsewhere says whether one of ours may come. False when they never asked."""
    return bool(
        tx.run(
            "UPDATE visit SET state = :state WHERE event = :event AND actor = :who",
            state="accepted" if accepted else "refused", event=event, who=who,
        )
    )  # fmt: skip


def visit_of(tx: Tx, uri: str) -> tuple[int, int] | None:
    """The event and who of ours asked under this address whether they may come."""
    row = tx.one("SELECT event, actor FROM visit WHERE uri = :uri", uri=uri) if uri else None
    return (row["event"], row["actor"]) if row else None


def visits(tx: Tx, event: int, who: int) -> bool:
    """Whether one of ours has answered to an event elsewhere."""
    return _visit(tx, event, who) is not None


def visit_asked_as(tx: Tx, event: int, who: int, uri: str) -> None:
    """Keep the address under which we asked: their answer refers to it."""
    tx.run("UPDATE visit SET uri = :uri WHERE event = :event AND actor = :who", uri=uri, event=event, who=who)


def _visit(tx: Tx, event: int, me: int) -> str | None:
    row = tx.one("SELECT said FROM visit WHERE event = :event AND actor = :me", event=event, me=me)
    return row["said"] if row else None


# --- asks ------------------------------------------------------------------------------------------


def _ask(tx: Tx, me: int, it: asks.Ask) -> Standing:
    keys = ASKS[it.kind]
    tally = helping.tally(tx, it.id) if it.local else {keys[0]: it.offered}
    counts, said = [tally.get(key, 0) for key in keys], None
    if it.local and me:
        mine = helping.mine(tx, it.id, me)
        said = mine.said if mine and mine.state != "withdrawn" else None
    elif me:
        pledged = pledges.of(tx, me, it.id)
        said = keys[0] if pledged and pledged.state != "withdrawn" else None
    return Standing(
        id=it.id, keys=keys, counts=counts, voters=sum(counts), ends=it.expires, over=not it.open,
        mine=[keys.index(said)] if said in keys else [],
    )  # fmt: skip


def _offer(tx: Tx, who: int, it: Thing, said: str) -> None:
    if it.local:
        helping.answer(tx, it.id, who, said, via="app")
    elif said == ASKS[it.kind][0]:
        pledges.offer(tx, who, it.id, pledges.Draft())
    else:
        raise Conflict(N_("This can only be answered where it was published."))


# --- other polls -----------------------------------------------------------------------------------


def _poll(tx: Tx, me: int, it: Thing, poll: Poll) -> Standing:
    rows = tx.all("SELECT actor, choice FROM ballot WHERE thing = :id", id=it.id) if it.local else _mine(tx, it.id, me)
    mine = sorted(row["choice"] for row in rows if row["actor"] == me)
    if it.local:
        counts = [sum(row["choice"] == n for row in rows) for n in range(len(poll.options))]
        voters: int | None = len({row["actor"] for row in rows})
    else:
        counts, voters = [option.votes or 0 for option in poll.options], poll.voters
    hidden = poll.hides and not poll.over
    return Standing(
        id=it.id, labels=[option.name for option in poll.options], counts=None if hidden else counts, voters=voters,
        many=poll.many, ends=poll.ends, over=poll.over, mine=mine,
    )  # fmt: skip


def _mine(tx: Tx, id: int, me: int) -> list[dict[str, int]]:
    rows = tx.all("SELECT actor, choice FROM ballot WHERE thing = :id AND actor = :me", id=id, me=me)
    return [{"actor": row["actor"], "choice": row["choice"]} for row in rows]


def _cast(tx: Tx, who: int, it: Thing, poll: Standing, choices: list[int]) -> None:
    if poll.mine:
        raise Conflict(N_("You have voted already. A vote stays."))
    if it.by.id == who:
        raise Invalid(N_("You cannot vote in your own poll."), field="choices")
    cast(tx, it.id, who, choices)
    record(tx, Kind.VOTED, subject=it.id, actor=who, choices=choices)


def cast(tx: Tx, thing: int, actor: int, choices: list[int], uri: str | None = None) -> bool:
    """Count a vote of anybody's in a poll of ours, or note one of ours in another's. False for one counted before."""
    added = 0
    for choice in choices:
        added += tx.run(
            """INSERT INTO ballot (thing, actor, choice, uri, at) VALUES (:thing, :actor, :choice, :uri, :now)
               ON CONFLICT (thing, actor, choice) DO NOTHING""",
            thing=thing, actor=actor, choice=choice, uri=uri, now=now(),
        )  # fmt: skip
    if added and _is_ours(tx, thing):
        things.touch(tx, thing)
    return added > 0


def chosen(tx: Tx, thing: int, actor: int) -> list[int]:
    """Which options somebody has chosen (from 0)."""
    rows = tx.all("SELECT choice FROM ballot WHERE thing = :thing AND actor = :actor", thing=thing, actor=actor)
    return sorted(row["choice"] for row in rows)


def voters(tx: Tx, thing: int) -> list[int]:
    """Who of ours voted: they are told when it is over."""
    rows = tx.all(
        "SELECT DISTINCT b.actor FROM ballot b JOIN account c ON c.actor = b.actor WHERE b.thing = :thing", thing=thing
    )
    return [row["actor"] for row in rows]


def _is_ours(tx: Tx, thing: int) -> bool:
    row = tx.one("SELECT local FROM thing WHERE id = :id", id=thing)
    return row is not None and bool(row["local"])
