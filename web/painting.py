"""The same pictures as pixels, for other servers: avatars and headers in the hub's light colours.

Only the commands that `web.patterns` writes are known: M H V L C S h v l z, all but C and S in straight lines.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from io import BytesIO
from itertools import pairwise
from math import hypot

from PIL import Image, ImageDraw

from web import colours, patterns
from web.patterns import Picture, Shape

AVATAR, HEADER = (400, 400), (1500, 500)  # pixels
FINER = 3  # drawn so many times larger, then made smaller: smooth edges
CURVE = 24  # straight pieces of one curve

Point = tuple[float, float]
Line = list[Point]
Rgb = tuple[int, int, int]

_TOKEN = re.compile(r"[MHVLCShvlz]|-?\d+(?:\.\d+)?")
_TAKES = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "h": 1, "v": 1, "l": 2, "z": 0}


@lru_cache(maxsize=64)
def png(kind: str, words: tuple[str, ...], hue: int | None = None, size: tuple[int, int] = AVATAR) -> bytes:
    """The picture `kind` (view, plan, house) of these words. `hue` is the hub's accent; a view needs one."""
    picture = patterns.KINDS[kind](*words)
    degrees = hue if hue is not None or picture.hue is None else patterns.HUES[picture.hue]
    image = _paint(picture, palette(165 if degrees is None else degrees), size)
    out = BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def palette(hue: int) -> dict[str, Rgb]:
    """The light tones of the sheet, as bytes. Roofs take the painted board's colour, as they do on a page."""
    tones = {
        "p0": (0.93, 0.033, hue),
        "p1": (0.86, 0.055, hue),
        "p2": (0.78, 0.055, hue + 18),
        "p3": (0.69, 0.066, hue - 12),
        "p4": (0.335, 0.0595, hue),
        "pd": (0.56, 0.0715, hue),
        "pw": (0.95, 0.05, 90),
        "pr": (0.994, 0.004, 88),
    }
    return {name: colours.rgb(colours.oklch(*tone)) for name, tone in tones.items()}


def _paint(picture: Picture, tones: dict[str, Rgb], size: tuple[int, int]) -> Image.Image:
    """Fill the size, cutting what is over: at the sides and, for a view, at the top."""
    wide, high = size[0] * FINER, size[1] * FINER
    scale = max(wide / picture.width, high / picture.height)
    if picture.fit == "xMidYMax":  # a row of roofs wants sky above, yet not all of it
        scale = max(wide / picture.width * 1.5, high / picture.height * 0.8)
    left = (wide - picture.width * scale) / 2
    top = high - picture.height * scale if picture.fit == "xMidYMax" else (high - picture.height * scale) / 2
    image = Image.new("RGB", (wide, high), tones["p0"])
    brush = _Brush(ImageDraw.Draw(image), tones, scale, (left, top))
    if picture.sun:
        x, y, radius = picture.sun
        brush.dot((x, y), radius, "pw")
    for shape in picture.shapes:
        brush.shape(shape)
    return image.resize(size, Image.Resampling.LANCZOS)


class _Brush:
    """Paints in the picture's own units."""

    def __init__(self, draw: ImageDraw.ImageDraw, tones: dict[str, Rgb], scale: float, origin: Point) -> None:
        self.draw, self.tones, self.scale, self.origin = draw, tones, scale, origin

    def shape(self, shape: Shape) -> None:
        for line in lines(shape.path):
            if not shape.stroke:
                self.draw.polygon([self._at(point) for point in line], fill=self.tones[shape.tone])
            else:
                self._stroke(line, shape)

    def dot(self, middle: Point, radius: float, tone: str) -> None:
        x, y = self._at(middle)
        r = radius * self.scale
        self.draw.ellipse((x - r, y - r, x + r, y + r), fill=self.tones[tone])

    def _stroke(self, line: Line, shape: Shape) -> None:
        if shape.dash.startswith("0 "):  # round dots in a row
            for point in _along(line, float(shape.dash[2:])):
                self.dot(point, shape.stroke / 2, shape.tone)
            return
        points = [self._at(point) for point in line]
        self.draw.line(points, fill=self.tones[shape.tone], width=round(shape.stroke * self.scale), joint="curve")
        if shape.tone == "pd":  # its ends are round
            self.dot(line[0], shape.stroke / 2, shape.tone)
            self.dot(line[-1], shape.stroke / 2, shape.tone)

    def _at(self, point: Point) -> Point:
        return self.origin[0] + point[0] * self.scale, self.origin[1] + point[1] * self.scale


def lines(path: str) -> Iterator[Line]:
    """The path as rows of points, one row for each part."""
    line: Line = []
    bend: Point | None = None
    for command, numbers in _steps(path):
        if command == "M" and len(line) > 1:
            yield line
        x, y = line[-1] if line else (0.0, 0.0)
        if command == "M":
            line = [(numbers[0], numbers[1])]
        elif command in "CS":
            first = (numbers[0], numbers[1]) if command == "C" else _mirror((x, y), bend)
            second, end = (numbers[-4], numbers[-3]), (numbers[-2], numbers[-1])
            line += _curve((x, y), first, second, end)
            bend = second
            continue
        elif command == "z":
            yield line
            line = [line[0]]  # a relative step after a close starts from here
        else:
            line.append(_straight(command, numbers, x, y))
        bend = None
    if len(line) > 1:
        yield line


def _steps(path: str) -> Iterator[tuple[str, list[float]]]:
    """Each command with its numbers; a command without a letter repeats the last."""
    tokens, command = _TOKEN.findall(path), ""
    at = 0
    while at < len(tokens):
        if tokens[at] in _TAKES:
            command, at = tokens[at], at + 1
        takes = _TAKES[command]
        yield command, [float(number) for number in tokens[at : at + takes]]
        at += takes


def _straight(command: str, numbers: list[float], x: float, y: float) -> Point:
    a, b = numbers[0], numbers[-1]
    points = {"L": (a, b), "H": (a, y), "V": (x, a), "h": (x + a, y), "v": (x, y + a), "l": (x + a, y + b)}
    return points[command]


def _mirror(here: Point, bend: Point | None) -> Point:
    return here if bend is None else (2 * here[0] - bend[0], 2 * here[1] - bend[1])


def _curve(a: Point, b: Point, c: Point, d: Point) -> Line:
    found = []
    for step in range(1, CURVE + 1):
        t = step / CURVE
        weights = ((1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3)
        x, y = (sum(w * p[axis] for w, p in zip(weights, (a, b, c, d), strict=True)) for axis in (0, 1))
        found.append((x, y))
    return found


def _along(line: Line, gap: float) -> Iterator[Point]:
    for (x, y), (to_x, to_y) in pairwise(line):
        long = hypot(to_x - x, to_y - y)
        for n in range(int(long / gap) + 1):
            part = n * gap / long if long else 0
            yield x + (to_x - x) * part, y + (to_y - y) * part
