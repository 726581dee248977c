"""Lists of people that somebody keeps, to read them apart from all others."""

import msgspec

from hub import actors, people
from hub.errors import N_, Conflict, Invalid, NotFound
from hub.ids import new_id
from hub.store import Row, Tx
from hub.text import clean_words

MOST, LONGEST = 50, 100  # lists of one account, characters of a title
POLICIES = ("followed", "list", "none")
ALL = 5000  # members of a list
# Everybody has these two, and nobody changes them. What is in them is asked for anew each time.
WEEK, NEAR = 1, 2
STANDING = {WEEK: N_("On this week"), NEAR: N_("Asks near me")}


class List(msgspec.Struct, frozen=True):
    """A list. `replies`: which answers it shows, to whom one follows, to those on it, or none. `exclusive`: who is on
    it is not on the first page."""

    id: int
    title: str
    replies: str
    exclusive: bool


def all_(tx: Tx, me: int) -> list[List]:
    return [_list(row) for row in tx.all("SELECT * FROM list WHERE account = :me ORDER BY id", me=me)]


def get(tx: Tx, me: int, id: int) -> List:
    """One of mine. Raises the same `NotFound` for somebody else's."""
    row = tx.one("SELECT * FROM list WHERE id = :id AND account = :me", id=id, me=me)
    if row is None:
        raise NotFound(N_("You have no such list."))
    return _list(row)


def standing(id: int) -> List | None:
    """One of those that the hub keeps for everybody. Its title is still to be translated."""
    return List(id, STANDING[id], "list", exclusive=False) if id in STANDING else None


def create(tx: Tx, me: int, title: str, replies: str = "list", *, exclusive: bool = False) -> List:
    people.require(tx, me, "resident")
    title = _checked(title, replies)
    if len(all_(tx, me)) >= MOST:
        raise Conflict(N_("You have as many lists as can be. Delete one first."))
    id = new_id()
    tx.run(
        """INSERT INTO list (id, account, title, replies, exclusive)
           VALUES (:id, :me, :title, :replies, :exclusive)""",
        id=id, me=me, title=title, replies=replies, exclusive=int(exclusive),
    )  # fmt: skip
    return get(tx, me, id)


def change(tx: Tx, me: int, id: int, title: str, replies: str, *, exclusive: bool) -> List:
    get(tx, me, id)
    tx.run(
        "UPDATE list SET title = :title, replies = :replies, exclusive = :exclusive WHERE id = :id",
        id=id, title=_checked(title, replies), replies=replies, exclusive=int(exclusive),
    )  # fmt: skip
    return get(tx, me, id)


def remove(tx: Tx, me: int, id: int) -> None:
    get(tx, me, id)
    tx.run("DELETE FROM list_member WHERE list = :id", id=id)
    tx.run("DELETE FROM list WHERE id = :id", id=id)


def add(tx: Tx, me: int, id: int, ids: list[int]) -> None:
    """Put people on a list. Raises `NotFound` for whom one does not follow, `Conflict` for who is on it."""
    get(tx, me, id)
    for actor in ids:
        if actor != me and actors.follows(tx, me, actor) not in ("accepted", "requested"):
            raise NotFound(N_("Follow them first, then put them on a list."))
        added = tx.run(
            """INSERT INTO list_member (list, actor, id) VALUES (:list, :actor, :id)
               ON CONFLICT (list, actor) DO NOTHING""",
            list=id, actor=actor, id=new_id(),
        )  # fmt: skip
        if not added:
            raise Conflict(N_("They are on this list already."))
    tx.wake()


def take_off(tx: Tx, me: int, id: int, ids: list[int]) -> None:
    get(tx, me, id)
    for actor in ids:
        tx.run("DELETE FROM list_member WHERE list = :id AND actor = :actor", id=id, actor=actor)
    tx.wake()


def members(tx: Tx, me: int, id: int, *, before: int | None = None, limit: int = ALL) -> list[tuple[int, int]]:
    """Who is on it, the last added first: actors, and the number to page by."""
    get(tx, me, id)
    rows = tx.all(
        "SELECT actor, id FROM list_member WHERE list = :list AND id < :before ORDER BY id DESC LIMIT :limit",
        list=id, before=before or 2**63 - 1, limit=limit,
    )  # fmt: skip
    return [(row["actor"], row["id"]) for row in rows]


def with_(tx: Tx, me: int, actor: int) -> list[List]:
    """Which of mine somebody is on."""
    rows = tx.all(
        """SELECT l.* FROM list l JOIN list_member m ON m.list = l.id
           WHERE l.account = :me AND m.actor = :actor ORDER BY l.id""",
        me=me, actor=actor,
    )  # fmt: skip
    return [_list(row) for row in rows]


def _checked(title: str, replies: str) -> str:
    title = clean_words(title, longest=LONGEST, field="title")
    if not title:
        raise Invalid(N_("Give the list a name."), field="title")
    if replies not in POLICIES:
        raise Invalid(N_("Choose one of the answers."), field="replies_policy")
    return title


def _list(row: Row) -> List:
    return List(row["id"], row["title"], row["replies"], bool(row["exclusive"]))
