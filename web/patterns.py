"""A picture for whatever has no photo: drawn from its name and place, the same every time.

A hub gets a *view* (hills and a row of roofs), a project a *plan* (fields from above), a person a
*house*. Each is a list of shapes; `svg` writes them for our pages, where the sheet colours them for
light and dark, and `png` paints them for other servers in the hub's light colours. The order of
the dice rolls is part of the picture: new rolls go at the end.
"""

from collections.abc import Iterator
from functools import lru_cache
from hashlib import sha256
from itertools import count, pairwise
from math import sin

import msgspec
from markupsafe import Markup

HUES = (20, 45, 70, 95, 125, 150, 175, 205, 235, 265, 300, 345)  # degrees of OKLCH, classes h0 … h11 of the sheet


class Shape(msgspec.Struct, frozen=True):
    """One path. `tone` is a class of the sheet; a `stroke` of 0 means filled; `dash` as in SVG."""

    tone: str
    path: str
    stroke: int = 0
    dash: str = ""


class Picture(msgspec.Struct, frozen=True):
    """Shapes from back to front. `hue` is a place in HUES, or None for the hub's own; `sun` is x, y, radius."""

    width: int
    height: int
    shapes: tuple[Shape, ...]
    hue: int | None = None
    sun: tuple[int, int, int] | None = None
    fit: str = ""


class _Dice:
    """An endless row of bytes made from words; each roll takes the next one."""

    def __init__(self, *words: str) -> None:
        seed = "\x1f".join(" ".join(word.casefold().split()) for word in words).encode()
        self._bytes = (byte for n in count() for byte in sha256(seed + bytes([n % 256])).digest())

    def __call__(self, low: int, high: int) -> int:
        return low + next(self._bytes) * (high - low + 1) // 256


@lru_cache(maxsize=64)
def view(name: str, place: str = "") -> Picture:
    """A hub: sun, two lines of hills, and roofs along the ground until the width is filled."""
    roll, width, height = _Dice("view", name, place), 720, 72
    sun = roll(width // 8, width - width // 8), roll(15, 20), roll(6, 9)
    hills = [_hill(roll, tone, base, swing) for tone, base, swing in (("p1", 34, 9), ("p2", 48, 5))]
    houses, windows, trees = _street(roll, width, height)
    shapes = (*hills, Shape("pd", trees, stroke=11), Shape("p4", houses), Shape("pw", windows))
    return Picture(width, height, shapes, sun=sun, fit="xMidYMax")


def _hill(roll: _Dice, tone: str, base: int, swing: int) -> Shape:
    f1, f2, a, b = roll(5, 11) / 1000, roll(14, 30) / 1000, roll(0, 62) / 10, roll(0, 62) / 10
    tops = [round(base + swing * sin(x * f1 + a) + swing / 2 * sin(x * f2 + b)) for x in range(0, 721, 40)]
    ridge = "".join(f"S{40 * n - 20} {y} {40 * n} {y}" for n, y in enumerate(tops) if n)
    return Shape(tone, f"M0 72V{tops[0]}{ridge}V72z")


def _street(roll: _Dice, width: int, ground: int) -> tuple[str, str, str]:
    """The paths of all houses, all windows and all trees."""
    houses, windows, trees, x = f"M0 {ground}", "", "", 0
    while x < width:
        shape, wide, wall, roof = roll(0, 9), roll(15, 27), roll(9, 16), roll(5, 9)
        top = ground - wall
        if shape < 2:  # a gap with a tree
            trees += f"M{x + wide // 2} {ground - 9}v-{wall - 5}"
            houses += f"H{x + wide // 2 - 1}v-6h2v6H{x + wide}"
            x += wide
        elif shape == 2:  # a chapel: one tall gable
            rise = wide * 2 // 3
            houses += f"V{top - 6}l{wide / 2:g}-{rise} {wide / 2:g} {rise}V{ground}"
            windows += f"M{x + wide // 2 - 1} {top - 6}h3v6h-3z"
            x += wide
        else:  # a terrace of one to three, with chimneys
            for _ in range(1 + shape % 3):
                houses += f"V{top}l3-{roof}h2v-4h3v4h{wide - 11}l3 {roof}V{ground}"
                windows += f"M{x + 4} {top + 3}h3v3h-3zM{x + wide - 8} {top + 3}h3v3h-3z"
                x += wide
    return houses + "z", windows, trees


Corner = tuple[int, int]


@lru_cache(maxsize=256)
def plan(name: str, place: str = "") -> Picture:
    """A project: fields from above, one of them an orchard, one ploughed, and a lane across."""
    roll = _Dice("plan", name, place)
    hue, lean = roll(0, 11), roll(-14, 14)
    edges = [0, roll(38, 58), roll(82, 104), roll(130, 150), 180]
    shapes, fields = [Shape("p2", "M0 0h180v60H0z")], []
    for left, right in pairwise(edges):
        for field in _strip(roll, lean, left, right):
            fields.append(field)
            first, rest = field[0], " ".join(f"{x} {y}" for x, y in field[1:])
            shapes.append(Shape(f"p{roll(1, 3)}", f"M{first[0]} {first[1]}L{rest}z"))
    for dash, gap, stroke in (("0 7", 6, 3), ("40", 4, 1)):  # orchard, furrows
        shapes.append(Shape("pd", _rows(fields[roll(0, len(fields) - 1)], gap), stroke, dash))
    y, bend = roll(14, 46), roll(-24, 24)
    shapes.append(Shape("pr", f"M0 {y}C60 {y + bend} 120 {y - bend} 180 {60 - y}", roll(3, 5)))
    return Picture(180, 60, tuple(shapes), hue, fit="xMidYMid")


def _strip(roll: _Dice, lean: int, left: int, right: int) -> Iterator[tuple[Corner, ...]]:
    """The fields of one strip, top to bottom. Colour is rolled between two fields, so this must stay lazy."""
    cuts = [0, roll(14, 26), roll(34, 48), 60] if roll(0, 2) else [0, roll(22, 40), 60]
    tilt = roll(-5, 5)
    for low, high in pairwise(cuts):
        (a, b), (d, c) = (_cut(y, lean, tilt, left, right) for y in (low, high))
        yield a, b, c, d


def _cut(y: int, lean: int, tilt: int, left: int, right: int) -> tuple[Corner, Corner]:
    slant = lean * (30 - y) // 30
    tilt = tilt if 0 < y < 60 else 0
    west, east = (x + slant * (0 < x < 180) for x in (left, right))
    return (west, y - tilt), (east, y + tilt)


def _rows(field: tuple[Corner, ...], gap: int) -> str:
    a, b, c, d = field
    lines = range(max(a[1], b[1]) + 5, min(c[1], d[1]) - 3, gap)
    return "".join(f"M{a[0] + 6} {y}H{b[0] - 6}" for y in lines)


@lru_cache(maxsize=1024)
def house(name: str, place: str = "") -> Picture:
    """A person: one house front. Roof, door and windows differ; never a face, never initials."""
    roll = _Dice("house", name, place)
    hue = roll(0, 11)
    top, roof, door, chimney = roll(20, 25), roll(7, 12), (12, 21, 30)[roll(0, 2)], (13, 31)[roll(0, 1)]
    caps = (
        f"M6 {top}L24 {top - roof - 3} 42 {top}z",
        f"M6 {top}l6-{roof}h24l6 {roof}z",
        f"M8 {top}v-{roof - 2}h32v{roof - 2}z",
    )
    cap = caps[roll(0, 2)]
    panes = "".join(f"M{x} {top + 4}h5v5h-5z" for x in ((12, 31), (12, 21, 30), (15, 28))[roll(0, 2)])
    panes += "".join(f"M{x} {top + 13}h6v5h-6z" for x in (12, 21, 30) if x != door)
    shapes = (
        Shape("p0", "M0 0h48v48H0z"),
        Shape("p3", f"M{chimney} {top - roof - 5}h4v12h-4zM9 {top}h30v23H9z"),
        Shape("p4", f"{cap}M{door} 43v-10h6v10zM0 43h48v5H0z"),
        Shape("pw", panes),
    )
    return Picture(48, 48, shapes, hue)


KINDS = {"view": view, "plan": plan, "house": house}


def svg(picture: Picture) -> Markup:
    """The picture for a page: no colours in it, the sheet has them."""
    hue = "" if picture.hue is None else f" h{picture.hue}"
    fit = f' preserveAspectRatio="{picture.fit} slice"' if picture.fit else ""
    sun = '<circle class="pw" cx="{}" cy="{}" r="{}"/>'.format(*picture.sun) if picture.sun else ""
    paths = "".join(_path(shape) for shape in picture.shapes)
    box = f'viewBox="0 0 {picture.width} {picture.height}"'
    return Markup(f'<svg class="pat{hue}" {box}{fit} aria-hidden="true">{sun}{paths}</svg>')  # noqa: S704 - our own numbers


def _path(shape: Shape) -> str:
    stroke = f' stroke-width="{shape.stroke}"' if shape.stroke else ""
    dash = f' stroke-dasharray="{shape.dash}"' if shape.dash else ""
    return f'<path class="{shape.tone}"{stroke}{dash} d="{shape.path}"/>'
