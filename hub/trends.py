"""What is spoken of here and among neighbours in these days: tags, posts and pages that many people bring up."""

import re
from html import unescape

import msgspec

from hub.clock import DAY, now
from hub.store import Tx
from hub.tags import WEEK, Days, week
from hub.text import plain

LEAST = 2  # people, before something is spoken of
READ = 2000  # of the newest things, that links are looked for in
_PAGE = "t.removed IS NULL AND t.hidden = 0 AND t.kind <> 'companion' AND t.audience = 'public'"
_LINK = re.compile(r'<a\b([^>]*?)\bhref="(https?://[^"]{4,2000})"([^>]*)>(.*?)</a>', re.DOTALL)


class Link(msgspec.Struct, frozen=True):
    """A page that is linked to: its address, what the link says, and how it was spoken of by day."""

    url: str
    title: str
    days: Days


def tags(tx: Tx, *, skip: int = 0, limit: int = 10) -> list[str]:
    """The tags that most people used in the last week."""
    rows = tx.all(
        f"""SELECT g.tag, count(DISTINCT t.author) AS people, count(*) AS uses
            FROM thing t JOIN thing_tag g ON g.thing = t.id WHERE t.published >= :since AND {_PAGE}
            GROUP BY g.tag ORDER BY people DESC, uses DESC, g.tag LIMIT :limit OFFSET :skip""",
        since=_since(), limit=limit, skip=skip,
    )  # fmt: skip
    return [row["tag"] for row in rows]


def statuses(tx: Tx, *, skip: int = 0, limit: int = 20) -> list[int]:
    """What most people liked or shared of what was said to everybody in the last week."""
    rows = tx.all(
        f"""SELECT t.id, count(DISTINCT r.actor) AS people FROM thing t JOIN reaction r ON r.thing = t.id
            WHERE t.published >= :since AND {_PAGE} AND r.actor <> t.author
            GROUP BY t.id ORDER BY people DESC, t.id DESC LIMIT :limit OFFSET :skip""",
        since=_since(), limit=limit, skip=skip,
    )  # fmt: skip
    return [row["id"] for row in rows]


def links(tx: Tx, *, skip: int = 0, limit: int = 10) -> list[Link]:
    """The pages that most people linked to in the last week. Names and tags are links too, and do not count."""
    rows = tx.all(
        f"""SELECT t.author, t.html, t.published FROM thing t
            WHERE t.published >= :since AND {_PAGE} ORDER BY t.id DESC LIMIT :read""",
        since=_since(), read=READ,
    )  # fmt: skip
    spoken: dict[str, set[tuple[int, int]]] = {}
    titles: dict[str, str] = {}
    for row in rows:
        for url, title in _linked(row["html"]):
            spoken.setdefault(url, set()).add((row["published"] // DAY * DAY, row["author"]))
            titles[url] = title
    people = {url: len({who for _, who in said}) for url, said in spoken.items()}
    first = sorted((url for url in spoken if people[url] >= LEAST), key=lambda url: (-people[url], url))
    return [Link(url, titles[url], _by_day(url, spoken[url])) for url in first[skip : skip + limit]]


def _by_day(url: str, said: set[tuple[int, int]]) -> Days:
    days = [day for day, _ in said]
    return week({(url, day): (days.count(day), days.count(day)) for day in days}, url, now() // DAY * DAY)


def _linked(html: str) -> list[tuple[str, str]]:
    """Addresses that some HTML (in JSON, as it is kept) leads to, with what the links say."""
    found = []
    for m in _LINK.finditer(html.replace('\\"', '"')):
        attributes = m[1] + m[3]
        if "mention" not in attributes and "hashtag" not in attributes and 'rel="tag"' not in attributes:
            found.append((unescape(m[2]), plain(m[4])[:200]))
    return found


def _since() -> int:
    return (now() // DAY - WEEK + 1) * DAY
