"""Days in a row and days in a table: what the week and the month macros are given."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta

import msgspec


class WeekDay(msgspec.Struct, frozen=True):
    """One cell of the week: how many events, and where to read about them (empty for none)."""

    date: date
    count: int
    href: str
    today: bool


class MonthDay(msgspec.Struct, frozen=True):
    """One cell of the month: its things as (words, path). Days of the months around it are not `inside`."""

    date: date
    inside: bool
    today: bool
    href: str
    things: tuple[tuple[str, str], ...]


def monday(of: date) -> date:
    return of - timedelta(days=of.weekday())


def week(first: date, counts: Mapping[date, int], today: date, href: Callable[[date], str]) -> list[WeekDay]:
    """Seven days from `first`."""
    days = [first + timedelta(days=n) for n in range(7)]
    return [WeekDay(it, counts.get(it, 0), href(it) if counts.get(it) else "", it == today) for it in days]


def month(
    first: date, things: Mapping[date, Sequence[tuple[str, str]]], today: date, href: Callable[[date], str]
) -> list[list[MonthDay]]:
    """The weeks, Monday first, of the month that `first` stands in. `href`: where a day's list is."""
    first = first.replace(day=1)
    weeks, it = [], monday(first)
    while (it.year, it.month) <= (first.year, first.month):
        row = [it + timedelta(days=n) for n in range(7)]
        weeks.append([_cell(day, day.month == first.month, things, today, href) for day in row])
        it += timedelta(days=7)
    return weeks


def _cell(
    it: date, inside: bool, things: Mapping[date, Sequence[tuple[str, str]]], today: date, href: Callable[[date], str]
) -> MonthDay:
    return MonthDay(it, inside, inside and it == today, href(it), tuple(things.get(it, ())) if inside else ())
