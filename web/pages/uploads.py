"""Pictures that come with a form: put aside at once, so that no mistake in it loses them."""

import contextlib
import re
from collections.abc import Iterator
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from starlette.requests import Request

from hub import media
from hub.errors import N_, HubError, Invalid, NotFound
from hub.people import Account
from hub.store import Tx
from hub.text import Text
from hub.things import Picture
from web import limits
from web.forms import Form, Upload
from web.publishing import keep_picture

MOST = 4  # pictures of one thing
_NUMBER = re.compile(r"[0-9]{1,18}")
_PICTURE = re.compile(r"pictures\.(\d{1,6})\.(.+)")

Typed = dict[str, list[str]]


class Kept(msgspec.Struct, frozen=True):
    """A picture that came with an earlier try of the form: its number, and what it shows."""

    media: Annotated[str, Meta(pattern=r"^[0-9]{1,18}$")]
    alt: Text = msgspec.field(default_factory=dict)


async def take(request: Request, who: Account, typed: Typed, files: dict[str, Upload]) -> tuple[Typed, HubError | None]:
    """Put an uploaded picture aside and note its number among what was typed, so that it comes back with the form.

    Pictures that were ticked to be taken away are left out. The refusal, if there is one, belongs at `picture`.
    """
    typed, pictures = _rows(typed)
    upload = files.get("picture")
    refusal: HubError | None = None
    if upload and upload.data:
        try:
            pictures.append(await _keep(request, who, upload, typed, len(pictures)))
        except HubError as exc:
            refusal = exc if exc.field == "picture" else Invalid(exc.message, field="picture", **exc.facts)
        else:
            typed = {name: words for name, words in typed.items() if not name.startswith("alt.")}
    for n, row in enumerate(pictures):
        typed |= {f"pictures.{n}.{name}": words for name, words in row.items()}
    return typed, refusal


def _rows(typed: Typed) -> tuple[Typed, list[Typed]]:
    """The form without its pictures, and the pictures that are to stay, in order."""
    rows: dict[int, Typed] = {}
    rest: Typed = {}
    for name, words in typed.items():
        found = _PICTURE.fullmatch(name)
        if found:
            rows.setdefault(int(found[1]), {})[found[2]] = words
        else:
            rest[name] = words
    kept = [row for _, row in sorted(rows.items()) if row.get("media", [""])[0].strip() and "remove" not in row]
    return rest, kept[:MOST]


async def _keep(request: Request, who: Account, upload: Upload, typed: Typed, many: int) -> Typed:
    limits.check(request, limits.UPLOAD, who.login)
    if many >= MOST:
        raise Invalid(N_("Four pictures are enough. Take one away first."), field="picture")
    state = request.app.state
    kept = await keep_picture(state.store, state.config, state.data, upload.data, {}, who.actor)
    return {"media": [str(kept.id)]} | {name: words for name, words in typed.items() if name.startswith("alt.")}


def put_aside(tx: Tx, form: Form[Any]) -> Iterator[tuple[int, media.Media]]:
    """The pictures that came with the form, or with an earlier try of it, each with its place in it."""
    for n in range(MOST):
        typed = form.typed(f"pictures.{n}.media")
        if _NUMBER.fullmatch(typed):
            with contextlib.suppress(NotFound):
                yield n, media.get(tx, int(typed))


def pictures(tx: Tx, who: int, kept: list[Kept], before: list[Picture]) -> list[Picture]:
    """The pictures as a thing has them. Raises `Invalid` for somebody else's, and for one without words."""
    found = []
    known = {picture.media for picture in before}
    for n, row in enumerate(kept[:MOST]):
        try:
            it = media.get(tx, int(row.media))
        except NotFound:
            raise Invalid(N_("There is no such picture."), field="picture") from None
        if it.owner != who and it.id not in known:
            raise Invalid(N_("There is no such picture."), field="picture")
        if not any(words.strip() for words in row.alt.values()):
            raise Invalid(N_("Say what the picture shows, for people who cannot see it."), field=f"pictures.{n}.alt")
        found.append(Picture(media=it.id, mime=it.mime, width=it.width, height=it.height, alt=row.alt))
    return found
