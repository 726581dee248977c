"""A map of the hubs near us, drawn from where each says that it is: straight lines, true to scale, no tiles of others.

Pure: positions go in, places on a square of `SIDE` come out. North is up.
"""

from collections.abc import Sequence
from itertools import count
from math import atan2, cos, degrees, hypot, pi, radians, sin

import msgspec

from hub.directory import Entry
from hub.places import distance

Position = tuple[float, float]  # latitude, longitude, WGS84

SIDE = 440  # units of the drawing
EDGE = 24  # units around the outer ring, for what lies on it
LABEL = 15  # radius of a number
APART = 2 * LABEL + 3  # between the middles of two numbers
FEWEST, MOST = 7, 15  # hubs on the map, where there are so many; those further away stand in the list
STEPS = (2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000)  # km, to the outer ring
KM_A_DEGREE = 111.2
WAYS = ("n", "ne", "e", "se", "s", "sw", "w", "nw")


class Neighbour(msgspec.Struct, frozen=True):
    """A hub as residents see it. `number` is its on the map, 0 for none; `way` one of the eight winds, "" when it does
    not say where it is."""

    entry: Entry
    number: int = 0
    km: float | None = None
    way: str = ""


class Dot(msgspec.Struct, frozen=True):
    """Where a hub is (`x`, `y`) and where there was room for its number (`at_x`, `at_y`)."""

    number: int
    x: float
    y: float
    at_x: float
    at_y: float

    @property
    def moved(self) -> bool:
        return hypot(self.at_x - self.x, self.at_y - self.y) > LABEL


class Ring(msgspec.Struct, frozen=True):
    """All that is so far away, in units and in km."""

    radius: float
    km: float


class Map(msgspec.Struct, frozen=True):
    """The drawing: a square of `side`, we in its middle."""

    side: int
    middle: float
    rings: list[Ring]
    dots: list[Dot]


def look_around(here: Position | None, entries: Sequence[Entry]) -> list[Neighbour]:
    """How far each is and in which direction; `entries` come the nearest first. Those on the map get a number."""
    if here is None:
        return [Neighbour(one) for one in entries]
    numbers, outer = count(1), _outer([distance(here, one.position) for one in entries if one.position])
    return [_neighbour(here, one, numbers, outer) for one in entries]


def draw(here: Position | None, around: Sequence[Neighbour]) -> Map | None:
    """The map of those with a number; None when there are none."""
    shown = [one for one in around if one.number]
    if here is None or not shown:
        return None
    outer, room = _outer([one.km or 0 for one in shown]), SIDE / 2 - EDGE
    taken = [(SIDE / 2, SIDE / 2)]
    dots = [_dot(here, one, room / outer, taken) for one in shown]
    return Map(SIDE, SIDE / 2, [Ring(room / 2, outer / 2), Ring(room, outer)], dots)


def _outer(far: Sequence[float]) -> float:
    """The outer ring: near enough to tell the nearest apart, far enough to hold the first few."""
    needed = far[min(FEWEST, len(far)) - 1] if far else 0
    return next((step for step in STEPS if step >= needed), STEPS[-1])


def _neighbour(here: Position, one: Entry, numbers: "count[int]", outer: float) -> Neighbour:
    if one.position is None:
        return Neighbour(one)
    km = distance(here, one.position)
    number = next(numbers) if km <= outer else 0
    east, north = _steps(here, one.position)
    way = WAYS[round(degrees(atan2(east, north)) / 45) % 8] if hypot(east, north) > 0.05 else ""
    return Neighbour(one, number if number <= MOST else 0, km, way)


def _steps(here: Position, there: Position) -> tuple[float, float]:
    """How many km to the east and to the north, the short way round."""
    across = (there[1] - here[1] + 180) % 360 - 180
    return across * KM_A_DEGREE * cos(radians((here[0] + there[0]) / 2)), (there[0] - here[0]) * KM_A_DEGREE


def _dot(here: Position, one: Neighbour, scale: float, taken: list[Position]) -> Dot:
    east, north = _steps(here, one.entry.position or here)
    size = hypot(east, north)
    far = min((one.km or 0) * scale, SIDE / 2 - EDGE)  # as far as it is, in the direction in which it lies
    x = SIDE / 2 + (east / size * far if size else 0)
    y = SIDE / 2 - (north / size * far if size else 0)
    at_x, at_y = next(spot for spot in _spots(x, y) if all(_clear(spot, other) for other in taken))
    taken.append((at_x, at_y))
    return Dot(one.number, round(x, 1), round(y, 1), round(at_x, 1), round(at_y, 1))


def _spots(x: float, y: float) -> "list[Position]":
    """The place itself, and others around it, the nearest first, as long as they are on the paper."""
    around = [
        (x + ring * 6 * cos(turn * pi / 8), y + ring * 6 * sin(turn * pi / 8))
        for ring in range(1, 60)
        for turn in range(16)
    ]
    return [(x, y), *(spot for spot in around if all(LABEL < part < SIDE - LABEL for part in spot))]


def _clear(one: Position, other: Position) -> bool:
    return hypot(one[0] - other[0], one[1] - other[1]) >= APART
