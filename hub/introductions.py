"""Who names whom: taken from other hubs' lists within budgets, so that nobody can flood the directory or hide others.

What is told of a hub is where it is and what the two are to each other; everything else it is asked itself.
"""

import random
from collections.abc import Iterable, Sequence

import msgspec

from hub import blocks, directory, settings
from hub.clock import DAY, now
from hub.directory import LISTED, Entry
from hub.domains import registrable
from hub.ids import new_id
from hub.places import distance
from hub.store import Tx

A_DAY = 50  # hubs that one introducer may bring
DOMAIN_A_DAY, DOMAIN_IN_ALL = 5, 50  # under one registrable domain
QUEUE = 500  # that wait to be asked
MOST = 10_000  # known in all
PEERS = 20  # that are asked for their lists at a time
STABLE = 5  # of them always the ones known longest, so that new friends cannot replace all old ones
CHANCE = 3  # places kept for hubs that are no friends, from as many introducers
EVICTED = 7 * DAY  # what made room in a full queue is not asked again for so long


class Told(msgspec.Struct, frozen=True):
    """A hub as somebody's list names it."""

    host: str
    relation: str


class Taken(msgspec.Struct, frozen=True):
    """What came of a list: how many were new, and how many more there was no room for."""

    new: int
    refused: int


def introduce(tx: Tx, by: str, told: Sequence[Told], *, whole: bool = False) -> Taken:
    """`by` names these hubs; with `whole` it names no others any more."""
    ours = settings.get(tx).domain
    out = blocks.kept_out(tx, [one.host for one in told[:LISTED]])
    named = {one.host: one for one in told[:LISTED] if one.host not in (ours, by) and one.host not in out}
    known = {row["host"]: (row["id"], row["state"]) for row in tx.all("SELECT id, host, state FROM known_hub")}
    room, new, refused = _Room(tx, by, len(known)), 0, 0
    said = {row["hub"]: row for row in tx.all("SELECT * FROM introduction WHERE introducer = :by", by=by)}
    kept = set()
    for one in named.values():
        id, state = known.get(one.host, (0, ""))
        if not id:
            id = room.take(one.host)
            new, refused = new + bool(id), refused + (not id)
        if id and by and state not in ("refused", "gone"):
            kept.add(id)
            before = said.get(id)
            if before is None or before["relation"] != one.relation or before["at"] < now() - DAY:
                _say(tx, id, by, one.relation)
    if whole:
        _say_no_more(tx, by, said.keys() - kept)
    listed = any(one.host == ours for one in told[:LISTED])
    if whole or listed:
        tx.run("UPDATE known_hub SET lists_us = :at WHERE host = :by", at=now() if listed else 0, by=by)
    return Taken(new, refused)


def withdraw(tx: Tx, by: str, host: str) -> bool:
    """`by` no longer names this hub. It stays as long as it answers; but it is asked soon. False for no news."""
    if host == settings.get(tx).domain:
        return bool(tx.run("UPDATE known_hub SET lists_us = 0 WHERE host = :by AND lists_us > 0", by=by))
    gone = tx.run(
        "DELETE FROM introduction WHERE introducer = :by AND hub = (SELECT id FROM known_hub WHERE host = :host)",
        by=by, host=host,
    )  # fmt: skip
    if gone:
        directory.hurry(tx, host)
    return bool(gone)


def read(tx: Tx, by: str) -> None:
    """We have read the whole list of `by`."""
    tx.run("UPDATE known_hub SET heard = :now WHERE host = :by", now=now(), by=by)


def followed_unlisted(tx: Tx) -> int:
    """Hubs that are followed and stand in no list yet are asked like others. Returns how many there were."""
    missing = directory.relations(tx).follows - {row["host"] for row in tx.all("SELECT host FROM known_hub")}
    for host in sorted(missing):
        _insert(tx, host, "")
    return len(missing)


def waiting(tx: Tx, km: float = float("inf")) -> list[Entry]:
    """Hubs within `km` that have answered and wait for a steward's yes, the nearest first."""
    here = directory.position(settings.get(tx))
    found = [one for one in directory.good(tx) if one.state == "verified"]
    far = {one.id: distance(here, one.position) if here and one.position else float("inf") for one in found}
    return sorted((one for one in found if far[one.id] <= km), key=lambda one: (far[one.id], one.id))


def to_ask(tx: Tx, chance: random.Random | None = None) -> list[Entry]:
    """Whose lists to read this time: friends of long standing, the other mutual ones, and a few by chance.

    Those by chance come from as many introducers as there are, each under another owner's domain: who brought many
    hubs along does not thereby get to tell us everything (an eclipse).
    """
    chance = chance or random.Random()
    able = [one for one in directory.good(tx) if one.book and not one.failures]
    friends = sorted((one for one in able if one.state == "visible"), key=lambda one: (one.first_seen, one.id))
    chosen = friends[:STABLE]
    mutual = [one for one in friends[STABLE:] if one.relation == "mutual"]
    strangers = _spread([one for one in able if one not in chosen and one not in mutual], chance)
    chance.shuffle(mutual)
    chosen += mutual[: PEERS - len(chosen) - min(CHANCE, len(strangers))]
    return chosen + strangers[: PEERS - len(chosen)]


def _spread(strangers: Iterable[Entry], chance: random.Random) -> list[Entry]:
    """One of each introducer's in turn, in an order by chance, one of each registrable domain."""
    groups: dict[str, list[Entry]] = {}
    for one in strangers:
        groups.setdefault(one.introducer, []).append(one)
    turns = list(groups.values())
    chance.shuffle(turns)
    for group in turns:
        chance.shuffle(group)
    found: dict[str, Entry] = {}
    while turns:
        for group in turns:
            one = group.pop()
            found.setdefault(one.domain, one)
        turns = [group for group in turns if group]
    return list(found.values())


class _Room:
    """How much one introducer may still bring today, and how much there is room for at all."""

    def __init__(self, tx: Tx, by: str, known: int) -> None:
        self._tx, self._by, self._known = tx, by, known
        row = tx.one(
            """SELECT count(*) FILTER (WHERE introducer = :by AND first_seen > :day) AS today,
                 count(*) FILTER (WHERE state = 'candidate') AS queue FROM known_hub""",
            by=by, day=now() - DAY,
        )  # fmt: skip
        assert row is not None  # an aggregate always has one
        self._today, self._queue = int(row["today"]), int(row["queue"])
        self._domains: dict[str, tuple[int, int]] = {}

    def take(self, host: str) -> int:
        """Put `host` into the queue. Returns its id, 0 when a budget says no."""
        domain = registrable(host)
        today, in_all = self._domains.get(domain) or self._of_domain(domain)
        if self._today >= A_DAY or today >= DOMAIN_A_DAY or in_all >= DOMAIN_IN_ALL or self._known >= MOST:
            return 0
        if self._queue >= QUEUE and not self._evict():
            return 0
        self._domains[domain] = (today + 1, in_all + 1)
        self._today, self._queue, self._known = self._today + 1, self._queue + 1, self._known + 1
        return _insert(self._tx, host, self._by)

    def _of_domain(self, domain: str) -> tuple[int, int]:
        row = self._tx.one(
            """SELECT count(*) AS in_all, count(*) FILTER (WHERE first_seen > :day) AS today FROM known_hub
               WHERE domain = :domain""",
            domain=domain, day=now() - DAY,
        )  # fmt: skip
        assert row is not None
        return int(row["today"]), int(row["in_all"])

    def _evict(self) -> bool:
        """Make room in a full queue: what has failed most often goes. Names that nobody answers to must not keep
        out hubs that are there."""
        row = self._tx.one(
            """SELECT host, why FROM known_hub WHERE state = 'candidate' AND failures > 0 AND approved = 0
               ORDER BY failures DESC, id LIMIT 1"""
        )
        if row is None:
            return False
        directory.gone(self._tx, row["host"], row["why"], EVICTED)
        self._queue -= 1
        return True


def _insert(tx: Tx, host: str, by: str) -> int:
    id = new_id()
    tx.run(
        """INSERT INTO known_hub (id, host, domain, state, introducer, first_seen, due)
           VALUES (:id, :host, :domain, 'candidate', :by, :now, :now)""",
        id=id, host=host, domain=registrable(host), by=by, now=now(),
    )  # fmt: skip
    return id


def _say(tx: Tx, hub: int, by: str, relation: str) -> None:
    tx.run(
        """INSERT INTO introduction (hub, introducer, relation, at) VALUES (:hub, :by, :relation, :now)
           ON CONFLICT (hub, introducer) DO UPDATE SET relation = excluded.relation, at = excluded.at""",
        hub=hub, by=by, relation=relation, now=now(),
    )  # fmt: skip


def _say_no_more(tx: Tx, by: str, hubs: Iterable[int]) -> None:
    for hub in hubs:
        tx.run("DELETE FROM introduction WHERE introducer = :by AND hub = :hub", by=by, hub=hub)
