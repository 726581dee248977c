"""What stands around every page: the board with its view and ways on, the languages, the foot, how to follow.

`Shell` is what `page.html` is given besides the page's own struct.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode

import msgspec
from starlette.requests import Request
from starlette.routing import Match

from hub.errors import N_
from hub.settings import Hub
from web import done, i18n
from web.i18n import Catalogue

ROLES = ("guest", "resident", "organiser", "moderator", "steward")  # each may see what those before it see


class Visitor(msgspec.Struct, frozen=True):
    """Who is signed in: the name they go by, their role, and the language they chose, if they did.

    `second_by` is when a steward or a moderator has to have a second step at the latest; 0 for whoever needs none.
    """

    name: str
    role: str = "resident"
    language: str | None = None
    second_by: int = 0


class Link(msgspec.Struct, frozen=True):
    """A way on. `label` is in the page's language. `current`: "page" for this page, "true" for one below it."""

    label: str
    href: str
    current: str = ""
    wide: bool = False
    lang: str = ""


class Alternate(msgspec.Struct, frozen=True):
    """The same thing in another form, for `<link rel="alternate">`: a feed, a calendar, the ActivityPub object."""

    href: str
    type: str
    title: str = ""


class Shell(msgspec.Struct, frozen=True, kw_only=True):
    """Everything `page.html` shows around the page. Texts are in the page's language unless said otherwise."""

    name: str
    """The hub's name."""
    name_lang: str
    """The language of `name`, which may not be the page's when the hub has but one name."""
    other_name: str
    """Its name in its other language, empty when there is none."""
    other_lang: str
    """The language of `other_name`."""
    area: str
    """The name of the area it stands for."""
    view: tuple[str, str]
    """The two words its view is drawn from, the same in every language."""
    base: str
    """The hub's address, `https://…`, without a slash at the end."""
    acct: str
    """What somebody on another server searches for to follow the hub: `@hub@host`. Empty before set-up."""
    hue: int
    """The hub's accent, one of the twelve of `web.themes.HUES`; a class of `<html>`."""
    lang: str
    """The page's language tag."""
    asked: bool
    """Whether the language was asked for in the address, so that links must carry it on."""
    languages: tuple[Link, ...]
    """This page in the hub's other languages, each label in its own."""
    spoken: tuple[str, ...]
    """The tags of all languages the hub speaks, the page's first: what a form asks words in."""
    nav: tuple[Link, ...]
    """The ways on in the header; `wide` ones show when there is room. Only pages that exist."""
    pages: tuple[Link, ...]
    """All pages, for the foot."""
    visitor: Visitor | None
    """Who is signed in."""
    path: str
    """The path of this page, without language."""
    address: str
    """The whole address of this page without its query: what the QR code and "share" give."""
    home: bool
    """Whether this is the home page: its view is tall."""
    contacts: tuple[tuple[str, str], ...]
    """Who answers for the hub and how to reach them, for the foot."""
    remote: bool
    """Whether "follow from your server" is there to take a visitor to it."""
    feeds: tuple[Alternate, ...]
    """The hub's feeds."""
    alternates: tuple[Alternate, ...]
    """This page in other forms."""
    done: str
    """What the form that was just sent has done, and what happens now; empty when none was."""


class Page(msgspec.Struct, frozen=True):
    """A page that may stand in the header or the foot, once a route answers to its path.

    `bar`: "first" always in the header, "wide" when there is room, "" in the foot alone. `who`: the least
    role that sees it; "guest" is everybody, "out" only those not signed in.
    """

    label: str
    path: str
    bar: str = ""
    who: str = "guest"


PAGES = (
    Page(N_("Today"), "/steward", "first", "organiser"),
    Page(N_("Home"), "/", "wide"),
    Page(N_("Hubs"), "/hubs", "first"),
    Page(N_("What’s on"), "/events", "first"),
    Page(N_("Help"), "/asks", "first"),
    Page(N_("Projects"), "/projects", "first"),
    Page(N_("About us"), "/about", "wide"),
    Page(N_("Search"), "/search", "wide"),
    Page(N_("Publish"), "/publish", "wide", "organiser"),
    Page(N_("Answers to asks"), "/steward/asks", "", "organiser"),
    Page(N_("Replies"), "/steward/replies", "", "moderator"),
    Page(N_("Said to us"), "/steward/said", "", "moderator"),
    Page(N_("Reports"), "/steward/reports", "", "moderator"),
    Page(N_("Who wants to join"), "/steward/signups", "", "moderator"),
    Page(N_("First posts"), "/steward/held", "", "moderator"),
    Page(N_("Invitations"), "/steward/invitations", "", "moderator"),
    Page(N_("What was done"), "/steward/audit", "", "moderator"),
    Page(N_("Servers kept at a distance"), "/steward/kept-out", "", "moderator"),
    Page(N_("Followers"), "/steward/followers", "", "steward"),
    Page(N_("Whom we follow"), "/steward/following", "", "steward"),
    Page(N_("Parts to follow"), "/steward/slices", "", "steward"),
    Page(N_("Who knows us"), "/steward/hubs", "", "steward"),
    Page(N_("Deliveries"), "/steward/deliveries", "", "steward"),
    Page(N_("Accounts"), "/steward/people", "", "steward"),
    Page(N_("How people join"), "/steward/joining", "", "steward"),
    Page(N_("Announcements"), "/steward/announcements", "", "steward"),
    Page(N_("Hub settings"), "/steward/settings", "", "steward"),
    Page(N_("Hubs near us"), "/near"),
    Page(N_("Follow just a part"), "/slices"),
    Page(N_("Accessibility"), "/accessibility"),
    Page(N_("Privacy"), "/privacy"),
    Page(N_("Rules"), "/rules"),
    Page(N_("Open data"), "/data"),
    Page(N_("For me"), "/home", "first", "resident"),
    Page(N_("Told to me"), "/notifications", "", "resident"),
    Page(N_("Messages"), "/messages", "", "resident"),
    Page(N_("Say something"), "/compose", "wide", "resident"),
    Page(N_("Find people"), "/find", "", "resident"),
    Page(N_("Lists"), "/lists", "", "resident"),
    Page(N_("Kept"), "/bookmarks", "", "resident"),
    Page(N_("Liked"), "/favourites", "", "resident"),
    Page(N_("Your account"), "/account", "", "resident"),
    Page(N_("Sign in"), "/signin", "wide", "out"),
    Page(N_("Join us"), "/signup", "", "out"),
)
FEEDS = (
    (N_("News (Atom)"), "/feed.atom", "application/atom+xml"),
    (N_("Events (calendar)"), "/events.ics", "text/calendar"),
)


def shell(request: Request, folders: tuple[Any, ...], alternates: Sequence[Alternate] = ()) -> Shell:
    """The shell of one page, from the hub as it stands (`app.state.hub`) and who asks (`app.state.visitor`)."""
    hub: Hub | None = getattr(request.app.state, "hub", None)
    visitor = _visitor(request)
    lang, asked = language(request, hub, visitor)
    words, path, base = i18n.catalogue(lang, folders), request.url.path, hub.base if hub else _base(request)
    names = hub.name if hub else {"en": "Neighbourhub"}
    name, name_lang = best(names, lang) or ("Neighbourhub", "en")
    other = next(((text, tag) for tag, text in names.items() if tag != name_lang and text and text != name), ("", ""))
    pages = [page for page in PAGES if hub and _seen(page, visitor) and exists(request.app, page.path)]
    return Shell(
        name=name, name_lang=name_lang, other_name=other[0], other_lang=other[1],
        area=hub.area.name if hub else "", view=(next(filter(None, names.values()), ""), hub.area.name if hub else ""),
        base=base, acct=hub.acct if hub else "", hue=hub.hue if hub else 165, lang=lang, asked=asked,
        languages=tuple(_languages(request, lang, offered(hub))),
        spoken=tuple(sorted(offered(hub), key=lambda tag: tag != lang)),
        nav=tuple(_link(page, path, words) for page in pages if page.bar),
        pages=tuple(_link(page, path, words) for page in pages),
        visitor=visitor, path=path, address=base + path, home=path == "/",
        contacts=tuple((contact.name, contact.reach) for contact in hub.contacts) if hub else (),
        remote=exists(request.app, "/follow"),
        feeds=tuple(
            Alternate(href, kind, words.gettext(title))
            for title, href, kind in FEEDS
            if hub and exists(request.app, href)
        ),
        alternates=tuple(alternates), done=done.message(request, words),
    )  # fmt: skip


def offered(hub: Hub | None) -> list[str]:
    """The languages a hub speaks, its first one first."""
    return [tag for tag in (hub.languages if hub else i18n.LANGUAGES) if tag in i18n.LANGUAGES] or ["en"]


def language(request: Request, hub: Hub | None, visitor: Visitor | None) -> tuple[str, bool]:
    """The page's language, and whether the address asked for it."""
    wanted, tags = request.query_params.get("lang"), offered(hub)
    own, header = visitor.language if visitor else None, request.headers.get("accept-language", "")
    chosen = i18n.choose(tags, wanted, own, header)
    return chosen, wanted in tags


def best(text: Mapping[str, str], lang: str) -> tuple[str, str] | None:
    """The words of `text` in `lang`, else in any language it has, with the tag of that language."""
    if text.get(lang):
        return text[lang], lang
    return next(((words, tag) for tag, words in text.items() if words), None)


def with_lang(href: str, lang: str | None) -> str:
    """`href` with `lang` in its query; None takes it out. A fragment stays at the end."""
    path, mark, fragment = href.partition("#")
    path, _, query = path.partition("?")
    pairs = [(key, value) for key, value in parse_qsl(query, keep_blank_values=True) if key != "lang"]
    if lang:
        pairs.append(("lang", lang))
    return path + (f"?{urlencode(pairs)}" if pairs else "") + mark + fragment


def exists(app: Any, path: str) -> bool:
    """Whether some route answers a GET of `path`: navigation names only what is there."""
    known: dict[str, bool] = app.state.existing
    if path not in known:
        scope = {"type": "http", "method": "GET", "path": path, "root_path": "", "headers": []}
        known[path] = any(route.matches(scope)[0] is Match.FULL for route in app.routes)
    return known[path]


def _visitor(request: Request) -> Visitor | None:
    find: Callable[[Request], Visitor | None] | None = getattr(request.app.state, "visitor", None)
    return find(request) if find else None


def _seen(page: Page, visitor: Visitor | None) -> bool:
    role = visitor.role if visitor else "guest"
    if page.who == "out":
        return visitor is None
    return ROLES.index(role) >= ROLES.index(page.who)


def _link(page: Page, path: str, words: Catalogue) -> Link:
    below = page.path != "/" and path.startswith(page.path + "/")
    current = "page" if path == page.path else "true" if below else ""
    return Link(words.gettext(page.label), page.path, current, page.bar == "wide")


def _languages(request: Request, lang: str, tags: Sequence[str]) -> list[Link]:
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return [Link(i18n.LANGUAGES[tag], with_lang(here, tag), lang=tag) for tag in tags if tag != lang]


def _base(request: Request) -> str:
    said: str | None = getattr(request.app.state, "base", None)  # never what the request says, where there is better
    return said or f"{request.url.scheme}://{request.url.netloc}"
