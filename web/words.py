"""Dates, times, numbers and money as people say them, in the page's language and the hub's time zone.

English: "Saturday 6 June, 10 am to 1 pm". Welsh: "Dydd Sadwrn 6 Mehefin, 10 y bore tan 1 y prynhawn".
Names of days and months stand in `web/almanac.py`; the patterns are messages like any other.
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from hub import clock
from hub.errors import N_
from web.almanac import NAMES
from web.i18n import Catalogue

NIGHT = timedelta(hours=12)  # an event shorter than this that ends the next morning is one evening, not two days


class Tile(msgspec.Struct, frozen=True):
    """The three lines of a date tile, and the machine's form."""

    top: str
    number: str
    month: str
    iso: str


class Words:
    """How one page speaks of times and amounts. Moments are milliseconds UTC; days are dates."""

    def __init__(self, catalogue: Catalogue, zone: str) -> None:
        self.catalogue = catalogue
        self.zone = zone
        self.names = NAMES[catalogue.language]

    # Moments

    def local(self, moment: int, zone: str | None = None) -> datetime:
        return datetime.fromtimestamp(moment / 1000, UTC).astimezone(ZoneInfo(zone or self.zone))

    def today(self, zone: str | None = None) -> date:
        return self.local(clock.now(), zone).date()

    def date_of(self, moment: "int | date", zone: str | None = None) -> date:
        return moment if isinstance(moment, date) else self.local(moment, zone).date()

    def iso(self, moment: "int | date", zone: str | None = None) -> str:
        """For `<time datetime>`."""
        if isinstance(moment, date):
            return moment.isoformat()
        return self.local(moment, zone).isoformat(timespec="minutes")

    def day(self, moment: "int | date", zone: str | None = None, weekday: bool = True) -> str:
        """Saturday 6 June; with the year when it is not this year."""
        it = self.date_of(moment, zone)
        named = N_("%(weekday)s %(day)s %(month)s") if weekday else N_("%(day)s %(month)s")
        facts = {"weekday": self.weekday(it), "day": it.day, "month": self.month(it)}
        words = self.catalogue.gettext(named) % facts
        return words if it.year == self.today(zone).year else f"{words} {it.year}"

    def within(self, moment: "int | date", zone: str | None = None) -> str:
        """The day inside a sentence: Welsh "erbyn dydd Iau"."""
        return self.day(moment, zone).replace("Dydd ", "dydd ", 1)

    def short_day(self, moment: "int | date", zone: str | None = None) -> str:
        """Sat 6 Jun."""
        it = self.date_of(moment, zone)
        return f"{self.short_weekday(it)} {it.day} {self.short_month(it)}"

    def weekday(self, it: date) -> str:
        """Saturday; Dydd Sadwrn."""
        return self.names.days[it.weekday()]

    def short_weekday(self, it: date) -> str:
        return self.names.short_days[it.weekday()]

    def month(self, it: date) -> str:
        return self.names.months[it.month - 1]

    def month_year(self, it: date) -> str:
        return f"{self.month(it)} {it.year}"

    def short_month(self, it: date) -> str:
        """The whole name when it has up to four letters (June, Awst), else the usual short one."""
        name = self.month(it)
        return name if len(name) <= 4 else self.names.short_months[it.month - 1]

    def time(self, moment: int, zone: str | None = None) -> str:
        """10 am, 8.30 pm, 12 noon; 10 y bore, 8.30 yr hwyr, hanner dydd."""
        clock, part = self._time(self.local(moment, zone))
        return self._joined(clock, part)

    def when(self, starts: int, ends: int | None = None, zone: str | None = None) -> str:
        """An event's time in one line. Whole days, one evening past midnight, and several days each read naturally."""
        first = self.local(starts, zone)
        last = self.local(starts if ends is None else ends, zone)
        if _midnight(first) and _midnight(last) and last.date() > first.date():
            return self._whole_days(first.date(), (last - timedelta(days=1)).date(), zone)
        day = self.day(starts, zone)
        if last <= first:
            return self._say(N_("%(day)s, %(time)s"), day=day, time=self.time(starts, zone))
        if first.date() == last.date() or (_midnight(last) and last - first <= NIGHT):
            return self._say(N_("%(day)s, %(span)s"), day=day, span=self.span(starts, last, zone))
        if last - first < NIGHT:
            return self._say(
                N_("%(day)s, %(start)s to %(end)s on %(next)s"),
                day=day, start=self.time(starts, zone), end=self._clock(last), next=self._inside(self.weekday(last)),
            )  # fmt: skip
        return self._say(
            N_("%(day)s, %(start)s to %(last)s, %(end)s"),
            day=day, start=self.time(starts, zone), last=self._inside(self.day(last.date(), zone)),
            end=self._clock(last),
        )  # fmt: skip

    def span(self, starts: int, ends: int | datetime, zone: str | None = None) -> str:
        """10 am to 1 pm; Welsh says the part of the day once when it is the same: 2 tan 4 y prynhawn."""
        first, last = self.local(starts, zone), ends if isinstance(ends, datetime) else self.local(ends, zone)
        (start, part), (end, other) = self._time(first), self._time(last)
        if self.catalogue.language == "cy" and part == other:
            return self._say(N_("%(start)s to %(end)s"), start=start, end=self._joined(end, other))
        return self._say(N_("%(start)s to %(end)s"), start=self._joined(start, part), end=self._joined(end, other))

    def _whole_days(self, first: date, last: date, zone: str | None) -> str:
        if first == last:
            return self._say(N_("%(day)s, all day"), day=self.day(first, zone))
        start, end = self.day(first, zone), self._inside(self.day(last, zone))
        return self._say(N_("%(start)s to %(end)s"), start=start, end=end)

    def tile(self, moment: "int | date", zone: str | None = None) -> Tile:
        it = self.date_of(moment, zone)
        top = self.catalogue.gettext(N_("Today")) if it == self.today(zone) else self.short_weekday(it)
        return Tile(top, str(it.day), self.short_month(it), self.iso(moment, zone))

    def ago(self, moment: int) -> str:
        """2 minutes ago; for states and deliveries. After a week, the day."""
        past = max(0, clock.now() - moment)
        if past < clock.MINUTE:
            return self.catalogue.gettext(N_("just now"))
        if past < clock.HOUR:
            n = past // clock.MINUTE
            return self.catalogue.ngettext("%(n)s minute ago", "%(n)s minutes ago", n) % {"n": n}
        if past < clock.DAY:
            n = past // clock.HOUR
            return self.catalogue.ngettext("%(n)s hour ago", "%(n)s hours ago", n) % {"n": n}
        n = past // clock.DAY
        if n >= 7:
            return self.within(moment)
        return self.catalogue.ngettext("%(n)s day ago", "%(n)s days ago", n) % {"n": n}

    def moment(self, moment: int, zone: str | None = None) -> str:
        """today at 9 am, yesterday at 6 pm, Monday 1 June at 6 pm: when somebody said something."""
        away = (self.date_of(moment, zone) - self.today(zone)).days
        near = {0: N_("today at %(time)s"), -1: N_("yesterday at %(time)s"), 1: N_("tomorrow at %(time)s")}
        named = near.get(away, N_("%(day)s at %(time)s"))
        return self._say(named, day=self._inside(self.day(moment, zone)), time=self.time(moment, zone))

    # Amounts

    def number(self, n: float) -> str:
        """1,294; at most two figures after the point."""
        return f"{n:,}" if isinstance(n, int) else f"{n:,.2f}".rstrip("0").rstrip(".")

    def money(self, pence: int, whole: bool = False) -> str:
        """£412.00; with `whole`, no pence where there are none: £1,284."""
        pounds, rest = divmod(abs(pence), 100)
        sign = "-" if pence < 0 else ""
        return f"{sign}£{pounds:,}" + ("" if whole and not rest else f".{rest:02}")

    # Pieces

    def _say(self, message: str, **facts: object) -> str:
        return self.catalogue.gettext(message) % facts

    def _inside(self, day: str) -> str:
        """A day within a sentence: Welsh "tan ddydd Sul", softened and small."""
        return day.replace("Dydd ", "ddydd ", 1) if self.catalogue.language == "cy" else day

    def _clock(self, at: datetime) -> str:
        return self._joined(*self._time(at))

    def _joined(self, clock: str, part: str) -> str:
        return f"{clock} {part}".rstrip()

    def _time(self, at: datetime) -> tuple[str, str]:
        say = self.catalogue.gettext
        hour = str(at.hour % 12 or 12) + (f".{at.minute:02}" if at.minute else "")
        if (at.hour, at.minute) == (12, 0):
            return say(N_("12 noon")), ""
        if (at.hour, at.minute) == (0, 0):
            return say(N_("12 midnight")), ""
        if at.hour < 12:
            return hour, say(N_("am"))
        return hour, say(N_("pm")) if at.hour < 18 else self.catalogue.pgettext("evening", "pm")


def _midnight(at: datetime) -> bool:
    return (at.hour, at.minute) == (0, 0)
