"""The steward's pages about other servers: who follows us, whom we follow, and how what we send arrives."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from federation import follow_hub, stop_following
from hub import actors, jobs, peers, people, projects, settings
from hub.actors import Actor
from hub.clock import now
from hub.errors import HubError
from hub.store import Tx
from hub.text import Text
from web import auth, desk, done, forms
from web.forms import Form
from web.templates import render, see_other

Id = Annotated[str, Meta(pattern=r"^[0-9]{1,18}$")]


class Domain(msgspec.Struct, frozen=True):
    domain: Annotated[str, Meta(max_length=300)]


class Stop(msgspec.Struct, frozen=True):
    actor: Id


class Again(msgspec.Struct, frozen=True):
    """A failed job to be sent again, or a server to be tried at once."""

    job: Id | None = None
    host: Annotated[str, Meta(max_length=260)] = ""


class Followed(msgspec.Struct, frozen=True):
    """One of ours that can be followed, and who follows it."""

    name: Text
    acct: str
    path: str
    many: int
    followers: list[Actor]


class FollowersPage(msgspec.Struct, frozen=True):
    """Who follows the hub and each project. `older` is where the rest of the hub's are, 0 for no more."""

    ours: list[Followed]
    older: int


class Line(msgspec.Struct, frozen=True):
    """Somebody whom we follow or asked to: `state` is requested, accepted or refused. `again`: they may be asked once
    more."""

    actor: Actor
    state: str
    since: int
    again: bool


class FollowingPage(msgspec.Struct, frozen=True):
    form: Form[Any]
    lines: list[Line]


class DeliveriesPage(msgspec.Struct, frozen=True):
    """How what we send arrives, server by server; and what was given up."""

    servers: list[desk.Server]
    failed: list[desk.Failed]
    waiting: jobs.Waiting


@auth.needs("steward")
async def followers(request: Request) -> Response:
    asked = request.query_params.get("before", "")
    before = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 15 else None
    page = await request.app.state.store.read(_followers, before)
    return render(request, "followers.html", page, headers=_PRIVATE)


def _followers(tx: Tx, before: int | None) -> FollowersPage:
    hub = settings.get(tx)
    who = actors.followers(tx, hub.actor, before)
    ours = [Followed(hub.name, hub.acct, "/", actors.counts(tx, hub.actor)[0], who)]
    for it in projects.moving(tx) if before is None else []:
        many = actors.counts(tx, it.actor)[0]
        acct = f"@{it.handle}@{hub.domain}"
        ours.append(Followed(it.title, acct, f"/projects/{it.id}", many, actors.followers(tx, it.actor)))
    return FollowersPage(ours, _since(tx, who[-1].id, hub.actor) if len(who) == actors.PAGE else 0)


def _since(tx: Tx, follower: int, followed: int) -> int:
    row = tx.one(
        "SELECT at FROM follow WHERE follower = :follower AND followed = :followed",
        follower=follower, followed=followed,
    )  # fmt: skip
    return int(row["at"]) if row else 0


@auth.needs("steward")
async def following(request: Request) -> Response:
    return await _following(request, forms.blank())


async def _following(request: Request, form: Form[Any], status: int = 200) -> Response:
    lines = await request.app.state.store.read(_lines)
    return render(request, "following.html", FollowingPage(form, lines), status, headers=_PRIVATE)


def _lines(tx: Tx) -> list[Line]:
    return [
        Line(actor, state, since, state == "refused" or (state == "requested" and since <= now() - actors.UNANSWERED))
        for actor, state, since in actors.following(tx, settings.get(tx).actor)
    ]


@auth.needs("steward")
async def follow(request: Request) -> Response:
    """Find the hub behind a domain, make sure that it is one, and ask to follow it."""
    who = auth.require(request, "steward")
    form = await forms.parse(request, Domain)
    if form.value is None:
        return await _following(request, form, 422)
    try:
        await follow_hub(request.app.state.wire, form.value.domain, who.actor)
    except HubError as refusal:
        refusal.field = "domain"
        return await _following(request, form.refuse(refusal), 422)
    return see_other(request, done.path("/steward/following", "asked"))


@auth.needs("steward")
async def unfollow(request: Request) -> Response:
    who = auth.require(request, "steward")
    form = await forms.parse(request, Stop)
    if form.value is not None:
        await stop_following(request.app.state.wire, int(form.value.actor), who.actor)
    return see_other(request, done.path("/steward/following", "unfollowed"))


@auth.needs("steward")
async def deliveries(request: Request) -> Response:
    page = await request.app.state.store.read(_deliveries)
    return render(request, "deliveries.html", page, headers=_PRIVATE)


def _deliveries(tx: Tx) -> DeliveriesPage:
    return DeliveriesPage(desk.servers(tx), desk.failed(tx), jobs.waiting(tx))


@auth.needs("steward")
async def again(request: Request) -> Response:
    who = auth.require(request, "steward")
    form = await forms.parse(request, Again)
    sent = await request.app.state.store.write(_again, who.actor, form.value or Again())
    return see_other(request, done.path("/steward/deliveries", "again" if sent else "not-again"))


def _again(tx: Tx, who: int, asked: Again) -> bool:
    people.require(tx, who, "steward")
    if asked.job:
        return jobs.send_again(tx, int(asked.job))
    peers.heard(tx, asked.host)
    jobs.hurry(tx, asked.host)
    return bool(asked.host)


_PRIVATE = {"Cache-Control": "no-store"}

routes = [
    Route("/steward/followers", followers),
    Route("/steward/following", following, methods=["GET"]),
    Route("/steward/following", follow, methods=["POST"]),
    Route("/steward/following/stop", unfollow, methods=["POST"]),
    Route("/steward/deliveries", deliveries, methods=["GET"]),
    Route("/steward/deliveries", again, methods=["POST"]),
]
