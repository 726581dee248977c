"""What a steward tells everybody who uses the hub: that it will be away, that there is something new."""

import msgspec

from hub import people
from hub.changes import Kind, record
from hub.clock import now
from hub.errors import N_, Invalid, NotFound
from hub.ids import new_id
from hub.packing import pack, unpack
from hub.store import Row, Tx
from hub.text import Text, clean_text

LONGEST = 2000  # characters, in each language


class Draft(msgspec.Struct, frozen=True):
    """The form. `begins`, `ends`: when it is shown (ms UTC); not said: at once, and until it is taken down."""

    words: Text
    begins: int | None = None
    ends: int | None = None


class Announcement(msgspec.Struct, frozen=True):
    """`read`: whoever asked has put it away."""

    id: int
    words: Text
    begins: int | None
    ends: int | None
    published: int
    updated: int
    read: bool = False

    @property
    def over(self) -> bool:
        return self.ends is not None and self.ends <= now()

    @property
    def waits(self) -> bool:
        return self.begins is not None and self.begins > now()


def publish(tx: Tx, who: int, draft: Draft) -> Announcement:
    """Tell everybody. Stewards may. Raises `Invalid` naming the field."""
    people.require(tx, who, "steward")
    draft, id = _checked(draft), new_id()
    tx.run(
        """INSERT INTO announcement (id, words, begins, ends, writer, published, updated)
           VALUES (:id, :words, :begins, :ends, :who, :now, :now)""",
        id=id, words=pack(draft.words), begins=draft.begins, ends=draft.ends, who=who, now=now(),
    )  # fmt: skip
    record(tx, Kind.ANNOUNCED, subject=id, actor=who)
    return get(tx, id)


def remove(tx: Tx, who: int, id: int) -> None:
    """Nobody is told any more. Stewards may."""
    people.require(tx, who, "steward")
    if not tx.run("UPDATE announcement SET removed = :now WHERE id = :id AND removed IS NULL", id=id, now=now()):
        raise NotFound(N_("There is no such announcement."))
    record(tx, Kind.ANNOUNCEMENT_REMOVED, subject=id, actor=who)


def get(tx: Tx, id: int) -> Announcement:
    row = tx.one("SELECT a.*, NULL AS seen FROM announcement a WHERE a.id = :id AND a.removed IS NULL", id=id)
    if row is None:
        raise NotFound(N_("There is no such announcement."))
    return _announcement(row)


def all_(tx: Tx, who: int) -> list[Announcement]:
    """Those that wait, too, and those that are over. Stewards may see them."""
    people.require(tx, who, "steward")
    rows = tx.all("SELECT a.*, NULL AS seen FROM announcement a WHERE a.removed IS NULL ORDER BY a.id DESC LIMIT 100")
    return [_announcement(row) for row in rows]


def current(tx: Tx, me: int, *, read: bool = False) -> list[Announcement]:
    """What is to be told `me` now, the newest first. `read`: also what they have put away."""
    rows = tx.all(
        """SELECT a.*, r.announcement AS seen FROM announcement a
             LEFT JOIN announcement_read r ON r.announcement = a.id AND r.account = :me
           WHERE a.removed IS NULL AND (a.begins IS NULL OR a.begins <= :now) AND (a.ends IS NULL OR a.ends > :now)
             AND (:read = 1 OR r.announcement IS NULL) ORDER BY a.id DESC LIMIT 40""",
        me=me, now=now(), read=int(read),
    )  # fmt: skip
    return [_announcement(row) for row in rows]


def dismiss(tx: Tx, me: int, id: int) -> None:
    """They have read it."""
    get(tx, id)
    tx.run(
        """INSERT INTO announcement_read (account, announcement) VALUES (:me, :id)
           ON CONFLICT (account, announcement) DO NOTHING""",
        me=me, id=id,
    )  # fmt: skip


def _checked(draft: Draft) -> Draft:
    words = clean_text(draft.words, longest=LONGEST, field="words")
    if not words:
        raise Invalid(N_("Write something first."), field="words")
    if draft.ends is not None and draft.ends <= max(draft.begins or 0, now()):
        raise Invalid(N_("It should end after it begins, and not in the past."), field="ends")
    return msgspec.structs.replace(draft, words=words)


def _announcement(row: Row) -> Announcement:
    return Announcement(
        id=row["id"], words=unpack(row["words"], Text), begins=row["begins"], ends=row["ends"],
        published=row["published"], updated=row["updated"], read=row["seen"] is not None,
    )  # fmt: skip
