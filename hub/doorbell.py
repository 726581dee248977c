"""Who may ring at once, and who waits until they are let in: what somebody has said of strangers and newcomers.

What waits is kept, and asked about one person at a time: yes, and all of it is told; no, and it is gone.
"""

import msgspec

from hub import actors, blocks
from hub.clock import DAY, now
from hub.errors import N_, Invalid, NotFound
from hub.packing import pack, unpack
from hub.store import Row, Tx

ACCEPT, FILTER, DROP = SAYS = ("accept", "filter", "drop")
NEW = 30 * DAY  # since when somebody is here, or known to us
NEW_FOLLOWER = 3 * DAY
ALWAYS = frozenset({"poll", "update", "admin.sign_up", "admin.report"})  # kinds that no policy holds up
PAGE = 40


class Policy(msgspec.Struct, frozen=True):
    """What becomes of what comes from each sort of people: "accept", "filter" (they are asked first) or "drop"."""

    for_not_following: str = ACCEPT
    for_not_followers: str = ACCEPT
    for_new_accounts: str = ACCEPT
    for_private_mentions: str = FILTER
    for_limited_accounts: str = FILTER


class Asking(msgspec.Struct, frozen=True):
    """Somebody whose notices wait. `id` is theirs; `last` the newest thing that it is about; times in ms UTC."""

    id: int
    count: int
    first_at: int
    last_at: int
    last: int | None


def policy(tx: Tx, me: int) -> Policy:
    row = tx.one("SELECT wishes FROM notice_policy WHERE account = :me", me=me)
    return unpack(row["wishes"], Policy) if row else Policy()


def set_policy(tx: Tx, me: int, **wishes: str) -> Policy:
    """Change some of it. Raises `Invalid` naming what has no such answer."""
    for name, wish in wishes.items():
        if wish not in SAYS:
            raise Invalid(N_("Choose accept, filter or drop."), field=name)
    wished = msgspec.structs.replace(policy(tx, me), **wishes)
    tx.run(
        """INSERT INTO notice_policy (account, wishes) VALUES (:me, :wishes)
           ON CONFLICT (account) DO UPDATE SET wishes = excluded.wishes""",
        me=me, wishes=pack(wished),
    )  # fmt: skip
    return wished


def judge(tx: Tx, me: int, actor: int, kind: str, thing: int | None) -> str:
    """What becomes of a notice for `me` about what `actor` did."""
    if kind in ALWAYS:
        return ACCEPT
    wished, them = policy(tx, me), actors.get(tx, actor)
    if them.local and them.kind != "person":  # the hub and its projects are no strangers
        return ACCEPT
    row = tx.one(_FACTS, me=me, them=actor, thing=thing or 0, old=now() - NEW_FOLLOWER)
    assert row is not None
    if row["welcome"]:
        return ACCEPT
    follows = bool(row["follows"])
    said = [wished.for_not_following if not follows else ACCEPT]
    said.append(wished.for_not_followers if not row["followed"] else ACCEPT)
    said.append(wished.for_new_accounts if not follows and them.created > now() - NEW else ACCEPT)
    said.append(wished.for_private_mentions if not follows and row["uninvited"] else ACCEPT)
    if not follows and not them.local and blocks.level(tx, them.domain):
        said.append(wished.for_limited_accounts)
    return max(said, key=SAYS.index)


def asking(tx: Tx, me: int, *, before: int | None = None, after: int | None = None, limit: int = PAGE) -> list[Asking]:
    """Whose notices wait, by the number of who it is, highest first."""
    up = after is not None
    rows = tx.all(
        f"""{_ASKING} AND actor < :before AND actor > :after GROUP BY actor
            ORDER BY actor {"ASC" if up else "DESC"} LIMIT :n""",
        me=me, before=before or 2**63 - 1, after=after or 0, n=limit,
    )  # fmt: skip
    return [_asking(row) for row in (rows[::-1] if up else rows)]


def asked(tx: Tx, me: int, actor: int) -> Asking:
    row = tx.one(f"{_ASKING} AND actor = :actor GROUP BY actor", me=me, actor=actor)
    if row is None:
        raise NotFound(N_("Record not found"))
    return _asking(row)


def waiting(tx: Tx, me: int) -> tuple[int, int]:
    """How many ask, and how many notices wait."""
    row = tx.one(
        "SELECT count(DISTINCT actor) AS who, count(*) AS n FROM notice WHERE account = :me AND filtered = 1", me=me
    )
    return (row["who"], row["n"]) if row else (0, 0)


def let_in(tx: Tx, me: int, actor: int) -> None:
    """Yes: what waited is told, and what they do from now on too."""
    actors.get(tx, actor)
    tx.run(
        "INSERT INTO notice_welcome (account, actor) VALUES (:me, :actor) ON CONFLICT DO NOTHING", me=me, actor=actor
    )
    tx.run("UPDATE notice SET filtered = 0 WHERE account = :me AND actor = :actor AND filtered = 1", me=me, actor=actor)


def send_away(tx: Tx, me: int, actor: int) -> None:
    """No: what waited is gone."""
    tx.run("DELETE FROM notice WHERE account = :me AND actor = :actor AND filtered = 1", me=me, actor=actor)


# `uninvited`: it was said to me alone, and not in answer to anything of mine.
_FACTS = """
SELECT (SELECT count(*) FROM notice_welcome WHERE account = :me AND actor = :them) AS welcome,
  (SELECT count(*) FROM follow WHERE follower = :me AND followed = :them AND state = 'accepted') AS follows,
  (SELECT count(*) FROM follow WHERE follower = :them AND followed = :me AND state = 'accepted' AND at <= :old)
    AS followed,
  (SELECT count(*) FROM thing t LEFT JOIN thing p ON p.uri = t.reply_to
   WHERE t.id = :thing AND t.audience = 'direct' AND coalesce(p.author, 0) <> :me) AS uninvited
"""
_ASKING = """SELECT actor, count(*) AS n, min(at) AS first_at, max(at) AS last_at, max(thing) AS last
             FROM notice WHERE account = :me AND filtered = 1"""


def _asking(row: Row) -> Asking:
    return Asking(row["actor"], row["n"], row["first_at"], row["last_at"], row["last"])
