"""A status for each thing that is said here: what it says, in the hub's first language, and all that hangs on it."""

from html import escape

from msgspec import UNSET, UnsetType

from hub import apps, asks, events, marks, media, mentions, projects, sayings, things
from hub.asks import Ask
from hub.errors import NotFound
from hub.events import Event
from hub.kept import DIRECT, FOLLOWERS, PUBLIC, UNLISTED, Thing
from hub.projects import Project
from hub.store import Tx
from hub.text import Text, language_of, pick
from hub.things import Picture
from web.mastodon import shapes
from web.mastodon.shapes import Ours, Place, inside, stamp
from web.mastodon.view import Piece, View

VISIBILITY = {PUBLIC: "public", UNLISTED: "unlisted", FOLLOWERS: "private", DIRECT: "direct"}
AUDIENCE = {shown: kept for kept, shown in VISIBILITY.items()}
OFF = ("cancelled", "postponed")
POLLS = ("event", "ask", "offer")


def piece(tx: Tx, v: View, it: Thing) -> Piece:
    """Everything of a status that all see alike."""
    told = _whole(tx, it)
    spoken = language(v, told)
    answered = marks.parent(tx, it.reply_to) if it.reply_to else None
    likes, shares = things.reactions(tx, it.id)
    shown = shapes.Status(
        id=str(it.id), created_at=stamp(it.published), edited_at=None if it.edited is None else stamp(it.edited),
        in_reply_to_id=str(answered[0]) if answered else None,
        in_reply_to_account_id=str(answered[1]) if answered else None,
        sensitive=it.extra.sensitive, spoiler_text=pick(it.extra.warning, spoken), visibility=VISIBILITY[it.audience],
        language=spoken or None, uri=it.uri, url=it.url or it.uri, content=content(told, v, spoken),
        replies_count=marks.answered(tx, _uris(tx, told)), reblogs_count=shares, favourites_count=likes,
        media_attachments=attachments(tx, v, it), mentions=_mentions(tx, it), tags=tags(v, it.tags),
        application=_application(tx, it), neighbourhub=_ours(tx, told),
    )  # fmt: skip
    return Piece(it.updated, it.by.id, inside(shown), it.kind in POLLS or it.extra.poll is not None)


def wrapper(base: str, number: int, at: int) -> bytes:
    """The inside of a status that only says that somebody shares another one."""
    shown = shapes.Status(
        id=str(number), created_at=stamp(at), edited_at=None, in_reply_to_id=None, in_reply_to_account_id=None,
        sensitive=False, spoiler_text="", visibility="public", language=None, uri=f"{base}/share/{number}", url=None,
        content="", replies_count=0, reblogs_count=0, favourites_count=0, media_attachments=[], mentions=[], tags=[],
        reblog=UNSET,
    )  # fmt: skip
    return inside(shown)


def tags(v: View, written: list[str]) -> list[shapes.Tag]:
    names = dict.fromkeys(mentions.folded(tag) for tag in written)
    return [shapes.Tag(name, f"{v.base}/tags/{name}") for name in names if name]


def attachments(tx: Tx, v: View, it: Thing) -> list[shapes.Attachment]:
    """Its pictures; films and recordings by the address of where they are."""
    found = [attachment(tx, v, picture, it.id + n) for n, picture in enumerate(it.pictures)]
    recorded = [link for link in it.extra.links if link.kind in ("video", "audio") and not link.mime.endswith("/*")]
    return found + [
        shapes.Attachment(
            id=str(it.id + len(found) + n), type=link.kind, url=link.url, preview_url=None, remote_url=link.url,
            meta=shapes.Meta(), description=pick(link.name, v.language) or None,
        )
        for n, link in enumerate(recorded)
    ]  # fmt: skip


def attachment(tx: Tx, v: View, it: Picture, number: int) -> shapes.Attachment:
    """A picture; `number` stands for one that is elsewhere and has none."""
    if it.media is None:
        return shapes.Attachment(
            id=str(number), type="image", url=it.url, preview_url=it.url, remote_url=it.url,
            meta=shapes.Meta(original=_size(it.width, it.height)), description=pick(it.alt, v.language) or None,
        )  # fmt: skip
    kept = media.get(tx, it.media)
    address = f"{v.base}/media/{kept.key}"
    return shapes.Attachment(
        id=str(kept.id), type="image", url=f"{address}-full.jpg", preview_url=f"{address}-small.jpg",
        meta=shapes.Meta(
            original=_size(kept.width, kept.height), small=_size(kept.small_width, kept.small_height),
            focus=_focus(kept.focus),
        ),
        description=pick(it.alt or kept.alt, v.language) or None,
    )  # fmt: skip


def _size(width: int | None, height: int | None) -> "shapes.Size | UnsetType":
    if not width or not height:
        return UNSET
    return shapes.Size(width, height, f"{width}x{height}", round(width / height, 4))


def _focus(kept: str) -> shapes.Focus:
    x, _, y = kept.partition(",")
    return shapes.Focus(float(x), float(y)) if y else shapes.Focus()


def _mentions(tx: Tx, it: Thing) -> list[shapes.Mention]:
    return [
        shapes.Mention(
            str(row["id"]), row["handle"], row["url"] or row["uri"],
            row["handle"] if row["local"] else f"{row['handle']}@{row['domain']}",
        )
        for row in mentions.of(tx, it.id)
    ]  # fmt: skip


def _application(tx: Tx, it: Thing) -> "shapes.Application | UnsetType":
    app = apps.by_id(tx, it.app) if it.app is not None else None
    return shapes.Application(app.name, app.website or None) if app else UNSET


def _uris(tx: Tx, it: Thing) -> list[str]:
    """What answers to it point at: on servers with a timeline, an event's poll."""
    if isinstance(it, Event) and it.companion is not None:
        try:
            return [it.uri, things.get(tx, it.companion).uri]
        except NotFound:
            return [it.uri]
    return [it.uri]


# --- what it says ----------------------------------------------------------------------------------


def content(it: Thing, v: View, language: str) -> str:
    """The words as HTML, with title, date, place and link before them where a page of its own has more."""
    html = it.html.get(language) or pick(it.html, language)
    match it:
        case Event():
            return _title(_named(it, language)) + _facts(it, language) + html
        case Ask():
            return _title(_asked(it, language)) + _wanted(it, v, language) + html
        case Project():
            summary = pick(it.summary, language)
            return _title(pick(it.title, language)) + summary + f"<p>🔗 {_link(it.url)}</p>" + html
    return _title(pick(it.title, language)) + html


def _named(it: Event, language: str) -> str:
    title = pick(it.title, language)
    return f"{sayings.say(it.status, language)}: {title}" if it.status in OFF else title


def _facts(it: Event, language: str) -> str:
    lines = [escape(pick(it.reason, language))] if it.reason else []
    if it.full and not it.cancelled and it.local:
        lines.append(f"<strong>{escape(sayings.say('full', language))}</strong>")
    lines.append(f"📅 {escape(sayings.when(it.starts, it.ends, it.zone, language))}")
    lines += [f"📍 {escape(it.venue.line)}"] if it.venue.line else []
    lines += [f"💻 {_link(it.online)}"] if it.online else []
    amount = f"£{it.cost / 100:.2f}".removesuffix(".00") if it.cost else ""
    price = " · ".join(part for part in (amount, pick(it.cost_words, language)) if part)
    lines += [f"💷 {escape(price)}"] if price else []
    return f"<p>{'<br>'.join([*lines, f'🔗 {_link(it.url)}'])}</p>"


def _asked(it: Ask, language: str) -> str:
    label = sayings.say(it.kind, language)
    if it.status != "open":
        label = f"{sayings.say('matched' if it.status == 'matched' else 'closed', language)} · {label}"
    return f"{label}: {pick(it.title, language)}"


def _wanted(it: Ask, v: View, language: str) -> str:
    lines = [f"📅 {escape(sayings.until(it.due, v.hub.zone, language))}"] if it.due is not None else []
    lines += [f"📍 {escape(it.area.name)}"] if it.area and it.area.name else []
    lines += [escape(sayings.say("checked", language))] if it.vetted else []
    return f"<p>{'<br>'.join([*lines, f'🔗 {_link(it.url)}'])}</p>"


def _title(words: str) -> str:
    return f"<p><strong>{escape(words)}</strong></p>" if words else ""


def _link(url: str) -> str:
    return f'<a href="{escape(url)}" rel="nofollow noopener">{escape(url.partition("://")[2])}</a>'


def language(v: View, it: Thing) -> str:
    """The one that it is told in: the hub's first that it is written in."""
    words: Text = it.html | it.title
    found = next((one for one in v.hub.languages if one in words), "") or language_of(words, v.language)
    return found if 2 <= len(found.partition("-")[0]) <= 3 and found != "und" else ""


# --- what it is ------------------------------------------------------------------------------------


def _whole(tx: Tx, it: Thing) -> Thing:
    """With what makes it an event, an ask or a project."""
    match it.kind:
        case "event":
            return events.get(tx, it.id)
        case "ask" | "offer":
            return asks.get(tx, it.id)
        case "project":
            return projects.get(tx, it.id)
    return it


def _ours(tx: Tx, it: Thing) -> "Ours | UnsetType":
    project = str(it.project) if it.project else ""
    match it:
        case Event():
            where = it.venue
            place = Place(where.name, where.street, where.locality, where.postcode, where.lat, where.lon)
            return Ours(
                kind=it.kind, title=it.title, starts=stamp(it.starts), ends=stamp(it.ends), zone=it.zone,
                place=place if where.line else None, online=it.online, status=it.status, places=it.places,
                going=it.going, maybe=it.maybe, waiting=it.waiting, project=project,
            )  # fmt: skip
        case Ask():
            return Ours(
                kind=it.kind, title=it.title, status=it.status, category=it.category, people=it.people,
                due=None if it.due is None else stamp(it.due), ends=stamp(it.expires), offered=it.offered,
                area=it.area.name if it.area else "", project=project,
            )  # fmt: skip
        case Project():
            return Ours(kind=it.kind, title=it.title, stage=it.stage, account=str(it.actor))
    if it.personal or not (it.title or it.kind == "update"):
        return UNSET
    return Ours(kind=it.kind, title=it.title, project=project)
