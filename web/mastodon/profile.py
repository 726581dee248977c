"""One's own account in an app: who am I, and what others see of me."""

from collections.abc import Iterator

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from hub import profiles
from hub.errors import HubError, Invalid
from hub.people import Account
from hub.profiles import Profile, Wishes
from hub.store import Tx
from web import limits
from web.mastodon import entities
from web.mastodon.api import NEEDS_USER, Caller, Handler, Refused, Upload, answer, raw, route
from web.mastodon.params import Params
from web.mastodon.view import view
from web.publishing import keep_picture

PICTURES = {"avatar": "picture", "header": "header"}
FLAGS = {
    "locked": "locked", "bot": "bot", "discoverable": "discoverable", "indexable": "indexable",
    "hide_collections": "hides",
}  # fmt: skip


async def own(request: Request, caller: Caller, params: Params) -> Response:
    return await shown(request, caller)


async def shown(request: Request, caller: Caller) -> Response:
    return raw(await request.app.state.store.read(entities.own_account, view(request), account_of(caller)))


def account_of(caller: Caller) -> Account:
    if caller.account is None:
        raise Refused(422, NEEDS_USER)
    return caller.account


async def change(request: Request, caller: Caller, params: Params) -> Response:
    """What is not said stays as it was."""
    pictures = {
        field: await _kept(request, caller, name, upload)
        for name, field in PICTURES.items() if (upload := params.file(name)) is not None and upload.data
    }  # fmt: skip

    def unit(tx: Tx) -> Profile:
        before = profiles.get(tx, caller.id)
        return profiles.change(tx, caller.id, msgspec.structs.replace(before, **(_said(params, before) | pictures)))

    await request.app.state.store.write(unit)
    return await shown(request, caller)


def _without(field: str) -> Handler:
    """A call that takes a picture away."""

    async def call(request: Request, caller: Caller, params: Params) -> Response:
        def unit(tx: Tx) -> Profile:
            before = profiles.get(tx, caller.id)
            return profiles.change(tx, caller.id, msgspec.structs.replace(before, **{field: None}))

        await request.app.state.store.write(unit)
        return await shown(request, caller)

    return call


async def _kept(request: Request, caller: Caller, name: str, upload: Upload) -> int:
    """An uploaded picture, developed and put aside. Raises `Invalid` for what is none."""
    limits.check(request, limits.UPLOAD, account_of(caller).login)
    state = request.app.state
    try:
        kept = await keep_picture(state.store, state.config, state.data, upload.data, {}, caller.id)
    except HubError as refusal:
        raise Invalid(refusal.message, field=name, **refusal.facts) from refusal
    return kept.id


def _said(params: Params, before: Profile) -> dict[str, object]:
    said: dict[str, object] = {field: bool(params.flag(name)) for name, field in FLAGS.items() if name in params}
    if "display_name" in params:
        said["name"] = params.text("display_name")
    if "note" in params:
        said["note"] = params.text("note")
    if "fields_attributes" in params:
        said["fields"] = [*_fields(params)]
    if "source" in params:
        said["wishes"] = _wishes(params.group("source"), before.wishes)
    return said


def _fields(params: Params) -> Iterator[tuple[str, str]]:
    for one in params.groups("fields_attributes"):
        if not one.flag("_destroy"):
            yield one.text("name"), one.text("value")


def _wishes(source: Params, before: Wishes) -> Wishes:
    language = source.text("language", before.language)
    return Wishes(
        privacy=source.text("privacy") or before.privacy,
        sensitive=bool(source.flag("sensitive", before.sensitive)),
        language="" if source.spoken_of("language") and "language" not in source else language.strip(),
    )


async def preferences(request: Request, caller: Caller, params: Params) -> Response:
    wishes = (await request.app.state.store.read(profiles.get, caller.id)).wishes
    return answer(
        {
            "posting:default:visibility": wishes.privacy, "posting:default:sensitive": wishes.sensitive,
            "posting:default:language": wishes.language or account_of(caller).language or None,
            "posting:default:quote_policy": "nobody", "reading:expand:media": "default",
            "reading:expand:spoilers": False, "reading:autoplay:gifs": False,
        }
    )  # fmt: skip


routes = [
    route("GET", "/api/v1/accounts/verify_credentials", own, "profile read:accounts"),
    route("PATCH", "/api/v1/accounts/update_credentials", change, "write:accounts"),
    route("DELETE", "/api/v1/profile/avatar", _without("picture"), "write:accounts"),
    route("DELETE", "/api/v1/profile/header", _without("header"), "write:accounts"),
    route("GET", "/api/v1/preferences", preferences, "read:accounts"),
]
