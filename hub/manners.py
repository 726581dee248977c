"""What other servers' answers taught us of them: how they want to be asked, and what their clocks say."""

import msgspec

from hub.clock import DAY, MINUTE, now
from hub.store import Tx, as_

REMEMBERED = 30 * DAY  # how long a way of asking is taken for granted
KEPT = 45 * DAY
MOST = 50_000  # servers
TELLING = DAY  # how long what a clock said is worth a word
NOTICED = 5 * MINUTE  # clocks that differ by less may be right


class Clock(msgspec.Struct, frozen=True):
    """By how many milliseconds our clock is `ahead` of a server's that refused us; less than 0 when it is behind."""

    host: str
    ahead: int


def asking(tx: Tx, host: str) -> str:
    """The way of asking that worked there lately; "" for the usual one."""
    row = tx.one("SELECT asking, asking_at FROM manner WHERE host = :host", host=host)
    return row["asking"] if row is not None and now() - row["asking_at"] < REMEMBERED else ""


def ask_by(tx: Tx, host: str, way: str) -> None:
    """Keep which way of asking worked."""
    tx.run(
        """INSERT INTO manner (host, asking, asking_at) VALUES (:host, :way, :now)
           ON CONFLICT (host) DO UPDATE SET asking = excluded.asking, asking_at = excluded.asking_at""",
        host=host, way=way, now=now(),
    )  # fmt: skip


def clock(tx: Tx, host: str, ahead: int) -> None:
    """Keep by how much our clock was ahead of one whose server refused what we sent."""
    tx.run(
        """INSERT INTO manner (host, ahead, ahead_at) VALUES (:host, :ahead, :now)
           ON CONFLICT (host) DO UPDATE SET ahead = excluded.ahead, ahead_at = excluded.ahead_at""",
        host=host, ahead=ahead, now=now(),
    )  # fmt: skip


def clocks(tx: Tx, limit: int = 20) -> list[Clock]:
    """Servers that refused us within a day and whose clocks are minutes from ours."""
    rows = tx.all(
        """SELECT m.host, m.ahead FROM manner m LEFT JOIN peer p ON p.host = m.host
           WHERE m.ahead_at > :since AND m.ahead_at >= coalesce(p.last_ok, 0) AND abs(m.ahead) >= :noticed
           ORDER BY m.ahead_at DESC, m.host LIMIT :limit""",
        since=now() - TELLING, noticed=NOTICED, limit=limit,
    )  # fmt: skip
    return [as_(Clock, row) for row in rows]


def sweep(tx: Tx) -> int:
    """Forget what was learnt more than 45 days ago, and of too many the oldest. Returns of how many servers."""
    gone = tx.run("DELETE FROM manner WHERE asking_at < :old AND ahead_at < :old", old=now() - KEPT)
    return gone + tx.run(
        """DELETE FROM manner WHERE (asking_at, ahead_at, host) <=
             (SELECT asking_at, ahead_at, host FROM manner
              ORDER BY asking_at DESC, ahead_at DESC, host DESC LIMIT 1 OFFSET :most)""",
        most=MOST,
    )  # fmt: skip
