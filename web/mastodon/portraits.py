"""Accounts as apps show them: hubs, projects and people, here and elsewhere."""

from datetime import UTC, datetime

import msgspec

from hub import actors, marks, media, people, profiles
from hub.actors import Actor
from hub.errors import NotFound
from hub.people import Account
from hub.profiles import Wishes as Wishes
from hub.roles import ROLES
from hub.store import Tx
from hub.text import pick
from web import i18n
from web.mastodon import shapes
from web.mastodon.shapes import encoded, stamp
from web.mastodon.view import View

WORTH_SAYING = ("moderator", "steward")  # roles that others see on a profile
NAMES = {role: role.capitalize() for role in ROLES}  # as the pages name them
GROUPS = ("hub", "project")


def account(tx: Tx, v: View, it: Actor) -> bytes:
    return encoded(_account(tx, v, it))


def own(tx: Tx, v: View, account: Account) -> bytes:
    """A `CredentialAccount`."""
    it = actors.get(tx, account.actor)
    mine = profiles.get(tx, account.actor)
    wishes = mine.wishes
    asked = actors.asked(tx, account.actor)
    source = shapes.Source(
        note=mine.note, fields=[shapes.Field(name, value) for name, value in mine.fields],
        privacy=wishes.privacy,
        sensitive=wishes.sensitive, language=wishes.language or account.language or None, follow_requests_count=asked,
        hide_collections=it.hides, discoverable=it.discoverable, indexable=it.indexable,
    )  # fmt: skip
    number = ROLES.index(account.role)
    role = shapes.OwnRole(
        str(number), _named(v, account.role), str(int(account.role == "steward")),
        highlighted=account.role in WORTH_SAYING,
    )  # fmt: skip
    return encoded(shapes.OwnAccount(**msgspec.structs.asdict(_account(tx, v, it)), source=source, role=role))


def acct(it: Actor) -> str:
    """What somebody is called: ours by their name alone."""
    return it.handle if it.local else f"{it.handle}@{it.domain}"


def _account(tx: Tx, v: View, it: Actor, *, moves: bool = True) -> shapes.Account:
    followers, following = actors.counts(tx, it.id)
    said, last = marks.said(tx, it.id)
    avatar, header = _avatar(tx, v, it), _header(tx, v, it)
    gone = it.removed is not None
    return shapes.Account(
        id=str(it.id), username=it.handle, acct=acct(it), display_name=pick(it.name, v.language), locked=it.locked,
        bot=it.bot, discoverable=it.discoverable, indexable=it.indexable, noindex=not it.indexable,
        group=it.kind in GROUPS or it.type == "Group", created_at=stamp(it.created), note=pick(it.summary, v.language),
        url=it.url or it.uri, uri=it.uri, avatar=avatar, avatar_static=avatar, header=header, header_static=header,
        followers_count=0 if it.hides else followers, following_count=0 if it.hides else following,
        statuses_count=said, last_status_at=_day(last), hide_collections=it.hides, fields=_fields(it),
        roles=_roles(tx, v, it), moved=_moved(tx, v, it) if moves else msgspec.UNSET,
        suspended=True if gone else msgspec.UNSET,
        neighbourhub=shapes.OfHub(it.kind, it.area.name if it.area else "", it.hub or ""),
    )  # fmt: skip


def _moved(tx: Tx, v: View, it: Actor) -> "shapes.Account | msgspec.UnsetType":
    if it.moved is None or it.moved == it.id:
        return msgspec.UNSET
    try:
        return _account(tx, v, actors.get(tx, it.moved), moves=False)
    except NotFound:
        return msgspec.UNSET


def _fields(it: Actor) -> list[shapes.Field]:
    return [
        shapes.Field(fact.name, fact.value, None if fact.verified is None else stamp(fact.verified))
        for fact in it.facts
    ]


def _roles(tx: Tx, v: View, it: Actor) -> list[shapes.Role]:
    role = people.role_of(tx, it.id) if it.local and it.kind == "person" else ""
    return [shapes.Role(str(ROLES.index(role)), _named(v, role))] if role in WORTH_SAYING else []


def _named(v: View, role: str) -> str:
    return i18n.catalogue(v.language, v.state.press.folders).gettext(NAMES[role])


def _avatar(tx: Tx, v: View, it: Actor) -> str:
    return it.icon if it.icon and not it.local else _picture(tx, v, it, it.picture, "icon", "small")


def _header(tx: Tx, v: View, it: Actor) -> str:
    return it.banner if it.banner and not it.local else _picture(tx, v, it, it.header, "header", "full")


def _picture(tx: Tx, v: View, it: Actor, number: int | None, drawn: str, size: str) -> str:
    """One that they uploaded; else the one that the hub draws from their name."""
    if number is not None and it.local:
        try:
            return f"{v.base}/media/{media.get(tx, number).key}-{size}.jpg"
        except NotFound:
            number = None
    name = it.uri.removeprefix(f"{v.base}/actor/") if it.local else ""
    return f"{v.base}/drawn/{drawn}/{name if name and '/' not in name else f'n-{it.id}'}.png"


def _day(ms: int | None) -> str | None:
    return None if ms is None else f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d}"
