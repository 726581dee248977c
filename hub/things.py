"""What events, asks, projects and posts have in common: an address, an author, words, pictures, replies."""

from typing import Any

from hub import actors, media, mentions, search, settings
from hub.clock import HOUR, now
from hub.errors import N_, TAKEN_DOWN, Conflict, Gone, Invalid, NotAllowed, NotFound
from hub.ids import id_at, new_id
from hub.kept import COLUMNS as COLUMNS
from hub.kept import FROM as FROM
from hub.kept import NOTHING_MORE, OPEN, PRIVATE, PUBLIC, area_of
from hub.kept import Picture as Picture
from hub.kept import Seen as Seen
from hub.kept import Thing as Thing
from hub.kept import common as common
from hub.kept import fields as fields
from hub.packing import pack, unpack
from hub.places import Area
from hub.reading import Extra
from hub.store import Row, Tx
from hub.text import Text, clean_text, markdown

TITLE, STORY = 200, 20_000  # characters
LONGEST_HTML = 240_000  # characters, all languages together
MOST_PICTURES = 4  # what Mastodon shows
PATHS = {"event": "events", "ask": "asks", "offer": "asks", "project": "projects"}
# Others compare `updated` by the second: two changes within one second must differ.
LATER = "CASE WHEN :now > updated + 1000 THEN :now ELSE updated + 1000 END"
# Who writes, and where we are: all that has to be known of them before their words are kept.
_WRITER = """SELECT local, domain, area_code, area_name, (SELECT base FROM hub WHERE id = 1) AS base
             FROM actor WHERE id = :id"""
# What the neighbourhood's pages show.
VISIBLE = "t.removed IS NULL AND t.hidden = 0 AND t.personal = 0"
# What feeds and lists show: nobody should come to help with what is closed.
STANDING = f"{VISIBLE} AND NOT EXISTS (SELECT 1 FROM ask z WHERE z.id = t.id AND z.status <> 'open')"


_BEFORE = "SELECT id, author, kind, title, html, pictures, updated, removed FROM thing WHERE uri = :uri"


def create(
    tx: Tx, kind: str, *, author: int, title: Text, words: Text, uri: str = "", url: str = "",
    pictures: list[Picture] | None = None, tags: list[str] | None = None, project: int | None = None,
    root: int | None = None, reply_to: str | None = None, area: Area | None = None, html: Text | None = None,
    audience: str = PUBLIC, personal: bool = False, app: int | None = None, extra: Extra = NOTHING_MORE,
    about: int | None = None, folder: str = "",
) -> int:  # fmt: skip
    """Say something here. Title and words are checked by the caller; returns the new id.

    `html` is what the words look like, when they are not Markdown; `folder` where its address is, if not by its kind.
    """
    id, base = new_id(), settings.base(tx)
    page = url or f"{base}/{PATHS.get(kind, 'posts')}/{id}"
    _insert(
        tx, id=id, uri=uri or f"{base}/{folder or _singular(kind)}/{id}", url=page,
        kind=kind, author=author, local=1, title=title, words=words, html=_shown(words) if html is None else html,
        pictures=pictures or [], tags=tags or [], project=project, root=root, reply_to=reply_to, area=area,
        published=now(), updated=now(), audience=audience, hidden=0 if audience in OPEN else PRIVATE,
        personal=int(personal), app=app, extra=None if extra == NOTHING_MORE else pack(extra), about=about,
    )  # fmt: skip
    mentions.tag(tx, id, tags or [])
    if kind != "companion":
        search.index(tx, id, title, words, {"und": " ".join(tags or [])})
    return id


def change(
    tx: Tx, id: int, *, title: Text, words: Text, pictures: list[Picture], tags: list[str] | None = None,
    html: Text | None = None, extra: Extra = NOTHING_MORE,
) -> None:  # fmt: skip
    """New words for something of ours; what it said before is kept."""
    mentions.revise(tx, id)
    tx.run(
        f"""UPDATE thing SET title = :title, words = :words, html = :html, pictures = :pictures, extra = :extra,
             tags = coalesce(:tags, tags), updated = {LATER}, edited = {LATER} WHERE id = :id""",
        id=id, title=pack(title), words=pack(words), html=pack(_shown(words) if html is None else html),
        pictures=pack(pictures), extra=None if extra == NOTHING_MORE else pack(extra),
        tags=None if tags is None else pack(tags), now=now(),
    )  # fmt: skip
    said = tx.one("SELECT tags FROM thing WHERE id = :id", id=id)
    spoken = unpack(said["tags"], list[str]) if said else []
    mentions.tag(tx, id, spoken)
    search.index(tx, id, title, words, {"und": " ".join(spoken)})


def touch(tx: Tx, id: int) -> None:
    """It changed in a way that others must see (a time, a status)."""
    tx.run(f"UPDATE thing SET updated = {LATER} WHERE id = :id", id=id, now=now())


def mirror(
    tx: Tx, kind: str, author: int, seen: Seen, *, project: int | None = None, root: int | None = None,
    personal: bool = False, about: int | None = None,
) -> int | None:  # fmt: skip
    """Keep what another server published. `None` when it is no news: older than what we have, or deleted there.

    Raises `NotAllowed` when it is another author's, another kind's, or claims an address of ours.
    """
    writer = tx.one(_WRITER, id=author)
    if writer is None or writer["local"] or seen.uri.startswith(f"{writer['base']}/"):
        raise NotAllowed(N_("Nobody elsewhere can write for us."))
    kept = tx.one(_BEFORE, uri=seen.uri)
    if kept is None:
        if taken_back(tx, seen.uri, writer["domain"]):
            return None
        # What somebody said long before it came here stands where it belongs in an app, which goes by numbers.
        id = _then(tx, seen.published) if personal and seen.published < now() - HOUR else new_id()
        _insert(
            tx, id=id, uri=seen.uri, url=seen.url, kind=kind, author=author, local=0, title=seen.title,
            words={}, html=seen.html, pictures=seen.pictures, tags=seen.tags, project=project, root=root,
            reply_to=seen.reply_to, area=seen.area or area_of(writer), published=seen.published, updated=seen.updated,
            extra=_more(seen), audience=seen.audience, hidden=0 if seen.audience in OPEN else PRIVATE,
            personal=int(personal), about=about,
        )  # fmt: skip
        mentions.note(tx, id, mentions.known(tx, seen.mentions))
        if seen.tags:
            mentions.tag(tx, id, seen.tags, anew=True)
        search.index(tx, id, seen.title, seen.html, {"und": " ".join(seen.tags)}, anew=True)
        return id
    if kept["author"] != author or kept["kind"] != kind:
        raise NotAllowed(N_("Only its author can change this, and not into something else."))
    if kept["removed"] is not None or seen.updated <= kept["updated"]:
        return None
    title, html, pictures = pack(seen.title), pack(seen.html), pack(seen.pictures)
    edited = (title, html, pictures) != (kept["title"], kept["html"], kept["pictures"])
    if edited:  # new numbers of a poll are no edit
        mentions.revise(tx, kept["id"])
    tx.run(
        f"""UPDATE thing SET url = :url, title = :title, html = :html, pictures = :pictures, tags = :tags,
             extra = :extra, updated = :updated, edited = coalesce(:edited, edited), audience = :audience,
             hidden = CASE WHEN hidden IN (0, {PRIVATE}) THEN :hidden ELSE hidden END WHERE id = :id""",
        id=kept["id"], url=seen.url, audience=seen.audience, hidden=0 if seen.audience in OPEN else PRIVATE,
        title=title, html=html, pictures=pictures, tags=pack(seen.tags),
        extra=_more(seen), updated=seen.updated, edited=seen.updated if edited else None,
    )  # fmt: skip
    mentions.note(tx, kept["id"], mentions.known(tx, seen.mentions))
    mentions.tag(tx, kept["id"], seen.tags)
    search.index(tx, kept["id"], seen.title, seen.html, {"und": " ".join(seen.tags)})
    return int(kept["id"])


def remove(tx: Tx, uri: str, author: int) -> str | None:
    """Its author took it back: it shows nowhere any more. Returns its kind, `None` when we had never seen it.

    What was never seen is remembered as gone, so that a late copy does not show it. Raises `NotAllowed` for what
    is somebody else's.
    """
    kept = tx.one("SELECT id, author, kind FROM thing WHERE uri = :uri", uri=uri)
    if kept is None:
        domain = actors.get(tx, author).domain
        tx.run(
            "INSERT INTO gone (uri, domain, at) VALUES (:uri, :domain, :now) ON CONFLICT (uri) DO NOTHING",
            uri=uri, domain=domain, now=now(),
        )  # fmt: skip
        return None
    if kept["author"] != author:
        raise NotAllowed(N_("Only its author can delete this."))
    take_down(tx, kept["id"])
    return str(kept["kind"])


def taken_back(tx: Tx, uri: str, domain: str) -> bool:
    """Whether its server deleted it before it came here."""
    sql = "SELECT 1 AS x FROM gone WHERE uri = :uri AND domain = :domain"
    return tx.one(sql, uri=uri, domain=domain) is not None


def take_down(tx: Tx, id: int) -> None:
    tx.run("UPDATE thing SET removed = :now WHERE id = :id AND removed IS NULL", id=id, now=now())
    search.forget(tx, id)


def recount(tx: Tx, id: int, extra: Extra) -> None:
    """The numbers of a poll elsewhere, as its server counts them now."""
    tx.run("UPDATE thing SET extra = :extra WHERE id = :id AND local = 0", extra=pack(extra), id=id)


def belongs(tx: Tx, id: int) -> None:
    """Some resident wanted it before; now the neighbourhood follows its author, and its pages show it."""
    tx.run("UPDATE thing SET personal = 0 WHERE id = :id AND local = 0 AND hidden = 0 AND root IS NULL", id=id)


def hold(tx: Tx, id: int) -> None:
    """Nobody sees it until a moderator shows it: it comes from a server that is kept at a distance."""
    tx.run("UPDATE thing SET hidden = 1 WHERE id = :id AND hidden = 0 AND local = 0", id=id)


def get(tx: Tx, id: int) -> Thing:
    """A visible thing by its id. Raises `NotFound`."""
    return common(_row(tx.one(f"SELECT {COLUMNS} FROM {FROM} WHERE t.id = :id AND t.removed IS NULL", id=id)))


def at(tx: Tx, uri: str) -> Thing | None:
    """The thing with this id on the wire, also when hidden; `None` when unknown or removed."""
    if not uri:
        return None
    row = tx.one(f"SELECT {COLUMNS} FROM {FROM} WHERE t.uri = :uri AND t.removed IS NULL", uri=uri)
    return common(row) if row else None


def known(tx: Tx, uri: str) -> int | None:
    """The same as `at`, for who needs no more than our id."""
    row = tx.one("SELECT id FROM thing WHERE uri = :uri AND removed IS NULL", uri=uri)
    return int(row["id"]) if row else None


def is_local(tx: Tx, id: int) -> bool:
    """Whether it was published here, also when it is there no more."""
    row = tx.one("SELECT local FROM thing WHERE id = :id", id=id)
    return row is not None and bool(row["local"])


def latest(tx: Tx, kinds: tuple[str, ...], *, project: int | None = None, limit: int = 40) -> list[Thing]:
    """What was published here last, of these kinds, newest first: what the feeds say."""
    rows = tx.all(
        f"""SELECT {COLUMNS} FROM {FROM}
            WHERE t.local = 1 AND {STANDING} AND (:project = 0 OR t.project = :project)
              AND t.kind IN ({", ".join(f"'{kind}'" for kind in kinds if kind.isalpha())})
            ORDER BY t.published DESC, t.id DESC LIMIT :limit""",
        project=project or 0, limit=limit,
    )  # fmt: skip
    return [common(row) for row in rows]


def tombstone(tx: Tx, id: int) -> tuple[str, int] | None:
    """Address and time of something of ours that was taken back."""
    row = tx.one("SELECT uri, removed FROM thing WHERE id = :id AND local = 1 AND removed IS NOT NULL", id=id)
    return (row["uri"], row["removed"]) if row else None


def missing(tx: Tx, id: int, never: str) -> NotFound:
    """Why there is nothing of this id: it was taken down here, or, in the words `never`, it was never there."""
    return Gone(TAKEN_DOWN) if tombstone(tx, id) else NotFound(never)


def root_of(tx: Tx, uri: str) -> Thing | None:
    """The thing that a reply to `uri` belongs under: an event for its companion, the first post for a reply."""
    found = at(tx, uri)
    if found is None:
        return None
    if found.root is not None:
        return get(tx, found.root)
    return found


def react(tx: Tx, thing: int, actor: int, kind: str, uri: str | None) -> bool:
    """Somebody likes or shares it. False when they already did."""
    return bool(
        tx.run(
            """INSERT INTO reaction (id, thing, actor, kind, uri, at) VALUES (:id, :thing, :actor, :kind, :uri, :now)
               ON CONFLICT (thing, actor, kind) DO NOTHING""",
            id=new_id(), thing=thing, actor=actor, kind=kind, uri=uri, now=now(),
        )
    )  # fmt: skip


def take_back(tx: Tx, thing: int, actor: int, kind: str) -> bool:
    return bool(
        tx.run(
            "DELETE FROM reaction WHERE thing = :thing AND actor = :actor AND kind = :kind",
            thing=thing, actor=actor, kind=kind,
        )
    )  # fmt: skip


def reactions(tx: Tx, thing: int) -> tuple[int, int]:
    """How many like it, how many shared it."""
    row = tx.one(
        """SELECT count(*) FILTER (WHERE kind = 'like') AS likes, count(*) FILTER (WHERE kind = 'share') AS shares
           FROM reaction WHERE thing = :thing""",
        thing=thing,
    )
    assert row is not None
    return row["likes"], row["shares"]


def ours(tx: Tx, id: int, kinds: tuple[str, ...]) -> Thing:
    """Something that was published here and can be changed here. Raises `NotFound`, `Conflict` for others'."""
    thing = get(tx, id)
    if thing.kind not in kinds:
        raise NotFound(N_("There is nothing at this address."))
    if not thing.local:
        raise Conflict(N_("This was published by another hub. It can only be changed there."))
    return thing


def own_pictures(tx: Tx, wished: list[Picture]) -> list[Picture]:
    """The pictures that a form names, as they were uploaded here: whatever else it says of them is not believed.

    Raises `Invalid` for one that is not here, or more than four.
    """
    if len(wished) > MOST_PICTURES:
        raise Invalid(N_("Use up to four pictures."), field="picture")
    found = []
    for one in wished:
        if one.media is None:
            raise Invalid(N_("Choose a picture from your device."), field="picture")
        kept = media.get(tx, one.media)
        alt = clean_text(one.alt, longest=media.ALT, field="alt") or kept.alt
        found.append(Picture(media=kept.id, mime=kept.mime, width=kept.width, height=kept.height, alt=alt))
    return found


def words_of(title: Text, text: Text, *, what: str = "title") -> tuple[Text, Text]:
    """Title and text, cleaned and within bounds. Raises `Invalid` naming the field."""
    return clean_text(title, longest=TITLE, field=what), clean_text(text, longest=STORY, field="text")


def rendered(words: Text) -> Text:
    return {language: markdown(text) for language, text in words.items()}


def _shown(words: Text) -> Text:
    """The same, to be kept. Raises `Invalid` for words that swell beyond what is: marks and links make HTML grow."""
    html = rendered(words)
    if len(pack(html)) > LONGEST_HTML:
        raise Invalid(N_("This is too long: at most %(longest)s characters."), field="text", longest=STORY // 2)
    return html


def _then(tx: Tx, ms: int) -> int:
    """A number that nothing has, among those of a moment long ago."""
    for _ in range(8):
        id = id_at(ms)
        if tx.one("SELECT 1 AS x FROM thing WHERE id = :id", id=id) is None:
            return id
    return new_id()


def _row(row: Row | None) -> Row:
    if row is None:
        raise NotFound(N_("There is nothing at this address. It may have been taken down."))
    return row


def _more(seen: Seen) -> str | None:
    return None if seen.extra == NOTHING_MORE else pack(seen.extra)


def _singular(kind: str) -> str:
    return kind if kind in ("event", "ask", "offer") else "post"


def _insert(tx: Tx, *, area: Area | None, **columns: Any) -> None:
    for name in ("title", "words", "html", "pictures", "tags"):
        columns[name] = pack(columns[name])
    columns |= {"area_code": area.code or None if area else None, "area_name": area.name or None if area else None}
    names = ", ".join(columns)
    tx.run(f"INSERT INTO thing ({names}) VALUES ({', '.join(':' + name for name in columns)})", **columns)
