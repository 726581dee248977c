"""From what is kept here to the document that other servers read: looks up what a thing stands in, and writes it."""

from typing import Any

from federation.as2 import actors as as2_actors
from federation.as2 import asks as as2_asks
from federation.as2 import events as as2_events
from federation.as2 import loose, personal
from federation.as2 import posts as as2_posts
from federation.as2.contexts import Json
from federation.as2.posts import Around
from hub import VERSION, actors, asks, events, helping, mentions, projects, series, slices, things, voting
from hub.actors import Actor
from hub.errors import N_, NotFound
from hub.kept import OPEN
from hub.settings import DESK, Hub
from hub.store import Tx
from hub.things import Thing

FORMER = {"event": "Event", "companion": "Question", "ask": "Question", "offer": "Question", "project": "Group"}


def thing(tx: Tx, hub: Hub, it: Thing) -> Json:
    """Something of ours, as it stands now. Raises `NotFound` when what it belongs to is gone."""
    match it.kind:
        case "event":
            return as2_events.event(events.get(tx, it.id), hub, _project(tx, it.project)[0]) | _series(tx, hub, it)
        case "companion":
            return as2_events.companion(events.by_companion(tx, it.id), hub)
        case "ask" | "offer":
            return as2_asks.ask(asks.get(tx, it.id), hub, helping.tally(tx, it.id), _project(tx, it.project)[0])
        case "project":
            return actor(tx, hub, actors.at(tx, it.uri))
    if it.by.kind == "person":
        return personal.said(it, hub, _spoken(tx, it))
    return as2_posts.note(it, hub, _around(tx, it))


def actor(tx: Tx, hub: Hub, it: Actor) -> Json:
    """One of ours who can be followed. Raises `NotFound` for somebody else's, and for a project that is gone."""
    if not it.local:
        raise NotFound(N_("There is nobody by that name here."))
    match it.kind:
        case "hub":
            return as2_actors.hub(it, hub)
        case "project":
            return as2_actors.project(it, projects.of_actor(tx, it.id), hub)
        case "instance":
            return as2_actors.instance(it, hub, VERSION)
        case "other":
            return as2_actors.part(it, slices.of_actor(tx, it.id), hub)
        case "person" if it.uri == f"{hub.base}/actor/{DESK}":
            return as2_actors.desk(it, hub)
    moved = actors.get(tx, it.moved).uri if it.moved is not None else None
    return as2_actors.resident(it, hub, moved)


def activity(tx: Tx, hub: Hub, it: dict[str, Any]) -> Json:
    """Something we said, its thing as that stands now, without a context.

    Raises `NotFound` when the thing shows no more.
    """
    carried = it.get("object")
    if it.get("type") == "Announce" and isinstance(carried, dict):
        return _bare(it) | {"object": loose.id_of(carried.get("object"))}  # what it says now stands at its own address
    if it.get("type") not in ("Create", "Update") or not isinstance(carried, dict) or "attributedTo" not in carried:
        return _bare(it)
    found = things.at(tx, str(carried["id"]))
    if found is None or found.hidden:
        raise NotFound(N_("There is nothing at this address. It may have been taken down."))
    current = thing(tx, hub, found)
    if it["type"] == "Update":
        current = {"updated": current["published"]} | current
    return _bare(it) | {"object": current}


def _bare(it: Json) -> Json:
    """Without what holds for the whole of what was sent only: its context, and the proof of just these words."""
    return {key: value for key, value in it.items() if key not in ("@context", "proof")}


def former(kind: str) -> str:
    """The type of what is there no more."""
    return FORMER.get(kind, "Note")


def _project(tx: Tx, id: int | None) -> tuple[str | None, str]:
    """Address and handle of the project that something belongs to; nothing when it is gone."""
    row = tx.one(
        """SELECT a.uri, a.handle, a.domain FROM project p JOIN actor a ON a.id = p.actor JOIN thing t ON t.id = p.id
           WHERE p.id = :id AND t.removed IS NULL""",
        id=id or 0,
    )
    return (row["uri"], f"@{row['handle']}@{row['domain']}") if row else (None, "")


def _series(tx: Tx, hub: Hub, it: Thing) -> Json:
    """The actor of the series that an event belongs to: its address serves as the series' name."""
    found = series.of(tx, it.id)
    return {"nh:recurrence": {"nh:seriesId": f"{hub.base}/actor/{found[0]}"}} if found else {}


def _around(tx: Tx, it: Thing) -> Around:
    project, acct = _project(tx, it.project)
    parent = things.at(tx, it.reply_to) if it.reply_to else None
    if parent is None:
        return Around(project=project, project_acct=acct)
    root = _root(tx, it)
    return Around(
        project=project, project_acct=acct, answers=parent.by.uri,
        answers_acct=f"@{parent.by.handle}@{parent.by.domain}",
        context=f"{root.uri}/context" if root is not None and root.local else None,
    )  # fmt: skip


def _spoken(tx: Tx, it: Thing) -> personal.Around:
    """Whom somebody's own words name; of an answer in public always whom it answers."""
    parent = things.at(tx, it.reply_to) if it.reply_to else None
    rows = mentions.of(tx, it.id)
    named = {row["uri"]: f"@{row['handle']}@{row['domain']}" for row in rows}
    if parent is not None and it.audience in OPEN:
        named.setdefault(parent.by.uri, f"@{parent.by.handle}@{parent.by.domain}")
    named.pop(it.by.uri, None)
    root = _root(tx, it)
    poll = voting.standing(tx, 0, it) if it.extra.poll else None
    return personal.Around(
        named=[personal.Named(uri, acct) for uri, acct in named.items()],
        context=f"{root.uri}/context" if root is not None and root.local and not root.hidden else None,
        counts=poll.counts or [] if poll else [], voters=poll.voters or 0 if poll else 0,
    )  # fmt: skip


def _root(tx: Tx, it: Thing) -> Thing | None:
    row = tx.one("SELECT uri FROM thing WHERE id = :id", id=it.root or 0)
    return things.at(tx, row["uri"]) if row else None
