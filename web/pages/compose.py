"""Writing in one's own name, or for the hub or a project where one's role allows: words, pictures, a poll, for whom."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import held, media, posts, projects, scheduled, statuses, things, unsaid, viewing
from hub.clock import DAY, HOUR
from hub.errors import N_, HubError, Invalid
from hub.kept import AUDIENCES, DIRECT, PUBLIC, Thing
from hub.people import Account, may
from hub.scheduled import Later
from hub.settings import Hub
from hub.statuses import NewPoll
from hub.store import Tx
from hub.text import Text
from hub.unsaid import Unsaid
from web import auth, done, forms, i18n, limits, twice
from web.forms import Form
from web.meeting import meet
from web.pages import uploads
from web.pages.talk import ANSWER
from web.shell import language
from web.templates import render, see_other
from web.timeline import Card, one, path

Id = Annotated[str, Meta(pattern=r"^[0-9]{1,18}$")]
Line = Annotated[str, Meta(max_length=2000)]
OPTIONS = 4  # lines for a poll's answers
LASTS = {"1h": HOUR, "6h": 6 * HOUR, "1d": DAY, "3d": 3 * DAY, "7d": 7 * DAY}
Typed = dict[str, list[str]]


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """The form. `speaker` is "me", "hub" or a project's id; `option` the answers of a poll, `lasts` one of `LASTS`."""

    text: str = ""
    warning: Line = ""
    sensitive: bool = False
    audience: Line = PUBLIC
    language: Line = ""
    speaker: Line = "me"
    reply_to: Id | None = None
    option: list[str] = msgspec.field(default_factory=list)
    lasts: Line = "1d"
    many: bool = False
    when: int | None = None
    unsaid: Id | None = None
    pictures: list[uploads.Kept] = msgspec.field(default_factory=list)


class ComposePage(msgspec.Struct, frozen=True):
    """The form. `thing` is what is changed, `answered` what is answered; `speakers` in whose name one may write (value,
    name); `tongues` the languages (tag, its own name); `pictures` those put aside, each with its place in the form;
    `unsaid` what was begun earlier, `later` what is to be said at its time."""

    form: Form[Any]
    action: str
    thing: Thing | None
    answered: Card | None
    speakers: list[tuple[str, Text]]
    tongues: list[tuple[str, str]]
    pictures: list[tuple[int, media.Media]]
    unsaid: list[Unsaid]
    later: list[Later]
    more: bool
    options: int = OPTIONS
    lasts: tuple[str, ...] = tuple(LASTS)
    audiences: tuple[str, ...] = AUDIENCES
    longest: int = statuses.LONGEST


@auth.needs("resident")
async def begin(request: Request) -> Response:
    """An empty form; with `reply_to` an answer; with `unsaid` what was begun."""
    who, store = auth.require(request, "resident"), request.app.state.store
    kept = _id(request.query_params.get("unsaid", ""))
    if kept:
        found: Unsaid = await store.read(unsaid.get, who.actor, kept)
        return await _page(request, Form(found.typed | {"unsaid": [str(kept)]}))
    first: Typed = await store.read(_first, who.actor, _id(request.query_params.get("reply_to", "")))
    first["language"] = [_tongue(request)]
    to = request.query_params.get("to", "")[:300]
    return await _page(request, Form(first | ({"text": [f"{to} "], "audience": [DIRECT]} if to else {})))


def _first(tx: Tx, me: int, reply_to: int) -> Typed:
    """An answer names whom it answers, and is for no more people than what it answers."""
    if not reply_to:
        return {"audience": [PUBLIC], "lasts": ["1d"]}
    it = viewing.get(tx, me, reply_to)
    host = "" if it.by.local else f"@{it.by.domain}"
    name = f"@{it.by.handle}{host} " if it.by.id != me else ""
    return {"reply_to": [str(it.id)], "text": [name], "audience": [it.audience], "lasts": ["1d"]}


@auth.needs("resident")
async def publish(request: Request) -> Response:
    return await _sent(request, None)


@auth.needs("resident")
async def change(request: Request) -> Response:
    """The form of something that one has said, filled in."""
    who, id = auth.require(request, "resident"), request.path_params["id"]
    thing: Thing = await request.app.state.store.read(statuses.own, who.actor, id)
    if request.method == "POST":
        return await _sent(request, thing)
    return await _page(request, _filled(thing), thing)


async def _sent(request: Request, thing: Thing | None) -> Response:
    who, state = auth.require(request, "resident"), request.app.state
    typed, files = await forms.read(request, forms.MEDIA, forms.FILES)
    key = twice.key(request, who, typed, files)
    before = await state.store.read(twice.before, key) if thing is None else None
    if before is not None:
        return see_other(request, done.path(path(before), "said"))
    typed, refused = await uploads.take(request, who, typed, files)
    form: Form[Any] = forms.convert(typed, Written, state.hub.zone)
    if refused:
        form.refuse(refused)
    if form.typed("go") == "more" and not refused:
        return await _page(request, Form(typed), thing, more=True)
    if form.typed("go") == "keep" and thing is None:
        return await _kept(request, who, form, typed)
    if form.value is None:
        return await _page(request, form, thing, 422)
    limits.check(request, ANSWER)
    await meet(request, form.value.text)
    try:
        said = await state.store.write(_say, who, form.value, thing, key, _tongue(request))
    except HubError as refusal:
        return await _page(request, form.refuse(_beside(refusal)), thing, 422)
    if said is None:
        return see_other(request, done.path("/compose#later", "put-off"))
    waits = await state.store.read(held.waits, said.id)
    return see_other(request, done.path(path(said), "said-waits" if waits else "changed" if thing else "said"))


async def _kept(request: Request, who: Account, form: Form[Any], typed: Typed) -> Response:
    """It is not said yet, and not lost."""
    number = _id(form.typed("unsaid"))
    fields = {name: words for name, words in typed.items() if name not in ("go", "unsaid")}
    try:
        await request.app.state.store.write(unsaid.keep, who.actor, fields, number or None)
    except HubError as refusal:
        return await _page(request, form.refuse(refusal), None, 422)
    return see_other(request, done.path("/compose", "draft-kept"))


@auth.needs("resident")
async def throw_away(request: Request) -> Response:
    who = auth.require(request, "resident")
    await request.app.state.store.write(unsaid.drop, who.actor, request.path_params["id"])
    return see_other(request, done.path("/compose", "draft-gone"))


@auth.needs("resident")
async def take_back(request: Request) -> Response:
    """Not say it after all."""
    who = auth.require(request, "resident")
    await request.app.state.store.write(scheduled.drop, who.actor, request.path_params["id"])
    return see_other(request, done.path("/compose", "not-later"))


# --- what was typed, said --------------------------------------------------------------------------


def _say(tx: Tx, who: Account, form: Written, thing: Thing | None, key: str, tongue: str) -> Thing | None:
    """What was said; `None` when it is to be said later."""
    pictures = uploads.pictures(tx, who.actor, form.pictures, thing.pictures if thing else [])
    if thing is None and form.speaker != "me":
        said = _for_others(tx, who, form, tongue, pictures)
    else:
        draft = statuses.Draft(
            text=form.text, language=form.language or tongue, audience=form.audience, warning=form.warning,
            sensitive=form.sensitive, reply_to=int(form.reply_to) if form.reply_to else None, pictures=pictures,
            poll=_poll(form),
        )  # fmt: skip
        if form.when is not None and thing is None:
            scheduled.put_off(tx, who.actor, draft, form.when)
            _begun_no_more(tx, who, form)
            return None
        said = statuses.change(tx, who.actor, thing.id, draft) if thing else statuses.publish(tx, who.actor, draft)
    if thing is None:
        twice.remember(tx, key, said.id)
        _begun_no_more(tx, who, form)
    return said


def _begun_no_more(tx: Tx, who: Account, form: Written) -> None:
    if form.unsaid:
        unsaid.drop(tx, who.actor, int(form.unsaid))


def _for_others(tx: Tx, who: Account, form: Written, tongue: str, pictures: list[things.Picture]) -> Thing:
    """In the hub's or a project's name: the verb that the form of news calls; the log keeps who it was."""
    if form.reply_to or form.audience != PUBLIC or _poll(form) or form.when:
        raise Invalid(N_("The hub and its projects speak to everybody, at once and without a poll."), field="speaker")
    project = None if form.speaker == "hub" else _id(form.speaker)
    draft = posts.Draft(text={form.language or tongue: form.text}, project=project, pictures=pictures)
    return posts.publish(tx, who.actor, draft)


def _poll(form: Written) -> NewPoll | None:
    options = [words for words in form.option if words.strip()]
    return NewPoll(options, LASTS.get(form.lasts, DAY), many=form.many) if options else None


_OURS = {
    "status": "text", "spoiler_text": "warning", "visibility": "audience", "poll": "option", "scheduled_at": "when",
}  # fmt: skip


def _beside(refusal: HubError) -> HubError:
    """At the field of our form: the domain's names are those of apps."""
    names = {
        "status": "text",
        "spoiler_text": "warning",
        "visibility": "audience",
        "poll": "option",
        "scheduled_at": "when",
    }
    refusal.field = names.get(refusal.field or "", refusal.field)
    return refusal


def _filled(thing: Thing) -> Form[Any]:
    language = next(iter(thing.words), "")
    typed: Typed = {
        "text": [thing.words.get(language, "")], "language": [language], "audience": [thing.audience],
        "warning": list(thing.extra.warning.values())[:1], "lasts": ["1d"],
        "sensitive": ["true"] if thing.extra.sensitive else [],
    }  # fmt: skip
    if thing.extra.poll:
        typed["option"] = [option.name for option in thing.extra.poll.options]
        typed["many"] = ["true"] if thing.extra.poll.many else []
    for n, picture in enumerate(thing.pictures):
        typed[f"pictures.{n}.media"] = [str(picture.media)]
        typed |= {f"pictures.{n}.alt.{tag}": [words] for tag, words in picture.alt.items()}
    return Form(typed)


# --- the page --------------------------------------------------------------------------------------


async def _page(
    request: Request, form: Form[Any], thing: Thing | None = None, status: int = 200, *, more: bool = False
) -> Response:
    who, state = auth.require(request, "resident"), request.app.state
    page: ComposePage = await state.store.read(_gathered, state.hub, who, form, thing)
    names = ("warning", "sensitive", "option", "many", "pictures.0.media", "picture", "when", "when.date")
    opened = more or any(form.typed(name) or form.wrong(name) for name in names)
    page = msgspec.structs.replace(page, more=opened or form.typed("audience") not in ("", PUBLIC))
    return render(request, "compose.html", page, status, headers=_PRIVATE)


def _gathered(tx: Tx, hub: Hub, who: Account, form: Form[Any], thing: Thing | None) -> ComposePage:
    above = _id(form.typed("reply_to"))
    answered = one(tx, hub, who.actor, viewing.get(tx, who.actor, above)) if above and not thing else None
    tongues = [(tag, i18n.LANGUAGES[tag]) for tag in hub.languages if tag in i18n.LANGUAGES]
    return ComposePage(
        form=form, action=f"/posts/{thing.id}/edit" if thing else "/compose", thing=thing, answered=answered,
        speakers=_speakers(tx, hub, who) if not (thing or above) else [], tongues=tongues,
        pictures=list(uploads.put_aside(tx, form)), unsaid=unsaid.of(tx, who.actor) if not thing else [],
        later=scheduled.all_(tx, who.actor) if not thing else [], more=False,
    )  # fmt: skip


def _speakers(tx: Tx, hub: Hub, who: Account) -> list[tuple[str, Text]]:
    """In whose name somebody may write besides their own."""
    if not may(who, "organiser"):
        return []
    moving = [(str(it.id), it.title) for it in projects.moving(tx) if it.stage != "done"]
    return [("hub", hub.name), *moving]


def _tongue(request: Request) -> str:
    return language(request, request.app.state.hub, auth.visitor(request))[0]


def _id(typed: str) -> int:
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 19 else 0


_PRIVATE = {"Cache-Control": "no-store"}

routes = [
    Route("/compose", begin, methods=["GET"]),
    Route("/compose", publish, methods=["POST"]),
    Route("/compose/drafts/{id:int}/remove", throw_away, methods=["POST"]),
    Route("/compose/later/{id:int}/remove", take_back, methods=["POST"]),
    Route("/posts/{id:int}/edit", change, methods=["GET", "POST"]),
]
