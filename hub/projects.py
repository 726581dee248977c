"""Projects: what neighbours do together over months; each can be followed on its own."""

import msgspec

from hub import actors, people, search, settings, things
from hub.changes import Kind, record
from hub.errors import N_, Conflict, Invalid, NotFound
from hub.packing import pack, unpack
from hub.places import Area
from hub.store import Row, Tx
from hub.text import Text, clean_text
from hub.things import Picture, Seen, Thing

NO_PROJECT = N_("There is no such project.")
STAGES = ("proposed", "active", "paused", "done")


class Draft(msgspec.Struct, frozen=True):
    """The project form. `summary` is one sentence, `text` the story in Markdown, `wanted` whom it looks for."""

    title: Text
    handle: str = ""
    summary: Text = msgspec.field(default_factory=dict)
    text: Text = msgspec.field(default_factory=dict)
    stage: str = "active"
    wanted: Text = msgspec.field(default_factory=dict)
    area_name: str = ""
    area_code: str = ""
    pictures: list[Picture] = msgspec.field(default_factory=list)


class Project(Thing, frozen=True, kw_only=True):
    """A project. `actor` is the Group that can be followed; `by` is the hub that runs it."""

    actor: int
    handle: str
    summary: Text
    stage: str
    wanted: Text


_SELECT = f"""
SELECT {things.COLUMNS}, p.actor AS own_actor, p.stage, p.wanted, own.handle AS own_handle, own.summary AS own_summary
FROM {things.FROM} JOIN project p ON p.id = t.id JOIN actor own ON own.id = p.actor
"""


def start(tx: Tx, who: int, draft: Draft) -> Project:
    """Start a project: a page of its own and an actor that can be followed. Organisers may."""
    people.require(tx, who, "organiser")
    hub = settings.get(tx)
    title, story = things.words_of(draft.title, draft.text)
    summary, wanted = _checked(draft, title)
    handle = _handle(tx, draft.handle or next(iter(title.values())), given=bool(draft.handle))
    area = Area(draft.area_name, draft.area_code) if draft.area_name or draft.area_code else hub.area
    actor = actors.create(
        tx, hub.base, handle, kind="project", type="Group", handle=handle, title=title,
        summary=things.rendered(summary), area=area,
    )  # fmt: skip
    id = things.create(
        tx, "project", author=hub.actor, title=title, words=story, uri=f"{hub.base}/actor/{handle}",
        pictures=things.own_pictures(tx, draft.pictures), area=area,
    )  # fmt: skip
    tx.run("UPDATE actor SET url = :url WHERE id = :actor", url=f"{hub.base}/projects/{id}", actor=actor)
    tx.run(
        "INSERT INTO project (id, actor, stage, wanted) VALUES (:id, :actor, :stage, :wanted)",
        id=id, actor=actor, stage=draft.stage, wanted=pack(wanted),
    )  # fmt: skip
    record(tx, Kind.PROJECT_STARTED, subject=id, actor=who)
    return get(tx, id)


def change(tx: Tx, who: int, id: int, draft: Draft) -> Project:
    """Change what a project says of itself. Its handle stays: others follow it."""
    people.require(tx, who, "organiser")
    things.ours(tx, id, ("project",))
    project = get(tx, id)
    title, story = things.words_of(draft.title, draft.text)
    summary, wanted = _checked(draft, title)
    things.change(tx, id, title=title, words=story, pictures=things.own_pictures(tx, draft.pictures))
    tx.run(
        "UPDATE project SET stage = :stage, wanted = :wanted WHERE id = :id",
        stage=draft.stage,
        wanted=pack(wanted),
        id=id,
    )
    area = Area(draft.area_name, draft.area_code) if draft.area_name or draft.area_code else project.area
    actors.rename(tx, project.actor, title=title, summary=things.rendered(summary), area=area)
    record(tx, Kind.PROJECT_CHANGED, subject=id, actor=who)
    return get(tx, id)


def remove(tx: Tx, who: int, id: int) -> None:
    """Take a project down for good, here and elsewhere, with its actor and its updates. When it is over, it is done.

    What was planned under it stays: its events and asks are the hub's.
    """
    people.require(tx, who, "moderator")
    things.ours(tx, id, ("project",))
    actor = get(tx, id).actor
    for row in tx.all("SELECT id FROM thing WHERE author = :actor AND removed IS NULL", actor=actor):
        things.take_down(tx, row["id"])
        record(tx, Kind.POST_REMOVED, subject=row["id"], actor=who)
    things.take_down(tx, id)
    actors.retire(tx, actor)
    record(tx, Kind.PROJECT_REMOVED, subject=id, actor=who)


def mirror(
    tx: Tx, hub: int, actor: int, seen: Seen, *, stage: str, wanted: Text | None = None, personal: bool = False
) -> int | None:
    """Keep a project of another hub, as its actor shows it. `None` when it is no news."""
    id = things.mirror(tx, "project", hub, seen, personal=personal)
    if id is None:
        return None
    stage = stage if stage in STAGES else "active"
    tx.run(
        """INSERT INTO project (id, actor, stage, wanted) VALUES (:id, :actor, :stage, :wanted)
           ON CONFLICT (id) DO UPDATE SET stage = excluded.stage, wanted = excluded.wanted""",
        id=id, actor=actor, stage=stage, wanted=pack(wanted or {}),
    )  # fmt: skip
    record(tx, Kind.PROJECT_CHANGED, subject=id, actor=actor)
    return id


def get(tx: Tx, id: int) -> Project:
    """Raises `NotFound`, or `Gone` when it has been taken down here."""
    row = tx.one(f"{_SELECT} WHERE t.id = :id AND t.removed IS NULL", id=id)
    if row is None:
        raise things.missing(tx, id, NO_PROJECT)
    return _project(row)


def of_actor(tx: Tx, actor: int) -> Project:
    """The project behind an actor. Raises `NotFound`."""
    row = tx.one(f"{_SELECT} WHERE p.actor = :actor AND t.removed IS NULL", actor=actor)
    if row is None:
        raise NotFound(NO_PROJECT)
    return _project(row)


def moving(tx: Tx, limit: int = 100) -> list[Project]:
    """Our projects, those under way first, the last changed first: what the projects page shows."""
    rows = tx.all(
        f"""{_SELECT} WHERE t.kind = 'project' AND t.local = 1 AND {things.VISIBLE}
            ORDER BY CASE p.stage WHEN 'active' THEN 0 WHEN 'proposed' THEN 1 WHEN 'paused' THEN 2 ELSE 3 END,
              t.updated DESC, t.id DESC LIMIT :limit""",
        limit=limit,
    )
    return [_project(row) for row in rows]


def _checked(draft: Draft, title: Text) -> tuple[Text, Text]:
    if not title:
        raise Invalid(N_("Give the project a title."), field="title")
    if draft.stage not in STAGES:
        raise Invalid(N_("Choose how far the project is."), field="stage")
    return (
        clean_text(draft.summary, longest=500, field="summary"),
        clean_text(draft.wanted, longest=500, field="wanted"),
    )


def _handle(tx: Tx, wish: str, *, given: bool) -> str:
    """`p_` and up to 28 letters of the wish; a number behind it when it is taken."""
    plain = "".join(c if c.isalnum() else "_" for c in search.folded(wish) if c.isascii())
    stem = "p_" + "_".join(part for part in plain.removeprefix("p_").split("_") if part)[:24].rstrip("_")
    for number in range(1, 1000):
        handle = stem if number == 1 else f"{stem}_{number}"
        if (
            tx.one("SELECT 1 AS x FROM actor WHERE local = 1 AND handle = :handle", handle=handle) is None
            and stem != "p_"
        ):
            return handle
        if given:
            break
    raise Conflict(N_("A project with that handle exists already. Choose another."), field="handle")


def _project(row: Row) -> Project:
    return Project(
        **things.fields(row), actor=row["own_actor"], handle=row["own_handle"],
        summary=unpack(row["own_summary"], Text), stage=row["stage"], wanted=unpack(row["wanted"], Text),
    )  # fmt: skip
