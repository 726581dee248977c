"""Atom (RFC 4287)."""

import re
from html import escape

from web.feeds.entry import Entry, Feed, stamp

MIME = "application/atom+xml"
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # in XML, however it is written


def write(feed: Feed) -> bytes:
    head = [
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{escape(feed.lang)}">',
        _element("id", feed.id), _element("title", feed.title), _element("subtitle", feed.summary),
        _element("updated", stamp(feed.updated)), _element("icon", feed.icon),
        f"<author>{_element('name', feed.author)}{_element('uri', feed.home)}</author>",
        _link("self", feed.self, MIME), _link("alternate", feed.home, "text/html"),
        _element("generator", "Neighbourhub"),
    ]  # fmt: skip
    lines = ['<?xml version="1.0" encoding="utf-8"?>', *head, *map(_entry, feed.entries), "</feed>"]
    return "\n".join(line for line in lines if line).encode()


def _entry(it: Entry) -> str:
    parts = [
        _element("id", it.id), _element("title", it.title), _link("alternate", it.url, "text/html"),
        _element("published", stamp(it.published)), _element("updated", stamp(it.updated)),
        f"<author>{_element('name', it.author)}</author>",
        *(f"<category term={_attribute(tag)}/>" for tag in it.tags),
        _link("enclosure", it.picture, "image/jpeg") if it.picture else "",
        f'<content type="html">{escape(_FORBIDDEN.sub("", it.html))}</content>',
    ]  # fmt: skip
    return "<entry>\n" + "\n".join(part for part in parts if part) + "\n</entry>"


def _element(name: str, words: str) -> str:
    return f"<{name}>{escape(_FORBIDDEN.sub('', words))}</{name}>" if words else ""


def _link(rel: str, href: str, mime: str) -> str:
    return f'<link rel="{rel}" type="{mime}" href={_attribute(href)}/>'


def _attribute(words: str) -> str:
    return f'"{escape(_FORBIDDEN.sub("", words))}"'
