"""Where things are: the area that a hub looks after, a venue, and how easy it is to get in."""

from math import asin, cos, radians, sin, sqrt

import msgspec

from hub.errors import N_, Invalid
from hub.text import Text

EARTH = 6371.0  # km, its mean radius


class Area(msgspec.Struct, frozen=True):
    """Part of the country. `code` is an ONS GSS code (E05013893), or empty when nobody knows it."""

    name: str = ""
    code: str = ""


class Venue(msgspec.Struct, frozen=True, omit_defaults=True):
    """A public place with a door. `lat`, `lon` are WGS84 degrees, at most six decimals."""

    name: str = ""
    street: str = ""
    locality: str = ""
    region: str = ""
    postcode: str = ""
    country: str = ""
    lat: float | None = None
    lon: float | None = None

    @property
    def line(self) -> str:
        """Name and address on one line, as people say it."""
        return ", ".join(part for part in (self.name, self.street, f"{self.locality} {self.postcode}".strip()) if part)


class Access(msgspec.Struct, frozen=True, omit_defaults=True):
    """What somebody must know before they come. `None` means that nobody has said."""

    step_free: bool | None = None
    toilet: bool | None = None
    hearing_loop: bool | None = None
    sign_language: bool | None = None
    children: bool | None = None
    parking: int | None = None
    notes: Text = msgspec.field(default_factory=dict)


def point(lat: float | None, lon: float | None, field: str = "lat") -> tuple[float | None, float | None]:
    """Check a WGS84 position and round it to six decimals. Both or neither; raises `Invalid`."""
    if lat is None or lon is None:
        if lat is not None or lon is not None:
            raise Invalid(N_("Give both latitude and longitude, or neither."), field=field)
        return None, None
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise Invalid(N_("Latitude runs from -90 to 90, longitude from -180 to 180."), field=field)
    return round(lat, 6), round(lon, 6)


def distance(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Kilometres between two WGS84 positions (latitude, longitude), as the crow flies (haversine)."""
    (lat1, lon1), (lat2, lon2) = one, other
    up, across = radians(lat2 - lat1), radians(lon2 - lon1)
    half = sin(up / 2) ** 2 + cos(radians(lat1)) * cos(radians(lat2)) * sin(across / 2) ** 2
    return 2 * EARTH * asin(min(1.0, sqrt(half)))
