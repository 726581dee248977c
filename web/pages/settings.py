"""The hub's settings: what it says of itself, who answers for it, how it looks."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import settings
from hub.errors import Invalid
from hub.settings import Contact
from hub.text import Text
from web import auth, done, forms
from web.forms import Form
from web.templates import render, see_other

Words = Annotated[str, Meta(max_length=300)]
CONTACTS = 5


class Settings(msgspec.Struct, frozen=True):
    name: Text = msgspec.field(default_factory=dict)
    languages: list[str] = msgspec.field(default_factory=list)
    area_name: Words = ""
    area_code: Words = ""
    lat: float | None = None
    lon: float | None = None
    radius: float = 1.5
    zone: Words = "Europe/London"
    welcome: Text = msgspec.field(default_factory=dict)
    rules: Text = msgspec.field(default_factory=dict)
    contacts: list[Contact] = msgspec.field(default_factory=list)
    hue: int = 165


class SettingsPage(msgspec.Struct, frozen=True):
    """The settings. `name`, `area` are what the views are drawn from; `many` how many contacts fit."""

    form: Form[Any]
    handle: str
    name: str
    area: str
    hues: tuple[int, ...] = settings.HUES
    many: int = CONTACTS


@auth.needs("steward")
async def show(request: Request) -> Response:
    hub = request.app.state.hub
    form = Settings(
        name=hub.name, languages=hub.languages, area_name=hub.area.name, area_code=hub.area.code, lat=hub.lat,
        lon=hub.lon, radius=hub.radius, zone=hub.zone, welcome=hub.welcome, rules=hub.rules, contacts=hub.contacts,
        hue=hub.hue,
    )  # fmt: skip
    return _page(request, forms.filled(form, hub.zone))


@auth.needs("steward")
async def change(request: Request) -> Response:
    who, store = auth.require(request, "steward"), request.app.state.store
    form = await forms.parse(request, Settings)
    if form.value is None:
        return _page(request, form, 422)
    try:
        await store.write(settings.change, who.actor, settings.Draft(**msgspec.structs.asdict(form.value)))
    except Invalid as refusal:
        return _page(request, form.refuse(refusal), 422)
    return see_other(request, done.path("/steward/settings", "settings"))


def _page(request: Request, form: Form[Any], status: int = 200) -> Response:
    hub = request.app.state.hub
    page = SettingsPage(form, hub.acct, next(filter(None, hub.name.values()), ""), hub.area.name)
    return render(request, "steward_settings.html", page, status, headers={"Cache-Control": "no-store"})


routes = [
    Route("/steward/settings", show, methods=["GET"]),
    Route("/steward/settings", change, methods=["POST"]),
]
