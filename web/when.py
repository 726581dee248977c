"""Days and times as people type them, made into moments: "6/6/2026", "Saturday 6 June", "10am", "10.30"."""

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from hub.errors import N_, Invalid
from web.almanac import NAMES

_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_FIGURES = re.compile(r"(\d{1,2})\s*[/.-]\s*(\d{1,2})\s*[/.-]\s*(\d{4}|\d{2})")
_NTH = r"(?:st|nd|rd|th|af|il|ydd|ed|fed|eg|ain)?"
_NAMED = re.compile(rf"(\d{{1,2}}){_NTH}\s+(?:of\s+|o\s+)?([^\W\d]+)\.?,?(?:\s+(\d{{4}}))?")
_CLOCK = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?(?::\d{2})?\s*(am|pm|a\.m\.|p\.m\.|yb|yp|yh|y bore|y prynhawn|yr hwyr)?")
_WORDS = {"noon": time(12), "midday": time(12), "hanner dydd": time(12), "midnight": time(0), "hanner nos": time(0)}
_BEFORE_NOON = ("am", "a.m.", "yb", "y bore")


def day(typed: str, today: date) -> date:
    """A date. Without a year it is the next such day. Raises `Invalid`."""
    words = " ".join(typed.casefold().split())
    try:
        if m := _ISO.fullmatch(words):
            return date(int(m[1]), int(m[2]), int(m[3]))
        if m := _FIGURES.fullmatch(words):
            year = int(m[3]) + (2000 if len(m[3]) == 2 else 0)
            return date(year, int(m[2]), int(m[1]))
        if (m := _NAMED.search(words)) and m[2] in _months():
            return _next(int(m[1]), _months()[m[2]], int(m[3]) if m[3] else None, today)
    except ValueError as exc:
        raise Invalid(N_("There is no such day. Check the day and the month.")) from exc
    raise Invalid(N_("Type the day like 6 June 2026 or 6/6/2026."))


def clock(typed: str) -> time:
    """A time of day. Raises `Invalid`."""
    words = " ".join(typed.casefold().split())
    if words in _WORDS:
        return _WORDS[words]
    m = _CLOCK.fullmatch(words)
    if not m:
        raise Invalid(N_("Type the time like 10 am, 2.30 pm or 14:30."))
    hour, minute, part = int(m[1]), int(m[2] or 0), m[3]
    if (part and not 1 <= hour <= 12) or hour > 23 or minute > 59:
        raise Invalid(N_("There is no such time. Type it like 10 am, 2.30 pm or 14:30."))
    if part:
        hour = hour % 12 + (0 if part in _BEFORE_NOON else 12)
    return time(hour, minute)


def moment(on: date, at: time, zone: str) -> tuple[int, Invalid | None]:
    """Milliseconds UTC, and a note when the clocks went back and the time comes twice (we take the first).

    Raises `Invalid` when the clocks go forward over it and it does not happen. Which years are meant the domain says.
    """
    local = datetime.combine(on, at, ZoneInfo(zone))
    first, second = (local.replace(fold=fold).utcoffset() or timedelta() for fold in (0, 1))
    if first < second:
        raise Invalid(
            N_("The clocks go forward that night and %(time)s does not happen. Choose a time an hour later."),
            time=f"{at:%H:%M}",
        )
    note = None
    if first > second:
        note = Invalid(
            N_("The clocks go back that night and %(time)s comes twice. We have taken the first."), time=f"{at:%H:%M}"
        )
    return round(local.timestamp() * 1000), note


def local(moment: int, zone: str) -> datetime:
    return datetime.fromtimestamp(moment / 1000, UTC).astimezone(ZoneInfo(zone))


def _next(day: int, month: int, year: int | None, today: date) -> date:
    if year is not None:
        return date(year, month, day)
    for ahead in range(9):  # 29 February may be eight years away
        try:
            found = date(today.year + ahead, month, day)
        except ValueError:
            if day > 29 or month != 2:
                raise
            continue
        if found >= today - timedelta(days=1):
            return found
    raise ValueError(f"no {day}.{month}. to come")


@lru_cache(maxsize=1)
def _months() -> dict[str, int]:
    """Names of months, long and short, in every language that a hub may speak."""
    found: dict[str, int] = {}
    for it in NAMES.values():
        for names in (it.months, it.short_months, it.typed):
            found |= {name.casefold(): n for n, name in enumerate(names, 1)}
    return found | {"fehefin": 6, "fawrth": 3, "fai": 5, "orffennaf": 7, "dachwedd": 11, "ragfyr": 12}
