"""Days of the hub: when they begin, and what is on each of them."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from hub import clock
from hub.events import Event
from web import when


class Day(msgspec.Struct, frozen=True):
    """A day and what is on."""

    date: date
    events: list[Event]

    @property
    def anchor(self) -> str:
        return f"d-{self.date.isoformat()}"


def begins(day: date, zone: str) -> int:
    """Its first moment, in ms UTC."""
    return round(datetime.combine(day, time(), ZoneInfo(zone)).timestamp() * 1000)


def today(zone: str) -> date:
    return when.local(clock.now(), zone).date()


def of(event: Event, zone: str, not_before: date) -> date:
    """The day that an event is listed under; one that has begun already under the first day that is shown."""
    return max(when.local(event.starts, zone).date(), not_before)


def grouped(events: Iterable[Event], zone: str, first: date) -> list[Day]:
    """Day by day, in their order."""
    found: dict[date, list[Event]] = {}
    for event in events:
        found.setdefault(of(event, zone, first), []).append(event)
    return [Day(day, found[day]) for day in sorted(found)]


def counts(events: Iterable[Event], zone: str, first: date) -> dict[date, int]:
    """How much is on each day, without what is called off."""
    found: dict[date, int] = {}
    for event in events:
        if event.status not in ("cancelled", "postponed"):
            day = of(event, zone, first)
            found[day] = found.get(day, 0) + 1
    return found


def month_of(typed: str, otherwise: date) -> date:
    """The first of the month `2026-06`; of the month of `otherwise` when it is none."""
    try:
        year, _, month = typed.partition("-")
        return date(int(year), int(month), 1) if 1970 <= int(year) <= 9998 else otherwise.replace(day=1)
    except ValueError:
        return otherwise.replace(day=1)


def after(month: date) -> date:
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)


def before(month: date) -> date:
    return (month.replace(day=1) - timedelta(days=1)).replace(day=1)


def day(typed: str) -> date | None:
    """The day `2026-06-06`; None when it is none."""
    try:
        found = date.fromisoformat(typed) if len(typed) == 10 else None
    except ValueError:
        return None
    return found if found and 1970 <= found.year <= 9998 else None  # the days around it are shown, too
