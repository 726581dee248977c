"""Who may see what: everybody what is public, others what was said to them, or to those who follow its author.

`SEEN` is the one rule, for the app and for the page: a thing `t` as the actor `:me` may see it (0 for a stranger).
"""

from hub import things
from hub.clock import now
from hub.errors import N_, NotFound
from hub.kept import PRIVATE
from hub.store import Tx
from hub.things import Thing

_TO_ME = "EXISTS (SELECT 1 FROM mention y WHERE y.thing = t.id AND y.actor = :me)"
_I_FOLLOW = "EXISTS (SELECT 1 FROM follow y WHERE y.follower = :me AND y.followed = t.author AND y.state = 'accepted')"
_FOR_ME = f"""t.removed IS NULL AND (t.hidden = 0 OR t.author = :me
  OR (t.hidden = {PRIVATE} AND ({_TO_ME} OR (t.audience = 'followers' AND {_I_FOLLOW}))))"""
_LET_IN = "NOT EXISTS (SELECT 1 FROM block y WHERE y.blocker = t.author AND y.blocked = :me)"
SEEN = f"{_FOR_ME} AND {_LET_IN}"
# Whose words `:me` does not want to see in a list (`:now` in ms); `a` is the author.
WANTED = """NOT EXISTS (SELECT 1 FROM block y WHERE y.blocker = :me AND y.blocked = t.author)
  AND NOT EXISTS (SELECT 1 FROM mute y WHERE y.account = :me AND y.muted = t.author
    AND (y.ends IS NULL OR y.ends > :now))
  AND NOT EXISTS (SELECT 1 FROM muted_domain y WHERE y.account = :me AND y.domain = a.domain)"""
# The same rules with what `ease` has found out: most people shut nobody out, and nobody asks it of each thing then.
LET_IN = f"(:welcome = 1 OR {_LET_IN})"
SEEN_WITH_EASE = f"{_FOR_ME} AND {LET_IN}"
WANTED_WITH_EASE = f"(:content = 1 OR ({WANTED}))"
# A line of a list as it is about to be shown: its number; the thing; who shared it, if that is what the line says; when
# the thing was last changed; whose it is, and when they were; the root of its conversation.
Sight = tuple[int, int, int | None, int, int, int, int]
FACTS = "t.updated, t.author, a.updated AS author_updated, coalesce(t.root, t.id) AS root"
NOTHING = N_("There is nothing at this address. It may have been taken down.")


def ease(tx: Tx, me: int) -> dict[str, int]:
    """What need not be asked of each thing: 1 where `me` is `content` (has shut nobody out), `welcome` (nobody has
    shut them out), and reads all `together` (no list apart from the others)."""
    if not me:
        return {"content": 1, "welcome": 1, "together": 1}
    found = tx.lines(
        """SELECT EXISTS (SELECT 1 FROM block WHERE blocker = :me) OR EXISTS (SELECT 1 FROM mute WHERE account = :me)
             OR EXISTS (SELECT 1 FROM muted_domain WHERE account = :me),
             EXISTS (SELECT 1 FROM block WHERE blocked = :me),
             EXISTS (SELECT 1 FROM list WHERE account = :me AND exclusive = 1)""",
        me=me,
    )
    shut, shut_out, apart = found[0]
    return {"content": int(not shut), "welcome": int(not shut_out), "together": int(not apart)}


def get(tx: Tx, me: int, id: int) -> Thing:
    """A thing, if `me` may see it (0: a stranger). Raises the same `NotFound` for what is private and what is not."""
    row = tx.one(f"SELECT {things.COLUMNS} FROM {things.FROM} WHERE t.id = :id AND {SEEN}", id=id, me=me)
    if row is None:
        raise NotFound(NOTHING)
    return things.common(row)


def many(tx: Tx, me: int, ids: list[int]) -> dict[int, Thing]:
    """Those of `ids` that `me` may see."""
    if not ids:
        return {}
    named = {f"i{n}": id for n, id in enumerate(ids)}
    rows = tx.all(
        f"""SELECT {things.COLUMNS} FROM {things.FROM}
            WHERE t.id IN ({", ".join(f":{name}" for name in named)}) AND {SEEN}""",
        me=me, **named,
    )  # fmt: skip
    return {row["id"]: things.common(row) for row in rows}


def thread(tx: Tx, me: int, thing: Thing, limit: int = 400) -> list[Thing]:
    """All of the conversation that a thing stands in, as `me` may see and wants it, oldest first; itself included."""
    root = thing.root or thing.id
    rows = tx.all(
        f"""SELECT {things.COLUMNS} FROM {things.FROM} WHERE (t.id = :root OR t.root = :root)
              AND t.kind <> 'companion' AND {SEEN} AND (t.id = :it OR ({WANTED}))
            ORDER BY t.published, t.id LIMIT :limit""",
        root=root, me=me, it=thing.id, now=now(), limit=limit,
    )  # fmt: skip
    return [things.common(row) for row in rows]
