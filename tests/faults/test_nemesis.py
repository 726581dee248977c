"""Three hubs that follow each other, and somebody who kills, stops, cuts off, misdates and fills up one after another.

They publish, change and take down all the while. In the end every one of them shows what the others show, and what
was acknowledged is there: once. `HUB_NEMESIS_MINUTES` says how long (two, if nothing is said; a night is better).
"""

import asyncio
import os
import random
import resource
import signal
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import httpx
import pytest
from processes import Hub, free_port, until

from hub.clock import HOUR, MINUTE

pytestmark = pytest.mark.faults
MINUTES = float(os.environ.get("HUB_NEMESIS_MINUTES", "2"))
SKEWED = Path(__file__).parent / "skewed.py"
PAUSE = (0.2, 0.8)  # seconds between two things that a hub says
TROUBLE, REST = (1.0, 4.0), (0.2, 1.5)  # seconds that a fault lasts, and between two
SKEWS = (10 * MINUTE, -10 * MINUTE, 3 * HOUR, -3 * HOUR)
HEALING = 90.0  # seconds until everything has arrived


class Door:
    """What stands before a hub, on the address that others know; it can be shut, or lead nowhere."""

    def __init__(self, behind: int) -> None:
        self.port, self.behind, self.state = free_port(), behind, "open"
        self._open: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._come, "127.0.0.1", self.port)

    async def set(self, state: str) -> None:
        self.state = state
        if state != "open":
            for writer in list(self._open):
                writer.close()

    async def _come(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            if self.state == "hole":
                await reader.read()
            elif self.state == "open":
                await self._through(reader, writer)
        except OSError:
            pass  # whoever it was has gone, which is what this is about
        finally:
            self._open.discard(writer)
            writer.close()

    async def _through(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner, outer = await asyncio.open_connection("127.0.0.1", self.behind)
        self._open.add(outer)
        ways = [asyncio.create_task(_pour(*way)) for way in ((reader, outer), (inner, writer))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            self._open.discard(outer)
            outer.close()


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()


class Doors:
    """An event loop on a thread of its own, with a door for each hub."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()

    def door(self, behind: int) -> Door:
        door = Door(behind)
        self.run(door.start())
        return door

    def run(self, what: object) -> None:
        asyncio.run_coroutine_threadsafe(what, self._loop).result(10)  # type: ignore[arg-type]


class Victim:
    """A hub, its door and its clock; what was published there, and what of that was acknowledged."""

    def __init__(self, folder: Path, doors: Doors, name: str) -> None:
        self.hub = Hub(folder / name)
        self.doors, self.door = doors, doors.door(self.hub.port)
        self.hub.base = f"http://localhost:{self.door.port}"
        self.hub.environment["NEIGHBOURHUB_SERVER_BASE_URL"] = self.hub.base
        self.clock = folder / f"{name}-clock"
        self.clock.write_text("0")
        self.hub.program = [str(SKEWED), str(self.clock)]
        self.kept: set[int] = set()
        self.words: dict[int, str] = {}  # the last acknowledged ones; None of it is known while a change is under way
        self.removed: set[int] = set()
        self.tried = 0
        self.lock = threading.Lock()  # one nemesis at a time

    @property
    def domain(self) -> str:
        return f"localhost:{self.door.port}"

    def browser(self) -> httpx.Client:
        """The steward's, past the door: a hub that is cut off goes on at home."""
        return httpx.Client(
            base_url=f"http://127.0.0.1:{self.hub.port}", trust_env=False, timeout=15,
            headers={"host": self.domain, "origin": self.hub.base, "accept": "text/html"},
        )  # fmt: skip

    def rows(self, sql: str) -> list[sqlite3.Row]:
        with closing(sqlite3.connect(self.hub.data / "hub.db", timeout=30)) as conn:
            conn.row_factory = sqlite3.Row
            return conn.execute(sql).fetchall()


@pytest.fixture
def victims(tmp_path: Path) -> Iterator[list[Victim]]:
    doors = Doors()
    them = [Victim(tmp_path, doors, name) for name in ("one", "two", "three")]
    for it in them:
        it.hub.set_up(it.hub.data.name.title())
        it.hub.start()
    for it in them:
        for other in them:
            if other is not it:
                it.hub.command("follow", other.domain)
    yield them
    for it in them:
        it.hub.stop()


# --- life goes on ----------------------------------------------------------------------------------


def live(it: Victim, over: threading.Event, cookies: httpx.Cookies) -> None:
    """Publish, change, take down, one after another; what is answered 303 is acknowledged."""
    chance = random.Random(it.door.port)
    while not over.is_set():
        with suppress(httpx.HTTPError), it.browser() as browser:
            browser.cookies = cookies
            while not over.is_set():
                _one_thing(it, browser, chance)
                time.sleep(chance.uniform(*PAUSE))
        time.sleep(0.2)


def _one_thing(it: Victim, browser: httpx.Client, chance: random.Random) -> None:
    it.tried += 1
    words = f"Number {it.tried} of {it.hub.data.name}"
    there = sorted(it.kept - it.removed)
    do = chance.choice(["publish", "publish", "change", "remove"]) if len(there) > 2 else "publish"
    if do == "publish":
        answer = browser.post("/publish/note", data={"text.en": words})
        if answer.status_code == 303:
            id = int(answer.headers["location"].partition("?")[0].rpartition("/")[2])
            it.kept.add(id)
            it.words[id] = words
        return
    id = chance.choice(there)
    it.words.pop(id, None)
    if do == "change":
        if browser.post(f"/posts/{id}/change", data={"text.en": words}).status_code == 303:
            it.words[id] = words
    elif browser.post(f"/posts/{id}/remove").status_code == 303:
        it.removed.add(id)


# --- and everything goes wrong ---------------------------------------------------------------------


def kill(it: Victim, seconds: float) -> None:
    it.hub.kill()
    time.sleep(seconds / 4)
    it.hub.start()


def stop(it: Victim, seconds: float) -> None:
    assert it.hub.process is not None
    it.hub.process.send_signal(signal.SIGSTOP)
    time.sleep(seconds)
    it.hub.process.send_signal(signal.SIGCONT)


def cut_off(it: Victim, seconds: float) -> None:
    it.doors.run(it.door.set(random.choice(["shut", "hole"])))
    time.sleep(seconds)
    it.doors.run(it.door.set("open"))


def misdate(it: Victim, seconds: float) -> None:
    it.clock.write_text(str(random.choice(SKEWS)))
    time.sleep(seconds)
    it.clock.write_text("0")


def fill_up(it: Victim, seconds: float) -> None:
    """No file of the hub can grow any more, as on a full disk."""
    assert it.hub.process is not None
    pid, log = it.hub.process.pid, it.hub.data / "hub.db-wal"
    size = log.stat().st_size if log.exists() else 0
    hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size + 4096, hard))
    time.sleep(seconds)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))


FAULTS: list[Callable[[Victim, float], None]] = [kill, stop, cut_off, misdate, fill_up]


def haunt(them: list[Victim], end: float) -> Counter[str]:
    done: Counter[str] = Counter()
    while time.monotonic() < end:
        # Each fault gets its turn, in another order each time: a short run must not leave one out by chance.
        for fault in random.sample(FAULTS, len(FAULTS)):
            fault(random.choice(them), random.uniform(*TROUBLE))
            done[fault.__name__] += 1
            time.sleep(random.uniform(*REST))
    return done


# --- until it is well again ------------------------------------------------------------------------


def heal(them: list[Victim]) -> None:
    """As a steward would when the trouble is over: start it again, and have the others tried at once."""
    for it in them:
        it.hub.stop()
        it.hub.start()
    for it in them:
        with it.browser() as browser:
            browser.post("/signin", data={"name": "bethan", "password": "three wet slates"})
            for other in them:
                if other is not it:
                    answer = browser.post("/steward/deliveries", data={"host": other.domain})
                    assert answer.status_code == 303, answer.text[:300]


def waiting(it: Victim) -> list[str]:
    """What is still to be told, or to be read, and why it has not been."""
    told = it.rows(
        """SELECT j.host, j.due, j.attempts, j.leased_until, j.last_error, j.line, p.open_until, p.failures, p.next_at,
             (SELECT count(*) FROM job e WHERE e.line = j.line AND e.id < j.id) AS before,
             (SELECT count(*) FROM job e WHERE e.host = j.host AND e.leased_until > 0) AS leased
           FROM job j LEFT JOIN peer p ON p.host = j.host WHERE j.kind = 'deliver' AND j.dead = 0 LIMIT 3"""
    )
    read = it.rows("SELECT type, outcome, uri FROM inbox WHERE outcome IN ('', 'put aside') LIMIT 3")
    return [f"{it.hub.base} at {time.time_ns() // 1_000_000}: {dict(row)}" for row in (*told, *read)]


def all_arrived(them: list[Victim]) -> bool:
    return not any(waiting(it) for it in them)


def shown(it: Victim, of: Victim) -> dict[str, str]:
    """What `it` shows of what was published at `of`: address → words."""
    rows = it.rows("SELECT uri, html FROM thing WHERE kind = 'note' AND removed IS NULL AND hidden = 0")
    return {row["uri"]: row["html"] for row in rows if row["uri"].startswith(of.hub.base + "/")}


def anomalies(them: list[Victim]) -> list[str]:
    """Everything that is not as it should be, in words."""
    found = []
    for it in them:
        ids = {row["id"]: row for row in it.rows("SELECT id, uri, html, removed FROM thing WHERE local = 1")}
        found += [f"{it.hub.base} lost {id}" for id in it.kept if id not in ids]
        found += [f"{it.hub.base} still has {id}" for id in it.removed if ids[id]["removed"] is None]
        found += [
            f"{it.hub.base} forgot how {id} was changed" for id, words in it.words.items()
            if id in ids and ids[id]["removed"] is None and words not in ids[id]["html"]
        ]  # fmt: skip
        found += [f"{it.hub.base}: {row[0]}" for row in it.rows("PRAGMA quick_check") if row[0] != "ok"]
        twice = "SELECT subject FROM change WHERE kind = 'post.published' GROUP BY subject HAVING count(*) > 1"
        found += [f"{it.hub.base} published {row['subject']} twice" for row in it.rows(twice)]
        dead = {row["object"] for row in it.rows(
            """SELECT a.object FROM job j JOIN activity a ON a.id = json_extract(j.args, '$.activity')
               WHERE j.kind = 'deliver' AND j.dead = 1"""
        )}  # fmt: skip
        here = shown(it, it)
        for other in them:
            there = shown(other, it)
            found += [
                f"{other.hub.base} does not show {uri} as it is" for uri, html in here.items()
                if there.get(uri) != html and uri not in dead
            ]  # fmt: skip
            found += [f"{other.hub.base} shows {uri}, which is gone" for uri in there.keys() - here.keys() - dead]
    return found


def test_whatever_befalls_three_hubs_in_the_end_they_show_the_same_and_all_that_was_acknowledged(
    victims: list[Victim],
) -> None:
    over, threads = threading.Event(), []
    for it in victims:
        with it.browser() as browser:
            browser.post("/signin", data={"name": "bethan", "password": "three wet slates"})
            cookies = browser.cookies
        threads.append(threading.Thread(target=live, args=(it, over, cookies)))
    for thread in threads:
        thread.start()
    try:
        done = haunt(victims, time.monotonic() + MINUTES * 60)
    finally:
        over.set()
        for thread in threads:
            thread.join(30)
    assert set(done) == {fault.__name__ for fault in FAULTS}

    heal(victims)
    with suppress(AssertionError):
        until(lambda: all_arrived(victims), "everything to arrive", HEALING)
    left = [one for it in victims for one in waiting(it)]
    assert not left, "\n".join(left)
    print(f"\n{sum(done.values())} faults {dict(done)}; acknowledged {[len(it.kept) for it in victims]}")
    found = anomalies(victims)
    assert not found, "\n".join(found)
    assert all(len(it.kept) > 5 for it in victims)
