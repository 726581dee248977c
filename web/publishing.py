"""Publishing from a file, for scripts: the same fields as the forms, the same verbs as everybody."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from hub import asks, events, media, once, people, posts, projects, settings, things
from hub.config import Config
from hub.errors import N_, Invalid, NotFound
from hub.store import Store, Tx
from hub.text import Text
from hub.things import Picture, Thing

Fields = dict[str, Any]
TIMES = ("starts", "ends", "due")
DRAFTS: dict[str, tuple[type[msgspec.Struct], Callable[[Tx, int, Any], Thing]]] = {
    "event": (events.Draft, events.publish),
    "ask": (asks.Draft, lambda tx, who, draft: asks.publish(tx, who, "ask", draft)),
    "offer": (asks.Draft, lambda tx, who, draft: asks.publish(tx, who, "offer", draft)),
    "project": (projects.Draft, projects.start),
    "note": (posts.Draft, posts.publish),
}


class Published(msgspec.Struct, frozen=True):
    """What became of a file: `new` when it was published now, else as it was the first time; `url` is empty once it has
    been taken down."""

    id: int
    url: str
    new: bool


class Errand(msgspec.Struct, frozen=True):
    """A file to be published: what it says, and the `folder` where its picture lies.

    It is published once for each `key` (if there is none, for each wording), however often it is asked for, unless
    `again` says that it is meant.
    """

    kind: str
    fields: Fields
    folder: str
    key: str = ""
    again: bool = False

    @property
    def known_as(self) -> str:
        said = [self.key] if self.key else [b"", msgspec.json.encode(self.fields, order="sorted")]
        return once.key("file", self.kind, *said)


async def publish(store: Store, config: Config, data: Path, errand: Errand) -> Published:
    """Publish what a file says, in the steward's name, if that has not been done yet.

    Times are ms UTC or `2026-06-06T10:00` in the event's own zone; `picture` is a file beside the JSON, with `alt`;
    `project` is an id or a handle. Raises `Invalid` naming the field for what does not fit.
    """
    before = await store.read(_before, errand)
    if before is not None:
        return before
    draft_type, verb = DRAFTS[errand.kind]
    steward = await store.read(people.steward)
    hub = await store.read(settings.get)
    fields = _with_times(dict(errand.fields), hub.zone)
    picture = fields.pop("picture", None)
    alt = fields.pop("alt", {})
    if picture:
        kept = await _picture(store, config, data, Path(errand.folder) / picture, alt, steward.actor)
        fields["pictures"] = [msgspec.to_builtins(kept)]
    if isinstance(fields.get("project"), str):
        fields["project"] = await store.read(_project, fields["project"], hub.domain)
    draft = _draft(fields, draft_type)

    def unit(tx: Tx) -> Published:
        before = _before(tx, errand)
        if before is not None:
            return before
        thing = verb(tx, steward.actor, draft)
        once.remember(tx, errand.known_as, thing.id)
        return Published(thing.id, thing.url, new=True)

    return await store.write(unit)


def _before(tx: Tx, errand: Errand) -> Published | None:
    made = None if errand.again else once.made(tx, errand.known_as)
    if made is None:
        return None
    try:
        return Published(made, things.get(tx, made).url, new=False)
    except NotFound:
        return Published(made, "", new=False)


def _draft(fields: Fields, kind: type[msgspec.Struct]) -> msgspec.Struct:
    unknown = sorted(set(fields) - {field.name for field in msgspec.structs.fields(kind)})
    if unknown:
        raise Invalid(N_("There is no field called %(name)s here."), field=unknown[0], name=unknown[0])
    try:
        return msgspec.convert(fields, kind, strict=False)
    except msgspec.ValidationError as wrong:
        raise Invalid(N_("The file does not fit: %(why)s"), why=wrong) from wrong


def _with_times(fields: Fields, zone: str) -> Fields:
    for name in TIMES:
        if isinstance(fields.get(name), str):
            fields[name] = _milliseconds(fields[name], settings.zone(fields.get("zone") or zone), name)
    return fields


def _milliseconds(text: str, zone: str, field: str) -> int:
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid(N_("Write the time as 2026-06-06T10:00."), field=field) from None
    return int((read if read.tzinfo else read.replace(tzinfo=ZoneInfo(zone))).timestamp() * 1000)


def _project(tx: Tx, handle: str, domain: str) -> int:
    row = tx.one(
        "SELECT p.id FROM project p JOIN actor a ON a.id = p.actor WHERE a.handle = :handle AND a.domain = :domain",
        handle=handle, domain=domain,
    )  # fmt: skip
    if row is None:
        raise Invalid(N_("Choose one of the projects of this hub."), field="project")
    return int(row["id"])


async def _picture(store: Store, config: Config, data: Path, file: Path, alt: Any, owner: int) -> Picture:
    if not await asyncio.to_thread(file.is_file):
        raise Invalid(N_("There is no picture called %(name)s beside the file."), field="picture", name=file.name)
    kept = await keep_picture(
        store, config, data, await asyncio.to_thread(file.read_bytes), alt if isinstance(alt, dict) else {}, owner
    )
    return Picture(media=kept.id, mime=kept.mime, width=kept.width, height=kept.height, alt=kept.alt)


async def keep_picture(store: Store, config: Config, data: Path, uploaded: bytes, alt: Text, owner: int) -> media.Media:
    """Develop an uploaded picture and keep it. Raises `Invalid` for what is no picture."""
    prepared = await asyncio.to_thread(media.prepare, uploaded, limits=config.media)
    stored = await asyncio.to_thread(media.save, data / "media", prepared)
    return await store.write(media.add, stored, alt, owner)
