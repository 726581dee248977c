"""One way to write a JSON document, so that two servers hash the same bytes (RFC 8785, JCS)."""

from json.encoder import encode_basestring
from typing import Any

EXACT = 2**53  # beyond it not every whole number is a number of JavaScript's
LEAST_DIGITS, MOST_DIGITS = -6, 21  # powers of ten between which it writes no exponent


def canonical(value: Any) -> bytes:
    """`value` as RFC 8785 writes it. Raises `ValueError` for what JSON cannot say: NaN, infinity, half characters."""
    return _text(value).encode()


def _text(value: Any) -> str:
    if isinstance(value, str):
        return encode_basestring(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int) and abs(value) < EXACT:
        return str(value)
    if isinstance(value, int | float):
        return _number(float(value))
    if isinstance(value, dict):
        return "{" + ",".join([f"{encode_basestring(name)}:{_text(value[name])}" for name in _in_order(value)]) + "}"
    return "[" + ",".join([_text(it) for it in value]) + "]"


def _in_order(names: dict[str, Any]) -> list[str]:
    """By their UTF-16, which for most names is the order that Python has by itself, and much faster."""
    return sorted(names) if "".join(names).isascii() else sorted(names, key=lambda name: name.encode("utf-16-be"))


def _number(value: float) -> str:
    """As JavaScript does: the same shortest digits as Python's, with the point and the exponent in other places."""
    if value != value or value in (float("inf"), float("-inf")):
        raise ValueError("no number of JSON")
    if value == 0:
        return "0"
    sign, shown = ("-", repr(-value)) if value < 0 else ("", repr(value))
    mantissa, _, exponent = shown.partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = "" if fraction == "0" else fraction
    digits, point = (whole + fraction).lstrip("0"), len(whole) + int(exponent or 0)
    point -= len(whole + fraction) - len(digits)
    digits = digits.rstrip("0")
    if LEAST_DIGITS < point <= MOST_DIGITS:
        return sign + _plain(digits, point)
    power = point - 1
    rest = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{rest}e{'+' if power > 0 else '-'}{abs(power)}"


def _plain(digits: str, point: int) -> str:
    if point >= len(digits):
        return digits + "0" * (point - len(digits))
    if point > 0:
        return f"{digits[:point]}.{digits[point:]}"
    return f"0.{'0' * -point}{digits}"
