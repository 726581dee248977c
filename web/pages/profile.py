"""What one shows of oneself: a name, a few words, pictures, facts; and who may find, follow and read one."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import media, profiles
from hub.errors import HubError, NotFound
from hub.kept import FOLLOWERS, PUBLIC, UNLISTED
from hub.profiles import FIELDS, Profile, Wishes
from hub.store import Tx
from web import auth, done, forms, limits
from web.forms import Form, Upload
from web.publishing import keep_picture
from web.templates import render, see_other

Words = Annotated[str, Meta(max_length=2000)]
PICTURES = ("picture", "header")
_NAMES = {"display_name": "name", "avatar": "picture", "source[privacy]": "audience", "fields": "label"}


class Typed(msgspec.Struct, frozen=True):
    """The form. `label` and `value` are the two sides of each fact; `no_picture`, `no_header` take one away."""

    name: Words = ""
    note: Words = ""
    label: list[str] = msgspec.field(default_factory=list)
    value: list[str] = msgspec.field(default_factory=list)
    audience: Words = PUBLIC
    locked: bool = False
    bot: bool = False
    discoverable: bool = False
    indexable: bool = False
    hides: bool = False
    no_picture: bool = False
    no_header: bool = False


class ProfilePage(msgspec.Struct, frozen=True):
    """The form, and the pictures that are there: the address of each in its small size, "" for none. `waits`: others
    see it only when somebody has read it."""

    form: Form[Any]
    login: str
    picture: str
    header: str
    waits: bool
    rows: int = FIELDS
    audiences: tuple[str, ...] = (PUBLIC, UNLISTED, FOLLOWERS)


@auth.needs("resident")
async def show(request: Request) -> Response:
    who = auth.require(request, "resident")
    kept: Profile = await request.app.state.store.read(profiles.get, who.actor)
    return await _page(request, _filled(kept))


async def _page(request: Request, form: Form[Any], status: int = 200) -> Response:
    who = auth.require(request, "resident")
    pictures = await request.app.state.store.read(_pictures, who.actor)
    page = ProfilePage(form, who.login, *pictures)
    return render(request, "profile.html", page, status, headers={"Cache-Control": "no-store"})


@auth.needs("resident")
async def change(request: Request) -> Response:
    who, state = auth.require(request, "resident"), request.app.state
    typed, files = await forms.read(request, forms.MEDIA, len(PICTURES))
    form: Form[Any] = forms.convert(_rows(typed), Typed, state.hub.zone)
    if form.value is None:
        return await _page(request, form, 422)
    try:
        new = {name: await _keep(request, files[name]) for name in PICTURES if name in files and files[name].data}
        waits = await state.store.write(_change, who.actor, form.value, new)
    except HubError as refusal:
        refusal.field = _NAMES.get(refusal.field or "", refusal.field)
        return await _page(request, form.refuse(refusal), 422)
    return see_other(request, done.path(f"/@{who.login}", "profile-waits" if waits else "saved"))


async def _keep(request: Request, upload: Upload) -> int:
    who, state = auth.require(request, "resident"), request.app.state
    limits.check(request, limits.UPLOAD, who.login)
    kept = await keep_picture(state.store, state.config, state.data, upload.data, {}, who.actor)
    return kept.id


def _change(tx: Tx, who: int, typed: Typed, new: dict[str, int]) -> bool:
    """Whether others see it only when somebody has read it."""
    before = profiles.get(tx, who)
    wanted = Profile(
        name=typed.name, note=typed.note, fields=list(zip(typed.label, typed.value, strict=False)),
        picture=new.get("picture", None if typed.no_picture else before.picture),
        header=new.get("header", None if typed.no_header else before.header),
        locked=typed.locked, bot=typed.bot, discoverable=typed.discoverable, indexable=typed.indexable,
        hides=typed.hides, wishes=Wishes(typed.audience, before.wishes.sensitive, before.wishes.language),
    )  # fmt: skip
    return profiles.change(tx, who, wanted) != profiles.showing(tx, who)


def _rows(typed: dict[str, list[str]]) -> dict[str, list[str]]:
    """The two sides of each fact stay beside each other, also where one of them is blank."""
    pairs = list(zip(typed.get("label", []), typed.get("value", []), strict=False))
    kept = [(label, value) for label, value in pairs if label.strip() and value.strip()]
    return typed | {"label": [label for label, _ in kept], "value": [value for _, value in kept]}


def _filled(it: Profile) -> Form[Any]:
    ticked = ("locked", "bot", "discoverable", "indexable", "hides")
    return Form({
        "name": [it.name], "note": [it.note], "label": [name for name, _ in it.fields],
        "value": [value for _, value in it.fields], "audience": [it.wishes.privacy],
        **{name: ["true"] if getattr(it, name) else [""] for name in ticked},
    })  # fmt: skip


def _pictures(tx: Tx, who: int) -> tuple[str, str, bool]:
    it = profiles.get(tx, who)
    return _small(tx, it.picture), _small(tx, it.header), it != profiles.showing(tx, who)


def _small(tx: Tx, id: int | None) -> str:
    try:
        return f"/media/{media.get(tx, id).key}-small.jpg" if id else ""
    except NotFound:
        return ""


routes = [
    Route("/account/profile", show, methods=["GET"]),
    Route("/account/profile", change, methods=["POST"]),
]
