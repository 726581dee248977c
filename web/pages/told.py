"""What is said to the hub from elsewhere: in public, to be looked over; to its people alone; and reports about it."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import actors, heard, messages, once, reports, settings, things
from hub.errors import HubError, NotFound
from hub.heard import Heard
from hub.messages import Message
from hub.reports import Copy, Report
from hub.store import Tx
from hub.text import Text
from hub.things import PATHS, Thing
from web import auth, done, forms, limits, twice
from web.forms import Form
from web.pages.talk import ANSWER
from web.shell import language
from web.showing import Photo, photos
from web.templates import render, see_other

Id = Annotated[str, Meta(pattern=r"^[0-9]{1,18}$")]


class Deed(msgspec.Struct, frozen=True):
    """What a moderator does with something that was said to us: share, refuse, ask, trust or distrust."""

    thing: Id
    deed: Annotated[str, Meta(max_length=20)]


class Settled(msgspec.Struct, frozen=True):
    report: Id


class Written(msgspec.Struct, frozen=True):
    """An answer to a message."""

    message: Id
    text: str


class SaidPage(msgspec.Struct, frozen=True):
    """What nobody has looked over yet, newest first; and what is shown, the last of it."""

    held: list[Heard]
    shown: list[Heard]


class Told(msgspec.Struct, frozen=True):
    """A report, and the things that it is about: as they were then, and those that were not copied.

    `reporter` is who of ours reports, and `target` whom; empty where another server does. `rules` are the hub's, in
    words.
    """

    report: Report
    things: list[tuple[Thing, str]]
    reporter: str = ""
    target: str = ""
    rules: list[str] = msgspec.field(default_factory=list)
    copies: list[tuple[Copy, list[Photo], str]] = msgspec.field(default_factory=list)


class ReportsPage(msgspec.Struct, frozen=True):
    reports: list[Told]


class Letter(msgspec.Struct, frozen=True):
    """A message. `mine`: it was written by one of ours. `about`: what it concerns, and its page here."""

    message: Message
    mine: bool
    about: Thing | None
    path: str


class MessagesPage(msgspec.Struct, frozen=True):
    """What one may read, newest first. `answering` is the message whose answer stands in `form`; `older` the id from
    which the rest is, 0 for no more. `everybodys`: the hub's and the projects' are among them."""

    letters: list[Letter]
    form: Form[Any]
    answering: int
    older: int
    everybodys: bool


# --- said in public --------------------------------------------------------------------------------


@auth.needs("moderator")
async def said(request: Request) -> Response:
    who = auth.require(request, "moderator")
    page = await request.app.state.store.read(_said, who.actor)
    return render(request, "said.html", page, headers=_PRIVATE)


def _said(tx: Tx, who: int) -> SaidPage:
    return SaidPage(heard.waiting(tx, who), heard.waiting(tx, who, heard.SHARED, limit=20))


@auth.needs("moderator")
async def decide(request: Request) -> Response:
    who = auth.require(request, "moderator")
    form = await forms.parse(request, Deed)
    if form.value is None:
        return see_other(request, "/steward/said")
    code = await request.app.state.store.write(_decide, who.actor, int(form.value.thing), form.value.deed)
    return see_other(request, done.path("/steward/said", code))


def _decide(tx: Tx, who: int, thing: int, deed: str) -> str:
    author = heard.get(tx, thing).thing.by.id
    match deed:
        case "share":
            heard.share(tx, who, thing)
        case "refuse":
            heard.refuse(tx, who, thing)
        case "ask":
            heard.make_ask(tx, who, thing)
        case "trust":
            heard.trust(tx, who, author)
            heard.share(tx, who, thing)
        case "distrust":
            heard.distrust(tx, who, author)
        case _:
            return "saved"
    return f"said-{deed}"


# --- reports ---------------------------------------------------------------------------------------


@auth.needs("moderator")
async def told(request: Request) -> Response:
    who = auth.require(request, "moderator")
    lang, _ = language(request, request.app.state.hub, auth.visitor(request))
    page = await request.app.state.store.read(_told, who.actor, lang)
    return render(request, "reports.html", page, headers=_PRIVATE)


def _told(tx: Tx, who: int, lang: str) -> ReportsPage:
    return ReportsPage([_one_told(tx, it, lang) for it in reports.open_(tx, who)])


def _one_told(tx: Tx, it: Report, lang: str) -> Told:
    copies = [(one, photos(tx, one.pictures), _path(one.now) if one.now else "") for one in reports.copies(tx, it.id)]
    copied = {one.now.id for one, _, _ in copies if one.now}
    about = [(one, _path(one)) for one in reports.named(tx, it) if one.id not in copied]
    if it.reporter is None or it.target is None:
        return Told(it, about, copies=copies)
    rules = settings.rule_lines(settings.get(tx), lang)
    broken = [rules[number - 1] for number in it.rules if 0 < number <= len(rules)]
    return Told(it, about, actors.get(tx, it.reporter).acct, actors.get(tx, it.target).acct, broken, copies)


@auth.needs("moderator")
async def settle(request: Request) -> Response:
    who = auth.require(request, "moderator")
    form = await forms.parse(request, Settled)
    if form.value is not None:
        await request.app.state.store.write(reports.settle, who.actor, int(form.value.report))
    return see_other(request, done.path("/steward/reports", "settled"))


def _path(thing: Thing) -> str:
    if thing.kind == "companion":
        return f"/events/{thing.root}"
    return f"/{PATHS.get(thing.kind, 'posts')}/{thing.id}"


# --- to us alone -----------------------------------------------------------------------------------


@auth.needs("resident")
async def letters(request: Request) -> Response:
    who = auth.require(request, "resident")
    answer = await _letters(request, forms.blank(), 0)
    await request.app.state.store.write(messages.mark_read, who.actor)
    return answer


async def _letters(request: Request, form: Form[Any], answering: int, status: int = 200) -> Response:
    who = auth.require(request, "resident")
    asked = request.query_params.get("before", "")
    before = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 19 else None
    page = await request.app.state.store.read(_gathered, who, before)
    page = msgspec.structs.replace(page, form=form, answering=answering)
    return render(request, "messages.html", page, status, headers=_PRIVATE)


def _gathered(tx: Tx, who: Any, before: int | None) -> MessagesPage:
    found = messages.to(tx, who.actor, before=before)
    older = found[-1].id if len(found) == messages.PAGE else 0
    everybodys = who.role != "resident"
    return MessagesPage([_letter(tx, it) for it in found], forms.blank(), 0, older, everybodys)


def _letter(tx: Tx, it: Message) -> Letter:
    try:
        about = things.get(tx, it.about) if it.about else None
    except NotFound:  # it has been taken down, and the message stays
        about = None
    return Letter(it, it.local, about, _path(about) if about else "")


@auth.needs("resident")
async def write(request: Request) -> Response:
    """Answer one message; what was typed is shown again when it cannot be sent."""
    who = auth.require(request, "resident")
    form = await forms.parse(request, Written)
    if form.value is None:
        typed = form.typed("message")
        return await _letters(request, form, int(typed) if typed.isdecimal() and len(typed) < 19 else 0, 422)
    limits.check(request, ANSWER)
    lang, _ = language(request, request.app.state.hub, auth.visitor(request))
    id, key = int(form.value.message), twice.key(request, who, form.kept())
    try:
        await request.app.state.store.write(_answer_once, key, who.actor, id, {lang: form.value.text})
    except HubError as refusal:
        return await _letters(request, form.refuse(refusal), id, 422)
    return see_other(request, done.path("/messages", "written"))


def _answer_once(tx: Tx, key: str, who: int, id: int, words: Text) -> None:
    if once.made(tx, key) is None:
        twice.remember(tx, key, messages.answer(tx, who, id, words))


_PRIVATE = {"Cache-Control": "no-store"}

routes = [
    Route("/messages", letters, methods=["GET"]),
    Route("/messages", write, methods=["POST"]),
    Route("/steward/said", said, methods=["GET"]),
    Route("/steward/said", decide, methods=["POST"]),
    Route("/steward/reports", told, methods=["GET"]),
    Route("/steward/reports", settle, methods=["POST"]),
]
