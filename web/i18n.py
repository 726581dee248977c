"""Which language a page speaks, and where its words come from.

Words live in gettext catalogues, `themes/<theme>/locale/<language>/LC_MESSAGES/neighbourhub.po`,
read as they are when first needed: a fresh clone needs no compile step. Welsh has six plural forms
(none, one, two, three, six, other). `python -m web.i18n` keeps the catalogues: docs/build/translating.md.
"""

import re
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from pathlib import Path

LANGUAGES = {"en": "English", "cy": "Cymraeg"}  # tag → its own name for itself
PLURALS: dict[str, tuple[int, Callable[[int], int]]] = {
    "en": (2, lambda n: int(n != 1)),
    "cy": (6, lambda n: {0: 0, 1: 1, 2: 2, 3: 3, 6: 4}.get(n, 5)),
}
CATALOGUE = "neighbourhub.po"
CONTEXT = "\x04"  # between msgctxt and msgid, as gettext has it


class Catalogue:
    """The words of one language. A message without a translation stays in English."""

    def __init__(self, language: str, messages: Mapping[str, tuple[str, ...]]) -> None:
        self.language = language
        self._messages = messages
        self._form = PLURALS[language][1]

    def gettext(self, message: str) -> str:
        found = self._messages.get(message)
        return found[0] if found else message

    def ngettext(self, one: str, many: str, n: int) -> str:
        found = self._messages.get(one)
        if found and len(found) > 1:
            return found[min(self._form(n), len(found) - 1)]
        return one if n == 1 else many

    def pgettext(self, context: str, message: str) -> str:
        found = self._messages.get(context + CONTEXT + message)
        return found[0] if found else message

    def npgettext(self, context: str, one: str, many: str, n: int) -> str:
        found = self._messages.get(context + CONTEXT + one)
        if found and len(found) > 1:
            return found[min(self._form(n), len(found) - 1)]
        return one if n == 1 else many


@lru_cache(maxsize=16)
def catalogue(language: str, folders: tuple[Path, ...]) -> Catalogue:
    """The words of a chain of themes in one language; an earlier theme's word wins."""
    messages: dict[str, tuple[str, ...]] = {}
    for folder in reversed(folders):
        path = folder / "locale" / language / "LC_MESSAGES" / CATALOGUE
        if path.is_file():
            messages |= read(path.read_text())
    return Catalogue(language, messages)


_STRING = r'"(?:[^"\\]|\\.)*"'
_ENTRY = re.compile(rf"^(msgctxt|msgid_plural|msgid|msgstr)(?:\[(\d)\])? ({_STRING}(?:\n{_STRING})*)", re.M)
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r"}


def read(po: str) -> dict[str, tuple[str, ...]]:
    """Message → its forms, for every translated message of a catalogue. Fuzzy ones count as untranslated."""
    found: dict[str, tuple[str, ...]] = {}
    for block in po.split("\n\n"):
        parts = {(m[1], m[2]): _unquote(m[3]) for m in _ENTRY.finditer(block)}
        key, context = parts.get(("msgid", None)), parts.get(("msgctxt", None))
        if not key or re.search(r"^#,.*\bfuzzy\b", block, re.M):
            continue
        forms = tuple(words for (name, _), words in parts.items() if name == "msgstr")
        if all(forms):
            found[key if context is None else context + CONTEXT + key] = forms
    return found


def _unquote(lines: str) -> str:
    words = "".join(line[1:-1] for line in lines.split("\n"))
    return _ESCAPE.sub(lambda m: _ESCAPED.get(m[1], m[1]), words)


@lru_cache(maxsize=256)
def accepted(header: str) -> list[str]:
    """The languages of an Accept-Language header, best first, without regions. Nonsense is left out."""
    wanted: list[tuple[float, str]] = []
    for part in header.split(","):
        tag, _, rest = part.strip().partition(";")
        quality = re.fullmatch(r"\s*q=([01](?:\.\d{0,3})?)\s*", rest) if rest else None
        if re.fullmatch(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*", tag) and (quality or not rest):
            wanted.append((-float(quality[1]) if quality else -1.0, tag.partition("-")[0].lower()))
    return [tag for weight, tag in sorted(wanted, key=lambda w: w[0]) if weight < 0]


def choose(offered: Iterable[str], asked: str | None, own: str | None, header: str) -> str:
    """The page's language: the address's, else the person's own, else the browser's, else the hub's first."""
    known = [tag for tag in offered if tag in LANGUAGES] or ["en"]
    plain = (asked or "").partition("-")[0].lower()  # apps say cy-GB
    for tag in (plain, own, *accepted(header[:1000])):
        if tag in known:
            return tag
    return known[0]


if __name__ == "__main__":
    from web.translating import main

    sys.exit(main())
