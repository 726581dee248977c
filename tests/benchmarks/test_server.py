"""What a running hub costs: to start, to hold, and for each thing that it is asked or told."""

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest
from benchmarks import load
from benchmarks.calibration import Floor, Meter, a_create, of, resident
from benchmarks.neighbourhood import SENDERS, a_month, fill, key_pairs, sender, senders
from processes import Hub, until

from federation import keys, signatures
from hub.clock import now
from web.compiled import FOLDER

pytestmark = pytest.mark.benchmark
ROUNDS, STARTS = 3, 3
INBOX = Floor(rest=9.7 + 3 + 4.4 + 20, crypto=19.8)  # HTTP, SHA-256 and base64, JSON, a row of a group; verification
OBJECT, PAGE = Floor(rest=8.1), Floor(rest=50.0)
ACTIVITIES, GETS, PAGES, COLD = 400, 3_000, 2_000, 40
AS2 = "application/activity+json"


def told(what: str, found: float, unit: str, most: float) -> None:
    how = "met" if found <= most else "missed"
    print(f"\n{what:<46} {found:>9.0f} {unit:<27} target {most:g} {unit}   {how}", end="", flush=True)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    it = Hub(tmp_path_factory.mktemp("lively") / "hub").set_up()
    fill(it, a_month)
    it.start()
    yield it
    it.stop()


def pid(hub: Hub) -> int:
    assert hub.process is not None
    return hub.process.pid


def looked_up(hub: Hub, sql: str) -> object:
    """One value from the database of a hub that is running."""
    with contextlib.closing(sqlite3.connect(f"file:{hub.data}/hub.db?mode=ro", uri=True)) as conn:
        return conn.execute(sql).fetchone()[0]


def ask(hub: Hub, request: bytes, times: int, status: int = 200) -> None:
    assert load.send(hub.port, [request] * times) == {status: times}


def measured(hub: Hub, request: bytes, times: int) -> Meter:
    meter = Meter(of(pid(hub)))
    ask(hub, request, times // 4)
    for _ in range(ROUNDS):
        with meter.running(times):
            ask(hub, request, times)
    return meter


# --- start and memory ------------------------------------------------------------------------------


def test_it_is_ready_soon_and_small_when_idle(tmp_path: Path) -> None:
    # As where it is installed: what Python compiles, it keeps.
    kept = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(tmp_path / "compiled")}
    hub = Hub(tmp_path / "hub", **kept).set_up()
    (hub.data / FOLDER).mkdir()  # and no pages are lent to it
    hub.start().stop()
    fill(hub, a_month)
    waits, cpu, sizes = [], [], []
    for _ in range(STARTS):
        began = time.monotonic()
        hub.start()
        waits.append((time.monotonic() - began) * 1000)
        cpu.append(of(pid(hub))() / 1000)
        sizes.append(resident(pid(hub)))
        for path, accept in (("/", "text/html"), ("/events", "text/html"), ("/actor/hub", AS2)):
            ask(hub, load.get(hub.domain, path, accept), 32)
        sizes.append(resident(pid(hub)))
        hub.stop()
    told("ready after the interpreter starts", median(waits), "ms", 500)
    told("  CPU of that", median(cpu), "ms", 500)
    told("memory when idle", median(sizes[0::2]), "MB", 64)
    told("memory when idle after its first pages", median(sizes[1::2]), "MB", 64)


# --- what it is asked ------------------------------------------------------------------------------


def test_an_object_and_an_actor(hub: Hub) -> None:
    event = str(looked_up(hub, "SELECT uri FROM thing WHERE kind = 'event' LIMIT 1")).removeprefix(hub.base)
    measured(hub, load.get(hub.domain, event, AS2), GETS).figure("object GET", OBJECT, 7)
    measured(hub, load.get(hub.domain, "/actor/hub", AS2), GETS).figure("actor GET", OBJECT, 7)


def test_the_home_page_kept_and_made_anew(hub: Hub) -> None:
    request = load.get(hub.domain, "/", "text/html")
    measured(hub, request, PAGES).figure("home page, warm", PAGE, 4)
    cold = Meter(of(pid(hub)))
    for round in range(ROUNDS):
        # Each address is asked for once, so that none has been kept.
        paths = [f"/?cold={round}.{n}" for n in range(COLD)]
        with cold.running(COLD):
            assert load.send(hub.port, [load.get(hub.domain, path, "text/html") for path in paths], 4) == {200: COLD}
    cold.figure("home page, cold", PAGE, 35)


def test_a_search_page(hub: Hub) -> None:
    measured(hub, load.get(hub.domain, "/search?words=kettle", "text/html"), 100).figure("search page", PAGE)


# --- what it is told -------------------------------------------------------------------------------


def letters(hub: Hub, first: int, count: int) -> list[bytes]:
    """Signed activities that nobody has seen yet, from each sender in turn."""
    found = []
    for number in range(first, first + count):
        who = number % SENDERS
        body = a_create(number, sender(who))
        headers = signatures.sign_cavage(
            "POST", f"{hub.base}/inbox", key_id=f"{sender(who)}#main-key",
            key=keys.load_private(key_pairs()[who].rsa_private), at=now(), body=body,
        )  # fmt: skip
        found.append(load.post("/inbox", headers, body))
    return found


def spoilt(letter: bytes) -> bytes:
    """The same with a signature that was never made: its first letters are changed."""
    before, name, rest = letter.partition(b'signature="')
    return before + name + (b"AAAA" if rest[:4] != b"AAAA" else b"BBBB") + rest[4:]


def waiting(hub: Hub, kind: str) -> int:
    """How much of it is still to be done."""
    return int(str(looked_up(hub, f"SELECT count(*) FROM job WHERE kind = '{kind}'")))


def test_an_activity_in_the_inbox(tmp_path: Path) -> None:
    hub = Hub(tmp_path / "hub", NEIGHBOURHUB_WORKER_INLINE="false").set_up()
    fill(hub, senders)
    hub.start()
    taken = Meter(of(pid(hub)))
    assert load.send(hub.port, letters(hub, 0, 100)) == {202: 100}
    for n in range(ROUNDS):
        sent = letters(hub, 1_000 * (n + 1), ACTIVITIES)
        with taken.running(ACTIVITIES):
            assert load.send(hub.port, sent) == {202: ACTIVITIES}
    taken.figure("inbox activity, checked and on the disk", INBOX, 6)

    wrong = [spoilt(one) for one in letters(hub, 50_000, ACTIVITIES)]
    assert load.send(hub.port, wrong[:100]) == {401: 100}  # at the first of each sender, their keys are looked up again
    refused = Meter(of(pid(hub)))
    for _ in range(ROUNDS):
        with refused.running(ACTIVITIES):
            assert load.send(hub.port, wrong) == {401: ACTIVITIES}
    told("a bad signature, CPU", refused.figure("a bad signature").cost, "µs", 200)
    hub.stop()

    hub.environment["NEIGHBOURHUB_WORKER_INLINE"] = "true"
    hub.start()
    until(lambda: waiting(hub, "receive") == 0, "the queue to be empty")
    whole = Meter(of(pid(hub)))
    for n in range(ROUNDS):
        sent = letters(hub, 100_000 + 1_000 * n, ACTIVITIES)
        with whole.running(ACTIVITIES):
            assert load.send(hub.port, sent) == {202: ACTIVITIES}
            until(lambda: waiting(hub, "receive") == 0, "the queue to be empty")
    whole.figure("inbox activity, with all that it leads to", INBOX, 6)
    hub.stop()
