"""What the hub's own API may be asked for. What stands here checks what comes, and describes it in the document."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from hub import asks
from hub.clock import now
from hub.errors import N_, Invalid
from hub.helping import MOST_HOURS
from hub.whereabouts import HIGHEST, Around, When
from web.neighbourhub.shapes import Category, Kind, Said, Stage

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FAR = 20_100.0  # km: half around the world
HOW_FAR = 10.0  # km, if nothing is said

Lat = Annotated[float, Meta(ge=-90, le=90, description="Latitude, WGS84. Needs `lon`.")]
Lon = Annotated[float, Meta(ge=-180, le=180, description="Longitude, WGS84. Needs `lat`.")]
Km = Annotated[float, Meta(gt=0, le=FAR, description="How far from there, as the crow flies.")]
Moment = Annotated[datetime, Meta(tz=True)]
Limit = Annotated[int, Meta(ge=1, le=40, description="How many at most.")]
Named = Annotated[str, Meta(max_length=200, description="An area by its name or its ONS code.")]
Scope = Annotated[
    Literal["all", "local", "remote"], Meta(description="Of this hub, of the hubs that it follows, or both.")
]
Number = Annotated[str, Meta(pattern=r"^[0-9]{1,18}$", description="As the `Link` to the next part has it.")]
BehindEvent = Annotated[str, Meta(pattern=r"^-?[0-9]{1,18}\.[0-9]{1,18}$", description="As the `Link` has it.")]


class Events(msgspec.Struct, frozen=True):
    """Which events. From now on if nothing is said."""

    from_: Annotated[Moment | None, Meta(description="What is on then or later; now if not said.")] = msgspec.field(
        name="from", default=None
    )
    to: Annotated[Moment | None, Meta(description="What begins before then.")] = None
    lat: Lat | None = None
    lon: Lon | None = None
    km: Km = HOW_FAR
    area: Named = ""
    scope: Scope = "all"
    after: BehindEvent | None = None
    limit: Limit = 20

    @property
    def when(self) -> When:
        return When(
            now() if self.from_ is None else milliseconds(self.from_),
            HIGHEST if self.to is None else milliseconds(self.to),
        )

    @property
    def mark(self) -> tuple[int, int] | None:
        starts, _, id = (self.after or "").partition(".")
        return (int(starts), int(id)) if id else None


class Asks(msgspec.Struct, frozen=True):
    """Which asks and offers. The open ones if nothing is said."""

    kind: Kind | None = None
    category: Category | None = None
    open: Annotated[Literal["true", "false", "all"], Meta(description="Whether they are still open.")] = "true"
    area: Named = ""
    scope: Scope = "all"
    after: Number | None = None
    limit: Limit = 20


class Projects(msgspec.Struct, frozen=True):
    """Which projects."""

    stage: Stage | None = None
    scope: Scope = "all"
    after: Number | None = None
    limit: Limit = 20


class Hubs(msgspec.Struct, frozen=True):
    """Which hubs. The nearest first, as far as from this hub if no place is named."""

    lat: Lat | None = None
    lon: Lon | None = None
    km: Km = FAR
    after: Number | None = None
    limit: Limit = 20


class Answer(msgspec.Struct, frozen=True):
    """Whether you come, and with how many, yourself among them."""

    said: Said
    party: Annotated[int, Meta(ge=1, le=20)] | None = None


class Offer(msgspec.Struct, frozen=True):
    """How you help. Only coordinators see your words."""

    said: Annotated[
        Literal["help", "refer", "share", "take", "info"] | None,
        Meta(description="help, refer or share to an ask; take or info to an offer. help or take if not said."),
    ] = None
    words: Annotated[str, Meta(max_length=2000)] = ""
    available: Annotated[str, Meta(max_length=200, description="When you can. For asks of other hubs.")] = ""
    hours: Annotated[float, Meta(gt=0, le=MOST_HOURS, description="For asks of other hubs.")] | None = None

    def to(self, kind: str) -> str:
        return self.said or asks.SAID[kind][0]


def milliseconds(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(milliseconds=1)


def around(it: Events | Hubs) -> Around | None:
    """The circle that was asked for. Raises `Invalid` for half a place."""
    if it.lat is None or it.lon is None:
        if it.lat is not None or it.lon is not None:
            raise Invalid(N_("Give both latitude and longitude, or neither."), field="lat")
        return None
    return Around(it.lat, it.lon, it.km)


def side(it: Events | Asks | Projects) -> bool | None:
    return {"all": None, "local": True, "remote": False}[it.scope]
