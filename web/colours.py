"""Colours as a theme writes them, OKLCH with custom properties, made into numbers that can be compared.

Used to refuse a theme whose words cannot be read, and to paint pictures for other servers.
Sources: CSS Color 4 §10 (OKLCH to sRGB), WCAG 2.2 (relative luminance, contrast ratio).
"""

import re
from collections.abc import Mapping
from math import cos, radians, sin

Linear = tuple[float, float, float]  # red, green, blue, 0 to 1, before gamma
_VAR = re.compile(r"var\(--([\w-]+)\)")
_CALC = re.compile(r"calc\(\s*(-?[\d.]+)\s*([*+-])\s*(-?[\d.]+)\s*\)")
_OKLCH = re.compile(r"oklch\(\s*([\d.]+)\s+([\d.]+)\s+(-?[\d.]+)\s*\)")


def resolve(value: str, tokens: Mapping[str, str]) -> str:
    """`value` with every `var(--…)` and `calc(…)` worked out. Raises `KeyError` for an unknown token."""
    for _ in range(8):  # a token may name a token
        if not _VAR.search(value):
            break
        value = _VAR.sub(lambda m: tokens[m[1]], value)
    return _CALC.sub(_calc, value)


def _calc(m: re.Match[str]) -> str:
    a, b = float(m[1]), float(m[3])
    return f"{a * b if m[2] == '*' else a + b if m[2] == '+' else a - b:.6f}"


def colour(value: str, tokens: Mapping[str, str]) -> Linear:
    """What `value` looks like. Raises `ValueError` for anything but `oklch(l c h)` without alpha."""
    plain = resolve(value, tokens)
    if not (m := _OKLCH.fullmatch(plain)):
        raise ValueError(f"{value} is not a colour of the form oklch(l c h)")
    return oklch(float(m[1]), float(m[2]), float(m[3]))


def oklch(lightness: float, chroma: float, hue: float) -> Linear:
    """OKLCH to linear sRGB; what the screen cannot show is cut off, as browsers do."""
    a, b = chroma * cos(radians(hue)), chroma * sin(radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        _cut(4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short),
        _cut(-1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short),
        _cut(-0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short),
    )


def _cut(x: float) -> float:
    return min(1.0, max(0.0, x))


def luminance(colour: Linear) -> float:
    red, green, blue = colour
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Linear, other: Linear) -> float:
    """From 1 (the same) to 21 (black on white)."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def rgb(colour: Linear) -> tuple[int, int, int]:
    """The bytes of a picture's pixel."""
    red, green, blue = (round(255 * (12.92 * x if x <= 0.0031308 else 1.055 * x ** (1 / 2.4) - 0.055)) for x in colour)
    return red, green, blue
