"""Asks and offers: help wanted, help to be had. Who says "I can help" is for helping.py."""

import msgspec

from hub import people, settings, things
from hub.changes import Kind, record
from hub.clock import DAY, LAST, now
from hub.errors import N_, Conflict, Invalid, NotFound
from hub.places import Area
from hub.store import Row, Tx
from hub.text import Text
from hub.things import Seen, Thing

LIFE, LONGEST_LIFE = 14 * DAY, 90 * DAY
CATEGORIES = (
    "transport", "shopping", "garden", "repairs", "company", "food", "children", "pets", "paperwork", "technology",
    "tools", "skills", "other",
)  # fmt: skip
SAID = {"ask": ("help", "refer", "share"), "offer": ("take", "info")}
HELPS = ("help", "take")


class Draft(msgspec.Struct, frozen=True):
    """The form of an ask or an offer. `due` in ms UTC (by when), `people` how many, `hours` how long each.

    `area_name` is a ward or a neighbourhood, never an address. `vetted`: only people the hub has checked.
    """

    title: Text
    text: Text = msgspec.field(default_factory=dict)
    category: str = "other"
    due: int | None = None
    people: int | None = None
    hours: float | None = None
    area_name: str = ""
    area_code: str = ""
    vetted: bool = False
    days: int = 14
    project: int | None = None
    tags: list[str] = msgspec.field(default_factory=list)


class Details(msgspec.Struct, frozen=True, kw_only=True):
    """What makes a thing an ask or an offer."""

    category: str = "other"
    due: int | None = None
    people: int | None = None
    hours: float | None = None
    vetted: bool = False
    status: str = "open"
    expires: int


class Ask(Thing, frozen=True, kw_only=True):
    """An ask (kind `ask`) or an offer (kind `offer`). `offered` counts the people who would help, `accepted` those of
    them that a coordinator took up, `completed` those of these who have helped. `closed`: since when it is."""

    category: str
    due: int | None
    people: int | None
    hours: float | None
    vetted: bool
    status: str
    expires: int
    closed: int | None
    offered: int
    accepted: int
    completed: int

    @property
    def open(self) -> bool:
        return self.status == "open" and self.expires > now()


_HELPERS = f"answer w WHERE w.ask = t.id AND w.said IN {HELPS}"
_SELECT = f"""
SELECT {things.COLUMNS}, k.category, k.due, k.people, k.hours, k.vetted, k.status, k.expires, k.closed, k.counted,
  (SELECT count(*) FROM {_HELPERS} AND w.state NOT IN ('declined', 'withdrawn')) AS offered,
  (SELECT count(*) FROM {_HELPERS} AND w.state IN ('accepted', 'done', 'thanked')) AS accepted,
  (SELECT count(*) FROM {_HELPERS} AND w.state IN ('done', 'thanked')) AS completed
FROM {things.FROM} JOIN ask k ON k.id = t.id
"""


def publish(tx: Tx, who: int, kind: str, draft: Draft) -> Ask:
    """Publish an ask or an offer in the hub's name, for 14 days if nothing else is said. Organisers may.

    The hub speaks, never the one who needs help: no name, no address, no phone number.
    Raises `Invalid` naming the field.
    """
    people.require(tx, who, "organiser")
    hub = settings.get(tx)
    title, text, details = checked(draft, kind)
    area = Area(draft.area_name, draft.area_code) if draft.area_name or draft.area_code else hub.area
    id = things.create(
        tx, kind, author=hub.actor, title=title, words=text, tags=draft.tags, project=draft.project, area=area
    )
    _keep(tx, id, details)
    record(tx, Kind.ASK_PUBLISHED, subject=id, actor=who)
    return get(tx, id)


def change(tx: Tx, who: int, id: int, draft: Draft) -> Ask:
    people.require(tx, who, "organiser")
    thing = things.ours(tx, id, ("ask", "offer"))
    old = get(tx, id)
    title, text, details = checked(draft, thing.kind)
    things.change(tx, id, title=title, words=text, pictures=[], tags=draft.tags)
    again = old.status == "expired"
    _keep(tx, id, msgspec.structs.replace(details, status="open" if again else old.status))
    record(tx, Kind.ASK_CHANGED, subject=id, actor=who, again=again)
    return get(tx, id)


def close(tx: Tx, who: int, id: int, status: str) -> Ask:
    """It is `matched`, `done` or `withdrawn`. Raises `Conflict` when it was closed before."""
    people.require(tx, who, "organiser")
    things.ours(tx, id, ("ask", "offer"))
    old = get(tx, id)
    if status not in ("matched", "done", "withdrawn"):
        raise Invalid(N_("Say whether it is matched, done or withdrawn."), field="status")
    if old.status not in ("open", "matched", "expired") or old.status == status:
        raise Conflict(N_("This has been closed already."))
    return _close(tx, who, id, status)


def expire(tx: Tx) -> list[int]:
    """Close what nobody has closed in time. Returns their ids; run every hour."""
    late = tx.all(
        """SELECT k.id, t.author FROM ask k JOIN thing t ON t.id = k.id
           WHERE k.status = 'open' AND k.expires <= :now AND t.local = 1 AND t.removed IS NULL LIMIT 100""",
        now=now(),
    )
    for row in late:
        _close(tx, row["author"], row["id"], "expired")
    return [row["id"] for row in late]


def remove(tx: Tx, who: int, id: int) -> None:
    """Take it down for good, here and elsewhere."""
    people.require(tx, who, "moderator")
    things.ours(tx, id, ("ask", "offer"))
    things.take_down(tx, id)
    record(tx, Kind.ASK_REMOVED, subject=id, actor=who)


def mirror(
    tx: Tx,
    author: int,
    kind: str,
    seen: Seen,
    details: Details,
    *,
    project: int | None = None,
    counted: int | None = None,
    personal: bool = False,
) -> int | None:
    """Keep an ask or an offer of another hub; `personal` when only some resident wants it. `None`: no news."""
    before = things.at(tx, seen.uri)
    id = things.mirror(tx, kind, author, seen, project=project, personal=personal)
    if id is None:
        if before and before.by.id == author and before.updated == seen.updated:
            tx.run("UPDATE ask SET counted = :counted WHERE id = :id", counted=counted, id=before.id)
        return None
    _keep(tx, id, details)
    tx.run("UPDATE ask SET counted = :counted WHERE id = :id", counted=counted, id=id)
    record(tx, Kind.ASK_CHANGED if before else Kind.ASK_PUBLISHED, subject=id, actor=author)
    return id


def get(tx: Tx, id: int) -> Ask:
    row = tx.one(f"{_SELECT} WHERE t.id = :id AND t.removed IS NULL", id=id)
    if row is None:
        raise NotFound(N_("There is no such ask or offer. It may have been taken down."))
    return _ask(row)


def open_(tx: Tx, kind: str | None = None, *, project: int | None = None, limit: int = 60) -> list[Ask]:
    """Our open asks and offers, the most urgent first."""
    rows = tx.all(
        f"""{_SELECT} WHERE k.status = 'open' AND k.expires > :now AND t.local = 1 AND {things.VISIBLE}
              AND (:kind = '' OR t.kind = :kind) AND (:project = 0 OR t.project = :project)
            ORDER BY coalesce(k.due, k.expires), t.id LIMIT :limit""",
        now=now(), kind=kind or "", project=project or 0, limit=limit,
    )  # fmt: skip
    return [_ask(row) for row in rows]


def closed(tx: Tx, limit: int = 20) -> list[Ask]:
    """Our last matched and done ones: so that people see that it works."""
    rows = tx.all(
        f"""{_SELECT} WHERE k.status IN ('matched', 'done') AND t.local = 1 AND {things.VISIBLE}
            ORDER BY t.updated DESC, t.id DESC LIMIT :limit""",
        limit=limit,
    )
    return [_ask(row) for row in rows]


def checked(draft: Draft, kind: str) -> tuple[Text, Text, Details]:
    """Title, text and details, cleaned. Raises `Invalid` naming the field."""
    if kind not in SAID:
        raise Invalid(N_("Choose an ask or an offer."), field="kind")
    title, text = things.words_of(draft.title, draft.text)
    if not title:
        raise Invalid(N_("Say in one line what is needed or offered."), field="title")
    if draft.category not in CATEGORIES:
        raise Invalid(N_("Choose what kind of help it is."), field="category")
    if draft.people is not None and not 1 <= draft.people <= 1000:
        raise Invalid(N_("Give a number of people from 1 to 1,000."), field="people")
    if draft.hours is not None and not 0 < draft.hours <= 1000:
        raise Invalid(N_("Give a number of hours above 0, at most 1,000."), field="hours")
    if not 1 <= draft.days <= LONGEST_LIFE // DAY:
        raise Invalid(N_("It can stay open for 1 to 90 days."), field="days")
    if draft.due is not None and not 0 <= draft.due <= LAST:
        raise Invalid(N_("Give a year between 1970 and 9999."), field="due")
    if len(draft.area_name) > 200 or len(draft.area_code) > 20:
        raise Invalid(N_("Name the ward or neighbourhood in at most 200 characters."), field="area_name")
    return title, text, Details(
        category=draft.category, due=draft.due, people=draft.people, hours=draft.hours, vetted=draft.vetted,
        expires=now() + draft.days * DAY,
    )  # fmt: skip


def _close(tx: Tx, who: int, id: int, status: str) -> Ask:
    tx.run("UPDATE ask SET status = :status, closed = :now WHERE id = :id", status=status, now=now(), id=id)
    things.touch(tx, id)
    record(tx, Kind.ASK_CLOSED, subject=id, actor=who, status=status)
    return get(tx, id)


def _keep(tx: Tx, id: int, it: Details) -> None:
    columns = {
        "category": it.category, "due": it.due, "people": it.people, "hours": it.hours, "vetted": int(it.vetted),
        "status": it.status, "expires": it.expires,
    }  # fmt: skip
    tx.run(
        f"""INSERT INTO ask (id, {", ".join(columns)}, closed)
            VALUES (:id, {", ".join(":" + name for name in columns)}, :closed)
            ON CONFLICT (id) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in columns)},
              closed = CASE WHEN excluded.status = 'open' THEN NULL ELSE coalesce(ask.closed, excluded.closed) END""",
        id=id, **columns, closed=None if it.status == "open" else now(),
    )  # fmt: skip


def _ask(row: Row) -> Ask:
    return Ask(
        **things.fields(row), category=row["category"], due=row["due"], people=row["people"], hours=row["hours"],
        vetted=bool(row["vetted"]), status=row["status"], expires=row["expires"], closed=row["closed"],
        offered=row["offered"] if row["local"] else row["counted"] or 0, accepted=row["accepted"],
        completed=row["completed"],
    )  # fmt: skip
