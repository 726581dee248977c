"""From what an app sends to what the neighbourhood knows as a draft; and posts that are to be said later."""

from datetime import UTC, datetime

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from hub import media, people, scheduled
from hub.clock import DAY
from hub.errors import N_, Invalid, NotFound
from hub.kept import Picture, Thing
from hub.people import Account
from hub.scheduled import Later
from hub.statuses import Draft, NewPoll
from hub.store import Tx
from hub.text import Text
from web.mastodon import entities, shapes, tellings
from web.mastodon.api import Caller, answer, links, path_id, raw, route
from web.mastodon.params import Params
from web.mastodon.portraits import Wishes
from web.mastodon.view import View, view

NO_PICTURE = N_("Media attachment was not found; upload it again")
NO_TIME = N_("Scheduled at: give a time such as 2026-06-06T10:00:00Z")
NO_ONE = N_("Choose who may read this.")


class Wanted(msgspec.Struct, frozen=True):
    """A post as an app asks for it. `None` where it says nothing; `at` in ms UTC."""

    text: str
    warning: str
    sensitive: bool | None
    visibility: str
    language: str
    reply_to: int | None
    pictures: list[int]
    poll: NewPoll | None
    app: int
    at: int | None


def wanted(params: Params, app: int) -> Wanted:
    """Raises `Invalid` for what cannot be read."""
    return Wanted(
        text=params.text("status"), warning=params.text("spoiler_text"), sensitive=params.flag("sensitive"),
        visibility=params.text("visibility"), language=params.text("language").strip(),
        reply_to=_number(params.text("in_reply_to_id")), pictures=_numbers(params),
        poll=_poll(params), app=app, at=moment(params.text("scheduled_at")),
    )  # fmt: skip


def draft(tx: Tx, account: Account, it: Wanted) -> Draft:
    """The same in the hub's words, with what this person likes best where the app says nothing."""
    wishes = people.wishes(tx, account.actor, Wishes)
    language = it.language or wishes.language or account.language
    shown = it.visibility or wishes.privacy
    if shown not in tellings.AUDIENCE:
        raise Invalid(NO_ONE, field="visibility")
    return Draft(
        it.text, language=language, audience=tellings.AUDIENCE[shown], warning=it.warning,
        sensitive=wishes.sensitive if it.sensitive is None else it.sensitive,
        reply_to=None if it.reply_to is None else entities.entry(tx, it.reply_to).thing,
        pictures=pictures(tx, account.actor, it.pictures), poll=it.poll, app=it.app or None,
    )  # fmt: skip


def changed(tx: Tx, account: Account, it: Thing, params: Params) -> Draft:
    """What somebody said, with what an app wants otherwise. A poll that is sent back as it was keeps its votes."""
    language = params.text("language").strip() or next(iter(it.words), "") or next(iter(it.extra.warning), "")
    _redescribe(tx, account, params)
    shown = it.pictures
    if "media_ids" in params or "media_attributes" in params:
        ids = _numbers(params) if "media_ids" in params else [one.media for one in it.pictures if one.media]
        shown = pictures(tx, account.actor, ids)
    text, warning = params.text("status"), params.text("spoiler_text")
    return Draft(
        text if "status" in params else next(iter(it.words.values()), ""), language=language, audience=it.audience,
        warning=warning if "spoiler_text" in params else next(iter(it.extra.warning.values()), ""),
        sensitive=params.flag("sensitive", it.extra.sensitive) or False, pictures=shown,
        poll=_poll(params) or _same(it), app=it.app,
    )  # fmt: skip


def pictures(tx: Tx, who: int, ids: list[int]) -> list[Picture]:
    """Uploaded pictures by their numbers. Raises `Invalid` for one that is not theirs."""
    try:
        return [Picture(media=media.own(tx, who, id).id) for id in ids]
    except NotFound:
        raise Invalid(NO_PICTURE, field="media_ids") from None


def _redescribe(tx: Tx, account: Account, params: Params) -> None:
    for one in params.groups("media_attributes"):
        id = _number(one.text("id"))
        if id is None:
            continue
        alt = described(account, one.text("description"), "en") if "description" in one else None
        try:
            media.describe(tx, account.actor, id, alt=alt, focus=one.text("focus") if "focus" in one else None)
        except NotFound:
            raise Invalid(NO_PICTURE, field="media_attributes") from None


def described(account: Account, words: str, first: str) -> Text:
    """What a picture shows, in the language of whoever says so."""
    return {account.language or first: words} if words.strip() else {}


def _same(it: Thing) -> NewPoll | None:
    poll = it.extra.poll
    return NewPoll([option.name for option in poll.options], DAY, many=poll.many, hides=poll.hides) if poll else None


def _poll(params: Params) -> NewPoll | None:
    given = params.group("poll")
    options = given.many("options")
    if not options:
        return None
    lasts = (given.number("expires_in") or 0) * 1000
    return NewPoll(options, lasts, many=given.flag("multiple") or False, hides=given.flag("hide_totals") or False)


def _numbers(params: Params) -> list[int]:
    return [number for word in params.many("media_ids") if (number := _number(word)) is not None]


def _number(words: str) -> int | None:
    if not words.strip():
        return None
    if words.isascii() and words.isdecimal() and len(words) < 19:
        return int(words)
    raise NotFound(N_("Record not found"))


def moment(words: str) -> int | None:
    """A time as apps write it, in ms UTC. Raises `Invalid` for what is none."""
    if not words.strip():
        return None
    try:
        read = datetime.fromisoformat(words.strip())
        return int((read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp() * 1000)
    except (ValueError, OverflowError):
        raise Invalid(NO_TIME, field="scheduled_at") from None


# --- for later -------------------------------------------------------------------------------------


def later(tx: Tx, v: View, who: int, id: int) -> bytes:
    return _later(tx, v, scheduled.get(tx, who, id))


def _later(tx: Tx, v: View, it: Later) -> bytes:
    said = it.draft
    poll = None
    if said.poll is not None:
        poll = {
            "options": said.poll.options, "expires_in": said.poll.lasts // 1000, "multiple": said.poll.many,
            "hide_totals": said.poll.hides,
        }  # fmt: skip
    ids = [str(one.media) for one in said.pictures]
    return shapes.encoded(
        {
            "id": str(it.id), "scheduled_at": shapes.stamp(it.at),
            "params": {
                "text": said.text, "poll": poll, "media_ids": ids or None, "sensitive": said.sensitive,
                "spoiler_text": said.warning, "visibility": tellings.VISIBILITY[said.audience],
                "in_reply_to_id": None if said.reply_to is None else str(said.reply_to),
                "language": said.language or None, "application_id": said.app, "scheduled_at": None,
                "idempotency": None, "with_rate_limit": False,
            },
            "media_attachments": [tellings.attachment(tx, v, one, 0) for one in said.pictures],
        }
    )  # fmt: skip


def _all(tx: Tx, v: View, who: int, before: int | None, after: int | None, limit: int) -> list[tuple[int, bytes]]:
    return [(one.id, _later(tx, v, one)) for one in scheduled.all_(tx, who, before=before, after=after, limit=limit)]


async def all_(request: Request, caller: Caller, params: Params) -> Response:
    page = params.page()
    found = await request.app.state.store.read(
        _all, view(request), caller.id, page.max_id, page.min_id or page.since_id, page.limit
    )
    ids = [id for id, _ in found]
    return raw(b"[" + b",".join(body for _, body in found) + b"]", links(request, ids, page))


async def one(request: Request, caller: Caller, params: Params) -> Response:
    return raw(await request.app.state.store.read(later, view(request), caller.id, path_id(request)))


async def move(request: Request, caller: Caller, params: Params) -> Response:
    at = moment(params.text("scheduled_at"))
    if at is None:
        raise Invalid(NO_TIME, field="scheduled_at")
    await request.app.state.store.write(scheduled.move, caller.id, path_id(request), at)
    return await one(request, caller, params)


async def drop(request: Request, caller: Caller, params: Params) -> Response:
    await request.app.state.store.write(scheduled.drop, caller.id, path_id(request))
    return answer(None)


routes = [
    route("GET", "/api/v1/scheduled_statuses", all_, "read:statuses"),
    route("GET", "/api/v1/scheduled_statuses/{id}", one, "read:statuses"),
    route("PUT", "/api/v1/scheduled_statuses/{id}", move, "write:statuses"),
    route("DELETE", "/api/v1/scheduled_statuses/{id}", drop, "write:statuses"),
]
