"""What apps decode without asking twice: every entity, each of its keys, and of which type. `check` says what is wrong.

A word for a type: `str`, `bool`, `int`, `number`, `id` (a string of digits), `date` (three decimals, UTC), `day`,
`url` (absolute), `any`, the name of an entity, `[…]` for a list of it, `{…}` for an object with such values, `a|b` for
one of these words. With `?` behind it may be null; a key with `?` behind it may be missing. Keys that are not here are
let through. A boolean or a list is never null.
"""

import re
from typing import Any

DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
URL = re.compile(r"(https?|wss?)://[^\s/]+\S*")

VISIBILITY = "=public|unlisted|private|direct"
NOTICES = (
    "=mention|status|reblog|follow|follow_request|favourite|poll|update|admin.sign_up|admin.report|"
    "severed_relationships|moderation_warning|quote|quoted_update"
)
WISH = "=accept|filter|drop"

SCHEMA: dict[str, dict[str, str]] = {
    "Account": {
        "id": "id", "username": "str", "acct": "str", "display_name": "str", "locked": "bool", "bot": "bool",
        "discoverable": "bool?", "indexable": "bool", "group": "bool", "created_at": "date", "note": "str",
        "url": "url", "uri": "url", "avatar": "url", "avatar_static": "url", "header": "url", "header_static": "url",
        "followers_count": "int", "following_count": "int", "statuses_count": "int", "last_status_at": "day?",
        "hide_collections": "bool?", "emojis": "[CustomEmoji]", "fields": "[Field]", "roles": "[AccountRole]",
        "noindex?": "bool", "moved?": "Account?", "memorial?": "bool", "suspended?": "bool", "limited?": "bool",
        "avatar_description?": "str", "header_description?": "str",
    },
    "Field": {"name": "str", "value": "str", "verified_at": "date?"},
    "AccountRole": {"id": "id", "name": "str", "color": "str"},
    "CredentialAccount": {"...": "Account", "source": "Source", "role": "Role"},
    "Source": {
        "note": "str", "fields": "[Field]", "privacy": VISIBILITY, "sensitive": "bool", "language": "str?",
        "follow_requests_count": "int", "hide_collections": "bool?", "discoverable": "bool?", "indexable": "bool",
        "attribution_domains": "[str]", "quote_policy": "=public|followers|nobody",
    },
    "Role": {"id": "id", "name": "str", "permissions": "str", "color": "str", "highlighted": "bool"},
    "Status": {
        "id": "id", "uri": "url", "url": "url?", "created_at": "date", "edited_at": "date?", "account": "Account",
        "content": "str", "visibility": VISIBILITY, "sensitive": "bool", "spoiler_text": "str",
        "media_attachments": "[MediaAttachment]", "mentions": "[Mention]", "tags": "[StatusTag]",
        "emojis": "[CustomEmoji]", "reblogs_count": "int", "favourites_count": "int", "replies_count": "int",
        "quotes_count": "int", "in_reply_to_id": "id?", "in_reply_to_account_id": "id?", "reblog": "Status?",
        "poll": "Poll?", "card": "PreviewCard?", "language": "str?", "application?": "StatusApplication",
        "quote": "any?", "quote_approval": "any", "favourited?": "bool", "reblogged?": "bool", "muted?": "bool",
        "bookmarked?": "bool", "pinned?": "bool", "filtered?": "[FilterResult]", "text?": "str",
    },
    "OwnedStatus": {  # with a user's token
        "...": "Status", "favourited": "bool", "reblogged": "bool", "muted": "bool", "bookmarked": "bool",
        "filtered": "[FilterResult]", "reblog": "OwnedStatus?", "poll": "OwnedPoll?",
    },
    "DeletedStatus": {"...": "OwnedStatus", "text": "str"},
    "StatusApplication": {"name": "str", "website": "url?"},
    "Mention": {"id": "id", "username": "str", "url": "url", "acct": "str"},
    "StatusTag": {"name": "str", "url": "url"},
    "PreviewCard": {
        "url": "url", "title": "str", "description": "str", "type": "=link|photo|video|rich", "author_name": "str",
        "author_url": "str", "provider_name": "str", "provider_url": "str", "html": "str", "width": "int",
        "height": "int", "image": "url?", "embed_url": "str", "blurhash": "str?", "authors": "[any]",
    },
    "Context": {"ancestors": "[Status]", "descendants": "[Status]"},
    "StatusSource": {"id": "id", "text": "str", "spoiler_text": "str"},
    "StatusEdit": {
        "content": "str", "spoiler_text": "str", "sensitive": "bool", "created_at": "date", "account": "Account",
        "media_attachments": "[MediaAttachment]", "emojis": "[CustomEmoji]", "poll?": "any",
    },
    "Notification": {
        "id": "id", "type": NOTICES, "created_at": "date", "account": "Account", "group_key": "str",
        "status?": "Status", "report?": "Report",
    },
    "GroupedNotifications": {
        "accounts": "[Account]", "partial_accounts?": "[PartialAccount]", "statuses": "[Status]",
        "notification_groups": "[NotificationGroup]",
    },
    "PartialAccount": {
        "id": "id", "acct": "str", "locked": "bool", "bot": "bool", "url": "url", "avatar": "url",
        "avatar_static": "url",
    },
    "NotificationGroup": {
        "group_key": "str", "notifications_count": "int", "type": NOTICES, "most_recent_notification_id": "int",
        "page_min_id?": "id", "page_max_id?": "id", "latest_page_notification_at?": "date",
        "sample_account_ids": "[id]", "status_id?": "id", "report?": "Report",
    },
    "NotificationPolicy": {
        "for_not_following": WISH, "for_not_followers": WISH, "for_new_accounts": WISH, "for_private_mentions": WISH,
        "for_limited_accounts": WISH, "summary": "PolicySummary",
    },
    "PolicySummary": {"pending_requests_count": "int", "pending_notifications_count": "int"},
    "NotificationRequest": {
        "id": "id", "created_at": "date", "updated_at": "date", "account": "Account", "notifications_count": "str",
        "last_status?": "Status?",
    },
    "Instance": {
        "domain": "str", "title": "str", "version": "str", "source_url": "url", "description": "str", "usage": "Usage",
        "thumbnail": "Thumbnail", "icon": "[any]", "languages": "[str]", "configuration": "Configuration",
        "registrations": "Registrations", "contact": "Contact", "rules": "[Rule]", "api_versions?": "{int}",
    },
    "Usage": {"users": "UsersMonthly"},
    "UsersMonthly": {"active_month": "int"},
    "Thumbnail": {"url": "url", "blurhash?": "str?", "versions?": "{url}"},
    "Configuration": {
        "urls": "Urls", "vapid": "Vapid", "accounts": "ConfiguredAccounts", "statuses": "ConfiguredStatuses",
        "media_attachments": "ConfiguredMedia", "polls": "ConfiguredPolls", "translation": "Enabled",
    },
    "Urls": {
        "streaming": "url", "status?": "url?", "about": "url", "privacy_policy": "url?", "terms_of_service": "url?",
    },
    "Vapid": {"public_key": "str"},
    "ConfiguredAccounts": {
        "max_featured_tags": "int", "max_pinned_statuses": "int", "max_profile_fields?": "int",
        "profile_field_name_limit?": "int", "profile_field_value_limit?": "int", "max_display_name_length?": "int",
        "max_note_length?": "int",
    },
    "ConfiguredStatuses": {
        "max_characters": "int", "max_media_attachments": "int", "characters_reserved_per_url": "int",
    },
    "ConfiguredMedia": {
        "description_limit": "int", "supported_mime_types": "[str]", "image_size_limit": "int",
        "image_matrix_limit": "int", "video_size_limit": "int", "video_frame_rate_limit": "int",
        "video_matrix_limit": "int",
    },
    "ConfiguredPolls": {
        "max_options": "int", "max_characters_per_option": "int", "min_expiration": "int", "max_expiration": "int",
    },
    "Enabled": {"enabled": "bool"},
    "Registrations": {
        "enabled": "bool", "approval_required": "bool", "reason_required?": "bool", "message": "str?",
        "min_age?": "int?", "url?": "url?",
    },
    "Contact": {"email": "str", "account": "Account?"},
    "Rule": {"id": "id", "text": "str", "hint": "str"},
    "InstanceV1": {
        "uri": "str", "title": "str", "short_description": "str", "description": "str", "email": "str",
        "version": "str", "urls": "UrlsV1", "stats": "Stats", "thumbnail": "url?", "languages": "[str]",
        "registrations": "bool", "approval_required": "bool", "invites_enabled": "bool",
        "configuration": "ConfigurationV1", "contact_account": "Account?", "rules": "[Rule]",
    },
    "UrlsV1": {"streaming_api": "url"},
    "Stats": {"user_count": "int", "status_count": "int", "domain_count": "int"},
    "ConfigurationV1": {
        "statuses": "ConfiguredStatuses", "media_attachments": "ConfiguredMedia", "polls": "ConfiguredPolls",
    },
    "Application": {  # as `POST /api/v1/apps` answers
        "id": "id", "name": "str", "website": "url?", "scopes": "[str]", "redirect_uris": "[str]",
        "redirect_uri": "str", "client_id": "str", "client_secret": "str", "client_secret_expires_at": "int",
        "vapid_key": "str",
    },
    "KnownApplication": {  # as `verify_credentials` answers
        "id?": "id", "name": "str", "website": "url?", "scopes?": "[str]", "redirect_uris?": "[str]",
        "redirect_uri?": "str", "vapid_key?": "str",
    },
    "Token": {"access_token": "str", "token_type": "=Bearer", "scope": "str", "created_at": "int"},
    "Relationship": {
        "id": "id", "following": "bool", "followed_by": "bool", "blocking": "bool", "muting": "bool",
        "muting_notifications": "bool", "requested": "bool", "showing_reblogs": "bool", "domain_blocking": "bool",
        "notifying": "bool", "languages": "[str]?", "blocked_by": "bool", "muting_expires_at?": "date?",
        "requested_by": "bool", "endorsed": "bool", "note": "str",
    },
    "Poll": {
        "id": "id", "expires_at": "date?", "expired": "bool", "multiple": "bool", "votes_count": "int",
        "voters_count": "int?", "options": "[PollOption]", "emojis": "[CustomEmoji]", "voted?": "bool",
        "own_votes?": "[int]",
    },
    "OwnedPoll": {"...": "Poll", "voted": "bool", "own_votes": "[int]"},
    "PollOption": {"title": "str", "votes_count": "int?"},
    "MediaAttachment": {
        "id": "id", "type": "=image|gifv|video|audio|unknown", "url": "url", "preview_url": "url?",
        "remote_url": "url?", "meta": "Meta?", "description": "str?", "blurhash": "str?",
    },
    "Meta": {"original?": "Size", "small?": "Size", "focus?": "Focus"},
    "Size": {"width": "int", "height": "int", "size": "str", "aspect": "number"},
    "Focus": {"x": "number", "y": "number"},
    "Tag": {
        "id?": "id", "name": "str", "url": "url", "history": "[TagDay]", "following?": "bool", "featuring?": "bool",
    },
    "TagDay": {"day": "id", "uses": "id", "accounts": "id"},
    "FeaturedTag": {
        "id": "id", "name": "str", "url": "url", "statuses_count": "id", "last_status_at": "day?",
    },
    "Filter": {
        "id": "id", "title": "str", "context": "[=home|notifications|public|thread|account]", "expires_at": "date?",
        "filter_action": "=warn|hide|blur", "keywords": "[FilterKeyword]", "statuses": "[FilterStatus]",
    },
    "FilterKeyword": {"id": "id", "keyword": "str", "whole_word": "bool"},
    "FilterStatus": {"id": "id", "status_id": "id"},
    "FilterResult": {"filter": "Filter", "keyword_matches": "[str]?", "status_matches": "[id]?"},
    "FilterV1": {
        "id": "id", "phrase": "str", "context": "[=home|notifications|public|thread|account]", "expires_at": "date?",
        "irreversible": "bool", "whole_word": "bool",
    },
    "Marker": {"last_read_id": "id", "version": "int", "updated_at": "date"},
    "Markers": {"home?": "Marker", "notifications?": "Marker"},
    "List": {"id": "id", "title": "str", "replies_policy": "=followed|list|none", "exclusive": "bool"},
    "Search": {"accounts": "[Account]", "statuses": "[Status]", "hashtags": "[Tag]"},
    "Preferences": {
        "posting:default:visibility": VISIBILITY, "posting:default:sensitive": "bool",
        "posting:default:language": "str?", "posting:default:quote_policy": "=public|followers|nobody",
        "reading:expand:media": "=default|show_all|hide_all", "reading:expand:spoilers": "bool",
        "reading:autoplay:gifs": "bool",
    },
    "Conversation": {"id": "id", "unread": "bool", "accounts": "[Account]", "last_status": "Status?"},
    "CustomEmoji": {
        "shortcode": "str", "url": "url", "static_url": "url", "visible_in_picker": "bool", "category?": "str?",
    },
    "ScheduledStatus": {
        "id": "id", "scheduled_at": "date", "params": "ScheduledParams", "media_attachments": "[MediaAttachment]",
    },
    "ScheduledParams": {
        "text": "str", "visibility": VISIBILITY, "media_ids": "[id]?", "sensitive": "bool?", "spoiler_text": "str?",
        "scheduled_at": "date?", "poll": "any?", "in_reply_to_id": "id?", "language": "str?", "idempotency": "str?",
        "application_id": "int?", "with_rate_limit": "bool",
    },
    "WebPushSubscription": {
        "id": "id", "endpoint": "url", "alerts": "{bool}", "server_key": "str", "standard?": "bool",
    },
    "Report": {
        "id": "id", "action_taken": "bool", "action_taken_at": "date?", "category": "=spam|legal|violation|other",
        "comment": "str", "forwarded": "bool", "created_at": "date", "status_ids": "[id]?", "rule_ids": "[id]?",
        "target_account": "Account",
    },
    "Announcement": {
        "id": "id", "content": "str", "starts_at": "date?", "ends_at": "date?", "all_day": "bool",
        "published_at": "date", "updated_at": "date", "read?": "bool", "mentions": "[Mention]",
        "statuses": "[any]", "tags": "[StatusTag]", "emojis": "[CustomEmoji]", "reactions": "[any]",
    },
    "Suggestion": {"source": "str", "sources": "[str]", "account": "Account"},
    "FamiliarFollowers": {"id": "id", "accounts": "[Account]"},
    "DomainBlock": {"domain": "str", "digest": "str", "severity": "=silence|suspend", "comment?": "str?"},
    "ExtendedDescription": {"updated_at": "date?", "content": "str"},
    "Error": {"error": "str", "error_description?": "str"},
}  # fmt: skip


def check(value: Any, kind: str) -> None:
    """Fails with a list of all that is wrong with `value` as `kind`: `Status`, `[Account]`."""
    found = wrong(value, kind)
    assert not found, "\n".join(found)


def wrong(value: Any, kind: str, at: str = "") -> list[str]:
    at = at or kind
    if kind.endswith("?"):
        return [] if value is None else wrong(value, kind[:-1], at)
    if kind.startswith("["):
        if not isinstance(value, list):
            return [f"{at} is {value!r:.60}, no list"]
        return [it for n, one in enumerate(value) for it in wrong(one, kind[1:-1], f"{at}[{n}]")]
    if kind.startswith("{"):
        if not isinstance(value, dict):
            return [f"{at} is {value!r:.60}, no object"]
        return [it for name, one in value.items() for it in wrong(one, kind[1:-1], f"{at}.{name}")]
    if kind in SCHEMA:
        return _entity(value, kind, at)
    return [] if _fits(value, kind) else [f"{at} is {value!r:.80}, no {kind}"]


def keys(kind: str) -> dict[str, str]:
    """All keys of an entity, with those of what it extends."""
    own = SCHEMA[kind]
    if "..." not in own:
        return own
    mine = {name for name in own if name != "..."}
    beneath = {name: type_ for name, type_ in keys(own["..."]).items() if name.rstrip("?") not in mine}
    return beneath | {name: own[name] for name in mine}


def _entity(value: Any, kind: str, at: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{at} is {value!r:.60}, no {kind}"]
    found = []
    for name, type_ in keys(kind).items():
        key = name.rstrip("?")
        if key in value:
            found += wrong(value[key], type_, f"{at}.{key}")
        elif not name.endswith("?"):
            found.append(f"{at}.{key} is missing")
    return found


def _fits(value: Any, kind: str) -> bool:
    if kind.startswith("="):
        return value in kind[1:].split("|")
    match kind:
        case "str":
            return isinstance(value, str)
        case "bool":
            return isinstance(value, bool)
        case "int":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "id":
            return isinstance(value, str) and value.isascii() and value.isdecimal()
        case "date":
            return isinstance(value, str) and DATE.fullmatch(value) is not None
        case "day":
            return isinstance(value, str) and DAY.fullmatch(value) is not None
        case "url":
            return isinstance(value, str) and URL.fullmatch(value) is not None
        case "any":
            return value is not None
    raise ValueError(f"There is no type {kind}.")
