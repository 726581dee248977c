"""The documents name everything there is, and nothing else. Each check is shown to see a document that is wrong."""

import ast
import asyncio
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import click
import given
import msgspec
import pytest
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route

from federation import incoming
from hub import asks, events, posts, projects
from hub.config import Config, Hub, explain
from hub.store.open import opened
from web.app import build
from web.cli import main

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
DRAFTS: dict[str, type[msgspec.Struct]] = {
    "event": events.Draft, "ask": asks.Draft, "offer": asks.Draft, "project": projects.Draft, "note": posts.Draft,
}  # fmt: skip
WHO = ("everybody", "resident", "organiser", "moderator", "steward", "set-up link", "own link", "app", "token")

Names = set[str]
Role = Literal["hub", "aggregator"]
ROLES: tuple[Role, ...] = ("hub", "aggregator")


def section(text: str, heading: str) -> str:
    """What stands under a heading, up to the next of its level."""
    found = re.search(rf"^{re.escape(heading)}\n(.*?)(?=^{heading.split()[0]} |\Z)", text, re.MULTILINE | re.DOTALL)
    return found[1] if found else ""


# --- what there is, and what a document names ------------------------------------------------------


def settings() -> Names:
    return {row.key for row in explain(Config())} | {row.env for row in explain(Config())}


def settings_in(text: str) -> Names:
    rows = re.findall(r"^\| `([a-z_]+\.[a-z_]+)` \| `(NEIGHBOURHUB_\w+)` \|", text, re.MULTILINE)
    return {name for row in rows for name in row}


def commands() -> Names:
    """`user create NAME`, `user create --email`, and the options that all of them take, by themselves."""
    found = {"--help", "-h", "--version"}
    each = dict(_commands(main, ""))
    common = set.intersection(*(set(_options(command)) for command in each.values()))
    for name, command in each.items():
        arguments = [it.human_readable_name for it in command.params if isinstance(it, click.Argument)]
        found |= {" ".join([name, *arguments])} | {f"{name} {option}" for option in {*_options(command)} - common}
    return found | common


def _commands(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        for word, below in command.commands.items():
            yield from _commands(below, f"{name} {word}".strip())
    else:
        yield name, command


def _options(command: click.Command) -> list[str]:
    return [word for it in command.params if isinstance(it, click.Option) for word in (*it.opts, *it.secondary_opts)]


def commands_in(text: str) -> Names:
    head, *parts = re.split(r"^## ", text, flags=re.MULTILINE)
    found = set(re.findall(r"`(?:neighbourhub )?(--?[a-z-]+)[ `]", head)) - {"--password-file", "-"}
    for part in parts:
        title = part.splitlines()[0]
        if title.startswith("neighbourhub "):
            name = re.sub(r" [A-Z ]+$", "", title.removeprefix("neighbourhub "))
            rows = re.findall(r"^\| (`--?[a-z-]+[^|]*)", part.replace(r"\|", "/"), re.MULTILINE)
            found |= {title.removeprefix("neighbourhub ")}
            found |= {f"{name} {option}" for row in rows for option in re.findall(r"`(--?[a-z-]+)", row)}
    return found


def fields() -> Names:
    """Of `neighbourhub publish`; a picture comes with two words of its own."""
    return {f"{kind} {field.name}" for kind, draft in DRAFTS.items() for field in msgspec.structs.fields(draft)}


def fields_in(text: str) -> Names:
    found: Names = set()
    for row in re.findall(r"^\| (`[^|]*) \| (.*)$", section(text, "## neighbourhub publish KIND FILE"), re.MULTILINE):
        kinds, names = (re.findall(r"`(\w+)`", cell) for cell in row)
        found |= {f"{kind} {field}" for kind in kinds for field in names}
    return found


def targets() -> Names:
    lines = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    return {f"make {name}" for line in lines for name in line.split() if name != "need"}


def targets_in(text: str) -> Names:
    return set(re.findall(r"`(make [a-z]+)`", section(text, "## make")))


def routes() -> Names:
    return {f"{method} {path}" for path, methods, _ in _all_routes() for method in methods}


def routes_in(text: str) -> Names:
    return {f"{method} {path}" for path, methods, _ in route_rows(text) for method in methods}


def route_rows(text: str) -> list[tuple[str, list[str], str]]:
    """Path, methods, who may."""
    rows = re.findall(r"^\| `(/[^`]*)` \| ([A-Z, ]+) \| [^|]+ \| ([^|]+) \|$", text, re.MULTILINE)
    return [(path, methods.split(", "), who) for path, methods, who in rows]


def _all_routes() -> list[tuple[str, list[str], str]]:
    return [it for role in ROLES for it in walk([*_app(role).routes, *_app(role).state.api])]


def walk(found: list[BaseRoute], prefix: str = "") -> Iterator[tuple[str, list[str], str]]:
    for it in found:
        if isinstance(it, Mount):
            yield from walk(it.routes, prefix + it.path)
        elif isinstance(it, Route):
            methods = sorted((it.methods or {"GET"}) - {"HEAD"})
            yield prefix + it.path, methods, getattr(it.endpoint, "needs", "")


@cache
def _app(role: Role) -> Starlette:
    return asyncio.run(_built(Config(hub=Hub(role=role))))


async def _built(config: Config) -> Starlette:
    with TemporaryDirectory() as folder:
        async with opened(f"{folder}/hub.db") as store:
            return build(store, config)


def activity_types() -> Names:
    """Those that we act on, and every type in a document that we write."""
    return (set(incoming.HANDLERS) | set(types_written())) - {""}


def types_written() -> Iterator[str]:
    for path in sorted((ROOT / "federation").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Dict) and "as2" in path.parts:
                pairs = zip(node.keys, node.values, strict=True)
                yield from (_constant(value) for key, value in pairs if key and _constant(key) == "type")
            if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in ("_about", "_answer", "answer"):
                yield from (word for word in map(_constant, node.args) if word.istitle())


def _constant(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def activity_types_in(text: str) -> Names:
    return set(re.findall(r"`(\w+)`", text)) & activity_types()


def structs() -> Names:
    return {f"{given.full(kind)}.{field.name}" for kind in given.everything(given.pages())
            for field in msgspec.structs.fields(kind)}  # fmt: skip


def structs_in(text: str) -> Names:
    found: Names = set()
    for part in re.split(r"^### ", text, flags=re.MULTILINE)[1:]:
        name = part.partition("`")[2].partition("`")[0]
        found |= {f"{name}.{field}" for field in re.findall(r"^\* `(\w+)`", part, re.MULTILINE)}
    return found


Check = tuple[str, Callable[[], Names], Callable[[str], Names]]
CHECKS: dict[str, Check] = {
    "settings": ("run/configuration.md", settings, settings_in),
    "commands": ("run/commands.md", commands, commands_in),
    "fields": ("run/commands.md", fields, fields_in),
    "targets": ("run/commands.md", targets, targets_in),
    "routes": ("build/routes.md", routes, routes_in),
    "template fields": ("build/pages.md", structs, structs_in),
    "activity types": ("protocol/FEDERATION.md", activity_types, activity_types_in),
}


@pytest.mark.parametrize("what", CHECKS)
def test_the_documents_name_what_there_is_and_nothing_else(what: str) -> None:
    page, there_is, is_named = CHECKS[what]
    named, there = is_named((DOCS / page).read_text(encoding="utf-8")), there_is()

    assert not there - named, f"docs/{page} does not name these {what}: {sorted(there - named)}"
    assert not named - there, f"docs/{page} names {what} that are not there: {sorted(named - there)}"


@pytest.mark.parametrize("what", CHECKS)
def test_a_document_that_leaves_one_out_is_seen(what: str) -> None:
    page, there_is, is_named = CHECKS[what]
    text, there = (DOCS / page).read_text(encoding="utf-8"), there_is()

    for name in sorted(there)[:: max(1, len(there) // 5)]:
        word = name.split()[-1].rpartition(".")[2] if what in ("template fields", "fields") else name.split()[-1]
        assert name in there - is_named(re.sub(rf"(?<![\w/]){re.escape(word)}(?![\w/])", "forgotten", text)), name


@pytest.mark.parametrize("what", [what for what in CHECKS if what != "activity types"])
def test_a_document_that_names_what_is_not_there_is_seen(what: str) -> None:
    page, there_is, is_named = CHECKS[what]
    phantoms = {
        "settings": "\n| `hub.tarot` | `NEIGHBOURHUB_HUB_TAROT` | text | empty | The cards. |\n",
        "commands": "\n## neighbourhub juggle\n",
        "fields": "\n| `event` | `horoscope` |\n",
        "targets": "\n`make tea`\n",
        "routes": "\n| `/tarot` | GET | the cards | everybody |\n",
        "template fields": "\n### `web.shell.Shell`\n* `tarot` str\n",
    }
    text = (DOCS / page).read_text(encoding="utf-8")
    before = "## neighbourhub doctor" if what == "fields" else ""
    text = text.replace(before, phantoms[what] + before, 1) if before else text + phantoms[what]

    assert is_named(text) - there_is()


# --- who may open a page ---------------------------------------------------------------------------


def test_the_table_of_routes_says_who_may() -> None:
    text = (DOCS / "build/routes.md").read_text(encoding="utf-8")

    assert not wrongly_opened(text)
    assert wrongly_opened(text.replace("| steward |", "| everybody |"))


def wrongly_opened(text: str) -> list[str]:
    rows = {(path, method): who for path, methods, who in route_rows(text) for method in methods}
    wrong = [f"{who!r} is nobody that we know" for who in rows.values() if not set(who.split(", ")) <= {*WHO}]
    for path, methods, needs in _all_routes():
        wrong += [f"{method} {path}: {needs}" for method in methods if needs and rows.get((path, method)) != needs]
    return wrong


# --- templates -------------------------------------------------------------------------------------


def test_every_page_says_what_it_is_given() -> None:
    silent = [path.name for path in given.TEMPLATES.glob("*.html") if given.named(path) is None]

    assert not [name for name in silent if not given.NOT_PAGES.search(name)]


def test_the_list_of_what_templates_are_given_is_fresh() -> None:
    assert given.PAGE.read_text(encoding="utf-8") == given.written(given.pages()), "run .venv/bin/python tests/given.py"


def test_handlers_give_what_templates_say() -> None:
    assert not misgiven("".join(path.read_text(encoding="utf-8") + "\n" for path in (ROOT / "web").rglob("*.py")))
    assert misgiven('render(request, "signin.html", CancelPage(form, event))')
    assert misgiven('render(request, "signup.html", CancelPage(form, event))')


def misgiven(code: str) -> list[str]:
    """Calls of `render` with another struct than the template names, where the struct is made on the spot."""
    found = []
    for template, made in re.findall(r'render\(\s*request, "([\w.]+)",\s*([A-Z]\w*)\(', code):
        if template in given.pages() and given.pages()[template].rpartition(".")[2] != made:
            found.append(f"{template} is given {made}")
    return found


# --- links -----------------------------------------------------------------------------------------


def documents() -> list[Path]:
    return [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]


def links(text: str) -> list[str]:
    """Where a document leads on this disk, code blocks aside."""
    prose = re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)
    return [to for to in re.findall(r"\]\(<?([^)>\s]+)>?\)", prose) if "://" not in to and not to.startswith("mailto:")]


def dead(page: Path, text: str) -> list[str]:
    return [to for to in links(text) if not _leads_somewhere(page, text, to)]


def _leads_somewhere(page: Path, text: str, to: str) -> bool:
    path, _, heading = to.partition("#")
    target = (page.parent / path).resolve() if path else page
    if not target.exists() or not target.is_relative_to(ROOT):
        return False
    return not heading or heading in anchors(text if target == page else target.read_text(encoding="utf-8"))


def anchors(text: str) -> list[str]:
    headings = re.findall(r"^#+ (.*)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE)
    return [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]


@pytest.mark.parametrize("page", documents(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    assert not dead(page, page.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "link", ["[x](nowhere.md)", "[x](../README.md#nothing)", "![x](no.png)", "[x](#nothing)", "[x](../../etc)"]
)
def test_a_dead_link_is_seen(link: str) -> None:
    assert dead(DOCS / "README.md", f"# Here\n\n{link}")


def test_every_document_is_in_the_index() -> None:
    index = DOCS / "README.md"

    assert not unlisted(index.read_text(encoding="utf-8"))
    assert "run/tls.md" in unlisted(index.read_text(encoding="utf-8").replace("run/tls.md", "run/backup.md"))


def unlisted(index: str) -> list[str]:
    """Documents that the index does not lead to."""
    pages = [str(path.relative_to(DOCS)) for path in documents() if path.is_relative_to(DOCS)]
    return [page for page in pages if page != "README.md" and page not in links(index)]


def test_the_readme_leads_to_the_index() -> None:
    assert "docs/README.md" in links((ROOT / "README.md").read_text(encoding="utf-8"))
