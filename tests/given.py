"""What templates are given, as docs/build/pages.md lists it: read from the structs, so that it is never wrong.

`.venv/bin/python tests/given.py` writes the page anew; tests/test_docs.py compares.
"""

import re
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs/build/pages.md"
TEMPLATES = ROOT / "themes/base/templates"
NOT_PAGES = re.compile(r"pieces|page|publish_form|notices")  # macros, and what pages extend
HEAD = """# What templates are given

For whoever makes a theme. Each page's template gets one struct as `page`; `shell` stands around all of them.
How templates are written: [templates](templates.md). This list is read from the structs:
`.venv/bin/python tests/given.py` writes it anew, and a test compares.
"""


def named(template: Path) -> str | None:
    """The struct that a template says it is given; "" for nothing, None when it does not say."""
    found = re.search(r"\{#-? page: ([\w.]+) -?#\}", template.read_text(encoding="utf-8"))
    return None if found is None else "" if found[1] == "nothing" else found[1]


def struct(name: str) -> type[msgspec.Struct]:
    """The class of that full name. Raises when there is none, or it is no struct."""
    module, _, cls = name.rpartition(".")
    found = getattr(import_module(module), cls)
    assert issubclass(found, msgspec.Struct), name
    return found  # type: ignore[no-any-return]


def pages() -> dict[str, str]:
    """Each template with a page of its own, and what it is given."""
    found = {path.name: named(path) for path in sorted(TEMPLATES.glob("*.html"))}
    return {name: given for name, given in found.items() if given is not None}


def inside(kind: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    """The structs that a struct's fields are made of."""
    for hint in get_type_hints(kind).values():
        yield from _structs(hint)


def _structs(hint: Any) -> Iterator[type[msgspec.Struct]]:
    for one in (hint, *get_args(hint)):
        if isinstance(one, type) and issubclass(one, msgspec.Struct):
            yield one
        elif one is not hint:
            yield from _structs(one)


def full(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def everything(given: dict[str, str]) -> list[type[msgspec.Struct]]:
    """The structs that pages are given, and all that these are made of, each once, pages first."""
    found: dict[str, type[msgspec.Struct]] = {}
    todo = [struct(name) for name in [*dict.fromkeys(filter(None, given.values())), "web.shell.Shell"]]
    while todo:
        kind = todo.pop(0)
        if full(kind) not in found:
            found[full(kind)] = kind
            todo += inside(kind)
    return list(found.values())


def written(given: dict[str, str]) -> str:
    lines = [HEAD, "## Pages", "", "| template | is given |", "|---|---|"]
    lines += [f"| `{name}` | {f'`{kind}`' if kind else 'nothing'} |" for name, kind in given.items()]
    lines += ["", "## Structs"]
    for kind in everything(given):
        lines += ["", f"### `{full(kind)}`", "", *_said(kind), *_fields(kind)]
    return "\n".join(lines) + "\n"


def _said(kind: type[msgspec.Struct]) -> list[str]:
    text = kind.__dict__.get("__doc__") or ""
    paragraphs = [" ".join(part.split()) for part in text.split("\n\n") if part.strip()]
    return [line for part in paragraphs for line in (part, "")]


def _fields(kind: type[msgspec.Struct]) -> list[str]:
    hints = get_type_hints(kind)
    fields = [f"`{field.name}` {_type(hints[field.name])}" for field in msgspec.structs.fields(kind)]
    facts = [f"`{name}`" for name, one in vars(kind).items() if isinstance(one, property)]
    return [f"* {line}" for line in fields] + ([f"* also {', '.join(facts)}"] if facts else [])


def _type(hint: Any) -> str:
    if isinstance(hint, type) and not get_args(hint):
        return hint.__name__
    return re.sub(r"\b(?:[a-z_]\w*\.)+(?=\w)", "", str(hint)).replace("NoneType", "None").replace("|", "or")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    PAGE.write_text(written(pages()), encoding="utf-8")
