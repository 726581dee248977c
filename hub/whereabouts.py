"""What is on where and when, who needs what, and what is being done: part by part, as programs ask for it.

What is public, of ours and of the hubs that we follow; for `me` (0: a stranger) without those who want nothing of each
other. How far away something is is reckoned here, since no column
says it: so a part may be looked through without much in it, and its end says where to go on.
"""

from collections.abc import Callable
from typing import TypeVar

import msgspec

from hub import asks, directory, events, projects, settings, things
from hub.asks import Ask
from hub.clock import now
from hub.directory import Entry
from hub.events import Event
from hub.packing import unpack
from hub.places import Venue, distance
from hub.projects import Project
from hub.store import Row, Tx
from hub.viewing import SEEN, WANTED

LOOKED_THROUGH = 400  # events, for one part of those that are near a place
HIGHEST = 2**63 - 1
BOTH = (1, 0)
_SHOWN = f"{things.VISIBLE} AND ({SEEN}) AND (:me = 0 OR ({WANTED}))"
_AREA = "(:area = '' OR t.area_code = :area OR t.area_name = :area)"

T = TypeVar("T")
Position = tuple[float, float]  # latitude, longitude, WGS84
Mark = tuple[int, int]  # when an event starts, and its id: behind it the next part begins


class Around(msgspec.Struct, frozen=True):
    """A circle, `km` from a place."""

    lat: float
    lon: float
    km: float


class When(msgspec.Struct, frozen=True):
    """What is on at some time between these, in ms UTC."""

    since: int
    until: int = HIGHEST


class Found(msgspec.Struct, frozen=True):
    """A part of the events, each with how far away it is; `end` where the next part begins, if there is one."""

    events: list[tuple[Event, float | None]]
    end: Mark | None


def on(
    tx: Tx, when: When, *, me: int = 0, around: Around | None = None, area: str = "", local: bool | None = None,
    after: Mark | None = None, limit: int = 20,
) -> Found:  # fmt: skip
    """Events, soonest first, cancelled ones among them. What does not say where it is, is where its hub is."""
    sides, (start, id) = _sides(local), after or (-HIGHEST, 0)
    most = LOOKED_THROUGH if around else limit + 1
    rows = tx.all(
        f"""SELECT e.id, e.starts, e.venue, t.local, a.domain FROM {things.FROM} JOIN event e ON e.id = t.id
            WHERE {_SHOWN} AND t.local IN (:one, :other) AND e.ends > :since AND e.starts < :until AND {_AREA}
              AND e.starts >= :start AND (e.starts > :start OR e.id > :id)
            ORDER BY e.starts, e.id LIMIT :most""",
        one=sides[0], other=sides[1], since=when.since, until=when.until, area=area, start=start, id=id, most=most,
        me=me, now=now(),
    )  # fmt: skip
    found: list[tuple[Event, float | None]] = []
    last, places = None, Places(tx)
    for row in rows:
        if len(found) == limit:
            return Found(found, last)
        last = (row["starts"], row["id"])
        km = places.km(around, row) if around else None
        if around is None or (km is not None and km <= around.km):
            found.append((events.get(tx, row["id"]), km))
    return Found(found, last if len(rows) == most else None)


class Places:
    """Where events are: at their venue, or where their hub is. Each hub is looked up once."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        self._hubs: dict[str, Position | None] = {}

    def km(self, around: Around, row: Row) -> float | None:
        venue = unpack(row["venue"], Venue)
        here = (venue.lat, venue.lon) if venue.lat is not None and venue.lon is not None else self._hub(row)
        return distance((around.lat, around.lon), here) if here else None

    def _hub(self, row: Row) -> Position | None:
        if row["domain"] not in self._hubs:
            self._hubs[row["domain"]] = self._look_up(row["domain"], local=bool(row["local"]))
        return self._hubs[row["domain"]]

    def _look_up(self, domain: str, *, local: bool) -> Position | None:
        if local:
            return directory.position(settings.get(self._tx))
        known = directory.find(self._tx, domain)
        return known.position if known else None


def needed(
    tx: Tx, *, me: int = 0, kind: str = "", category: str = "", open_: bool | None = True, area: str = "",
    local: bool | None = None, before: int = HIGHEST, limit: int = 20,
) -> list[Ask]:  # fmt: skip
    """Asks and offers, the newest first: those that are open, closed, or (`None`) both."""
    sides = _sides(local)
    rows = tx.all(
        f"""SELECT k.id FROM {things.FROM} JOIN ask k ON k.id = t.id
            WHERE k.id < :before AND {_SHOWN} AND t.local IN (:one, :other) AND {_AREA}
              AND (:kind = '' OR t.kind = :kind) AND (:category = '' OR k.category = :category)
              AND (:open = -1 OR :open = CASE WHEN k.status = 'open' AND k.expires > :now THEN 1 ELSE 0 END)
            ORDER BY k.id DESC LIMIT :limit""",
        before=before, one=sides[0], other=sides[1], area=area, kind=kind, category=category,
        open=-1 if open_ is None else int(open_), me=me, now=now(), limit=limit,
    )  # fmt: skip
    return _each(tx, asks.get, rows)


def under_way(
    tx: Tx, *, me: int = 0, stage: str = "", local: bool | None = None, before: int = HIGHEST, limit: int = 20
) -> list[Project]:
    """Projects, the newest first."""
    sides = _sides(local)
    rows = tx.all(
        f"""SELECT p.id FROM {things.FROM} JOIN project p ON p.id = t.id
            WHERE p.id < :before AND t.kind = 'project' AND {_SHOWN} AND t.local IN (:one, :other)
              AND (:stage = '' OR p.stage = :stage)
            ORDER BY p.id DESC LIMIT :limit""",
        before=before, one=sides[0], other=sides[1], stage=stage, me=me, now=now(), limit=limit,
    )  # fmt: skip
    return _each(tx, projects.get, rows)


def hubs(
    tx: Tx, around: Around | None = None, *, after: int = 0, limit: int = 20
) -> tuple[list[tuple[Entry, float | None]], bool]:
    """The hubs that residents see, the nearest first, and whether there are more behind them.

    As far as from this hub if no place is named. Those that do not say where they are come last.
    """
    here = (around.lat, around.lon) if around else directory.position(settings.get(tx))
    known = [(one, distance(here, one.position) if here and one.position else None) for one in directory.shown(tx)]
    if around:
        known = [(one, km) for one, km in known if km is not None and km <= around.km]
    known.sort(key=lambda pair: (pair[1] is None, pair[1] or 0.0, pair[0].id))
    at = next((n + 1 for n, (one, _) in enumerate(known) if one.id == after), 0)
    return known[at : at + limit], len(known) > at + limit


def _sides(local: bool | None) -> tuple[int, int]:
    return BOTH if local is None else (int(local), int(local))


def _each(tx: Tx, get: Callable[[Tx, int], T], rows: list[Row]) -> list[T]:
    return [get(tx, row["id"]) for row in rows]
