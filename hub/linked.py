"""What somebody types in an app, as HTML: paragraphs, lines, addresses, @names and #tags become links. Pure."""

import re
from collections.abc import Callable, Mapping
from html import escape

from hub.text import sanitise

# An address, a name that is meant (`@ann`, `@ann@e17.example`), a hashtag; none of them inside a word.
_LINK = r"(?P<url>https?://[^\s<>\"'`|\\]{1,1000}[^\s<>\"'`|\\.,;:!?)\]}*_])"
_NAME = r"(?<![\w/.@])@(?P<name>[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?)(?:@(?P<host>[\w.-]+\w(?::\d{1,5})?))?"
_TAG = r"(?<![\w/&#])#(?P<tag>\w*[^\W\d_]\w*)"
_FOUND = re.compile(f"{_LINK}|{_NAME}|{_TAG}")
SHOWN = 30  # characters of an address that are shown

Url = str


def names(words: str) -> list[tuple[str, str]]:
    """Whom some words name: (`ann`, "") or (`ann`, `e17.example`), in small letters, each once."""
    found = ((m["name"].lower(), (m["host"] or "").lower()) for m in _FOUND.finditer(words) if m["name"])
    return list(dict.fromkeys(found))


def tags(words: str) -> list[str]:
    """The hashtags in some words, as they are written, each once."""
    found: dict[str, str] = {}
    for m in _FOUND.finditer(words):
        if m["tag"]:
            found.setdefault(m["tag"].casefold(), m["tag"][:100])
    return list(found.values())


def html(words: str, people: Mapping[tuple[str, str], Url], tag_url: Callable[[str], Url]) -> str:
    """The words as they are shown. `people` are those who could be found, with the address of their page."""
    blocks = [block for block in re.split(r"\n{2,}", words) if block.strip()]
    return sanitise("".join(f"<p>{_block(block, people, tag_url)}</p>" for block in blocks))


def _block(block: str, people: Mapping[tuple[str, str], Url], tag_url: Callable[[str], Url]) -> str:
    said, at = "", 0
    for m in _FOUND.finditer(block):
        said += _plain(block[at : m.start()]) + _linked(m, people, tag_url)
        at = m.end()
    return said + _plain(block[at:])


def _linked(m: "re.Match[str]", people: Mapping[tuple[str, str], Url], tag_url: Callable[[str], Url]) -> str:
    if m["url"]:
        return _address(m["url"])
    if m["tag"]:
        url = escape(tag_url(m["tag"]))
        return f'<a href="{url}" class="mention hashtag" rel="tag">#<span>{escape(m["tag"])}</span></a>'
    page = people.get((m["name"].lower(), (m["host"] or "").lower()))
    if page is None:
        return _plain(m[0])
    return (
        f'<span class="h-card" translate="no"><a href="{escape(page)}" class="u-url mention">'
        f"@<span>{escape(m['name'])}</span></a></span>"
    )


def _address(url: str) -> str:
    """A link that shows the beginning of where it leads; the rest is there for who copies it."""
    scheme, _, rest = url.partition("://")
    shown, hidden = rest[:SHOWN], rest[SHOWN:]
    tail = f'<span class="invisible">{escape(hidden)}</span>' if hidden else ""
    cut = ' class="ellipsis"' if hidden else ""
    return (
        f'<a href="{escape(url)}"><span class="invisible">{scheme}://</span><span{cut}>{escape(shown)}</span>{tail}</a>'
    )


def _plain(words: str) -> str:
    return escape(words, quote=False).replace("\n", "<br>")
