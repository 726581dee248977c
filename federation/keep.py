"""Mirroring: things from other servers, put where the neighbourhood finds them. Units of work, no network.

Whoever calls has made sure that `author` is really behind the document.
"""

from federation import welcome
from federation.as2 import loose, seen
from federation.as2.contexts import Json
from federation.keys import host_of
from hub import actors, asks, blocks, events, heard, jobs, posts, projects, settings, things
from hub.actors import Actor
from hub.clock import DAY, HOUR, now
from hub.errors import NotFound
from hub.kept import OPEN
from hub.store import Tx

ASKS = {"Ask": "ask", "Offer": "offer"}
WORDS = frozenset({
    "Note", "Article", "Page", "Video", "Audio", "Image", "Document",
    "Review", "Comment", "Quotation", "GeneratedNote",  # BookWyrm's
})  # fmt: skip
WHEN = (HOUR, DAY)  # a thread is read so long after it came here: what is said is said soon
MOST_SAID = 200  # under one thing; then we look no further
PAGES = 3  # of one thread
MOST_WAITING = 50  # threads to be read on one server; each names others, whom we would ask
KEPT, NO_NEWS = "kept", "no news"


def kind_of(doc: Json) -> str | None:
    """What a thing is here: `event`, `ask`, `offer` or `note`; `None` for what we do not show.

    A hub's polls about its events (`EventCompanion`) are for servers that know no events.
    """
    type_, said = loose.type_of(doc), loose.nh(doc, "kind")
    if type_ == "Event":
        return "event"
    if type_ == "Question":
        return "note" if said is None else ASKS.get(said) if isinstance(said, str) else None
    if type_ in WORDS and seen.vote(doc) is None:
        return "note"
    return None


def keep(
    tx: Tx, author: Actor, doc: Json, *, touched: int | None = None, by: Actor | None = None, wanted: bool = False
) -> str:
    """Mirror a thing as its author's. Returns what came of it, in words for the log.

    `by` brought it here by sharing it; `wanted`: somebody who lives here looks for it, or for what answers it.
    """
    kind = kind_of(doc)
    if kind is None:
        return "ignored: of a kind that is not shown here"
    level = blocks.level(tx, author.domain)
    if level == "suspended":
        return "ignored: their server is kept out"
    it, project = seen.thing(doc, touched=touched, followers=author.followers), _project_of(tx, author, doc)
    if not (it.title or it.html or it.pictures or it.extra.links or it.extra.poll):
        return "ignored: it says nothing"
    before = things.known(tx, it.uri)
    it, for_whom = welcome.sorted_out(tx, author, it, by)
    if before is None and (for_whom is None or (for_whom == welcome.NAMED and welcome.too_much(tx, author))):
        return "ignored: not for us" if it.audience in OPEN else "ignored: not for everybody"
    personal = (wanted or for_whom in (welcome.NAMED, welcome.RESIDENTS)) and for_whom != welcome.NEIGHBOURHOOD
    if before is not None and for_whom == welcome.NEIGHBOURHOOD:
        things.belongs(tx, before)
    spoken_to = heard.receiver(tx, before) if before is not None else None
    if spoken_to is not None:  # a moderator let it be seen; whoever changes it does not get past them
        return KEPT if heard.hear(tx, author.id, spoken_to, it) else NO_NEWS
    kind = "update" if kind == "note" and author.kind == "project" else kind
    match kind:
        case "event":
            id = events.mirror(
                tx, author.id, it, seen.event(doc, settings.get(tx).zone), project=project, counted=seen.going(doc),
                personal=personal,
            )  # fmt: skip
        case "ask" | "offer":
            id = asks.mirror(
                tx, author.id, kind, it, seen.ask(doc), project=project, counted=seen.offered(doc), personal=personal
            )
        case _:
            id = posts.mirror(tx, author.id, it, kind=kind, project=project, personal=personal)
    if id is not None and level == "limited":
        things.hold(tx, id)
    # What people merely say goes on elsewhere; what is on here, and what is said under it, belongs together.
    if id is not None and before is None and (it.reply_to or kind != "note" or author.kind in ("hub", "project")):
        _look_later(tx, doc, id, reply=bool(it.reply_to))
    return NO_NEWS if id is None else KEPT


def _look_later(tx: Tx, doc: Json, id: int, *, reply: bool) -> None:
    """Have the thread of something new from elsewhere read in a while, where its own server keeps a list of it."""
    uri = loose.id_of(doc)
    listed = [loose.id_of(doc.get(name)) for name in ("context", "replies")]
    url = next((one for one in listed if loose.same_origin(one, uri) and loose.origin(one)), "")
    host = host_of(url)
    if not url or (reply and _much_is_said(tx, id)) or _enough_waits(tx, host):
        return
    for wait in WHEN[:1] if reply else WHEN:
        jobs.enqueue(tx, "thread", {"url": url, "left": PAGES}, due=now() + wait, host=host)


def _enough_waits(tx: Tx, host: str) -> bool:
    """Whether one server has us read so much already that it may be after whom its lists name."""
    row = tx.one(
        """SELECT count(*) FILTER (WHERE kind = 'thread') AS n FROM
             (SELECT kind FROM job WHERE dead = 0 AND host = :host ORDER BY due DESC, id DESC LIMIT :looked_at) x""",
        host=host, looked_at=MOST_WAITING * 10,
    )  # fmt: skip
    return row is not None and row["n"] >= MOST_WAITING


def _much_is_said(tx: Tx, reply: int) -> bool:
    row = tx.one(
        """SELECT count(*) AS n FROM thing WHERE root = (SELECT root FROM thing WHERE id = :reply)""", reply=reply
    )
    return row is not None and row["n"] >= MOST_SAID


def keep_project(tx: Tx, actor: Actor, doc: Json) -> int | None:
    """Mirror the project that an actor is, when one of ours follows the hub that runs it."""
    hub = welcome.hub_of(tx, actor)
    if hub is None or hub.local or not (actors.anybody_follows(tx, hub.id) or actors.anybody_follows(tx, actor.id)):
        return None
    it, stage, wanted = seen.project(doc)
    personal = not welcome.belongs(tx, actor)
    return projects.mirror(tx, hub.id, actor.id, it, stage=stage, wanted=wanted, personal=personal)


def listened_to(tx: Tx, actor: Actor) -> bool:
    """Whether one of ours follows this actor, or the hub that it belongs to."""
    hub = welcome.hub_of(tx, actor)
    return actors.anybody_follows(tx, actor.id) or (hub is not None and actors.anybody_follows(tx, hub.id))


def _project_of(tx: Tx, author: Actor, doc: Json) -> int | None:
    """Our id of the project that a thing belongs to, if its server runs that project and we know it."""
    uri = loose.id_of(loose.nh(doc, "project"))
    if uri and not loose.same_origin(uri, loose.id_of(doc)):
        return None
    actor = actors.known(tx, uri) if uri else author
    try:
        return projects.of_actor(tx, actor.id).id if actor is not None and actor.kind == "project" else None
    except NotFound:
        return None
