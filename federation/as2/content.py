"""What all our documents share: times, addressing, words in several languages, pictures, hashtags."""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from html import escape

from federation.as2.contexts import PUBLIC, Json
from hub.places import Area
from hub.settings import Hub
from hub.text import Text, pick
from hub.things import Picture

MOST_PICTURES = 4  # Mastodon shows no more

Build = Callable[[str, str], str]  # language, HTML of what was written → the whole text in that language

_BLOCK = re.compile(r"<(p|ul|ol|blockquote|pre)>")
_MEANS_SOMETHING = re.compile(r"[\\`*_{}\[\]<>()#~]")
_TAG = re.compile(r"\w{1,60}")


def stamp(ms: int) -> str:
    """A moment as everybody reads it: whole seconds, UTC."""
    return datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def followers(actor: str) -> str:
    return f"{actor}/followers"


def public(actor: str, *others: str) -> Json:
    """To everybody, and to those who follow `actor`: the same on an activity and on its object."""
    return {"to": [PUBLIC], "cc": [followers(actor), *others]}


def languages(hub: Hub, *texts: Text) -> list[str]:
    """The languages that something is written in, the hub's first one leading."""
    written = {language: None for text in texts for language in text}
    return [one for one in hub.languages if one in written] + [one for one in written if one not in hub.languages]


def words(spoken: list[str], html: Text, build: Build, behind: str = "") -> Json:
    """`content` for servers that know one language, `contentMap` for those that know more.

    With two languages `content` holds both, each marked; what is written in one only is not repeated there.
    `behind` comes last, once.
    """
    whole = {one: build(one, html.get(one) or pick(html, spoken[0])) + behind for one in spoken}
    if len(spoken) == 1:
        return {"content": whole[spoken[0]], "contentMap": whole}
    return {"content": "".join(_marked(build(one, html.get(one, "")), one) for one in spoken) + behind} | {
        "contentMap": whole
    }


def named(key: str, text: Text, spoken: list[str]) -> Json:
    """`key` in the first language, and beside it all of them when there are several."""
    said = {one: text[one] for one in spoken if one in text} | text
    if not said:
        return {}
    return {key: next(iter(said.values()))} | ({f"{key}Map": said} if len(said) > 1 else {})


def title(words: str) -> str:
    """The first line of a text that has a title: other servers know none."""
    return f"<p><strong>{escape(words)}</strong></p>" if words else ""


def literal(words: str) -> str:
    """Markdown that says just these words, stars and brackets too."""
    return _MEANS_SOMETHING.sub(r"\\\g<0>", words)


def link(url: str) -> str:
    return f'<a href="{escape(url)}">{escape(url.partition("://")[2])}</a>'


def hashtags(hub: Hub, tags: Iterable[str]) -> tuple[list[Json], str]:
    """Hashtags as `tag` entries, and as the paragraph that ends the text: servers read one, people the other."""
    names = dict.fromkeys(name for tag in tags if (name := "".join(_TAG.findall(tag))))
    pairs = [(name, f"{hub.base}/search?q=%23{name.lower()}") for name in names]
    entries: list[Json] = [{"type": "Hashtag", "name": f"#{name}", "href": href} for name, href in pairs]
    links = [f'<a href="{href}" class="mention hashtag" rel="tag">#<span>{name}</span></a>' for name, href in pairs]
    return entries, f"<p>{' '.join(links)}</p>" if links else ""


def mention(acct: str, uri: str) -> Json:
    """`acct` is `@hub@e17.example`."""
    return {"type": "Mention", "name": acct, "href": uri}


def picture_url(hub: Hub, it: Picture) -> str:
    return it.url or f"{hub.base}/media/{it.media}"


def pictures(hub: Hub, them: list[Picture], kind: str = "Document") -> list[Json]:
    return [picture(hub, it, kind) for it in them[:MOST_PICTURES]]


def picture(hub: Hub, it: Picture, kind: str = "Document") -> Json:
    size = {"width": it.width, "height": it.height} if it.width and it.height else {}
    alt = named("name", it.alt, hub.languages)
    return {"type": kind, "mediaType": it.mime, "url": picture_url(hub, it)} | alt | size


def area(it: Area | None) -> list[Json]:
    """Part of the country by its ONS code and name; never a point."""
    if it is None or it == Area():
        return []
    code = {"nh:code": it.code, "nh:scheme": "gss"} if it.code else {}
    return [code | ({"nh:name": it.name} if it.name else {})]


def position(lat: float | None, lon: float | None) -> Json:
    """WGS84 degrees, with a point even when whole: Mobilizon takes `51` for no number at all."""
    return {} if lat is None or lon is None else {"latitude": float(lat), "longitude": float(lon)}


def poll(labels: list[str], counts: list[int]) -> Json:
    """The options of a question and how many chose each; nobody is named."""
    return {
        "votersCount": sum(counts),
        "oneOf": [
            {"type": "Note", "name": label, "replies": {"type": "Collection", "totalItems": count}}
            for label, count in zip(labels, counts, strict=True)
        ],
    }


def _marked(html: str, language: str) -> str:
    return _BLOCK.sub(rf'<\1 lang="{language}">', html)
