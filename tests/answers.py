"""Which entity each call of the client API answers with, so that whatever an app fetches can be held to its schema."""

import re
from typing import Any

from entities_schema import wrong

# The first line that fits a call counts. `{}` is any one step of the address; nothing at the end: any object.
_CALLS = """
GET    /api/v1/instance                            InstanceV1
GET    /api/v2/instance                            Instance
GET    /api/v1/instance/rules                      [Rule]
GET    /api/v1/instance/peers                      [str]
GET    /api/v1/instance/extended_description       ExtendedDescription
GET    /api/v1/custom_emojis                       [CustomEmoji]
GET    /api/v1/preferences                         Preferences
GET    /api/v1/announcements                       [Announcement]
GET    /api/v1/apps/verify_credentials             KnownApplication
POST   /api/v1/apps                                Application
POST   /oauth/token                                Token
GET    /api/v1/accounts/verify_credentials         CredentialAccount
PATCH  /api/v1/accounts/update_credentials         CredentialAccount
DELETE /api/v1/profile/{}                          CredentialAccount
GET    /api/v1/accounts/relationships              [Relationship]
GET    /api/v1/accounts/familiar_followers         [FamiliarFollowers]
GET    /api/v1/accounts/search                     [Account]
GET    /api/v1/accounts/lookup                     Account
GET    /api/v1/accounts                            [Account]
GET    /api/v1/accounts/{}/statuses                [OwnedStatus]
GET    /api/v1/accounts/{}/followers               [Account]
GET    /api/v1/accounts/{}/following               [Account]
GET    /api/v1/accounts/{}/endorsements            [Account]
GET    /api/v1/accounts/{}/featured_tags           [FeaturedTag]
GET    /api/v1/accounts/{}/lists                   [List]
GET    /api/v1/accounts/{}                         Account
POST   /api/v1/accounts/{}/{}                      Relationship
GET    /api/v1/statuses                            [OwnedStatus]
GET    /api/v1/statuses/{}/context                 Context
GET    /api/v1/statuses/{}/history                 [StatusEdit]
GET    /api/v1/statuses/{}/source                  StatusSource
GET    /api/v1/statuses/{}/favourited_by           [Account]
GET    /api/v1/statuses/{}/reblogged_by            [Account]
GET    /api/v1/statuses/{}                         OwnedStatus
DELETE /api/v1/statuses/{}                         DeletedStatus
PUT    /api/v1/statuses/{}                         OwnedStatus
POST   /api/v1/statuses/{}/{}                      OwnedStatus
GET    /api/v1/timelines/{}                        [OwnedStatus]
GET    /api/v1/timelines/{}/{}                     [OwnedStatus]
GET    /api/v1/bookmarks                           [OwnedStatus]
GET    /api/v1/favourites                          [OwnedStatus]
GET    /api/v1/trends/statuses                     [OwnedStatus]
GET    /api/v1/trends/links                        [PreviewCard]
GET    /api/v1/trends/tags                         [Tag]
GET    /api/v1/trends                              [Tag]
GET    /api/v1/polls/{}                            OwnedPoll
POST   /api/v1/polls/{}/votes                      OwnedPoll
PUT    /api/v1/media/{}                            MediaAttachment
GET    /api/v1/media/{}                            MediaAttachment
GET    /api/v2/search                              Search
GET    /api/v1/notifications/policy
GET    /api/v2/notifications/policy                NotificationPolicy
PATCH  /api/v2/notifications/policy                NotificationPolicy
GET    /api/v1/notifications/requests              [NotificationRequest]
GET    /api/v1/notifications/requests/merged
GET    /api/v1/notifications/unread_count
GET    /api/v2/notifications/unread_count
GET    /api/v1/notifications/{}                    Notification
GET    /api/v1/notifications                       [Notification]
GET    /api/v2/notifications                       GroupedNotifications
GET    /api/v2/notifications/{}                    GroupedNotifications
GET    /api/v2/notifications/{}/accounts           [Account]
GET    /api/v1/conversations                       [Conversation]
POST   /api/v1/conversations/{}/read               Conversation
GET    /api/v1/markers                             Markers
POST   /api/v1/markers                             Markers
GET    /api/v1/lists                               [List]
POST   /api/v1/lists                               List
GET    /api/v1/lists/{}/accounts                   [Account]
GET    /api/v1/lists/{}                            List
PUT    /api/v1/lists/{}                            List
GET    /api/v2/filters                             [Filter]
POST   /api/v2/filters                             Filter
GET    /api/v2/filters/{}/keywords                 [FilterKeyword]
POST   /api/v2/filters/{}/keywords                 FilterKeyword
GET    /api/v2/filters/{}/statuses                 [FilterStatus]
POST   /api/v2/filters/{}/statuses                 FilterStatus
GET    /api/v2/filters/{}                          Filter
PUT    /api/v2/filters/{}                          Filter
GET    /api/v1/filters                             [FilterV1]
POST   /api/v1/filters                             FilterV1
GET    /api/v1/filters/{}                          FilterV1
PUT    /api/v1/filters/{}                          FilterV1
GET    /api/v1/followed_tags                       [Tag]
GET    /api/v1/featured_tags                       [FeaturedTag]
POST   /api/v1/featured_tags                       FeaturedTag
GET    /api/v1/featured_tags/suggestions           [Tag]
GET    /api/v1/tags/{}                             Tag
POST   /api/v1/tags/{}/{}                          Tag
GET    /api/v1/follow_requests                     [Account]
POST   /api/v1/follow_requests/{}/{}               Relationship
GET    /api/v1/blocks                              [Account]
GET    /api/v1/mutes                               [Account]
GET    /api/v1/domain_blocks                       [str]
GET    /api/v1/endorsements                        [Account]
GET    /api/v1/directory                           [Account]
GET    /api/v1/suggestions                         [Account]
GET    /api/v2/suggestions                         [Suggestion]
GET    /api/v1/scheduled_statuses                  [ScheduledStatus]
GET    /api/v1/scheduled_statuses/{}               ScheduledStatus
PUT    /api/v1/scheduled_statuses/{}               ScheduledStatus
GET    /api/v1/push/subscription                   WebPushSubscription
POST   /api/v1/push/subscription                   WebPushSubscription
PUT    /api/v1/push/subscription                   WebPushSubscription
POST   /api/v1/reports                             Report
"""


def _pattern(address: str) -> re.Pattern[str]:
    return re.compile("[^/]+".join(map(re.escape, address.split("{}"))) + "/?")


CALLS = [(words[0], _pattern(words[1]), "".join(words[2:])) for words in map(str.split, _CALLS.split("\n")) if words]


def kind_of(method: str, path: str) -> str:
    """The entity that a call answers with; "" for any object."""
    return next((kind for verb, fits, kind in CALLS if verb == method and fits.fullmatch(path)), "")


def complaints(method: str, path: str, status: int, value: Any, *, guest: bool = False) -> list[str]:
    """What is wrong with an answer. A refusal has to say why; whoever has no token is told nothing of their own."""
    kind = "Error" if status >= 400 else kind_of(method, path)
    if method == "POST" and status < 400 and path in ("/api/v1/statuses", "/api/v1/media", "/api/v2/media"):
        kind = _new(path, value)
    found = wrong(value, kind.replace("Owned", "") if guest else kind) if kind else []
    return [f"{method} {path}: {one}" for one in found]


def _new(path: str, value: Any) -> str:
    """What was said or sent just now: said later is another thing, and a picture may still be on its way."""
    if path == "/api/v1/statuses":
        return "ScheduledStatus" if "scheduled_at" in value else "OwnedStatus"
    return "MediaAttachment" if value.get("url") else ""
