"""Other servers: what they run, whether they answer, and when to leave them alone."""

from collections.abc import Collection

import msgspec

from hub import jobs
from hub.clock import DAY, MINUTE, now
from hub.store import Tx, as_

TROUBLED = jobs.TROUBLED  # failures in a row
FIRST_REST = 30 * MINUTE  # then one job is tried; each time that fails, the rest is twice as long
LONGEST_REST = DAY
KEPT = 45 * DAY  # longer than any job waits
MOST = 50_000  # servers that are remembered: a wildcard in the name system makes as many as it likes
SAID_AGAIN = 30 * DAY  # how long what we found out of its signatures counts for more than what it says
BATCH = 200  # hosts of one statement

_CLOCKS = ("checked", "scheme_at", "last_ok", "last_failed")


class Peer(msgspec.Struct, frozen=True):
    """A server that we have had to do with. Times are 0 when there was none."""

    host: str
    software: str
    profile: str
    checked: int
    scheme: str
    scheme_at: int
    failures: int
    open_until: int
    last_ok: int
    last_failed: int
    last_error: str | None
    next_at: int = 0
    waiting: int = 0


class Way(msgspec.Struct, frozen=True):
    """How a server wants to be spoken to: the signatures it is known to take, since when, and when it is its turn."""

    host: str
    scheme: str
    scheme_at: int
    next_at: int


def ways(tx: Tx, hosts: Collection[str]) -> dict[str, Way]:
    """By host; those that nothing is known of are not in it."""
    each, found = sorted(hosts), {}
    for start in range(0, len(each), BATCH):
        some = {f"h{n}": host for n, host in enumerate(each[start : start + BATCH])}
        for row in tx.all(
            f"""SELECT host, scheme, scheme_at, next_at FROM peer
                WHERE host IN ({", ".join(f":{name}" for name in some)}) AND (scheme <> '' OR next_at > 0)""",
            **some,
        ):
            found[row["host"]] = as_(Way, row)
    return found


def succeeded(tx: Tx, *hosts: str) -> None:
    """They took what we sent. After a time of trouble, what waited for one of them goes out now."""
    each = sorted(set(hosts))
    for start in range(0, len(each), BATCH):
        some = {f"h{n}": host for n, host in enumerate(each[start : start + BATCH])}
        names = [f":{name}" for name in some]
        back = tx.all(
            f"SELECT host FROM peer WHERE host IN ({', '.join(names)}) AND failures >= :troubled",
            troubled=TROUBLED, **some,
        )  # fmt: skip
        tx.run(
            f"""INSERT INTO peer (host, last_ok) VALUES {", ".join(f"({name}, :now)" for name in names)}
                ON CONFLICT (host) DO UPDATE SET last_ok = excluded.last_ok, failures = 0, open_until = 0""",
            now=now(), **some,
        )  # fmt: skip
        for row in back:
            jobs.hurry(tx, row["host"])


def failed(tx: Tx, host: str, error: str) -> int:
    """It did not answer, or not sensibly. Returns until when it is left alone now (0: it is not)."""
    before, at = get(tx, host), now()
    failures, resting = (before.failures, before.open_until) if before else (0, 0)
    if resting <= at:  # what was still under way when the rest began says nothing new
        failures += 1
        resting = at + _rest(failures) if failures >= TROUBLED else 0
    tx.run(
        """INSERT INTO peer (host, failures, open_until, last_failed, last_error)
           VALUES (:host, :failures, :resting, :at, :error)
           ON CONFLICT (host) DO UPDATE SET failures = excluded.failures, open_until = excluded.open_until,
             last_failed = excluded.last_failed, last_error = excluded.last_error""",
        host=host, failures=failures, resting=resting, at=at, error=error[:500],
    )  # fmt: skip
    return resting


def pause(tx: Tx, host: str, until: int) -> None:
    """It asked for a rest (`Retry-After`): a day at most, and no failure."""
    at = now()
    tx.run(
        """INSERT INTO peer (host, open_until, last_ok) VALUES (:host, :until, :at)
           ON CONFLICT (host) DO UPDATE SET last_ok = excluded.last_ok,
             open_until = CASE WHEN peer.open_until > excluded.open_until THEN peer.open_until
                               ELSE excluded.open_until END""",
        host=host, until=min(until, at + LONGEST_REST), at=at,
    )  # fmt: skip


def pace(tx: Tx, host: str, next_at: int) -> None:
    """It counts our requests, and how many it still takes has been said: the next one goes at `next_at`, not before.

    0 when there is no need to go slowly any more.
    """
    at = now()
    tx.run(
        """INSERT INTO peer (host, next_at, last_ok) VALUES (:host, :next_at, :at)
           ON CONFLICT (host) DO UPDATE SET next_at = excluded.next_at""",
        host=host, next_at=min(next_at, at + LONGEST_REST), at=at,
    )  # fmt: skip


def heard(tx: Tx, host: str) -> None:
    """It spoke to us, so it is up: if we were leaving it alone because of failures, try it now."""
    woken = tx.run(
        "UPDATE peer SET open_until = 0 WHERE host = :host AND open_until > :now AND failures >= :troubled",
        host=host, now=now(), troubled=TROUBLED,
    )  # fmt: skip
    if woken:
        jobs.hurry(tx, host)


def try_now(tx: Tx, host: str) -> int:
    """A steward thinks that it is up: what failed there is tried at once. Returns how many jobs that is.

    Who asked us to wait is still left alone for as long as it said.
    """
    tx.run("UPDATE peer SET open_until = 0 WHERE host = :host AND failures > 0", host=host)
    return jobs.hurry(tx, host)


def describe(
    tx: Tx, host: str, *, software: str | None = None, profile: str | None = None, scheme: str | None = None
) -> None:
    """Keep what was learnt about it: its software and profile, or the signatures it accepts."""
    said = {"software": software, "profile": profile, "scheme": scheme}
    known = {name: value[:200] for name, value in said.items() if value is not None}
    known_at = {"checked"} if software is not None or profile is not None else set()
    known_at |= {"scheme_at"} if scheme is not None else set()
    fields: dict[str, object] = known | dict.fromkeys(known_at, now())
    columns = list(fields)
    if columns:
        tx.run(
            f"""INSERT INTO peer (host, {", ".join(columns)}) VALUES (:host, {", ".join(f":{c}" for c in columns)})
                ON CONFLICT (host) DO UPDATE SET {", ".join(f"{c} = excluded.{c}" for c in columns)}""",
            host=host, **fields,
        )  # fmt: skip


def prefer(tx: Tx, host: str, scheme: str) -> None:
    """It says that it takes signatures of this sort: try that first, unless we know what it takes."""
    known = get(tx, host)
    if known is None or not known.scheme or now() - known.scheme_at >= SAID_AGAIN:
        describe(tx, host, scheme=scheme)


def get(tx: Tx, host: str) -> Peer | None:
    row = tx.one("SELECT * FROM peer WHERE host = :host", host=host)
    return None if row is None else as_(Peer, row)


def all(tx: Tx, limit: int = 1000) -> list[Peer]:
    """By name, each with how many jobs wait for it."""
    rows = tx.all(
        """SELECT p.*, (SELECT count(*) FROM job j WHERE j.dead = 0 AND j.host = p.host) AS waiting
           FROM peer p ORDER BY p.host LIMIT :limit""",
        limit=limit,
    )  # fmt: skip
    return [as_(Peer, row) for row in rows]


def sweep(tx: Tx) -> int:
    """Forget servers that nothing was heard of or tried with for 45 days, and of too many those that took nothing
    for longest. Returns how many."""
    old = " AND ".join(f"{clock} < :old" for clock in _CLOCKS)
    gone = tx.run(f"DELETE FROM peer WHERE {old} AND open_until < :now", old=now() - KEPT, now=now())
    return gone + tx.run(
        """DELETE FROM peer WHERE (last_ok, last_failed, host) <=
             (SELECT last_ok, last_failed, host FROM peer
              ORDER BY last_ok DESC, last_failed DESC, host DESC LIMIT 1 OFFSET :most)""",
        most=MOST,
    )  # fmt: skip


def _rest(failures: int) -> int:
    return min(FIRST_REST << min(failures - TROUBLED, 10), LONGEST_REST)
