"""Words: what a neighbour typed, in whichever language, and what other servers send, made safe to show.

`Text` is words by language tag, e.g. {"en": "Street party", "cy": "Parti stryd"}. Everything here is pure.
"""

import html as entities
import re
import unicodedata
from collections.abc import Iterator
from itertools import groupby

import msgspec
import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from hub.errors import N_, Invalid

Text = dict[str, str]

LANGUAGES = 12  # in one text
TOGETHER = 3  # times the length of one language: what all of them may fill, as they are kept
MARKS = 3  # combining marks on one letter; more is decoration that climbs over its neighbours
REMOTE = 50_000  # characters of other servers' HTML that are looked at
KEPT = 80_000  # characters of HTML that are kept; entities and `rel` make it grow
DEEP = 60  # elements within elements


def pick(text: Text, lang: str) -> str:
    """The words in `lang`; failing that in the first language there is. "" when nothing was said."""
    return text.get(language_of(text, lang), "")


def language_of(text: Text, lang: str) -> str:
    """The language that `pick` answers in, for the page's `lang` attribute. "" when nothing was said."""
    if lang in text:
        return lang
    of_the_same = lang.partition("-")[0]
    return min(text, key=lambda tag: (tag != of_the_same, tag.partition("-")[0] != of_the_same), default="")


def clean_text(text: Text, *, longest: int, field: str) -> Text:
    """`text` as it is kept: whole letters, no tricks, no empty languages.

    `longest` is in characters, for each language. Raises `Invalid`, naming `field`, when one is longer, all of them
    would not fit where they are kept, or a language is none.
    """
    if len(text) > LANGUAGES or not all(re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}", tag) for tag in text):
        raise Invalid(N_("Choose the language from the list."), field=field)
    cleaned = {tag: clean_words(words, longest=longest, field=field) for tag, words in text.items()}
    cleaned = {tag: words for tag, words in cleaned.items() if words}
    if len(msgspec.json.encode(cleaned).decode()) > TOGETHER * longest:
        raise Invalid(N_("This is too long: at most %(longest)s characters."), field=field, longest=longest)
    return cleaned


def clean_words(words: str, *, longest: int, field: str) -> str:
    """One language's words, or a name: NFC, no control characters, nothing that turns the direction of what follows."""
    if len(words) <= 4 * longest:
        words = _whole(words)
        if len(words) <= longest:
            return words
    raise Invalid(N_("This is too long: at most %(longest)s characters."), field=field, longest=longest)


def _whole(words: str) -> str:
    words = _NEWLINE.sub("\n", words)
    words = _INVISIBLE.sub("", words)
    if not words.isascii():  # few marks first: sorting a long run of them takes the square of its length
        words = _few_marks(unicodedata.normalize("NFC", _few_marks(words)))
    return words.strip()


_NEWLINE = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
# Controls, lone surrogates, direction controls, and what has no width. Kept: the joiners and tags that emoji, flags and
# many scripts are built with.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)


def _few_marks(words: str) -> str:
    runs = groupby(words, lambda letter: unicodedata.category(letter) in ("Mn", "Me"))
    return "".join("".join(run)[: MARKS if marks else None] for marks, run in runs)


# Markdown, as neighbours type it


def markdown(words: str) -> str:
    """What a neighbour typed, as HTML: paragraphs, lists, quotes, emphasis, links; a bare address becomes a link."""
    return sanitise(_MARKDOWN.render(words[:REMOTE]))


def _link_addresses(state: StateCore) -> None:
    for block in state.tokens:
        if block.children and "://" in block.content:
            block.children = list(_with_links(block.children))


def _with_links(tokens: list[Token]) -> Iterator[Token]:
    within = 0
    for token in tokens:
        within += {"link_open": 1, "link_close": -1}.get(token.type, 0)
        if token.type == "text" and not within:
            yield from _split(token)
        else:
            yield token


def _split(token: Token) -> Iterator[Token]:
    for at, part in enumerate(_ADDRESS.split(token.content)):
        words = Token("text", "", 0, content=part)
        if at % 2:
            yield Token("link_open", "a", 1, attrs={"href": part})
            yield words
            yield Token("link_close", "a", -1)
        elif part:
            yield words


# Ends before the full stop or bracket that belongs to the sentence around it.
_ADDRESS = re.compile(r"(https?://[^\s<>\"'`|\\]{1,1000}[^\s<>\"'`|\\.,;:!?)\]}*_])")
_MARKDOWN = MarkdownIt("commonmark", {"html": False, "breaks": True, "maxNesting": 20}).enable("strikethrough")
_MARKDOWN.disable(["image", "html_block", "html_inline"])
_MARKDOWN.core.ruler.push("addresses", _link_addresses)


# HTML, as other servers send it


def sanitise(html: str) -> str:
    """HTML that is safe to show: a few elements, links to the web and to e-mail, nothing that loads or runs.

    The list is Mastodon's; headings become strong paragraphs, pictures go. HTML that is absurd (nested or swollen
    beyond reason) comes back as its bare words.
    """
    tame = _tame(_INVISIBLE.sub("", html[:REMOTE]))
    clean = _INVISIBLE.sub("", _LOOSE.clean(tame))  # again: an entity may have hidden one
    if _RENAMED.search(clean):
        clean = _EMPTY.sub("", _STRICT.clean(_RENAMED.sub(_rename, clean)))
    if len(clean) > KEPT or (clean.count("<") > DEEP and _too_deep(clean)):
        return "<p>" + nh3.clean_text(plain(tame)[: KEPT // 8]) + "</p>"
    return clean.strip()


def plain(html: str) -> str:
    """The bare words of some HTML, one line a paragraph; for searching, for previews, for text mail."""
    end = html.rfind(">") + 1  # so that every "<" looked at has its ">": the time grows with the length, no faster
    words = entities.unescape(_TAG.sub("", _BREAK.sub("\n", html[:end])) + html[end:])
    return "\n".join(line for line in map(str.strip, words.split("\n")) if line)


def excerpt(html: str, longest: int = 160) -> str:
    """The first words, on one line, cut between words at `longest` characters."""
    words = " ".join(plain(html[: longest * 20]).split())
    if len(words) <= longest:
        return words
    whole = words[:longest].rpartition(" ")[0]
    return (whole or words[: longest - 1]).rstrip(".,;:") + "…"


def _tame(html: str) -> str:
    """Take from formatting elements what makes a parser copy them without end.

    HTML's rules open every unclosed <b> again in each later paragraph. Those that differ in an attribute all count:
    50 kB of such input made 30 MB of elements. Without attributes, three of a kind count.
    """
    end = html.rfind(">") + 1
    return _FORMATTING.sub(_bare, html[:end]) + html[end:]


def _bare(found: re.Match[str]) -> str:
    name = {"strike": "s", "tt": "code"}.get(found[2].lower(), found[2].lower())
    return "" if name in ("font", "nobr", "big", "small") else f"<{found[1]}{name}>"


def _rename(found: re.Match[str]) -> str:
    slash, name = found[1], found[2]
    if name[0] == "t" and name != "tr":
        return " " if slash and name in ("td", "th") else ""
    if name[1] in "123456":
        return "</strong></p>" if slash else "<p><strong>"
    return f"<{slash}p>"


def _too_deep(clean: str) -> bool:
    depth = 0
    for found in _ELEMENT.finditer(clean):
        depth += -1 if found[1] else 1
        if depth > DEEP:
            return True
    return False


def _attribute(element: str, name: str, value: str) -> str | None:
    match name:
        case "href":
            return value if _HREF.fullmatch(value) else None
        case "class":
            return " ".join(word for word in value.split() if _CLASS.fullmatch(word)) or None
        case "lang":
            return value if _LANG.fullmatch(value) else None
        case "translate":
            return value if value == "no" else None
        case "rel":  # ours: theirs is not let through
            return value
        case _:
            return value if re.fullmatch(r"-?[0-9]{1,6}|", value) else None


_TAG = re.compile(r"<[A-Za-z/!?][^>]*>")
_BREAK = re.compile(r"(?ia)<(?:br|/p|/li|/h[1-6]|/div|/blockquote|/tr|/pre)(?:[\s/][^>]*)?>")
_FORMATTING = re.compile(r"(?ia)<(/?)(b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)(?:[\s/][^>]*)?>")
_ELEMENT = re.compile(r"<(/?)(?!br>)[a-z]")
_EMPTY = re.compile(r"<p>(?:<strong></strong>)?</p>")
_CLASS = re.compile(r"(?:h|p|u|dt|e)-[a-z0-9-]{1,40}|mention|hashtag|ellipsis|invisible")
_LANG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,4}")
# A whole address with nothing before the host: what looks like one place must not lead to another.
_WEB = r"https?://[^\s/?#@\\<>\"'\x00-\x1f]{1,255}(?:[/?#][^<>\"\x00-\x1f]{0,2000})?"
_HREF = re.compile(rf"(?i){_WEB}|mailto:[^\s<>\"'\x00-\x1f]{{3,320}}")

_ALLOWED = "p br span a del s pre blockquote code b strong u i em ul ol li ruby rt rp"
_BLOCKS = "div section article aside header footer main figure figcaption details summary center address dl dt dd tr"
_HEADINGS = "h1 h2 h3 h4 h5 h6"
_DROPPED = (
    "script style title textarea xmp iframe noembed noframes noscript plaintext template svg math object embed applet "
    "select option button audio video canvas head"
)
_TURNED = f"{_BLOCKS} {_HEADINGS} table thead tbody td th"  # let through once, to become paragraphs and spaces
_RENAMED = re.compile(rf"<(/?)({'|'.join(_TURNED.split())})>")


def _cleaner(tags: str) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=set(tags.split()),
        clean_content_tags=set(_DROPPED.split()),
        attributes={
            "a": {"href", "class", "lang", "translate"},
            "span": {"class", "lang", "translate"},
            "p": {"lang"},
            "blockquote": {"lang"},
            "ol": {"start", "reversed"},
            "li": {"value"},
        },
        attribute_filter=_attribute,
        url_schemes={"http", "https", "mailto"},
        url_relative="deny",
        link_rel="nofollow noopener ugc",
    )


_LOOSE = _cleaner(f"{_ALLOWED} {_TURNED}")
_STRICT = _cleaner(_ALLOWED)
