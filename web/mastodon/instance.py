"""What an app learns of the hub before it signs anybody in: its name, its rules, its limits, what it speaks."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from hub import VERSION, figures, joining, media, profiles, signups, statuses, tags
from hub.settings import Hub, rule_lines
from hub.store import Tx
from hub.text import excerpt, markdown, pick
from hub.things import MOST_PICTURES
from web import i18n, mail
from web.mastodon import entities
from web.mastodon.api import Caller, answer, raw, route
from web.mastodon.params import Params
from web.mastodon.shapes import encoded, stamp
from web.mastodon.view import View, view

SPOKEN = f"4.3.0 (compatible; Neighbourhub {VERSION})"  # apps take it for the version of Mastodon whose calls are here
API = {"mastodon": 2}
PICTURES = ("image/jpeg", "image/png", "image/webp", "image/gif")
PER_URL = 23  # characters that an address counts for, in apps
PINNED = 5
Json = dict[str, Any]


async def two(request: Request, caller: Caller, params: Params) -> Response:
    return raw(await request.app.state.store.read(_two, view(request)))


async def one(request: Request, caller: Caller, params: Params) -> Response:
    return raw(await request.app.state.store.read(_one, view(request)))


def _two(tx: Tx, v: View) -> bytes:
    hub, language = v.hub, v.language
    return encoded(
        {
            "domain": hub.domain, "title": pick(hub.name, language), "version": SPOKEN, "source_url": f"{v.base}/about",
            "description": _described(hub, language), "usage": {"users": {"active_month": figures.now_(tx).month}},
            "thumbnail": {"url": f"{v.base}/drawn/header/hub.png", "blurhash": None, "versions": {}},
            "icon": [{"src": f"{v.base}/drawn/icon/hub.png", "size": "512x512"}], "languages": hub.languages,
            "configuration": _configuration(v), "registrations": _joining(tx, v), "api_versions": API,
            "contact": {"email": _mail(hub), "account": msgspec.Raw(entities.account(tx, v, hub.actor))},
            "rules": rules(hub, language),
        }
    )  # fmt: skip


def _one(tx: Tx, v: View) -> bytes:
    hub, language, counts = v.hub, v.language, figures.now_(tx)
    door, configuration = _joining(tx, v), _configuration(v)
    described = _described(hub, language)
    return encoded(
        {
            "uri": hub.domain, "title": pick(hub.name, language), "short_description": described,
            "description": described, "email": _mail(hub), "version": SPOKEN,
            "urls": {"streaming_api": configuration["urls"]["streaming"]},
            "stats": {"user_count": counts.people, "status_count": counts.said, "domain_count": counts.domains},
            "thumbnail": f"{v.base}/drawn/header/hub.png", "languages": hub.languages,
            "registrations": door["enabled"], "approval_required": door["approval_required"],
            "invites_enabled": False, "configuration": configuration,
            "contact_account": msgspec.Raw(entities.account(tx, v, hub.actor)), "rules": rules(hub, language),
        }
    )  # fmt: skip


def _configuration(v: View) -> Json:
    """The limits that hold here."""
    limits = v.state.config.media
    return {
        "urls": {
            "streaming": v.base.replace("http", "ws", 1), "status": None, "about": f"{v.base}/about",
            "privacy_policy": f"{v.base}/privacy", "terms_of_service": None,
        },
        "vapid": {"public_key": getattr(v.state, "vapid_key", "")},
        "accounts": {
            "max_featured_tags": tags.FEATURED, "max_pinned_statuses": PINNED, "max_profile_fields": profiles.FIELDS,
            "profile_field_name_limit": profiles.FIELD_NAME, "profile_field_value_limit": profiles.FIELD_VALUE,
            "max_display_name_length": profiles.NAME, "max_note_length": profiles.NOTE,
        },
        "statuses": {
            "max_characters": statuses.LONGEST, "max_media_attachments": MOST_PICTURES,
            "characters_reserved_per_url": PER_URL,
        },
        "media_attachments": {
            "supported_mime_types": PICTURES, "description_limit": media.ALT, "image_size_limit": limits.max_bytes,
            "image_matrix_limit": limits.max_pixels, "video_size_limit": 0, "video_frame_rate_limit": 0,
            "video_matrix_limit": 0,
        },
        "polls": {
            "max_options": statuses.OPTIONS, "max_characters_per_option": statuses.OPTION,
            "min_expiration": statuses.SOONEST // 1000, "max_expiration": statuses.LATEST // 1000,
        },
        "translation": {"enabled": False},
        "timelines_access": {
            "live_feeds": {"local": "public", "remote": "public"},
            "hashtag_feeds": {"local": "public", "remote": "public"},
            "trending_link_feeds": {"local": "public", "remote": "public"},
        },
        "limited_federation": False,
    }  # fmt: skip


def _joining(tx: Tx, v: View) -> Json:
    """Whether anybody may ask to join now. They do so on the hub's own page, since a letter has to come between."""
    terms = joining.terms(tx)
    asks = terms.mode == "approval"
    return {
        "enabled": mail.on(v.state.config) and signups.shut(tx) is None, "approval_required": asks,
        "reason_required": asks and bool(terms.question), "message": None, "min_age": None, "url": f"{v.base}/signup",
    }  # fmt: skip


def _described(hub: Hub, language: str) -> str:
    return excerpt(markdown(pick(hub.welcome, language)), 300) or pick(hub.name, language)


def _mail(hub: Hub) -> str:
    """The first address among those of the people responsible."""
    return next((one.reach.strip() for one in hub.contacts if "@" in one.reach and " " not in one.reach.strip()), "")


def rules(hub: Hub, language: str) -> list[Json]:
    """Each line of the hub's rules is one; in the other languages, too, where these have as many."""
    said, lines = rule_lines(hub, language), {tag: rule_lines(hub, tag) for tag in hub.rules}
    others = {tag: found for tag, found in lines.items() if len(found) == len(said)}
    return [
        {
            "id": str(n + 1), "text": words, "hint": "",
            "translations": {tag: {"text": found[n], "hint": ""} for tag, found in others.items()},
        }
        for n, words in enumerate(said)
    ]  # fmt: skip


async def all_rules(request: Request, caller: Caller, params: Params) -> Response:
    v = view(request)
    return answer(rules(v.hub, v.language))


async def peers(request: Request, caller: Caller, params: Params) -> Response:
    return answer(await request.app.state.store.read(figures.peers))


async def activity(request: Request, caller: Caller, params: Params) -> Response:
    weeks = await request.app.state.store.read(figures.weeks)
    return answer(
        [
            {"week": str(it.begins // 1000), "statuses": str(it.said), "logins": str(it.signed_in),
             "registrations": str(it.joined)}
            for it in weeks
        ]
    )  # fmt: skip


async def described(request: Request, caller: Caller, params: Params) -> Response:
    hub, language = view(request).hub, view(request).language
    return answer({"updated_at": stamp(hub.opened), "content": markdown(pick(hub.welcome, language))})


async def privacy(request: Request, caller: Caller, params: Params) -> Response:
    """Leads to the page that says it."""
    v = view(request)
    link = f'<p><a href="{v.base}/privacy">{v.base}/privacy</a></p>'
    return answer({"updated_at": stamp(v.hub.opened), "content": link})


async def languages(request: Request, caller: Caller, params: Params) -> Response:
    spoken = view(request).hub.languages
    return answer([{"code": tag, "name": i18n.LANGUAGES[tag]} for tag in spoken if tag in i18n.LANGUAGES])


async def nothing(request: Request, caller: Caller, params: Params) -> Response:
    return answer([])


async def no_languages(request: Request, caller: Caller, params: Params) -> Response:
    """Nothing is translated here by machines."""
    return answer({})


HERE = "/api/v1/instance"

routes = [
    route("GET", "/api/v2/instance", two, open=True, app=True),
    route("GET", HERE, one, open=True, app=True),
    route("GET", f"{HERE}/rules", all_rules, open=True, app=True),
    route("GET", f"{HERE}/peers", peers, open=True, app=True),
    route("GET", f"{HERE}/activity", activity, open=True, app=True),
    route("GET", f"{HERE}/extended_description", described, open=True, app=True),
    route("GET", f"{HERE}/privacy_policy", privacy, open=True, app=True),
    route("GET", f"{HERE}/translation_languages", no_languages, open=True, app=True),
    route("GET", f"{HERE}/languages", languages, open=True, app=True),
    route("GET", "/api/v1/custom_emojis", nothing, open=True, app=True),
]
