"""What goes on everywhere: all that the hubs we follow publish, searched and counted."""

import msgspec

from hub import actors, search, things
from hub.clock import now
from hub.store import Row, Tx
from hub.text import Text

KINDS = ("event", "ask", "offer", "project", "update", "note")
PAGE = 24


class Entry(msgspec.Struct, frozen=True):
    """One line of the national page. `starts` … `status` are there for events and asks; `hub_…` say where from."""

    thing: things.Thing
    starts: int | None
    ends: int | None
    zone: str | None
    status: str | None
    hub_name: Text
    hub_area: str


class Query(msgspec.Struct, frozen=True):
    """What somebody looks for. `area` is a code or part of a name, times are ms UTC, `page` counts from 0."""

    area: str = ""
    kind: str = ""
    words: str = ""
    after: int | None = None
    before: int | None = None
    page: int = 0


class HubLine(msgspec.Struct, frozen=True):
    """A hub that we follow, and how much of it is here."""

    actor: actors.Actor
    state: str
    events: int
    asks: int
    projects: int


_WHEN = "coalesce(e.starts, t.published)"
_FOLLOWED = """FROM follow f JOIN actor h ON h.id = f.followed
               WHERE f.follower = (SELECT actor FROM hub) AND f.state = 'accepted' AND h.kind = 'hub'
                 AND h.removed IS NULL"""


def entries(tx: Tx, query: Query) -> tuple[list[Entry], bool]:
    """A page of what fits, and whether there is more. Coming events soonest first, then the rest newest first."""
    asked = search.query(tx, query.words)
    if query.words.strip() and not asked:
        return [], False
    words = f"AND t.id IN ({search.MATCH[tx.dialect.name]})" if asked else ""
    given = {"words": asked} if asked else {}
    rows = tx.all(
        f"""SELECT {things.COLUMNS}, e.starts, e.ends, e.zone, coalesce(e.status, k.status, p.stage) AS status,
              h.name AS hub_name, coalesce(t.area_name, h.area_name, '') AS shown_area
            FROM {things.FROM} LEFT JOIN event e ON e.id = t.id LEFT JOIN ask k ON k.id = t.id
              LEFT JOIN project p ON p.id = t.id 
              LEFT JOIN actor h ON h.domain = a.domain AND h.kind = 'hub' AND h.removed IS NULL
            WHERE {things.VISIBLE} AND t.kind IN ('event', 'ask', 'offer', 'project', 'update', 'note')
              AND t.reply_to IS NULL
              AND (:kind = '' OR t.kind = :kind)
              AND (:area = '' OR t.area_code = :area OR h.area_code = :area
                   OR lower(t.area_name) LIKE :like OR lower(h.area_name) LIKE :like OR lower(h.name) LIKE :like)
              AND {_WHEN} >= :after AND {_WHEN} < :before {words}
            ORDER BY CASE WHEN e.ends > :now THEN 0 ELSE 1 END, CASE WHEN e.ends > :now THEN e.starts ELSE 0 END,
              {_WHEN} DESC, t.id DESC
            LIMIT :limit OFFSET :offset""",
        kind=query.kind, area=query.area.strip(), like=_like(query.area), now=now(), after=query.after or 0,
        before=query.before or 253_402_300_800_000, limit=PAGE + 1, offset=min(max(query.page, 0), 100) * PAGE, **given,
    )  # fmt: skip
    return [_entry(row) for row in rows[:PAGE]], len(rows) > PAGE


def counts(tx: Tx) -> dict[str, int]:
    """How many hubs and how much of each kind is here: the honest numbers of the national page."""
    ask = f"""SELECT count(*) FROM ask k JOIN thing t ON t.id = k.id
              WHERE k.status = 'open' AND k.expires > :now AND {things.VISIBLE} AND t.kind ="""
    row = tx.one(
        f"""SELECT
              (SELECT count(*) FROM event e JOIN thing t ON t.id = e.id
               WHERE e.ends > :now AND e.status <> 'cancelled' AND {things.VISIBLE}) AS events,
              ({ask} 'ask') AS asks, ({ask} 'offer') AS offers,
              (SELECT count(*) FROM thing t WHERE t.kind = 'project' AND {things.VISIBLE}) AS projects,
              (SELECT count(*) {_FOLLOWED}) AS hubs""",
        now=now(),
    )
    assert row is not None
    return {name: row[name] for name in ("hubs", "events", "asks", "offers", "projects")}


def hubs(tx: Tx, ours: int) -> list[HubLine]:
    """The hubs that `ours` follows or has asked to, newest first."""
    lines = []
    for actor, state, _ in actors.following(tx, ours):
        row = tx.one(
            f"""SELECT count(*) FILTER (WHERE t.kind = 'event' AND e.ends > :now) AS events,
                  count(*) FILTER (WHERE t.kind IN ('ask', 'offer') AND k.status = 'open') AS asks,
                  count(*) FILTER (WHERE t.kind = 'project') AS projects
                FROM {things.FROM} LEFT JOIN event e ON e.id = t.id LEFT JOIN ask k ON k.id = t.id
                WHERE a.domain = :domain AND {things.VISIBLE}""",
            domain=actor.domain, now=now(),
        )  # fmt: skip
        assert row is not None
        lines.append(HubLine(actor, state, row["events"], row["asks"], row["projects"]))
    return lines


def areas(tx: Tx, limit: int = 200) -> list[str]:
    """Names of the areas that something is known of, for the form."""
    rows = tx.all(
        f"SELECT DISTINCT h.area_name {_FOLLOWED} AND h.area_name IS NOT NULL ORDER BY h.area_name LIMIT :limit",
        limit=limit,
    )
    return [row["area_name"] for row in rows]


def _like(words: str) -> str:
    plain = "".join(c for c in words.strip().lower() if c not in "%_\\")
    return f"%{plain}%"


def _entry(row: Row) -> Entry:
    return Entry(
        thing=things.common(row), starts=row["starts"], ends=row["ends"], zone=row["zone"], status=row["status"],
        hub_name=msgspec.json.decode(row["hub_name"]) if row["hub_name"] else {}, hub_area=row["shown_area"],
    )  # fmt: skip
