"""Words: notes by the hub, updates of a project, and replies from anywhere under any of it."""

import msgspec

from hub import actors, audit, held, mentions, people, projects, settings, things, viewing
from hub.changes import Kind, record
from hub.errors import N_, Invalid, NotFound
from hub.kept import OPEN, PRIVATE
from hub.store import Tx
from hub.text import Text
from hub.things import Picture, Seen, Thing

SAYS = ("note", "update")
_WAITS = "EXISTS (SELECT 1 FROM held w WHERE w.thing = t.id AND w.decided IS NULL)"


class Draft(msgspec.Struct, frozen=True):
    """The form of a note by the hub, or, with `project`, of an update of that project."""

    text: Text
    title: Text = msgspec.field(default_factory=dict)
    project: int | None = None
    pictures: list[Picture] = msgspec.field(default_factory=list)
    tags: list[str] = msgspec.field(default_factory=list)


def publish(tx: Tx, who: int, draft: Draft) -> Thing:
    """Say something in the hub's name, or in a project's. Organisers may."""
    people.require(tx, who, "organiser")
    title, text = _checked(draft)
    author, kind = settings.get(tx).actor, "note"
    if draft.project is not None:
        author, kind = projects.get(tx, draft.project).actor, "update"
    id = things.create(
        tx,
        kind,
        author=author,
        title=title,
        words=text,
        pictures=things.own_pictures(tx, draft.pictures),
        tags=draft.tags,
        project=draft.project,
    )
    record(tx, Kind.POST_PUBLISHED, subject=id, actor=who)
    return things.get(tx, id)


def change(tx: Tx, who: int, id: int, draft: Draft) -> Thing:
    people.require(tx, who, "organiser")
    things.ours(tx, id, SAYS)
    title, text = _checked(draft)
    things.change(tx, id, title=title, words=text, pictures=things.own_pictures(tx, draft.pictures), tags=draft.tags)
    record(tx, Kind.POST_CHANGED, subject=id, actor=who)
    return things.get(tx, id)


def remove(tx: Tx, who: int, id: int) -> None:
    """Take a note, an update or a reply of ours back. Moderators may; authors may their own."""
    thing = things.ours(tx, id, (*SAYS, "reply"))
    if thing.by.id != who:
        people.require(tx, who, "moderator")
    things.take_down(tx, id)
    record(tx, held.gone(tx, id), subject=id, actor=who)


def reply(tx: Tx, who: int, under: int, text: Text) -> Thing:
    """A resident of ours answers something that is shown here. Raises `Invalid` when there are no words."""
    account = people.require(tx, who, "resident")
    parent = viewing.get(tx, who, under)
    _, words = things.words_of({}, text)
    if not words:
        raise Invalid(N_("Write something first."), field="text")
    id = things.create(
        tx, "reply", author=account.actor, title={}, words=words, root=parent.root or parent.id, reply_to=parent.uri,
        personal=parent.personal,
    )  # fmt: skip
    mentions.note(tx, id, [parent.by.id] if parent.by.id != who else [])
    if not held.keep(tx, who, id):
        record(tx, Kind.POST_PUBLISHED, subject=id, actor=who)
    return things.get(tx, id)


def mirror(
    tx: Tx, author: int, seen: Seen, *, kind: str = "note", project: int | None = None, personal: bool = False
) -> int | None:
    """Keep words from elsewhere; `personal` when only some resident wants them. A reply to what we do not know is
    kept only then. `None` when it is no news.

    Raises `NotFound` when it answers something that is not here.
    """
    root = None
    if seen.reply_to:
        root = things.root_of(tx, seen.reply_to)
        if root is None and not personal:
            raise NotFound(N_("It answers something that is not here."))
        kind = "reply"
        personal = root is None or root.personal
    before = things.at(tx, seen.uri)
    id = things.mirror(
        tx, kind, author, seen, project=project, root=root.id if root else None,
        personal=personal or seen.audience not in OPEN,
    )  # fmt: skip
    if id is not None:
        record(tx, Kind.POST_CHANGED if before is not None else Kind.POST_PUBLISHED, subject=id, actor=author)
    elif before is not None and before.by.id == author:
        _recount(tx, before, seen)
    return id


def _recount(tx: Tx, before: Thing, seen: Seen) -> None:
    """New numbers of a poll are no new words. They only grow, whatever comes late."""
    kept, told = before.extra.poll, seen.extra.poll
    if not kept or not told or seen.updated != before.updated or told.votes < kept.votes:
        return
    if [one.name for one in kept.options] == [one.name for one in told.options]:
        things.recount(tx, before.id, msgspec.structs.replace(before.extra, poll=told))


def hide(tx: Tx, who: int, id: int) -> Thing:
    """Nobody sees this reply on the hub any more, until it is shown again. Moderators may."""
    return _hide(tx, who, id, hidden=True)


def show(tx: Tx, who: int, id: int) -> Thing:
    return _hide(tx, who, id, hidden=False)


def said(tx: Tx, *, project: int | None = None, limit: int = 40) -> list[Thing]:
    """Our notes and updates, newest first; of one project if it is named."""
    rows = tx.all(
        f"""SELECT {things.COLUMNS} FROM {things.FROM}
            WHERE t.kind IN ('note', 'update') AND t.local = 1 AND {things.VISIBLE}
              AND (:project = 0 OR t.project = :project)
            ORDER BY t.id DESC LIMIT :limit""",
        project=project or 0, limit=limit,
    )  # fmt: skip
    return [things.common(row) for row in rows]


def replies(
    tx: Tx, root: int, *, hidden: bool = False, limit: int = 200, skip: int = 0, without: int = 0, me: int = 0
) -> list[Thing]:
    """What was said last under a thing, oldest first, but for the `skip` latest.

    `hidden` ones only for moderators; what waits to be read, only for its author `me`.
    Nothing by the actor `without`.
    """
    rows = tx.all(
        f"""SELECT {things.COLUMNS} FROM {things.FROM}
            WHERE t.root = :root AND t.kind = 'reply' AND t.removed IS NULL
              AND (t.hidden = 0 OR (:hidden = 1 AND t.hidden < {PRIVATE}) OR (t.author = :me AND {_WAITS}))
              AND t.author <> :without
            ORDER BY t.published DESC, t.id DESC LIMIT :limit OFFSET :skip""",
        root=root, hidden=int(hidden), limit=limit, skip=skip, without=without, me=me,
    )  # fmt: skip
    return [things.common(row) for row in reversed(rows)]


def latest_replies(tx: Tx, who: int, limit: int = 30) -> list[Thing]:
    """The last replies under anything of ours, hidden ones too: what a moderator looks over."""
    people.require(tx, who, "moderator")
    rows = tx.all(
        f"""SELECT {things.COLUMNS} FROM {things.FROM}
            WHERE t.kind = 'reply' AND t.removed IS NULL AND t.hidden < {PRIVATE}
              AND NOT EXISTS (SELECT 1 FROM held w WHERE w.thing = t.id) ORDER BY t.id DESC LIMIT :limit""",
        limit=limit,
    )
    return [things.common(row) for row in rows]


def author_of(tx: Tx, thing: Thing) -> actors.Actor:
    return actors.get(tx, thing.by.id)


def _hide(tx: Tx, who: int, id: int, *, hidden: bool) -> Thing:
    people.require(tx, who, "moderator")
    thing = things.get(tx, id)
    if thing.kind != "reply" or thing.audience not in OPEN or held.waits(tx, id):
        raise NotFound(N_("There is no such reply."))
    tx.run("UPDATE thing SET hidden = :hidden WHERE id = :id", hidden=int(hidden), id=id)
    record(tx, Kind.POST_HIDDEN if hidden else Kind.POST_SHOWN, subject=id, actor=who)
    if thing.local and not hidden:  # others hear of what it says now, and of what was hidden before it went out
        record(tx, Kind.POST_CHANGED, subject=id, actor=thing.by.id)
    audit.note(tx, who, "hid" if hidden else "showed", id, name=f"@{thing.by.handle}@{thing.by.domain}")
    return things.get(tx, id)


def _checked(draft: Draft) -> tuple[Text, Text]:
    title, text = things.words_of(draft.title, draft.text)
    if not text:
        raise Invalid(N_("Write something first."), field="text")
    return title, text
