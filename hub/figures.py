"""How much goes on here, in numbers that name nobody, and which servers we know."""

import msgspec

from hub import blocks
from hub.clock import DAY, now
from hub.store import Tx

WEEK = 7 * DAY
WEEKS = 12
_SAID = "local = 1 AND removed IS NULL AND hidden = 0 AND kind <> 'companion'"


class Figures(msgspec.Struct, frozen=True):
    """People with an account, those who used it within thirty days, what was said here, servers that we know."""

    people: int
    month: int
    said: int
    domains: int


class Week(msgspec.Struct, frozen=True):
    """`begins` in ms UTC; what was said here in it, who signed in, who joined."""

    begins: int
    said: int
    signed_in: int
    joined: int


def now_(tx: Tx) -> Figures:
    row = tx.one(
        f"""SELECT (SELECT count(*) FROM account WHERE closed IS NULL) AS people,
              (SELECT count(*) FROM account c WHERE c.closed IS NULL AND (
                 EXISTS (SELECT 1 FROM session s WHERE s.account = c.actor AND s.seen > :month)
                 OR EXISTS (SELECT 1 FROM token k WHERE k.account = c.actor AND k.used > :month))) AS month,
              (SELECT count(*) FROM thing WHERE {_SAID}) AS said,
              (SELECT count(DISTINCT domain) FROM actor WHERE local = 0 AND removed IS NULL) AS domains""",
        month=now() - 30 * DAY,
    )  # fmt: skip
    assert row is not None
    return Figures(row["people"], row["month"], row["said"], row["domains"])


def weeks(tx: Tx) -> list[Week]:
    """The last twelve, this one first."""
    first = now() // WEEK * WEEK - (WEEKS - 1) * WEEK
    said = tx.all(
        f"""SELECT published / {WEEK} AS week, count(*) AS n FROM thing WHERE {_SAID} AND published >= :first
            GROUP BY published / {WEEK}""",
        first=first,
    )  # fmt: skip
    signed = tx.all(
        f"""SELECT created / {WEEK} AS week, count(DISTINCT account) AS n FROM session WHERE created >= :first
            GROUP BY created / {WEEK}""",
        first=first,
    )  # fmt: skip
    joined = tx.all(
        f"""SELECT created / {WEEK} AS week, count(*) AS n FROM account WHERE created >= :first
            GROUP BY created / {WEEK}""",
        first=first,
    )  # fmt: skip
    counts = [{row["week"] * WEEK: row["n"] for row in rows} for rows in (said, signed, joined)]
    days = [first + n * WEEK for n in range(WEEKS)]
    return [Week(day, *(each.get(day, 0) for each in counts)) for day in reversed(days)]


def peers(tx: Tx) -> list[str]:
    """Every server whose people we know, but for those that are kept out."""
    rows = tx.all("SELECT DISTINCT domain FROM actor WHERE local = 0 AND removed IS NULL ORDER BY domain LIMIT 20000")
    out = blocks.kept_out(tx, [row["domain"] for row in rows])
    return [row["domain"] for row in rows if row["domain"] not in out]
