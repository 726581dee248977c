"""What it costs to tell two thousand servers, and what those feel who look at a page meanwhile.

Each server has an address of its own on loopback and a new connection each time; some are slow, some never answer.
"""

import http.client
import threading
import time
from collections.abc import Iterator

import pytest
from benchmarks.calibration import Floor, Meter, of, resident
from benchmarks.drain import Drain, address
from benchmarks.neighbourhood import a_month, fill, followers
from processes import Hub, until

from federation import announce
from hub.store import Tx

pytestmark = pytest.mark.benchmark
HOSTS, HANGING = 2_000, 8
ROUNDS = 2
DELIVERY = Floor(rest=64 + 4, crypto=247)  # a connection and the POST on it, the queue; the signature
PROBES, BETWEEN = 150, 0.02  # page views when nothing else happens; seconds between two
PAGES = ("/", "/events", "/asks")


def to_nobody(tx: Tx) -> None:
    """Announce what there is, before anybody follows."""
    while announce(tx):
        continue


class Visitor(threading.Thread):
    """Somebody who looks at one page after the other, and how long each took (ms)."""

    def __init__(self, hub: Hub) -> None:
        super().__init__(daemon=True)
        self._line = http.client.HTTPConnection("localhost", hub.port, timeout=30)
        self._leaves = threading.Event()
        self.waited: list[float] = []

    def run(self) -> None:
        while not self._leaves.wait(BETWEEN):
            began = time.perf_counter()
            self._line.request("GET", PAGES[len(self.waited) % len(PAGES)], headers={"accept": "text/html"})
            assert self._line.getresponse().read()
            self.waited.append((time.perf_counter() - began) * 1000)

    def p95(self) -> float:
        """After they have left."""
        self._leaves.set()
        self.join()
        self._line.close()
        return sorted(self.waited)[int(len(self.waited) * 0.95)]


class Told:
    """A hub that tells something to all its followers, watched from outside."""

    def __init__(self, hub: Hub, drain: Drain) -> None:
        self.hub, self.drain, self.said, self.size = hub, drain, 0, 0.0
        assert hub.process is not None
        self.pid = hub.process.pid

    def tell(self, wanted: int = HOSTS) -> float:
        """Publish, and wait until so many have it. Returns the seconds from the first letter to the last."""
        before, began = self.drain.taken(), 0.0
        self.said += 1
        self.hub.publish("note", text={"en": f"{self.said} of 40 trees are in."})
        while (taken := self.drain.taken() - before) < wanted:
            began = began or (time.monotonic() if taken else 0.0)
            self.size = max(self.size, resident(self.pid))
            time.sleep(0.02)
        self.size = max(self.size, resident(self.pid))
        return time.monotonic() - (began or time.monotonic())

    def waits(self) -> int:
        """How many letters have not been written down as taken."""
        with self.hub.looking() as conn:
            return int(conn.execute("SELECT count(*) FROM job WHERE kind = 'deliver'").fetchone()[0])


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    drain = Drain()
    hub = Hub(tmp_path_factory.mktemp("telling") / "hub").set_up()
    fill(hub, a_month, to_nobody)
    fill(hub, followers(HOSTS, drain.port))
    hub.start()
    yield Told(hub, drain)
    hub.stop()
    drain.close()


def line(name: str, found: float, unit: str, most: float) -> None:
    how = "met" if found <= most else "missed"
    print(f"\n{name:<46} {found:>9.1f} {unit:<6} target {most:g} {unit}   {how}", end="", flush=True)


def test_what_a_delivery_costs(told: Told) -> None:
    first, later = Meter(of(told.pid)), Meter(of(told.pid))
    for number in range(ROUNDS + 1):
        with (later if number else first).running(HOSTS):
            told.tell()
            until(lambda: told.waits() == 0, "the queue to be empty")
    first.figure(f"delivery, {HOSTS:,} new connections, the first", DELIVERY, 1.5)
    later.figure(f"delivery, {HOSTS:,} new connections, later", DELIVERY, 1.5)
    line("memory meanwhile", told.size, "MB", 128)


def test_how_long_it_takes_and_what_visitors_feel(told: Told) -> None:
    told.tell()
    idle = Visitor(told.hub)
    idle.start()
    until(lambda: len(idle.waited) >= PROBES, "somebody to look at the pages")
    usual = idle.p95()
    told.drain.delay(100)
    for name, hanging in ((f"{HOSTS:,} servers at 100 ms each", 0), (f"{HANGING} of them never answer", HANGING)):
        told.drain.hang([address(number * 250) for number in range(hanging)])
        until(lambda: told.waits() <= HANGING, "the queue to be empty")
        visitor = Visitor(told.hub)
        visitor.start()
        line(name, told.tell(HOSTS - hanging), "s", 8)
        line("  p95 of a page meanwhile, to the idle one", visitor.p95() / usual, "x", 3)
    told.drain.delay(0)
    told.drain.hang([])
    visitor = Visitor(told.hub)
    visitor.start()
    line(f"{HOSTS:,} servers at 0 ms", told.tell(), "s", 8)
    line("  p95 of a page meanwhile, to the idle one", visitor.p95() / usual, "x", 3)
    line("memory, at most", told.size, "MB", 128)
