"""The list of pages for search engines (sitemaps.org)."""

from collections.abc import Sequence
from html import escape

from hub.settings import Hub
from web.feeds.entry import stamp

MIME = "application/xml"
MOST = 1000
PAGES = ("/", "/events", "/asks", "/projects", "/slices", "/about")


def write(hub: Hub, things: Sequence[tuple[str, int]]) -> bytes:
    """`things` are paths, and when each was changed last."""
    lines = [f"<url><loc>{escape(hub.base + path)}</loc></url>" for path in PAGES]
    lines += [f"<url><loc>{escape(hub.base + path)}</loc><lastmod>{stamp(at)}</lastmod></url>" for path, at in things]
    head = '<?xml version="1.0" encoding="utf-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
    return "\n".join([head, *lines, "</urlset>"]).encode()
