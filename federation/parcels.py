"""What is sent for each delivery that is due: looked up for a whole batch at once.

A server that was away for a day gets each thing once, as it is now: what has been overtaken stays behind, and a first
word that never arrived is said with the latest state in it.
"""

from collections.abc import Sequence

import msgspec

from hub import peers
from hub.clock import DAY, now
from hub.jobs import Job
from hub.packing import unpack
from hub.store import Row, Tx

OUTAGE = DAY  # after this, only the latest state of a thing is sent
REMEMBERED = 30 * DAY  # how long a host's way of signing is taken for granted
FOLLOWING = 200  # of what waits behind a delivery, so many are looked at

Raw = dict[str, msgspec.Raw]


class Parcel(msgspec.Struct, frozen=True):
    """What to send, in whose name, and how its host wants it signed. `covers`: later jobs that it makes needless.

    `paced`: its host counts our requests, and was served slowly so far.
    """

    body: bytes
    actor: int
    scheme: str
    scheme_at: int
    covers: tuple[int, ...] = ()
    paced: bool = False

    @property
    def known_scheme(self) -> str:
        return self.scheme if self.scheme and now() - self.scheme_at < REMEMBERED else ""


def packed(tx: Tx, jobs: Sequence[Job]) -> dict[int, Parcel]:
    """By job. What is not in it is not to be sent: overtaken, or forgotten."""
    said = _activities(tx, jobs)
    known = peers.ways(tx, {job.host for job in jobs if job.host})
    found = {}
    for job in jobs:
        row, way = said.get(job.args["activity"]), known.get(job.host or "")
        parcel = None if row is None else _parcel(row, way)
        if parcel is not None and now() - job.created > OUTAGE:
            parcel = _latest(tx, job, said[job.args["activity"]], parcel)
        if parcel is not None:
            found[job.id] = parcel
    return found


def _activities(tx: Tx, jobs: Sequence[Job]) -> dict[int, Row]:
    wanted = {job.args["activity"] for job in jobs}
    rows = (tx.one("SELECT id, body, actor, type FROM activity WHERE id = :id", id=id) for id in wanted)
    return {row["id"]: row for row in rows if row is not None}


def _parcel(row: Row, way: peers.Way | None) -> Parcel:
    body = row["body"].encode()
    if way is None:
        return Parcel(body, row["actor"], "", 0)
    return Parcel(body, row["actor"], way.scheme, way.scheme_at, paced=way.next_at > 0)


def _latest(tx: Tx, job: Job, row: Row, parcel: Parcel) -> Parcel | None:
    """The same in its latest state; `None` when something later stands in for it."""
    later = _behind(tx, job)
    updates = [id for id, kind, _ in later if kind == "Update"]
    if any(kind == "Delete" for _, kind, _ in later) or (updates and row["type"] == "Update"):
        return None
    # An Update cannot stand in for a Create that a server has not had: it would be dropped as news of nothing.
    if not updates or row["type"] != "Create":
        return parcel
    newest = max(updates)
    activity = next(activity for id, _, activity in later if id == newest)
    body = tx.one("SELECT body FROM activity WHERE id = :id", id=activity)
    assert body is not None  # its type has just been read
    # Where the first word may have arrived, the last one goes too: it would be taken for a repetition.
    covers = [id for id in updates if id != newest] if job.doubt else updates
    return msgspec.structs.replace(parcel, body=_with_object(parcel.body, body["body"]), covers=tuple(covers))


def _behind(tx: Tx, job: Job) -> list[tuple[int, str, int]]:
    """What waits behind a job for the same inbox, about the same thing: job, type, activity."""
    rows = tx.all(
        "SELECT id, args FROM job WHERE line = :line AND id > :id AND dead = 0 ORDER BY id LIMIT :most",
        line=job.line, id=job.id, most=FOLLOWING,
    )  # fmt: skip
    found = []
    for row in rows:
        args = unpack(row["args"], dict[str, object])
        said = tx.one("SELECT type FROM activity WHERE id = :id", id=args["activity"])
        if said is not None and args.get("inbox") == job.args["inbox"]:
            found.append((row["id"], said["type"], int(str(args["activity"]))))
    return found


def _with_object(create: bytes, update: str) -> bytes:
    whole, newer = msgspec.json.decode(create, type=Raw), msgspec.json.decode(update, type=Raw)
    whole.pop("proof", None)  # it was of the older one
    return msgspec.json.encode(whole | {"object": newer["object"]})
