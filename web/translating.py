"""Keeping the catalogues: `python -m web.i18n extract`, `fill`, `check`. How it is done: docs/build/translating.md.

Only for those who build; the running hub reads the catalogues with `web.i18n.read`.
"""

import fcntl
import json
import os
import re
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from web.i18n import CATALOGUE, LANGUAGES, PLURALS

ROOT = Path(__file__).parent.parent
SOURCES = (("hub", "*.py"), ("federation", "*.py"), ("web", "*.py"))
KEYWORDS: dict[str, Any] = {
    "N_": None, "_": None, "gettext": None, "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2), "npgettext": ((1, "c"), 2, 3),
}  # fmt: skip
FORMULAS = {
    "en": "nplurals=2; plural=(n != 1);",
    "cy": "nplurals=6; plural=(n==0) ? 0 : (n==1) ? 1 : (n==2) ? 2 : (n==3) ? 3 : (n==6) ? 4 : 5;",
}
_HOLE = re.compile(r"%\((\w+)\)[sd]")


def path(language: str, theme: Path) -> Path:
    return theme / "locale" / language / "LC_MESSAGES" / CATALOGUE


def wanted(theme: Path) -> Catalog:
    """Every message of a theme; the base theme also has those of the program."""
    found = Catalog(charset="utf-8")
    files = list(_templates(theme))
    if theme.name == "base":
        files += [(p, "python") for folder, names in SOURCES for p in sorted((ROOT / folder).rglob(names))]
    for file, method in files:
        options = {"trimmed": "false", "silent": "false", "newstyle_gettext": "true", "extensions": "jinja2.ext.i18n"}
        with file.open("rb") as text:
            for _, message, comments, context in extract(method, text, KEYWORDS, ("Translators:",), options):
                found.add(message, locations=[(_name(file), 0)], auto_comments=comments, context=context)
    return found


def _templates(theme: Path) -> Iterator[tuple[Path, str]]:
    for file in sorted((theme / "templates").rglob("*")):
        if file.suffix in (".html", ".txt", ".xml"):
            yield file, "jinja2.ext:babel_extract"


def _name(file: Path) -> str:
    return file.relative_to(ROOT).as_posix() if file.is_relative_to(ROOT) else file.name


def update(language: str, theme: Path) -> int:
    """Bring a catalogue up to date, keeping every translation; returns how many messages have none yet."""
    catalogue = _load(language, theme)
    catalogue.update(wanted(theme), no_fuzzy_matching=True)
    for message in catalogue:
        if message.pluralizable and message.id and not any(message.string or ()):
            message.string = ("",) * PLURALS[language][0]
    _save(catalogue, language, theme)
    return sum(1 for message in catalogue if message.id and not _whole(message, language))


def fill(language: str, theme: Path, words: dict[str, str | list[str]]) -> list[str]:
    """Put these translations in; returns those that no message asks for. A plural is a list of all its forms."""
    catalogue = _load(language, theme)
    messages = {_key(message): message for message in catalogue if message.id}
    strange = [original for original in words if original not in messages]
    for original, translated in words.items():
        if original in messages:
            messages[original].string = tuple(translated) if isinstance(translated, list) else translated
    _save(catalogue, language, theme)
    return strange


def faults(language: str, theme: Path) -> list[str]:
    """What a catalogue lacks: messages, translations, plural forms, the facts that a message carries."""
    have = {_key(message): message for message in _load(language, theme) if message.id}
    found = []
    for message in wanted(theme):
        if not message.id:
            continue
        original = _key(message)
        held = have.get(original)
        if held is None:
            found.append(f"not in the catalogue: {original!r}")
        elif language != "en" and not _whole(held, language):
            found.append(f"no {LANGUAGES[language]}, or not all its forms: {original!r}")
        elif language != "en":
            found += _suspicious(held)
    return found


def _suspicious(message: Message) -> Iterator[str]:
    original = _first(message.id)
    known = {hole for words in _all(message.id) for hole in _HOLE.findall(words)}
    for words in _all(message.string):
        if words == original and len(original.split()) > 3:
            yield f"the same as the English: {original!r}"
        if strange := set(_HOLE.findall(words)) - known:
            yield f"unknown {', '.join(sorted(strange))} in {words!r}"
        if not message.pluralizable and known - set(_HOLE.findall(words)):
            yield f"a fact is missing in {words!r}"


def _whole(message: Message, language: str) -> bool:
    forms = _all(message.string)
    return all(forms) and len(forms) == (PLURALS[language][0] if message.pluralizable else 1) and not message.fuzzy


def _all(words: Any) -> tuple[str, ...]:
    return tuple(words) if isinstance(words, list | tuple) else (words or "",)


def _first(words: Any) -> str:
    return _all(words)[0]


def _key(message: Message) -> str:
    """The English, with its context before it: `evening|pm`."""
    return f"{message.context}|{_first(message.id)}" if message.context else _first(message.id)


def _load(language: str, theme: Path) -> Catalog:
    file = path(language, theme)
    text = file.read_text() if file.exists() else _header(language)
    return read_po(BytesIO(text.encode()), locale=language, charset="utf-8")


def _save(catalogue: Catalog, language: str, theme: Path) -> None:
    """Written beside and moved into place, so that a running hub never reads half of it."""
    out = BytesIO()
    write_po(out, catalogue, width=0, omit_header=True, sort_output=True, include_lineno=False)
    file = path(language, theme)
    file.parent.mkdir(parents=True, exist_ok=True)
    whole = file.with_suffix(".new")
    whole.write_text(f"{_header(language)}\n{out.getvalue().decode().strip()}\n")
    whole.replace(file)


def _header(language: str) -> str:
    return f"""# Neighbourhub in {LANGUAGES[language]}. Kept by `python -m web.i18n`: docs/build/translating.md
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {FORMULAS[language]}\\n"
"""


USAGE = """python -m web.i18n extract             bring the catalogues up to date
python -m web.i18n missing [LANGUAGE]  what has no translation yet, as JSON to fill in
python -m web.i18n fill LANGUAGE FILE  put in those of a JSON file {"English": "Cymraeg"}; - is the input
python -m web.i18n check               say what is missing; the tests say it too"""


def main(argv: list[str] | None = None) -> int:
    words = sys.argv[1:] if argv is None else argv
    theme = ROOT / "themes" / "base"
    lock = os.open(theme, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)  # two people, one catalogue; let go when we end
    try:
        return _do(words, theme)
    finally:
        os.close(lock)


def _do(words: list[str], theme: Path) -> int:
    match words:
        case ["extract"]:
            for language in LANGUAGES:
                print(f"{language}: {update(language, theme)} without a translation")
        case ["missing", *rest]:
            for each in LANGUAGES:
                update(each, theme)
            print(json.dumps(_missing(rest[0] if rest else "cy", theme), ensure_ascii=False, indent=1))
        case ["fill", language, file]:
            text = sys.stdin.read() if file == "-" else Path(file).read_text()
            update(language, theme)
            strange = fill(language, theme, json.loads(text))
            print("\n".join(f"no such message: {words!r}" for words in strange) or "all of them are in")
            return int(bool(strange))
        case ["check"]:
            found = [fault for language in LANGUAGES for fault in faults(language, theme)]
            print("\n".join(found) or "complete")
            return int(bool(found))
        case _:
            print(USAGE)
            return 2
    return 0


def _missing(language: str, theme: Path) -> dict[str, str | list[str]]:
    return {
        _key(message): [""] * PLURALS[language][0] if message.pluralizable else ""
        for message in _load(language, theme)
        if message.id and not _whole(message, language)
    }
