"""Pages: Jinja templates of a chain of themes, each given one struct as `page`, inside one `shell`.

The composition root calls `install` once. A handler then says
`return render(request, "event.html", EventPage(...))`. How templates are written, and every macro
they may use: docs/build/templates.md.
"""

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from urllib.parse import quote_plus

import msgspec
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from hub.errors import HubError
from web import i18n, patterns, themes
from web.compiled import Compiled
from web.shell import Alternate, Shell, Visitor, best, shell, with_lang
from web.words import Words

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; media-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; object-src 'none'"
)
FOREVER = "public, max-age=31536000, immutable"


class Press(msgspec.Struct, frozen=True):
    """What it takes to make pages; set up once by `install`, kept as `app.state.press`."""

    env: Environment
    folders: tuple[Path, ...]
    static: themes.Static
    icons: dict[str, str]


class Making(msgspec.Struct):
    """The page that is being made: what the globals of the templates look at. `icons` collects those it used."""

    press: Press
    shell: Shell
    words: Words
    icons: dict[str, None]


_making: ContextVar[Making] = ContextVar("making")


def install(app: Starlette, *names: str | Path, data: Path | None = None) -> None:
    """Set up the press for the themes `names` (in turn; base is always last), and serve their files.

    In the folder `data` is kept what templates are made into; without one they are made at each start.

    Pages look at `app.state.hub` (a `hub.settings.Hub`, or None before set-up; put a new one there when
    it changes) and at `app.state.visitor`, a function from the request to a `Visitor` or None; it is
    asked for refusals too, which may come before anybody looked who is signed in.
    """
    folders = themes.chain(*names)
    kept = Compiled(data) if data else None
    app.state.press = Press(_environment(folders, kept), folders, themes.static(folders), themes.icons(folders))
    app.state.existing = {}
    app.router.routes.append(Route("/static/{version}/{path:path}", _static, name="static"))


def render(
    request: Request, template: str, page: object, status: int = 200, *,
    alternates: Sequence[Alternate] = (), headers: Mapping[str, str] | None = None,
) -> Response:  # fmt: skip
    """The page of `template` with `page` in it. `alternates`: the same thing in other forms, for programs."""
    press: Press = request.app.state.press
    around = shell(request, press.folders, alternates)
    html = make(press, around, template, page, request.app.state)
    plain = {
        "Content-Language": around.lang,
        "Vary": "Accept, Accept-Language, Cookie",
        "Content-Security-Policy": CSP,
    }
    return HTMLResponse(html, status, headers=plain | dict(headers or {}))


def make(press: Press, around: Shell, template: str, page: object, state: object = None) -> str:
    """The page as text. The zone is the hub's; before set-up, London's."""
    hub = getattr(state, "hub", None)
    words = Words(i18n.catalogue(around.lang, press.folders), hub.zone if hub else "Europe/London")
    token = _making.set(Making(press, around, words, {}))
    try:
        return press.env.get_template(template).render(page=page, shell=around, lang=around.lang)
    finally:
        _making.reset(token)


def see_other(request: Request, path: str) -> Response:
    """After a form: go and look at `path` (ours), in the language that was asked for."""
    wanted = request.query_params.get("lang")
    return RedirectResponse(with_lang(path, wanted if wanted in i18n.LANGUAGES else None), 303)


async def _static(request: Request) -> Response:
    held: themes.Static = request.app.state.press.static
    found = held.files.get(request.path_params["path"])
    if found is None:
        return Response(status_code=404)
    current = request.path_params["version"] == held.version
    headers = {"Cache-Control": FOREVER if current else "no-cache", "X-Content-Type-Options": "nosniff"}
    return Response(found[0], media_type=found[1], headers=headers)


def _environment(folders: tuple[Path, ...], kept: Compiled | None) -> Environment:
    """Look in each theme in turn; `base:` always means the base theme, so that an override can extend it."""
    loaders = [FileSystemLoader(folder / "templates") for folder in folders]
    env = Environment(
        loader=ChoiceLoader([PrefixLoader({"base": loaders[-1]}, delimiter=":"), *loaders]),
        autoescape=select_autoescape(default=True, disabled_extensions=("txt",)),
        undefined=StrictUndefined, auto_reload=False, trim_blocks=True, lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"], bytecode_cache=kept,
    )  # fmt: skip
    env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda message: _catalogue().gettext(message),
        lambda one, many, n: _catalogue().ngettext(one, many, n),
        newstyle=True,
        pgettext=lambda context, message: _catalogue().pgettext(context, message),
        npgettext=lambda context, one, many, n: _catalogue().npgettext(context, one, many, n),
    )
    env.globals |= GLOBALS
    return env


# What a template may say. Each looks at the page being made.


def _catalogue() -> i18n.Catalogue:
    return _making.get().words.catalogue


def _words() -> Words:
    return _making.get().words


def the_shell() -> Shell:
    """The shell, for macros (they are imported without the page's context)."""
    return _making.get().shell


def link(path: str, **query: object) -> str:
    """An address of ours with this query, in the page's language if that was asked for in the address."""
    around = the_shell()
    if "://" in path:
        return path
    pairs = "&".join(f"{key}={quote_plus(str(value))}" for key, value in query.items() if value not in (None, ""))
    path, mark, fragment = path.partition("#")
    href = path + ("&" if "?" in path else "?") * bool(pairs) + pairs + mark + fragment
    return with_lang(href, around.lang) if around.asked and not path.startswith("/static/") else href


def static(path: str) -> str:
    """Where a file of the theme is served, with a version in it."""
    return f"/static/{_making.get().press.static.version}/{path}"


def icon(name: str) -> Markup:
    """One icon, hidden from screen readers: words always stand beside it."""
    making = _making.get()
    if name not in making.press.icons:
        raise KeyError(f"there is no icon {name}")
    making.icons[name] = None
    return Markup('<svg class="i" viewBox="0 0 20 20" aria-hidden="true"><use href="#i-{}"/></svg>').format(name)


def sprite() -> Markup:
    """The drawings of the icons this page used. `page.html` ends with it."""
    making = _making.get()
    if not making.icons:
        return Markup("")
    symbols = "".join(making.press.icons[name] for name in sorted(making.icons))
    return Markup(f'<svg width="0" height="0" class="vh" aria-hidden="true">{symbols}</svg>')  # noqa: S704 - from the theme


@lru_cache(maxsize=512)
def _drawn(kind: str, name: str, place: str) -> Markup:
    return patterns.svg(patterns.KINDS[kind](name, place))


def view(name: str, place: str = "") -> Markup:
    """A hub's picture."""
    return _drawn("view", name, place)


def plan(name: str, place: str = "") -> Markup:
    """A project's picture."""
    return _drawn("plan", name, place)


def house(name: str, place: str = "") -> Markup:
    """A person's picture."""
    return _drawn("house", name, place)


def t(text: Mapping[str, str], default: str = "") -> Markup:
    """Words that people wrote, in the page's language where they have it; marked when they are in another."""
    words, lang = best(text, the_shell().lang) or (default, the_shell().lang)
    return escape(words) if lang == the_shell().lang else Markup('<span lang="{}">{}</span>').format(lang, words)


def prose(html: Mapping[str, str]) -> Markup:
    """Clean HTML that people wrote (a `Thing.html`), likewise."""
    words, lang = best(html, the_shell().lang) or ("", the_shell().lang)
    clean = Markup(words)  # noqa: S704 - cleaned where it was kept
    return clean if lang == the_shell().lang else Markup('<div lang="{}" class="flow">{}</div>').format(lang, clean)


def plain(text: Mapping[str, str], default: str = "") -> str:
    """Likewise, as bare words: for titles and attributes."""
    found = best(text, the_shell().lang)
    return found[0] if found else default


def say(message: str | HubError, **facts: object) -> str:
    """A message marked with N_(), or a refusal, in the page's language."""
    if isinstance(message, HubError):
        return say(message.message, **message.facts)
    words = _catalogue().gettext(message)
    return words % facts if facts else words


def reason(words: str, host: str) -> str:
    """Why something went wrong with `host`, as it was written down in English: in the page's language, where that is
    a sentence of ours about the host alone, or marked as English."""
    message = words.replace(host, "%(host)s") if host else words
    said = _catalogue().gettext(message) if words else ""
    if said == message:
        return words if _catalogue().language == "en" else Markup('<span lang="en">{}</span>').format(words)
    return said % {"host": host}


def breakable(address: str) -> Markup:
    """A handle or address that may break after each dot and before the @ of its host."""
    head, at, host = address.rpartition("@")
    dots = Markup(".<wbr>").join(escape(part) for part in host.split("."))
    return (escape(head) + Markup("<wbr>@") if at else Markup("")) + dots


@lru_cache(maxsize=256)
def qr(address: str) -> Markup:
    """A QR code of `address`. The address must stand beside it in words."""
    import segno  # not needed to start serving

    code = segno.make_qr(address, error="m")
    side = code.symbol_size(border=2)[0]
    rows = "".join(_modules(y, row) for y, row in enumerate(code.matrix))
    box = Markup('<svg class="qr" role="img" aria-label="QR: {}" viewBox="0 0 {} {}">').format(address, side, side)
    return box + Markup('<path stroke="#000" d="{}"/></svg>').format(rows)


def secret_qr(address: str) -> Markup:
    """The same of what nobody else may know: it stands in no label, and is not remembered."""
    drawn = qr.__wrapped__(address)
    return Markup(drawn.replace(escape(f"QR: {address}"), "QR"))  # noqa: S704 - our own drawing


def _modules(y: int, row: Sequence[int]) -> str:
    """The dark runs of one row, as strokes one unit thick, two units in from the edge."""
    at, drawn = 0, ""
    for dark, run in groupby(row):
        wide = len(list(run))
        drawn += f"M{at + 2} {y + 2.5}h{wide}" if dark else ""
        at += wide
    return drawn


def _spoken(name: str) -> object:
    def speak(*args: object, **named: object) -> object:
        return getattr(_words(), name)(*args, **named)

    return speak


SPOKEN = (
    "iso", "day", "within", "short_day", "weekday", "short_weekday", "month", "short_month", "month_year",
    "time", "when", "span", "ago", "moment", "number", "money", "today",
)  # fmt: skip
GLOBALS: dict[str, object] = {name: _spoken(name) for name in SPOKEN} | {
    "date_tile": _spoken("tile"),
    "the_shell": the_shell, "link": link, "static": static, "icon": icon, "sprite": sprite, "view": view, "plan": plan,
    "house": house, "t": t, "prose": prose, "plain": plain, "say": say, "reason": reason, "breakable": breakable,
    "qr": qr, "secret_qr": secret_qr,
}  # fmt: skip

__all__ = ["Alternate", "Shell", "Visitor", "install", "link", "make", "render", "see_other"]
