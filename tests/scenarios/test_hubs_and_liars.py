"""Five hundred hubs and fifty liars: whoever is honest and answers is found, and nobody can be used against anybody.

Two of the five hundred are whole hubs of ours, with their database and worker. The others answer every request as a hub
does and gossip by the same rules, but keep what they know in sets: 250,000 whole verifications would take an hour.
"""

import random
import shutil
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from conftest import Clock
from here import Here, a_hub
from in_process import Given
from neighbours import befriend, remembered
from villages import Village, entry

from federation import directory as finding
from hub import directory, introductions
from hub.clock import DAY, HOUR
from hub.directory import Entry
from hub.places import distance
from hub.store import Tx
from hub.store.open import opened

pytestmark = pytest.mark.slow

HUBS, LIARS, OURS, DOWN = 500, 50, 2, 25
ROUNDS = 6
VICTIMS = [f"victim{n}.example" for n in range(5)]
Json = dict[str, Any]


class Neighbour(Village):
    """A hub that answers without an application around it. Its list is written when it is asked for."""

    friends: set[str]
    heard: set[str]

    def __init__(self, host: str, at: tuple[float, float], number: int) -> None:
        place = {"type": "Place", "name": host, "latitude": at[0], "longitude": at[1]}
        super().__init__(host, location=place)
        self.at, self.number = at, number
        self.friends, self.heard = set(), set()

    async def ask(self, method: str, url: str, headers: Any, body: bytes) -> Given:
        path = "/" + url.split("/", 3)[3]
        self.asked.append(path)
        if method == "POST":
            return Given(202, [], b"")
        if path == "/actor/hubs":
            self.tells(self.told())
        status, kind, found = self.documents.get(path, (404, "text/plain", b""))
        return Given(status, [(b"content-type", kind.encode())], found)

    def told(self) -> list[Json]:
        known = [(host, "mutual") for host in self.friends] + [(host, "heard") for host in self.heard]
        return [entry(host, relation) for host, relation in known]

    def names(self) -> set[str]:
        return self.friends | self.heard


class Liar(Neighbour):
    """A hub that is there, and tells what suits it; each in one of five ways."""

    def told(self) -> list[Json]:
        mine = f"liar{self.number}.example"
        match self.number % 5:
            case 0:  # a flood, new every time it is asked
                lies = [entry(f"x{self.number}-{len(self.asked)}-{n}.example") for n in range(400)]
            case 1:  # others' servers and networks
                bad = [
                    "https://127.0.0.1/",
                    "http://victim0.example/",
                    "https://victim0.example:8443/",
                    "https://[::1]/",
                ]
                lies = [entry("", href=href) for href in bad] + [entry(host, "mutual") for host in VICTIMS]
            case 2:  # a farm under one domain, half of it standing
                lies = [entry(f"f{n}.{mine}", "mutual") for n in range(100)]
            case 3:  # what others are, in one's own words
                lies = [entry(host, href=f"https://{host}/users/impostor") for host in sorted(self.friends)]
            case _:  # only one's own, and nobody else
                return [entry(f"liar{n}.example", "mutual") for n in range(LIARS)]
        return lies + super().told()


class World:
    """Everybody, and who follows whom."""

    def __init__(self, servers: dict[str, Any]) -> None:
        self.servers, self.chance = servers, random.Random(23)
        self.honest = {f"hub{n}.example": self._place() for n in range(HUBS)}
        self.ours = list(self.honest)[:OURS]
        self.down = set(list(self.honest)[-DOWN:])
        self.light: dict[str, Neighbour] = {}
        for number, (host, at) in enumerate(self.honest.items()):
            if host not in self.ours:
                self.light[host] = Neighbour(host, at, number)
        for host in self.honest:
            others = sorted(self.honest, key=lambda other: distance(self.honest[host], self.honest[other]))
            for other in others[1:4] + self.chance.sample(others, 1):
                self.meet(host, other)
        self.liars = [Liar(f"liar{n}.example", self._place(), n) for n in range(LIARS)]
        for liar in self.liars:
            liar.friends = set(self.chance.sample(sorted(self.light), 3)) | {self.ours[liar.number % OURS]}
            for host in liar.friends & self.light.keys():  # their stewards were taken in
                self.light[host].friends.add(liar.host)
        self._open()

    def meet(self, one: str, other: str) -> None:
        for host, friend in ((one, other), (other, one)):
            if host != friend and host in self.light:
                self.light[host].friends.add(friend)

    def friends_of_ours(self, host: str) -> list[str]:
        return [it.host for it in self.light.values() if host in it.friends and it.host not in self.down]

    def gossip(self, ours: dict[str, set[str]]) -> None:
        """One round among those who keep no database: read lists, ask who is new, within the same budgets."""
        lists = {host: it.names() for host, it in self.light.items() if host not in self.down} | ours
        for it in self.light.values():
            asked = sorted(it.friends & lists.keys())
            strangers = sorted(it.heard & lists.keys())
            asked += self.chance.sample(strangers, min(len(strangers), introductions.PEERS - len(asked)))
            for peer in asked:
                news = sorted(lists[peer] - it.friends - it.heard - {it.host})
                it.heard |= {host for host in news[: introductions.A_DAY // 2] if self.answers(host)}

    def answers(self, host: str) -> bool:
        return host in self.ours or isinstance(self.servers.get(host), Neighbour)

    def _place(self) -> tuple[float, float]:
        return 50.5 + 5 * self.chance.random(), -5 + 5 * self.chance.random()

    def _open(self) -> None:
        self.servers |= {host: it for host, it in self.light.items() if host not in self.down}
        self.servers |= {it.host: it for it in self.liars}
        for liar in self.liars:
            if liar.number % 5 == 2:
                farm = [Neighbour(f"f{n}.{liar.host}", liar.at, n) for n in range(50)]
                self.servers |= {it.host: it for it in farm}
        for host in VICTIMS:
            victim = Neighbour(host, (0, 0), 0)
            victim.documents.clear()
            self.servers[host] = victim


@pytest_asyncio.fixture
async def hubs(migrated: Path, tmp_path: Path, clock: Clock) -> AsyncIterator[tuple[World, list[Here]]]:
    servers: dict[str, Any] = {}
    world = World(servers)
    async with AsyncExitStack() as open_:
        found = []
        for host in world.ours:
            store = await open_.enter_async_context(opened(str(shutil.copy(migrated, tmp_path / f"{host}.db"))))
            lat, lon = world.honest[host]
            it = await open_.enter_async_context(a_hub(store, f"https://{host}", servers, lat=lat, lon=lon))
            await store.write(_befriend, world, host)
            found.append(it)
        yield world, found


def _befriend(tx: Tx, world: World, host: str) -> None:
    """Whom the steward follows, and who follows back; some liars have got in with a good story."""
    for friend in world.friends_of_ours(host) + [it.host for it in world.liars if host in it.friends][:5]:
        server = world.servers[friend]
        actor = remembered(tx, friend, at=server.at)
        directory.met(tx, friend, actor, server.book)
        befriend(tx, actor)


async def _until(hubs: list[Here], clock: Clock, end: int) -> None:
    """Let time pass, from one thing that is due at somebody's to the next."""
    due = {it.base: 0 for it in hubs}
    while True:
        it = min(hubs, key=lambda it: due[it.base])
        if due[it.base] > end:
            break
        clock.ms = max(clock.ms, due[it.base])
        await it.work()
        row = await it.one("SELECT min(due) FROM job WHERE dead = 0")
        due[it.base] = max(row or end + 1, clock.ms + 1)
    clock.ms = end


async def _entries(it: Here) -> dict[str, Entry]:
    return {one.host: one for one in await it.store.read(directory.entries)}


async def test_five_hundred_hubs_find_each_other_among_fifty_liars(
    hubs: tuple[World, list[Here]], clock: Clock
) -> None:
    world, ours = hubs
    start, round_ = clock.ms, int(finding.EVERY * (1 + finding.SPREAD))
    reachable = set(world.honest) - world.down
    rounds: list[list[int]] = []
    for number in range(ROUNDS):
        await _until(ours, clock, start + (number + 1) * round_)
        known = [await _entries(it) for it in ours]
        rounds.append([sum(one.verified > 0 for host, one in each.items() if host in reachable) for each in known])
        told = [{one.host for one in each.values() if one.good} for each in known]
        world.gossip(dict(zip(world.ours, told, strict=True)))
    print("\nhonest hubs found, round by round:", rounds)

    days = (clock.ms - start) / DAY
    for it, each in zip(ours, known, strict=True):
        there = reachable - {it.wire.host}
        assert {host for host in there if not each.get(host) or not each[host].verified} == set(), "somebody is missing"
        _nobody_lies(world, each, await it.store.read(directory.shown), await it.store.read(directory.listed))
        fresh = Counter(one.introducer for one in each.values())
        assert all(many <= introductions.A_DAY * (days + 1) for host, many in fresh.items() if host)
    _nobody_is_flooded(world, start, clock.ms)


def _nobody_lies(world: World, known: dict[str, Entry], shown: list[Entry], listed: list[Entry]) -> None:
    """What is shown or passed on has answered for itself; the farm that does answer is vouched for by no friend."""
    answering = {host for host in known if world.answers(host)}
    assert {one.host for one in shown} <= {one.host for one in listed} <= answering
    assert not {one.host for one in shown} & {*VICTIMS}
    assert not [one.host for one in shown if one.host.startswith("f") and ".liar" in one.host]
    assert all(one.name == {"und": "Hub"} or one.relation == "mutual" for one in shown), "in its own words"
    owners = Counter(one.domain for one in known.values())
    assert max(owners.values()) <= introductions.DOMAIN_IN_ALL
    assert {one.relation for one in shown} >= {"mutual", "heard"}, "friends, and whom they vouch for"


def _nobody_is_flooded(world: World, start: int, end: int) -> None:
    """No server gets more from one of our hubs than its attempts allow, and all together no more than one in 5 s."""
    attempts = 1
    while sum(HOUR << n for n in range(attempts)) <= end - start:
        attempts += 1
    reads = 2 * ROUNDS * (finding.PAGES + 1)
    asked = {host: it.asked for host, it in world.servers.items() if isinstance(it, Neighbour)}
    for host, paths in asked.items():
        questions = sum(path not in ("/actor/hubs", "/inbox") for path in paths)
        assert questions <= OURS * finding.FETCHES * (1 if world.answers(host) and host not in VICTIMS else attempts), (
            host
        )
        assert sum(path == "/actor/hubs" for path in paths) <= OURS * reads
    for host in VICTIMS:
        assert len(asked[host]) <= OURS * 2 * attempts
    questions = sum(path not in ("/actor/hubs", "/inbox") for paths in asked.values() for path in paths)
    assert questions <= OURS * ((end - start) / finding.PACE + finding.FETCHES)


def test_the_scene_is_what_it_says() -> None:
    world = World({})
    assert (len(world.honest), len(world.liars), len(world.ours)) == (HUBS, LIARS, OURS)
    assert len(world.light) == HUBS - OURS
    flood = world.liars[0]
    assert len({one["href"] for one in flood.told()}) > 400
    assert msgspec.json.encode(flood.told())
