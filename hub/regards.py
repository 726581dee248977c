"""What somebody makes of others for themselves: notes about them, whom their page shows, who knows them too."""

from hub import actors, people
from hub.clock import now
from hub.errors import N_, NotFound
from hub.ids import new_id
from hub.store import Tx
from hub.text import clean_words

REMARK = 2000  # characters
PAGE = 40
FAMILIAR = 5  # of those whom I follow, how many are named
_AFTER = 2**63 - 1


def remark(tx: Tx, me: int, about: int, words: str) -> str:
    """Note something down about somebody, which nobody else reads; nothing to forget it."""
    people.require(tx, me, "resident")
    actors.get(tx, about)
    words = clean_words(words, longest=REMARK, field="comment")
    if words:
        tx.run(
            """INSERT INTO remark (account, about, words) VALUES (:me, :about, :words)
               ON CONFLICT (account, about) DO UPDATE SET words = excluded.words""",
            me=me, about=about, words=words,
        )  # fmt: skip
    else:
        tx.run("DELETE FROM remark WHERE account = :me AND about = :about", me=me, about=about)
    return words


def of(tx: Tx, me: int, ids: list[int]) -> dict[int, tuple[str, bool]]:
    """What `me` noted about each of these, and whether their page shows them; where there is either."""
    named = {f"i{n}": id for n, id in enumerate(dict.fromkeys(ids))}
    if not named:
        return {}
    rows = tx.all(
        f"""SELECT a.id, coalesce(r.words, '') AS words, e.id AS shown FROM actor a
            LEFT JOIN remark r ON r.account = :me AND r.about = a.id
            LEFT JOIN endorsement e ON e.account = :me AND e.actor = a.id
            WHERE a.id IN ({", ".join(f":{name}" for name in named)})""",
        me=me, **named,
    )  # fmt: skip
    return {row["id"]: (row["words"], row["shown"] is not None) for row in rows}


def endorse(tx: Tx, me: int, other: int) -> None:
    """Show somebody whom one follows on one's own page."""
    people.require(tx, me, "resident")
    if actors.follows(tx, me, other) != "accepted":
        raise NotFound(N_("Follow them first, then your page can show them."))
    tx.run(
        """INSERT INTO endorsement (account, actor, id) VALUES (:me, :other, :id)
           ON CONFLICT (account, actor) DO NOTHING""",
        me=me, other=other, id=new_id(),
    )  # fmt: skip


def unendorse(tx: Tx, me: int, other: int) -> None:
    tx.run("DELETE FROM endorsement WHERE account = :me AND actor = :other", me=me, other=other)


def endorsed(tx: Tx, who: int, *, before: int | None = None, limit: int = PAGE) -> list[tuple[int, int]]:
    """Whom somebody's page shows: actors, and the number to page by."""
    rows = tx.all(
        """SELECT e.actor, e.id FROM endorsement e JOIN actor a ON a.id = e.actor
           WHERE e.account = :who AND e.id < :before AND a.removed IS NULL ORDER BY e.id DESC LIMIT :limit""",
        who=who, before=before or _AFTER, limit=limit,
    )  # fmt: skip
    return [(row["actor"], row["id"]) for row in rows]


def familiar(tx: Tx, me: int, other: int) -> list[int]:
    """Those whom I follow and who follow them, as far as these show whom they follow."""
    rows = tx.all(
        """SELECT a.id FROM follow mine JOIN follow theirs ON theirs.follower = mine.followed
             JOIN actor a ON a.id = mine.followed
           WHERE mine.follower = :me AND mine.state = 'accepted' AND theirs.followed = :other
             AND theirs.state = 'accepted' AND a.hides = 0 AND a.removed IS NULL ORDER BY a.id LIMIT :limit""",
        me=me, other=other, limit=FAMILIAR,
    )  # fmt: skip
    return [row["id"] for row in rows]


# --- lists of people, by the number of what binds them ------------------------------------------------


def followers(
    tx: Tx, me: int, who: int, *, before: int | None = None, limit: int = PAGE
) -> list[tuple[int, int]]:  # fmt: skip
    """Who follows somebody, newest first; nobody, where they do not show it to others.

    Who follows the hub or a project is for its moderators to know: they have a page of it.
    """
    if _hidden(tx, me, who) or actors.get(tx, who).kind != "person":
        return []
    rows = tx.all(
        """SELECT f.follower, f.id FROM follow f JOIN actor a ON a.id = f.follower
           WHERE f.followed = :who AND f.state = 'accepted' AND f.id < :before AND a.removed IS NULL
           ORDER BY f.id DESC LIMIT :limit""",
        who=who, before=before or _AFTER, limit=limit,
    )  # fmt: skip
    return [(row["follower"], row["id"]) for row in rows]


def following(tx: Tx, me: int, who: int, *, before: int | None = None, limit: int = PAGE) -> list[tuple[int, int]]:
    """Whom somebody follows, likewise."""
    if _hidden(tx, me, who):
        return []
    rows = tx.all(
        """SELECT f.followed, f.id FROM follow f JOIN actor a ON a.id = f.followed
           WHERE f.follower = :who AND f.state = 'accepted' AND f.id < :before AND a.removed IS NULL
           ORDER BY f.id DESC LIMIT :limit""",
        who=who, before=before or _AFTER, limit=limit,
    )  # fmt: skip
    return [(row["followed"], row["id"]) for row in rows]


def blocked(tx: Tx, me: int, *, before: int | None = None, limit: int = PAGE) -> list[tuple[int, int]]:
    rows = tx.all(
        "SELECT blocked, id FROM block WHERE blocker = :me AND id < :before ORDER BY id DESC LIMIT :limit",
        me=me, before=before or _AFTER, limit=limit,
    )  # fmt: skip
    return [(row["blocked"], row["id"]) for row in rows]


def muted(tx: Tx, me: int, *, before: int | None = None, limit: int = PAGE) -> list[tuple[int, int, int | None]]:
    """Whom `me` does not want to hear: actors, the number to page by, and until when (ms)."""
    rows = tx.all(
        """SELECT muted, id, ends FROM mute WHERE account = :me AND id < :before AND (ends IS NULL OR ends > :now)
           ORDER BY id DESC LIMIT :limit""",
        me=me, before=before or _AFTER, now=now(), limit=limit,
    )  # fmt: skip
    return [(row["muted"], row["id"], row["ends"]) for row in rows]


def muted_domains(tx: Tx, me: int, *, before: int | None = None, limit: int = 100) -> list[tuple[str, int]]:
    rows = tx.all(
        "SELECT domain, id FROM muted_domain WHERE account = :me AND id < :before ORDER BY id DESC LIMIT :limit",
        me=me, before=before or _AFTER, limit=limit,
    )  # fmt: skip
    return [(row["domain"], row["id"]) for row in rows]


def _hidden(tx: Tx, me: int, who: int) -> bool:
    """Whether they keep it from `me`: to themselves, or because they have blocked them."""
    them = actors.get(tx, who)
    row = tx.one("SELECT 1 AS x FROM block WHERE blocker = :who AND blocked = :me", who=who, me=me)
    return me != who and (them.hides or row is not None)
