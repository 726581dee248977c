"""The steward's first page: what waits for me, what is wrong, and how the hub is doing."""

import shutil
from pathlib import Path

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import (
    asks,
    events,
    heard,
    held,
    helping,
    introductions,
    jobs,
    messages,
    people,
    posts,
    profiles,
    reports,
    settings,
    signups,
)
from hub.clock import DAY, now
from hub.people import Account
from hub.store import Tx
from hub.things import Thing
from web import auth, desk, when
from web.desk import Server
from web.templates import render

SOON = 3 * DAY
NEAR = 7 * DAY
AROUND = 25.0  # km: hubs that are so near, and want looking at, are news
LITTLE = 200 * 1024 * 1024  # bytes free on the disk: then it is time to do something
SERVERS = 8  # of which the table on this page tells


class Waiting(msgspec.Struct, frozen=True):
    """An ask or an offer with answers that nobody has looked at."""

    ask: asks.Ask
    answers: int


class Week(msgspec.Struct, frozen=True):
    """The last seven days in numbers."""

    followers: int
    coming: int
    helpers: int
    replies: int


class Health(msgspec.Struct, frozen=True):
    """How the machine is: bytes on its disk, and the queue."""

    disk_used: int
    disk_all: int
    waiting: jobs.Waiting


class TodayPage(msgspec.Struct, frozen=True):
    """What waits for `account`. `part` is of the day: morning, afternoon, evening. `health` only for stewards."""

    account: Account
    part: str
    waiting: list[Waiting]
    postponed: list[events.Event]
    soon: list[events.Event]
    replies: list[Thing]
    said: int
    reports: int
    letters: int
    hubs: int
    joining: int
    held: int
    unread: int
    silent: list[Server]
    servers: list[Server]
    failed: int
    week: Week
    health: Health | None
    short_of_room: bool

    @property
    def waits(self) -> int:
        more = bool(self.replies) + bool(self.said) + bool(self.reports) + bool(self.letters) + bool(self.hubs)
        more += bool(self.joining) + bool(self.held) + bool(self.unread)
        return len(self.waiting) + len(self.postponed) + more

    @property
    def wrong(self) -> int:
        return len(self.silent) + bool(self.failed) + self.short_of_room


@auth.needs("organiser")
async def today(request: Request) -> Response:
    who, state = auth.require(request, "organiser"), request.app.state
    used, whole = _disk(state.data)
    hour = when.local(now(), state.hub.zone).hour
    part = "morning" if hour < 12 else "afternoon" if hour < 18 else "evening"
    page = await state.store.read(_today, who, part, used, whole)
    return render(request, "steward.html", page, headers={"Cache-Control": "no-store"})


def _today(tx: Tx, who: Account, part: str, used: int, whole: int) -> TodayPage:
    moderates, keeps = people.may(who, "moderator"), people.may(who, "steward")
    coming = events.coming(tx, limit=200)
    servers = desk.servers(tx) if keeps else []
    queue = jobs.waiting(tx)
    return TodayPage(
        account=who, part=part,
        waiting=[Waiting(ask, many) for ask, many in helping.waiting(tx, who.actor)],
        postponed=[it for it in coming if it.status == "postponed"],
        soon=[it for it in coming if it.status not in ("cancelled", "postponed") and it.starts < now() + SOON],
        replies=[it for it in posts.latest_replies(tx, who.actor) if _new(it)] if moderates else [],
        said=len(heard.waiting(tx, who.actor)) if moderates else 0,
        reports=len(reports.open_(tx, who.actor)) if moderates else 0, letters=messages.unread(tx, who.actor),
        hubs=len(introductions.waiting(tx, AROUND)) if keeps else 0,
        joining=signups.waiting(tx) if moderates else 0, held=held.waiting(tx) if moderates else 0,
        unread=profiles.waiting(tx) if moderates else 0,
        silent=[it for it in servers if it.state == "silent"], servers=servers[:SERVERS],
        failed=queue.dead if keeps else 0, week=_week(tx),
        health=Health(used, whole, queue) if keeps else None, short_of_room=keeps and whole - used < LITTLE,
    )  # fmt: skip


def _new(reply: Thing) -> bool:
    return not reply.hidden and reply.published > now() - 2 * DAY


def _week(tx: Tx) -> Week:
    row = tx.one(
        """SELECT
             (SELECT count(*) FROM follow WHERE followed = :hub AND state = 'accepted' AND at > :since) AS followers,
             (SELECT coalesce(sum(party), 0) FROM attendance
               WHERE said = 'yes' AND turn IS NULL AND at > :since) AS coming,
             (SELECT count(*) FROM answer WHERE said IN ('help', 'take') AND at > :since) AS helpers,
             (SELECT count(*) FROM thing WHERE kind = 'reply' AND removed IS NULL AND published > :since) AS replies""",
        hub=settings.get(tx).actor, since=now() - NEAR,
    )  # fmt: skip
    assert row is not None
    return Week(row["followers"], int(row["coming"]), row["helpers"], row["replies"])


def _disk(data: Path) -> tuple[int, int]:
    try:
        found = shutil.disk_usage(data)
    except OSError:  # the folder is not there yet: nothing is on it
        return 0, 1
    return found.total - found.free, found.total


routes = [Route("/steward", today)]
