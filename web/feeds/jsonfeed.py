"""JSON Feed 1.1."""

from html import escape

import msgspec

from web.feeds.entry import Entry, Feed, stamp

MIME = "application/feed+json"


def write(feed: Feed) -> bytes:
    return msgspec.json.encode(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": feed.title,
            "home_page_url": feed.home,
            "feed_url": feed.self,
            "description": feed.summary,
            "icon": feed.icon,
            "language": feed.lang,
            "authors": [{"name": feed.author, "url": feed.home}],
            "items": [_item(it) for it in feed.entries],
        }
    )


def _item(it: Entry) -> dict[str, object]:
    item: dict[str, object] = {
        "id": it.id,
        "url": it.url,
        "title": it.title,
        "content_html": it.html or f"<p>{escape(it.title)}</p>",
        "date_published": stamp(it.published),
        "date_modified": stamp(it.updated),
        "authors": [{"name": it.author}],
    }
    item |= {"tags": it.tags} if it.tags else {}
    return item | ({"image": it.picture} if it.picture else {})
