"""Hubs that we have heard of: who vouches for them, when they are asked again, which of them are shown.

Nobody owns the list. Each hub keeps its own, asks everybody in it at their own address, and shows those that its
steward follows or approved, and those that two hubs vouch for with which it follows each other (vocabulary.md §6).
"""

import random
from collections.abc import Iterable

import msgspec

from hub import actors, blocks, jobs, people, settings
from hub.changes import Kind, record
from hub.clock import DAY, HOUR, now
from hub.domains import registrable
from hub.errors import N_, Invalid, NotFound
from hub.ids import new_id
from hub.packing import unpack
from hub.places import Area, distance
from hub.settings import Hub
from hub.store import Row, Tx
from hub.text import Text

FRESH = 30 * DAY  # how long what we saw ourselves is good enough to be shown and passed on
AGAIN = 7 * DAY  # each is asked once more, ± SPREAD
SPREAD = 0.2
FIRST_REST, LONGEST_REST = HOUR, 7 * DAY  # after a failure; each rest is twice as long as the one before
REMEMBERED = 30 * DAY  # that a hub is gone, so that a rumour does not bring it back
PATIENCE = 30 * DAY  # without an answer
LISTED = 2000  # entries of one list, our own and others'
VOUCHES = 2  # hubs that follow it and that we are mutual with, under domains of different owners
NEAREST, FURTHEST = 1.0, 100.0  # km that the rule of adjacent areas may be given
BY_RULE = 30  # hubs that it follows at most

_SELECT = """SELECT k.*, a.uri, a.name, a.url, a.handle, a.area_name, a.area_code, a.lat, a.lon, a.discoverable
             FROM known_hub k LEFT JOIN actor a ON a.id = k.actor AND a.removed IS NULL"""


class Introduction(msgspec.Struct, frozen=True):
    """Who names a hub, and what they say the two are to each other: mutual, follows or heard."""

    introducer: str
    relation: str
    at: int


class Entry(msgspec.Struct, frozen=True):
    """A hub that we have heard of. What it is called and where it is comes from itself, or is empty.

    `state` is candidate, verified, visible, refused or gone; `relation` what it is to us. Times are ms, 0 for never.
    """

    id: int
    host: str
    domain: str
    state: str
    relation: str
    follows_us: bool
    actor: int | None
    uri: str
    name: Text
    url: str
    acct: str
    area: Area
    lat: float | None
    lon: float | None
    discoverable: bool
    book: str
    instance: str
    introducer: str
    introductions: list[Introduction]
    vouched: int
    first_seen: int
    verified: int
    due: int
    failures: int
    why: str
    approved: bool
    by_rule: bool
    heard: int
    lists_us: int

    @property
    def good(self) -> bool:
        """Whether it may be passed on: it was there lately, and wants to be found."""
        return self.state in ("verified", "visible") and self.discoverable and self.verified > now() - FRESH

    @property
    def position(self) -> tuple[float, float] | None:
        return None if self.lat is None or self.lon is None else (self.lat, self.lon)


class Relations(msgspec.Struct, frozen=True):
    """The hosts whose hubs we follow, and those whose hubs follow us."""

    follows: frozenset[str]
    followers: frozenset[str]

    def to(self, host: str) -> str:
        if host not in self.follows:
            return "heard"
        return "mutual" if host in self.followers else "follows"


def relations(tx: Tx) -> Relations:
    hub = settings.get(tx)
    ours = {"hub": hub.actor, "instance": hub.instance}
    follows = tx.all(
        """SELECT DISTINCT a.domain FROM follow f JOIN actor a ON a.id = f.followed
           WHERE f.follower IN (:hub, :instance) AND f.state = 'accepted' AND a.local = 0
             AND a.kind IN ('hub', 'instance') AND a.removed IS NULL""",
        **ours,
    )
    followers = tx.all(
        """SELECT DISTINCT a.domain FROM follow f JOIN actor a ON a.id = f.follower
           WHERE f.followed IN (:hub, :instance) AND f.state = 'accepted' AND a.local = 0
             AND a.kind IN ('hub', 'instance') AND a.removed IS NULL""",
        **ours,
    )
    return Relations(frozenset(row["domain"] for row in follows), frozenset(row["domain"] for row in followers))


# --- looking things up -----------------------------------------------------------------------------


def entries(tx: Tx) -> list[Entry]:
    """Everything that is known, gone and refused too, in the order it came."""
    return _entries(tx, tx.all(f"{_SELECT} ORDER BY k.id"))


def get(tx: Tx, host: str) -> Entry:
    it = find(tx, host)
    if it is None:
        raise NotFound(N_("We have not heard of a hub there."))
    return it


def find(tx: Tx, host: str) -> Entry | None:
    return next(iter(_entries(tx, tx.all(f"{_SELECT} WHERE k.host = :host", host=host))), None)


def by_id(tx: Tx, id: int) -> Entry | None:
    return next(iter(_entries(tx, tx.all(f"{_SELECT} WHERE k.id = :id", id=id))), None)


def good(tx: Tx) -> list[Entry]:
    """Those that may be passed on, in the order they came."""
    found = [one for one in _entries(tx, tx.all(f"{_SELECT} WHERE k.state = 'verified' ORDER BY k.id")) if one.good]
    out = blocks.kept_out(tx, [one.host for one in found])
    return [one for one in found if one.host not in out]


def listed(tx: Tx) -> list[Entry]:
    """What we tell other hubs, in the order it came. When there is no room for all, friends come first."""
    rank = {"mutual": 0, "follows": 1, "heard": 2}
    known = sorted(good(tx), key=lambda one: (rank[one.relation], one.state != "visible", one.id))
    return sorted(known[:LISTED], key=lambda one: one.id)


def shown(tx: Tx) -> list[Entry]:
    """Those that a resident sees, the nearest first; then those that do not say where they are."""
    here, known = position(settings.get(tx)), good(tx)
    return sorted((one for one in known if one.state == "visible"), key=lambda one: _far(here, one))


def position(hub: Hub) -> tuple[float, float] | None:
    return None if hub.lat is None or hub.lon is None else (hub.lat, hub.lon)


def _far(here: tuple[float, float] | None, one: Entry) -> tuple[float, int]:
    return (distance(here, one.position) if here and one.position else float("inf"), one.id)


# --- what we find when we ask ----------------------------------------------------------------------


def met(tx: Tx, host: str, actor: int, book: str = "", instance: str = "") -> None:
    """A steward named this hub and it answered: no rumour, so no budget, and what was refused or gone is back."""
    tx.run(
        """INSERT INTO known_hub (id, host, domain, state, first_seen, due)
           VALUES (:id, :host, :domain, 'candidate', :now, :now)
           ON CONFLICT (host) DO UPDATE SET state = 'candidate', due = excluded.due
           WHERE known_hub.state IN ('refused', 'gone')""",
        id=new_id(), host=host, domain=registrable(host), now=now(),
    )  # fmt: skip
    verified(tx, host, actor, book, instance)


def verified(tx: Tx, host: str, actor: int, book: str = "", instance: str = "") -> None:
    """It answered at its own address and is a hub. `book` is where it tells whom it knows, `instance` its server."""
    it = find(tx, host)
    if it is None or it.state in ("refused", "gone"):
        return
    if not actors.get(tx, actor).discoverable:
        gone(tx, host, "It asks not to be listed.")
        return
    tx.run(
        """UPDATE known_hub SET state = 'verified', actor = :actor, book = :book, instance = :instance, verified = :now,
             failures = 0, why = '', due = :due WHERE host = :host""",
        host=host, actor=actor, book=book, instance=instance, now=now(),
        due=now() + int(AGAIN * random.uniform(1 - SPREAD, 1 + SPREAD)),
    )  # fmt: skip
    if it.state == "candidate":
        record(tx, Kind.HUB_FOUND, subject=it.id, actor=actor)


def failed(tx: Tx, host: str, why: str) -> None:
    """It did not answer, or is no hub: later, each time twice as late; after thirty days no more."""
    it = find(tx, host)
    if it is None or it.state in ("refused", "gone"):
        return
    if now() - max(it.verified, it.first_seen) >= PATIENCE:
        gone(tx, host, why)
        return
    rest = min(FIRST_REST << min(it.failures, 10), LONGEST_REST)
    tx.run(
        "UPDATE known_hub SET failures = failures + 1, why = :why, due = :due WHERE host = :host",
        host=host, why=why[:300], due=now() + rest,
    )  # fmt: skip


def gone(tx: Tx, host: str, why: str, remembered: int = REMEMBERED) -> None:
    """It is taken out, and not asked again for a while whoever names it."""
    _take_out(tx, host, "gone", why, now() + remembered)


def hurry(tx: Tx, host: str) -> None:
    """Somebody trusted says that it is no more: ask it now, unless it was asked within the day."""
    tx.run(
        """UPDATE known_hub SET due = :now WHERE host = :host AND state = 'verified' AND failures = 0
             AND verified < :day AND due > :now""",
        host=host, now=now(), day=now() - DAY,
    )  # fmt: skip
    soon(tx)


def soon(tx: Tx) -> None:
    """Somebody waits to be asked."""
    jobs.enqueue_once(tx, "verify", {}, line="verify")


def ask_whom_it_knows(tx: Tx, host: str) -> None:
    jobs.enqueue_once(tx, "hubs-of", {"host": host}, line=f"hubs-of|{host}", host=host)


def next_due(tx: Tx) -> tuple[str, int] | None:
    """Whom to ask next, and when."""
    row = tx.one("SELECT host, due FROM known_hub WHERE state IN ('candidate', 'verified') ORDER BY due, id LIMIT 1")
    return (row["host"], row["due"]) if row else None


def quiet_until(tx: Tx) -> int:
    row = tx.one("SELECT quiet_until FROM directory")
    return int(row["quiet_until"]) if row else 0


def be_quiet(tx: Tx, until: int) -> None:
    """Ask nobody else before `until`: however long the list, the hub asks at its own pace."""
    tx.run(
        """INSERT INTO directory (id, quiet_until) VALUES (1, :until)
           ON CONFLICT (id) DO UPDATE SET quiet_until = excluded.quiet_until""",
        until=until,
    )


def sweep(tx: Tx) -> None:
    """Forget what is gone, and what nobody says any more; do what a clock that ran ahead put off."""
    tx.run("DELETE FROM introduction WHERE at < :old", old=now() - FRESH)
    tx.run("DELETE FROM known_hub WHERE state = 'gone' AND due <= :now", now=now())
    tx.run(
        "UPDATE known_hub SET due = :now WHERE state IN ('candidate', 'verified') AND due > :latest",
        now=now(), latest=now() + int(AGAIN * (1 + SPREAD)),
    )  # fmt: skip
    tx.run("UPDATE directory SET quiet_until = 0 WHERE quiet_until > :latest", latest=now() + HOUR)


def _take_out(tx: Tx, host: str, state: str, why: str, due: int) -> None:
    it = find(tx, host)
    if it is None or it.state == "refused":
        return
    tx.run("DELETE FROM introduction WHERE hub = :id", id=it.id)
    tx.run(
        "UPDATE known_hub SET state = :state, approved = 0, why = :why, due = :due WHERE id = :id",
        id=it.id, state=state, why=why[:300], due=due,
    )  # fmt: skip
    if it.state in ("verified", "visible"):
        record(tx, Kind.HUB_LOST, subject=it.id, actor=it.actor or 0)


# --- what a steward decides ------------------------------------------------------------------------


def approve(tx: Tx, host: str, who: int) -> None:
    """Show it, whoever has introduced it. What was refused is asked again first."""
    people.require(tx, who, "steward")
    it = get(tx, host)
    if it.state in ("refused", "gone"):
        tx.run(
            "UPDATE known_hub SET state = 'candidate', approved = 1, failures = 0, why = '', due = :now WHERE id = :id",
            id=it.id, now=now(),
        )  # fmt: skip
        soon(tx)
    else:
        tx.run("UPDATE known_hub SET approved = 1 WHERE id = :id", id=it.id)


def refuse(tx: Tx, host: str, who: int) -> None:
    """Neither show it, nor ask it, nor pass it on, until a steward says otherwise. Following is another matter."""
    people.require(tx, who, "steward")
    get(tx, host)
    _take_out(tx, host, "refused", "", now())


def near(tx: Tx) -> float:
    """How near (km) a hub is followed by itself; 0 for never."""
    row = tx.one("SELECT near FROM directory")
    return float(row["near"]) if row else 0.0


def set_near(tx: Tx, km: float, who: int) -> None:
    """Follow hubs within `km` by ourselves from now on; 0 for never. Raises `Invalid`."""
    people.require(tx, who, "steward")
    if km and not NEAREST <= km <= FURTHEST:
        raise Invalid(N_("Give between 1 and 100 kilometres."), field="km")
    if km and position(settings.get(tx)) is None:
        raise Invalid(N_("Say in the settings where this hub is; then others can be near."), field="km")
    tx.run(
        "INSERT INTO directory (id, near) VALUES (1, :km) ON CONFLICT (id) DO UPDATE SET near = excluded.near", km=km
    )


def follow_adjacent(tx: Tx) -> list[Entry]:
    """Ask to follow whom the steward's rule means: near, vouched for, never asked by it before. Returns them."""
    km, here = near(tx), position(settings.get(tx))
    if not km or here is None:
        return []
    hub, known = settings.get(tx), good(tx)
    room = BY_RULE - sum(one.by_rule for one in known)
    wanted = [one for one in known if _is_adjacent(one, here, km)]
    nearest = sorted(wanted, key=lambda one: _far(here, one))
    chosen = [one for one in nearest if one.actor and actors.follows(tx, hub.actor, one.actor) is None][:room]
    for one in chosen:
        actors.ask_to_follow(tx, hub.actor, one.actor or 0)
        tx.run("UPDATE known_hub SET by_rule = 1 WHERE id = :id", id=one.id)
    return chosen


def _is_adjacent(one: Entry, here: tuple[float, float], km: float) -> bool:
    near = one.position is not None and distance(here, one.position) <= km
    return near and one.vouched >= VOUCHES and one.relation == "heard" and not one.by_rule


# --- rows ------------------------------------------------------------------------------------------


def _entries(tx: Tx, rows: Iterable[Row]) -> list[Entry]:
    rows = list(rows)
    if not rows:
        return []
    known, told = relations(tx), _told(tx, rows)
    return [_entry(row, known, told.get(row["id"], [])) for row in rows]


def _told(tx: Tx, rows: list[Row]) -> dict[int, list[Introduction]]:
    found: dict[int, list[Introduction]] = {}
    if len(rows) == 1:
        told = tx.all("SELECT * FROM introduction WHERE hub = :hub ORDER BY at, introducer", hub=rows[0]["id"])
    else:
        told = tx.all("SELECT * FROM introduction ORDER BY at, introducer")
    for row in told:
        found.setdefault(row["hub"], []).append(Introduction(row["introducer"], row["relation"], row["at"]))
    return found


def _entry(row: Row, known: Relations, told: list[Introduction]) -> Entry:
    relation = known.to(row["host"])
    vouched = len({registrable(one.introducer) for one in told if _counts(one, known)} - {row["domain"]})
    is_visible = row["approved"] or relation != "heard" or vouched >= VOUCHES
    fields = {name: row[name] for name in _PLAIN}
    return Entry(
        **fields,
        state="visible" if row["state"] == "verified" and is_visible else row["state"],
        relation=relation, follows_us=row["host"] in known.followers, introductions=told, vouched=vouched,
        uri=row["uri"] or "", url=row["url"] or "", name=unpack(row["name"], Text) if row["name"] else {},
        acct=f"@{row['handle']}@{row['host']}" if row["handle"] else "",
        area=Area(row["area_name"] or "", row["area_code"] or ""), discoverable=bool(row["discoverable"]),
        approved=bool(row["approved"]), by_rule=bool(row["by_rule"]),
    )  # fmt: skip


def _counts(one: Introduction, known: Relations) -> bool:
    """A hub vouches for those that its own steward follows. What it only passes on would let one liar speak through
    many honest mouths."""
    return one.relation != "heard" and known.to(one.introducer) == "mutual"


_PLAIN = [
    "id", "host", "domain", "actor", "lat", "lon", "book", "instance", "introducer", "first_seen", "verified", "due",
    "failures", "why", "heard", "lists_us",
]  # fmt: skip
