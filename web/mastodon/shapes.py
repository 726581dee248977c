"""The shapes that apps expect: every key that they read is there, of the right type; a boolean or list is no null."""

from datetime import UTC, datetime

import msgspec
from msgspec import UNSET, UnsetType

from hub.text import Text


def stamp(ms: int) -> str:
    """A moment as apps read it: three decimals, no more and no fewer."""
    at = datetime.fromtimestamp(ms // 1000, UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{ms % 1000:03}Z"


class Field(msgspec.Struct, frozen=True):
    name: str
    value: str
    verified_at: str | None = None


class Role(msgspec.Struct, frozen=True):
    id: str
    name: str
    color: str = ""


class OwnRole(msgspec.Struct, frozen=True):
    id: str
    name: str
    permissions: str
    color: str = ""
    highlighted: bool = False


class OfHub(msgspec.Struct, frozen=True, omit_defaults=True):
    """What only we say of an actor: whether it is a hub, a project or a person, and where its hub is."""

    kind: str = ""
    area: str = ""
    hub: str = ""


class Source(msgspec.Struct, frozen=True):
    """What somebody typed of themselves, and how they like to post."""

    note: str
    fields: list[Field]
    privacy: str
    sensitive: bool
    language: str | None
    follow_requests_count: int
    hide_collections: bool
    discoverable: bool
    indexable: bool
    attribution_domains: list[str] = msgspec.field(default_factory=list)
    quote_policy: str = "nobody"


class Account(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    username: str
    acct: str
    display_name: str
    locked: bool
    bot: bool
    discoverable: bool
    indexable: bool
    group: bool
    noindex: bool
    created_at: str
    note: str
    url: str
    uri: str
    avatar: str
    avatar_static: str
    avatar_description: str = ""
    header: str
    header_static: str
    header_description: str = ""
    followers_count: int
    following_count: int
    statuses_count: int
    last_status_at: str | None
    hide_collections: bool
    emojis: list[str] = msgspec.field(default_factory=list)
    fields: list[Field]
    roles: list[Role]
    moved: "Account | UnsetType" = UNSET
    suspended: bool | UnsetType = UNSET
    neighbourhub: OfHub


class OwnAccount(Account, frozen=True, kw_only=True):
    source: Source
    role: OwnRole


class Mention(msgspec.Struct, frozen=True):
    id: str
    username: str
    url: str
    acct: str


class Tag(msgspec.Struct, frozen=True):
    name: str
    url: str


class Application(msgspec.Struct, frozen=True):
    name: str
    website: str | None


class Size(msgspec.Struct, frozen=True):
    width: int
    height: int
    size: str
    aspect: float


class Focus(msgspec.Struct, frozen=True):
    x: float = 0.0
    y: float = 0.0


class Meta(msgspec.Struct, frozen=True, omit_defaults=True):
    original: Size | UnsetType = UNSET
    small: Size | UnsetType = UNSET
    focus: Focus | UnsetType = UNSET


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    type: str
    url: str
    preview_url: str | None
    remote_url: str | None = None
    preview_remote_url: str | None = None
    text_url: str | None = None
    meta: Meta
    description: str | None
    blurhash: str | None = None


class Option(msgspec.Struct, frozen=True):
    title: str
    votes_count: int | None


class Poll(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    expires_at: str | None
    expired: bool
    multiple: bool
    votes_count: int
    voters_count: int | None
    options: list[Option]
    emojis: list[str] = msgspec.field(default_factory=list)
    voted: bool | UnsetType = UNSET
    own_votes: list[int] | UnsetType = UNSET


class Quoting(msgspec.Struct, frozen=True):
    """Who may quote it: quotes are not made here."""

    automatic: list[str] = msgspec.field(default_factory=list)
    manual: list[str] = msgspec.field(default_factory=list)
    current_user: str = "denied"


class Place(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where an event takes place."""

    name: str = ""
    street: str = ""
    locality: str = ""
    postcode: str = ""
    lat: float | None = None
    lon: float | None = None


class Ours(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What a status cannot say of an event, an ask or a project. Apps that do not know it ignore it."""

    kind: str
    title: Text = msgspec.field(default_factory=dict)
    starts: str | None = None
    ends: str | None = None
    zone: str = ""
    place: Place | None = None
    online: str = ""
    status: str = ""
    places: int | None = None
    going: int | None = None
    maybe: int | None = None
    waiting: int | None = None
    category: str = ""
    due: str | None = None
    people: int | None = None
    area: str = ""
    offered: int | None = None
    stage: str = ""
    account: str = ""
    project: str = ""


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """A status without its account, its poll, and what only one person sees."""

    id: str
    created_at: str
    edited_at: str | None
    in_reply_to_id: str | None
    in_reply_to_account_id: str | None
    sensitive: bool
    spoiler_text: str
    visibility: str
    language: str | None
    uri: str
    url: str | None
    content: str
    replies_count: int
    reblogs_count: int
    favourites_count: int
    quotes_count: int = 0
    media_attachments: list[Attachment]
    mentions: list[Mention]
    tags: list[Tag]
    emojis: list[str] = msgspec.field(default_factory=list)
    card: None = None
    application: Application | UnsetType = UNSET
    quote: None = None
    quote_approval: Quoting = Quoting()
    reblog: UnsetType | None = None
    neighbourhub: Ours | UnsetType = UNSET


_encoder = msgspec.json.Encoder()


def encoded(shape: object) -> bytes:
    return _encoder.encode(shape)


def inside(shape: object) -> bytes:
    """The inside of an object's JSON, to be put behind another key."""
    return b"," + _encoder.encode(shape)[1:-1]
