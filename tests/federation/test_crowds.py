"""Thousands at once: followers to be told, goodbyes of strangers, servers that exist only in the name system."""

import asyncio
from collections.abc import Iterator
from ipaddress import ip_network

import pytest
from benchmarks.drain import Drain, address
from elsewhere import Elsewhere, activity, post
from followers import followed_by
from hearing import written
from here import Here

from federation import Client, announce
from federation.wire import Rates, Recent
from hub import manners, peers, posts
from hub.clock import MINUTE, now
from hub.ids import new_id
from hub.store import Store, Tx

INBOX = "https://glan.example/inbox"
FOLLOWERS, HOSTS = 10_000, 2_500


# --- D-14: everybody follows us ----------------------------------------------------------------------


@pytest.fixture
def drain() -> Iterator[Drain]:
    """Real sockets, on as many addresses as there are servers."""
    it = Drain()
    yield it
    it.close()


def crowd(tx: Tx, port: int) -> None:
    """Four on each server, who share its inbox; as rows, since it is not their coming that counts."""
    followed_by(tx, [f"http://{address(n)}:{port}" for n in range(HOSTS)])
    for number in range(1, FOLLOWERS // HOSTS):
        tx.run(
            """INSERT INTO actor (id, uri, local, kind, type, handle, domain, name, url, inbox, shared_inbox, created,
                 updated)
               SELECT id + :number, replace(uri, 'ann', :name), 0, kind, type, :name, domain, name, url,
                 replace(inbox, 'ann', :name), shared_inbox, created, updated
               FROM actor WHERE handle = 'ann'""",
            number=number * new_id() // 1000, name=f"n{number}",
        )  # fmt: skip
    tx.run(
        """INSERT INTO follow (follower, followed, state, at)
           SELECT a.id, f.followed, 'accepted', :now FROM actor a, (SELECT min(followed) AS followed FROM follow) f
           WHERE a.local = 0 AND a.handle <> 'ann'""",
        now=now(),
    )  # fmt: skip


@pytest.mark.slow
async def test_ten_thousand_followers_on_two_thousand_five_hundred_servers_are_as_many_letters(
    here: Here, drain: Drain
) -> None:
    before, here.wire.client = here.wire.client, Client(here.base, "test", allow_private=[ip_network("127.0.0.0/8")])
    await here.store.write(crowd, drain.port)
    assert await here.one("SELECT count(*) FROM follow WHERE state = 'accepted'") == FOLLOWERS

    await here.store.write(posts.publish, here.steward, posts.Draft(text={"en": "28 of 40 trees are in."}))
    await here.store.write(announce)
    assert await here.one("SELECT count(*) FROM job WHERE kind = 'deliver'") == HOSTS
    assert await here.one("SELECT count(DISTINCT host) FROM job WHERE kind = 'deliver'") == HOSTS
    assert await here.one("SELECT count(*) FROM activity") == 1

    await here.work()
    assert drain.taken() == HOSTS
    assert await here.one("SELECT count(*) FROM job WHERE kind = 'deliver'") == 0
    assert len(here.wire.client._peers) <= 256
    assert here.wire.parcels == {}
    await here.wire.client.close()
    here.wire.client = before


# --- D-16: strangers say goodbye ---------------------------------------------------------------------


async def test_the_goodbyes_of_hundreds_whom_we_never_met_leave_no_trace(here: Here) -> None:
    servers = [here.server(f"s{number}.example") for number in range(20)]
    before = await written(here)

    async def goodbye(server: Elsewhere, number: int) -> int:
        gone = f"{server.base}/users/n{number}"
        return (await post(here.app, INBOX, activity("Delete", gone, gone), scheme="rfc9421", ed25519=True)).status_code

    answers = await asyncio.gather(*(goodbye(server, n) for server in servers for n in range(25)))
    assert set(answers) == {202}
    assert [server.asked for server in servers] == [[]] * 20
    assert await written(here) == before


# --- D-19: names without end -------------------------------------------------------------------------


def a_million_names(tx: Tx, count: int) -> None:
    """Servers that were tried in vain, as many as a wildcard in the name system makes; and one that is real."""
    numbers = "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < :count)"
    tx.run(
        f"INSERT INTO peer (host, last_failed, failures) {numbers} SELECT x || '.evil.example', :now, 9 FROM n",
        count=count, now=now(),
    )  # fmt: skip
    tx.run(
        f"INSERT INTO manner (host, asking, asking_at) {numbers} SELECT x || '.evil.example', 'x', :now FROM n",
        count=count, now=now() - MINUTE,
    )  # fmt: skip
    peers.succeeded(tx, "real.example")
    manners.ask_by(tx, "real.example", "rfc9421")


@pytest.mark.slow
async def test_servers_that_are_only_names_do_not_fill_the_database(store: Store) -> None:
    await store.write(a_million_names, peers.MOST + 10_000)
    assert await store.write(peers.sweep) == 10_001
    assert await store.write(manners.sweep) == 10_001
    assert await store.read(how_many) == peers.MOST == 50_000
    assert await store.read(peers.get, "real.example") is not None
    assert await store.read(manners.asking, "real.example") == "rfc9421"
    assert await store.write(peers.sweep) == await store.write(manners.sweep) == 0


def how_many(tx: Tx) -> int:
    return len(tx.all("SELECT host FROM peer"))


def test_nor_do_they_fill_the_memory() -> None:
    kept: Recent[bool] = Recent(MINUTE, 100)
    rates = Rates(60, 60, most=100)
    for number in range(1000):
        kept.put(f"{number}.example", True)
        rates.wait(f"{number}.example")
    assert len(kept._kept) == len(rates._full._kept) == 100
