"""Publishing from a file, for scripts: the same fields as the forms, the same verbs as everybody."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from hub import asks, events, media, people, posts, projects, settings
from hub.config import Config
from hub.errors import N_, Invalid
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


async def publish(store: Store, config: Config, data: Path, kind: str, fields: Fields, folder: str) -> tuple[int, str]:
    """Publish what a file says, in the steward's name. Returns the new thing's id and page.

    Times are ms UTC or `2026-06-06T10:00` in the event's own zone; `picture` is a file beside the JSON, with `alt`;
    `project` is an id or a handle. Raises `Invalid` naming the field for what does not fit.
    """
    draft_type, verb = DRAFTS[kind]
    steward = await store.read(people.steward)
    hub = await store.read(settings.get)
    fields = _with_times(dict(fields), hub.zone)
    picture = fields.pop("picture", None)
    alt = fields.pop("alt", {})
    if picture:
        kept = await _picture(store, config, data, Path(folder) / picture, alt, steward.actor)
        fields["pictures"] = [msgspec.to_builtins(kept)]
    if isinstance(fields.get("project"), str):
        fields["project"] = await store.read(_project, fields["project"], hub.domain)
    draft = _draft(fields, draft_type)
    thing = await store.write(verb, steward.actor, draft)
    return thing.id, thing.url


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
