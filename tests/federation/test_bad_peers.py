"""Servers on real sockets that hang, drip, show a bad certificate, lead elsewhere or are not there (trust.md §2.2).

What is handed over to them waits; nobody else does, and the steward is told why.
"""

import asyncio
import socket
import ssl
import threading
import warnings
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from ipaddress import ip_network
from pathlib import Path

import pytest
import pytest_asyncio
from conftest import Clock
from followers import followed_by
from here import Here
from loopback import Authority, Seen, by_itself, peer, serving

from federation import Client, http, line, tls
from federation.http import Resolver, Unreachable
from hub import jobs, peers, posts
from hub.clock import DAY, MINUTE
from hub.jobs import Job
from hub.store import Tx
from web import worker

TAKEN = b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n"
LOOPBACK = [ip_network("127.0.0.1/32")]


async def all_here(host: str, port: int) -> Sequence[str]:
    return ["127.0.0.1"]


@pytest_asyncio.fixture
async def net(here: Here) -> AsyncIterator[Here]:
    """Our hub, with every name leading to this machine."""
    before, here.wire.client = here.wire.client, a_client()
    yield here
    await here.wire.client.close()
    here.wire.client = before


def a_client(resolver: Resolver = all_here) -> Client:
    return Client("https://glan.example", "test", allow_private=LOOPBACK, resolver=resolver)


async def say(net: Here, words: str = "28 of 40 trees are in.") -> None:
    await net.store.write(posts.publish, net.steward, posts.Draft(text={"en": words}))


async def waiting(net: Here) -> list[Job]:
    rows = await net.all("SELECT id, host FROM job WHERE kind = 'deliver' AND dead = 0 ORDER BY id")
    return [job for host in {row["host"] for row in rows} for job in await net.store.read(jobs.waiting_for, host)]


def hosts(seen: Seen) -> Counter[str]:
    """How many requests came for each name."""
    heads = [request.partition(b"\r\n\r\n")[0].decode().lower().split("\r\n") for request in seen.requests]
    return Counter(row[6:] for head in heads for row in head if row.startswith("host: "))


# --- D-02: some hang ---------------------------------------------------------------------------------


class Slow:
    """Half of them never answer, half send a byte now and then: the network may be quiet or busy, it is no answer."""

    def __init__(self) -> None:
        self.over = asyncio.Event()

    async def never(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        await self.over.wait()

    async def drip(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 202 Accepted\r\nx: ")
        while not self.over.is_set():
            writer.write(b"y")
            await writer.drain()
            await asyncio.sleep(0.05)


@pytest.mark.slow
async def test_of_a_hundred_servers_ten_that_hang_hold_up_none_of_the_others(
    net: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, all_told, quick_ones, rounds = Slow(), asyncio.Event(), 90, 3

    async def taken(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(TAKEN)
        if len(quick.requests) == quick_ones * rounds:
            all_told.set()

    async with peer(taken) as quick, peer(slow.never) as silent, peer(slow.drip) as dripping:
        hanging = [it.url("", host=f"s{n}.example") for n in range(5) for it in (silent, dripping)]
        good = [quick.url("", host=f"q{n}.example") for n in range(quick_ones)]
        await net.store.write(followed_by, [*hanging, *good])
        for number in range(rounds):
            await say(net, f"{number} of 40 trees are in.")
        stop = asyncio.Event()
        working = asyncio.create_task(worker.run(net.wire, stop=stop))
        await all_told.wait()
        # All others have all of it, and those that hang have not even been given up.
        assert set(hosts(quick).values()) == {rounds}
        for seen in (silent, dripping):
            assert len(hosts(seen)) == 5
            assert max(hosts(seen).values()) <= http.PER_HOST
        assert await net.all("SELECT host FROM peer WHERE failures > 0") == []

        monkeypatch.setattr(worker, "PATIENCE", 0.05)
        stop.set()
        await working
        monkeypatch.setattr(http, "POST_TOTAL", 0.3)
        await net.work()
        left = await waiting(net)
        slow.over.set()
    assert {job.last_error for job in left} == {f"{base[7:]} took too long." for base in hanging}
    assert len(left) == len(hanging) * rounds
    assert all(job.doubt for job in left)


# --- D-10: who are they? -----------------------------------------------------------------------------


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterable[Authority]:
    """The only one that our hub knows."""
    it = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(it.root))
    tls.context.cache_clear()
    yield it
    tls.context.cache_clear()


@contextmanager
def of_long_ago(authority: Authority) -> Iterator[int]:
    """A server that speaks nothing newer than TLS 1.1, in a thread: asyncio's would hang up without a word."""
    context = serving(authority.certificate("peer.example"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        one, _ = server.accept()
        with one, suppress(OSError):
            context.wrap_socket(one, server_side=True).close()

    thread = threading.Thread(target=serve)
    thread.start()
    yield int(server.getsockname()[1])
    thread.join()
    server.close()


def of_nobody(authority: Authority) -> ssl.SSLContext:
    folder = authority.folder / "other"
    folder.mkdir()
    return serving(Authority(folder, "Nobody's").certificate("peer.example"))


BAD: list[tuple[Callable[[Authority], ssl.SSLContext], str]] = [
    (lambda it: serving(it.certificate("peer.example", (-30, -1))), "its certificate has expired"),
    (lambda it: serving(it.certificate("peer.example", (2, 30))), "its certificate is not valid yet"),
    (lambda it: serving(by_itself("peer.example", it.folder)), "its certificate is signed by itself"),
    (lambda it: serving(it.certificate("other.example")), "certificate is not valid for 'peer.example'"),
    (of_nobody, "nobody whom we know vouches for its certificate"),
]


@pytest.mark.parametrize(("bad", "words"), BAD)
async def test_who_cannot_show_who_they_are_gets_nothing_and_is_tried_again_slowly(
    net: Here, clock: Clock, authority: Authority, bad: Callable[[Authority], ssl.SSLContext], words: str
) -> None:
    async with peer(TAKEN, tls=bad(authority)) as seen:
        host = f"peer.example:{seen.port}"
        await net.store.write(followed_by, [f"https://{host}"])
        await say(net)
        waits = []
        for _ in range(5):
            await net.work()
            (job,) = await waiting(net)
            waits.append(job.due - clock.ms)
            clock.forward(job.due - clock.ms)
        assert seen.requests == []
    assert waits[0] < MINUTE < 10 * MINUTE < waits[3] == waits[4] == DAY
    found = await net.store.read(peers.get, host)
    assert found is not None
    assert found.last_error is not None
    assert found.last_error.startswith("peer.example could not show that it is itself (")
    assert words in found.last_error
    assert await net.store.read(jobs.dead) == []


async def test_who_speaks_only_tls_of_long_ago_is_told_apart(net: Here, authority: Authority) -> None:
    with of_long_ago(authority) as port:
        await net.store.write(followed_by, [f"https://peer.example:{port}"])
        await say(net)
        await net.work()
    (job,) = await waiting(net)
    why = "it speaks only versions of TLS that are no longer safe"
    assert job.last_error == f"peer.example could not show that it is itself ({why})."


async def test_when_the_certificate_is_good_again_what_waited_arrives(
    net: Here, clock: Clock, authority: Authority
) -> None:
    context = serving(authority.certificate("peer.example", (-30, -1)))
    async with peer(TAKEN, tls=context) as seen:
        await net.store.write(followed_by, [f"https://peer.example:{seen.port}"])
        await say(net)
        await net.work()
        assert seen.requests == []
        context.load_cert_chain(authority.certificate("peer.example"))
        clock.forward(DAY)
        await net.work()
        assert len(seen.requests) == 1
    assert await waiting(net) == []


# --- D-07, D-11: where does it lead? -----------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_an_inbox_that_sends_us_on_is_not_followed_and_asked_again_tomorrow(net: Here, status: int) -> None:
    async with peer(TAKEN) as there:
        moved = f"HTTP/1.1 {status} Moved\r\nlocation: {there.url('/inbox')}\r\ncontent-length: 0\r\n\r\n"
        async with peer(moved.encode()) as seen:
            await net.store.write(followed_by, [seen.url("", host="peer.example")])
            await say(net)
            await net.work()
        assert there.connections == 0
    (job,) = await waiting(net)
    assert job.due == job.created + DAY
    assert job.last_error == f"peer.example:{seen.port} has moved its inbox ({status})."


@pytest.mark.slow
async def test_a_thousand_tries_by_a_name_that_changes_its_address_reach_nothing_inside(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    called: list[str] = []
    inside = ("127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "fd00::1", "64:ff9b::7f00:1")
    answers = iter([[ip] for n in range(1000) for ip in ("8.8.8.8", inside[n % len(inside)])])

    async def connect(ip: str, port: int) -> line.Line:
        called.append(ip)
        raise line.NotConnected

    async def rebinding(host: str, port: int) -> Sequence[str]:
        return next(answers)

    monkeypatch.setattr(line, "connect", connect)
    hub = Client("https://glan.example", "test", resolver=rebinding)
    for _ in range(1000):
        with pytest.raises(Unreachable):
            await hub.get("https://evil.example/")
        with pytest.raises(Unreachable):
            await hub.post("https://evil.example/inbox", b"{}", headers={})
    await hub.close()
    assert called == ["8.8.8.8"] * 1000
    assert next(answers, None) is None


def moved(tx: Tx, before: str, after: str) -> None:
    """The test's server cannot have the usual port."""
    tx.run("UPDATE job SET args = replace(args, :before, :after) WHERE kind = 'deliver'", before=before, after=after)


@pytest.mark.parametrize("failure", [socket.EAI_NONAME, socket.EAI_AGAIN, socket.EAI_FAIL])
async def test_a_name_that_is_not_found_is_looked_for_again_and_its_follower_stays(
    here: Here, clock: Clock, failure: int
) -> None:
    async def failing(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror(failure, "no")

    before, here.wire.client = here.wire.client, a_client(failing)
    await here.store.write(followed_by, ["https://peer.example"])
    await say(here)
    for _ in range(4):
        await here.work()
        (job,) = await waiting(here)
        assert job.last_error == "There is no server named peer.example."
        clock.forward(job.due - clock.ms)
    await here.wire.client.close()

    async with peer(TAKEN) as seen:
        here.wire.client = a_client()
        await here.store.write(moved, "https://peer.example", seen.url("", host="peer.example"))
        await here.work()
        await here.wire.client.close()
        assert len(seen.requests) == 1
    here.wire.client = before
    assert await here.one("SELECT count(*) FROM follow WHERE state = 'accepted'") == 1
