"""Leaving for good: a week to think better of it, then everything of theirs goes, here and as far as others listen."""

from hub import actors, apps, people, things, waiting
from hub.changes import Kind, record
from hub.clock import DAY, now
from hub.errors import Conflict
from hub.store import Tx

THINKS = 7 * DAY
# What is theirs alone and nobody else's, by the column that says so.
_ALONE = (
    ("bookmark", "account"), ("pin", "account"), ("home", "account"), ("notice", "account"), ("mute", "account"),
    ("muted_domain", "account"), ("muted_thread", "account"), ("draft", "account"), ("session", "account"),
    ("link", "account"), ("import", "account"), ("visit", "actor"), ("trusted", "actor"),
)  # fmt: skip


def begin(tx: Tx, who: int) -> int:
    """Go in a week. Until then nothing is lost, and signing in is all it takes to stay. Returns when (ms UTC).

    Raises `Conflict` when no steward would be left.
    """
    account = people.require(tx, who, "resident")
    people.keep_a_steward(tx, account)
    when = now() + THINKS
    tx.run("UPDATE account SET leaving = :when WHERE actor = :who AND leaving IS NULL", when=when, who=who)
    found = due(tx, who)
    assert found is not None
    return found


def stay(tx: Tx, who: int) -> bool:
    """Think better of it. False when they were not leaving."""
    people.require(tx, who, "resident")
    return bool(tx.run("UPDATE account SET leaving = NULL WHERE actor = :who AND leaving IS NOT NULL", who=who))


def due(tx: Tx, who: int) -> int | None:
    """When somebody goes; `None` for who stays."""
    row = tx.one("SELECT leaving FROM account WHERE actor = :who", who=who)
    return int(row["leaving"]) if row and row["leaving"] is not None else None


def over(tx: Tx, limit: int = 5) -> int:
    """Those whose week is over go. Run every hour; returns how many."""
    rows = tx.all(
        "SELECT actor FROM account WHERE leaving <= :now AND closed IS NULL ORDER BY leaving LIMIT :limit",
        now=now(), limit=limit,
    )  # fmt: skip
    for row in rows:
        try:
            go(tx, row["actor"])
        except Conflict:  # the last steward: somebody else has to become one first
            tx.run("UPDATE account SET leaving = NULL WHERE actor = :who", who=row["actor"])
    _forget_ties(tx)
    return len(rows)


def _forget_ties(tx: Tx) -> None:
    """Whom they followed, liked and were named by, a day later: until then that says who is to hear of it."""
    rows = tx.all(
        """SELECT actor FROM account c WHERE closed < :old AND password = '' AND email LIKE 'gone-%'
             AND EXISTS (SELECT 1 FROM actor a WHERE a.id = c.actor AND a.hides = 0) LIMIT 20""",
        old=now() - DAY,
    )
    for row in rows:
        tx.run("DELETE FROM reaction WHERE actor = :who", who=row["actor"])
        tx.run("DELETE FROM mention WHERE actor = :who", who=row["actor"])
        tx.run("DELETE FROM follow WHERE follower = :who OR followed = :who", who=row["actor"])
        tx.run("UPDATE actor SET hides = 1 WHERE id = :who", who=row["actor"])  # nothing of them is left to be shown


def go(tx: Tx, who: int) -> None:
    """Now, and for good. Their name is never given to anybody else; what they did for the hub stays the hub's."""
    account = people.get(tx, who)
    people.keep_a_steward(tx, account)
    _take_back(tx, who)
    _part(tx, who)
    for table, column in _ALONE:
        tx.run(_DELETE[table, column], who=who)
    tx.run("DELETE FROM list_member WHERE list IN (SELECT id FROM list WHERE account = :who)", who=who)
    tx.run("DELETE FROM list WHERE account = :who", who=who)
    tx.run(
        """UPDATE account SET closed = :now, leaving = NULL, email = :nowhere, password = '', wishes = '{}',
             language = '', note = '', fields = '[]', unread = NULL WHERE actor = :who""",
        now=now(), nowhere=f"gone-{who}", who=who,
    )  # fmt: skip
    tx.run(
        """UPDATE actor SET name = '{}', summary = '{}', facts = '[]', picture = NULL, header = NULL, discoverable = 0,
             indexable = 0, also = '[]', hides = 0 WHERE id = :who""",
        who=who,
    )
    apps.end_all(tx, who)
    actors.retire(tx, who)
    record(tx, Kind.ACTOR_REMOVED, subject=who, actor=who)


def _take_back(tx: Tx, who: int) -> None:
    """What they said and shared. What they liked goes a day later."""
    for row in tx.all("SELECT id FROM thing WHERE author = :who AND removed IS NULL", who=who):
        things.take_down(tx, row["id"])
        tx.run("DELETE FROM home WHERE thing = :id", id=row["id"])
        # Other servers are told once, that they are gone, and not of a thousand posts.
        record(tx, Kind.POST_REMOVED, subject=row["id"], actor=who, quiet=True)
    for row in tx.all("SELECT id FROM reaction WHERE actor = :who AND kind = 'share'", who=who):
        tx.run("DELETE FROM home WHERE id = :id", id=row["id"])


def _part(tx: Tx, who: int) -> None:
    """Whom they follow, who follows them, and where they said that they would come or help."""
    tx.run("DELETE FROM block WHERE blocker = :who OR blocked = :who", who=who)
    tx.run("DELETE FROM notice WHERE actor = :who", who=who)
    waiting.withdraw_all(tx, who)
    tx.run("DELETE FROM answer WHERE actor = :who AND state IN ('offered', 'declined', 'withdrawn')", who=who)
    tx.run("DELETE FROM ballot WHERE actor = :who", who=who)


_DELETE = {(table, column): f"DELETE FROM {table} WHERE {column} = :who" for table, column in _ALONE}
