"""What residents want to say later: kept until then, and said as if they said it at that moment."""

import contextlib

import msgspec

from hub import jobs, people, statuses, unsaid, viewing
from hub.clock import DAY, MINUTE, now
from hub.errors import N_, Conflict, HubError, Invalid, NotFound
from hub.ids import new_id
from hub.packing import pack, unpack
from hub.statuses import Draft
from hub.store import Row, Tx

SOONEST, LATEST = 5 * MINUTE, 365 * DAY
MOST, MOST_A_DAY = 300, 25
SAY = "say"  # the kind of job


class Later(msgspec.Struct, frozen=True):
    """What is to be said, and when (ms UTC)."""

    id: int
    account: int
    draft: Draft
    at: int


def put_off(tx: Tx, who: int, draft: Draft, at: int) -> Later:
    """Say it then. Raises `Invalid` when that is too soon or too late, or it could not be said as it is."""
    people.require(tx, who, "resident")
    statuses.check(tx, draft)
    if draft.reply_to is not None:
        viewing.get(tx, who, draft.reply_to)
    _check_time(at)
    same_day = tx.one(
        """SELECT count(*) AS n, sum(CASE WHEN at / :day = :on THEN 1 ELSE 0 END) AS then_
           FROM scheduled WHERE account = :who""",
        who=who, day=DAY, on=at // DAY,
    )  # fmt: skip
    if same_day is not None and (same_day["n"] >= MOST or (same_day["then_"] or 0) >= MOST_A_DAY):
        raise Conflict(N_("You have put off as many posts as you can. Take one back first."), field="scheduled_at")
    id = new_id()
    tx.run(
        "INSERT INTO scheduled (id, account, draft, at, created) VALUES (:id, :who, :draft, :at, :now)",
        id=id, who=who, draft=pack(draft), at=at, now=now(),
    )  # fmt: skip
    jobs.enqueue(tx, SAY, {"scheduled": id}, due=at)
    return get(tx, who, id)


def get(tx: Tx, who: int, id: int) -> Later:
    """Raises `NotFound` for what is not theirs, or has been said."""
    row = tx.one("SELECT id, account, draft, at FROM scheduled WHERE id = :id AND account = :who", id=id, who=who)
    if row is None:
        raise NotFound(viewing.NOTHING)
    return _later(row)


def all_(
    tx: Tx, who: int, *, before: int | None = None, after: int | None = None, limit: int = 20
) -> list[Later]:  # fmt: skip
    """Theirs, the one that was written last first."""
    rows = tx.all(
        """SELECT id, account, draft, at FROM scheduled WHERE account = :who AND id < :before AND id > :after
           ORDER BY id DESC LIMIT :limit""",
        who=who, before=before or 2**63 - 1, after=after or 0, limit=limit,
    )  # fmt: skip
    return [_later(row) for row in rows]


def move(tx: Tx, who: int, id: int, at: int) -> Later:
    """Say it at another time."""
    people.require(tx, who, "resident")
    get(tx, who, id)
    _check_time(at)
    tx.run("UPDATE scheduled SET at = :at WHERE id = :id", at=at, id=id)
    jobs.enqueue(tx, SAY, {"scheduled": id}, due=at)
    return get(tx, who, id)


def drop(tx: Tx, who: int, id: int) -> None:
    """Do not say it."""
    get(tx, who, id)
    tx.run("DELETE FROM scheduled WHERE id = :id", id=id)


def say(tx: Tx, id: int) -> int | None:
    """Its time has come. Returns what was said; `None` when it was taken back, moved, or can be said no more."""
    row = tx.one("SELECT id, account, draft, at FROM scheduled WHERE id = :id", id=id)
    if row is None or row["at"] > now():
        return None
    later = _later(row)
    tx.run("DELETE FROM scheduled WHERE id = :id", id=id)
    try:
        return statuses.publish(tx, later.account, later.draft).id
    except HubError:  # what it answers is gone, or who wrote it: nothing was said, and it is not lost
        _keep(tx, later)
        return None


def _keep(tx: Tx, it: Later) -> None:
    """As a draft, for whoever wrote it to see to."""
    with contextlib.suppress(HubError):
        said = it.draft
        typed = {
            "text": [said.text],
            "audience": [said.audience],
            "warning": [said.warning],
            "language": [said.language],
        }
        unsaid.keep(tx, it.account, typed)


def _later(row: Row) -> Later:
    return Later(row["id"], row["account"], unpack(row["draft"], Draft), row["at"])


def _check_time(at: int) -> None:
    if not now() + SOONEST <= at <= now() + LATEST:
        raise Invalid(N_("Scheduled at: choose a time from five minutes to a year from now"), field="scheduled_at")
