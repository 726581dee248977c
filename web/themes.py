"""Themes: where a page's templates, colours, icons and words come from.

A theme is a folder with `theme.toml` (a name and its tokens), and if it likes `templates/`,
`static/`, `locale/` and `icons.svg`. Themes are asked in turn, `base` last. One sheet is served:
the tokens of the chain, then the base theme's rules, so that no page needs an inline style.
"""

import hashlib
import re
import tomllib
from functools import lru_cache
from pathlib import Path

import msgspec

from web import colours

ROOT = Path(__file__).parent.parent / "themes"
HUES = (20, 45, 70, 95, 125, 150, 165, 205, 235, 265, 300, 345)  # degrees of OKLCH a hub chooses from
SHEET = "neighbourhub.css"
TYPES = {  # Python's own table is of a thousand, and has no fonts
    ".css": "text/css", ".js": "text/javascript", ".json": "application/json", ".svg": "image/svg+xml",
    ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp",
    ".avif": "image/avif", ".ico": "image/vnd.microsoft.icon", ".woff2": "font/woff2", ".woff": "font/woff",
}  # fmt: skip

COLOURS = {
    "paper", "card", "ink", "ink-2", "rule", "edge", "accent", "on-accent", "tint", "board", "on-board", "focus",
}  # fmt: skip
TOKENS = COLOURS | {"hue", "chroma", "font", "font-head", "radius", "radius-s", "line", "page", "measure"}

# words, on what, lowest ratio: 7 where it is read at length, 4.5 elsewhere, 3 for controls and focus rings
PAIRS = (
    ("ink", "paper", 7), ("ink", "card", 7), ("ink", "tint", 7),
    ("ink-2", "paper", 7), ("ink-2", "card", 7), ("ink-2", "tint", 4.5),
    ("accent", "paper", 7), ("accent", "card", 7), ("accent", "tint", 4.5), ("on-accent", "accent", 4.5),
    ("on-board", "board", 7), ("edge", "card", 3), ("edge", "paper", 3),
    ("focus", "paper", 3), ("focus", "card", 3), ("focus", "tint", 3),
    ("k-ink", "k-tint", 4.5), ("k-ink", "card", 4.5), ("k-ink", "paper", 4.5),
    ("bad", "card", 4.5), ("bad", "paper", 4.5), ("bad", "bad-tint", 4.5), ("ink", "bad-tint", 7),
    ("good", "card", 4.5),
)  # fmt: skip
KINDS = {"event": 255, "ask": 38, "offer": 200, "project": 140, "decision": 312, "money": 82}
FIXED = {  # as in base.css; tests/themes holds the two together
    "light": {
        "k-ink": "oklch(.42 .095 var(--k))", "k-tint": "oklch(.942 .023 var(--k))",
        "bad": "oklch(.46 .17 27)", "bad-tint": "oklch(.945 .03 27)", "good": "oklch(.42 .1 150)",
    },
    "dark": {
        "k-ink": "oklch(.84 .085 var(--k))", "k-tint": "oklch(.32 .042 var(--k))",
        "bad": "oklch(.80 .11 27)", "bad-tint": "oklch(.30 .055 27)", "good": "oklch(.82 .11 150)",
    },
}  # fmt: skip


class Theme(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `theme.toml` holds: a name for people, tokens in light, and those that change in the dark."""

    name: str
    light: dict[str, str] = {}
    dark: dict[str, str] = {}


def load(folder: Path) -> Theme:
    """Read a theme. Raises `msgspec.ValidationError` when the file has something else in it."""
    return msgspec.convert(tomllib.loads((folder / "theme.toml").read_text()), Theme)


def chain(*names: str | Path) -> tuple[Path, ...]:
    """The folders of these themes, first asked first, with `base` at the end. A name stands in `themes/`."""
    own = [ROOT / name for name in names if str(name) != "base"]
    return (*own, ROOT / "base")


def tokens(folders: tuple[Path, ...]) -> Theme:
    """The tokens that hold when these themes are laid over each other."""
    light: dict[str, str] = {}
    dark: dict[str, str] = {}
    for theme in map(load, reversed(folders)):
        light, dark = light | theme.light, dark | theme.dark
    return Theme(load(folders[0]).name, light, dark)


def faults(theme: Theme) -> list[str]:
    """What makes this theme unfit: unknown tokens, sizes out of bounds, words that cannot be read."""
    unknown = [f"{name} is not a token" for name in (theme.light.keys() | theme.dark.keys()) - TOKENS]
    missing = [f"{name} has no value" for name in TOKENS - theme.light.keys()]
    moved = [f"{name} may not change in the dark" for name in theme.dark.keys() - COLOURS]
    if unknown or missing or moved:
        return sorted(unknown + missing + moved)
    return _sizes(theme.light) + [
        fault
        for scheme, values in (("light", theme.light), ("dark", theme.light | theme.dark))
        for hue in HUES
        for fault in _unreadable(scheme, values | {"hue": str(hue)})
    ]


def _sizes(light: dict[str, str]) -> list[str]:
    bounds = {"radius": ("px", 12), "radius-s": ("px", 12), "page": ("rem", 75), "measure": ("em", 36)}
    found = []
    for name, (unit, most) in bounds.items():
        m = re.fullmatch(rf"([\d.]+){unit}", light[name])
        if not m or float(m[1]) > most:
            found.append(f"{name} is {light[name]}, and may be up to {most}{unit}")
    return found


def _unreadable(scheme: str, values: dict[str, str]) -> list[str]:
    found = []
    every = values | FIXED[scheme]
    for front, back, least in PAIRS:
        for k in KINDS.values() if front == "k-ink" else (0,):
            known = every | {"k": str(k)}
            ratio = colours.contrast(colours.colour(known[front], known), colours.colour(known[back], known))
            if ratio < least:
                kind = f" (kind {k})" if k else ""
                found.append(f"{scheme}, hue {values['hue']}: {front} on {back}{kind} is {ratio:.2f}, needs {least}")
    card, paper = (colours.luminance(colours.colour(every[name], every)) for name in ("card", "paper"))
    if card <= paper:
        found.append(f"{scheme}, hue {values['hue']}: card must be lighter than paper")
    return found


def sheet(folders: tuple[Path, ...]) -> str:
    """The one style sheet of a chain of themes."""
    theme = tokens(folders)
    light = "; ".join(f"--{name}: {value}" for name, value in theme.light.items())
    dark = "; ".join(f"--{name}: {value}" for name, value in theme.dark.items())
    hues = " ".join(f".hue-{hue} {{ --hue: {hue} }}" for hue in HUES)
    rules = (ROOT / "base" / "static" / "base.css").read_text()
    own = [(f / "static" / "theme.css").read_text() for f in folders if (f / "static" / "theme.css").is_file()]
    scheme = f"@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}"
    return squeezed("\n".join([f":root {{ {light} }}", scheme, hues, rules, *own]))


def squeezed(rules: str) -> str:
    """The same rules without comments and without the spaces that only help to read them: a tenth less to send."""
    return re.sub(r"\s*([{};])\s*", r"\1", re.sub(r"/\*.*?\*/", "", rules, flags=re.S)).replace(";}", "}").strip()


class Static(msgspec.Struct, frozen=True):
    """Everything under /static/: bytes by path, their media types, and a version made from all of them."""

    version: str
    files: dict[str, tuple[bytes, str]]


@lru_cache(maxsize=8)
def static(folders: tuple[Path, ...]) -> Static:
    """All files of a chain of themes, held in memory (about 80 KB). An address never changes its contents."""
    files: dict[str, tuple[bytes, str]] = {}
    for folder in reversed(folders):
        root = folder / "static"
        for path in sorted(p for p in root.rglob("*") if p.is_file() and p.suffix != ".css"):
            files[path.relative_to(root).as_posix()] = path.read_bytes(), _type(path)
    files[SHEET] = sheet(folders).encode(), "text/css; charset=utf-8"
    sums = hashlib.sha256(b"".join(name.encode() + files[name][0] for name in sorted(files)))
    return Static(sums.hexdigest()[:12], files)


def _type(path: Path) -> str:
    return TYPES.get(path.suffix.lower(), "text/plain; charset=utf-8")


@lru_cache(maxsize=8)
def icons(folders: tuple[Path, ...]) -> dict[str, str]:
    """Icon name → its `<symbol>`; a theme may redraw an icon, or add one."""
    found: dict[str, str] = {}
    for folder in reversed(folders):
        if (path := folder / "icons.svg").is_file():
            found |= {m[2]: m[1] for m in re.finditer(r'(<symbol id="i-([\w-]+)".*?</symbol>)', path.read_text(), re.S)}
    return found
