"""What lies on the steward's desk about other servers: how each is doing, and what could not be delivered."""

import msgspec

from hub import jobs, peers, things
from hub.clock import now
from hub.errors import N_, NotFound
from hub.jobs import Job
from hub.peers import Peer
from hub.store import Tx
from hub.text import Text


class Server(msgspec.Struct, frozen=True):
    """Another server. `state` is fine, paced (served in portions, as it wants it), slow (trying again), rest (it asked
    us to wait) or silent (left alone).

    `since` is when it last took something, `until` when it is tried next; ms UTC, 0 for never and now.
    """

    host: str
    software: str
    followers: int
    waiting: int
    state: str
    since: int
    until: int
    error: str


class One(msgspec.Struct, frozen=True):
    """All that is known of one server. Times are ms UTC, 0 for never.

    `scheme`: how it wants us to sign, "" while it takes the usual way. `failures` in a row; from the fifth on it is
    left alone until `server.until`. `waits` and `failed` are the first of each.
    """

    server: Server
    scheme: str
    failures: int
    last_failed: int
    last_error: str
    waits: list["Failed"]
    failed: list["Failed"]


class Failed(msgspec.Struct, frozen=True):
    """Work that was given up. `what` is the activity's type, `title` what it was about, where it is known."""

    job: Job
    what: str
    title: Text
    host: str


def servers(tx: Tx) -> list[Server]:
    """Every server that follows us or that we have had to do with: the troubled first, then by followers."""
    known = {peer.host: peer for peer in peers.all(tx)}
    many = {
        row["domain"]: row["n"]
        for row in tx.all(
            """SELECT a.domain, count(DISTINCT a.id) AS n
               FROM follow f JOIN actor a ON a.id = f.follower JOIN actor o ON o.id = f.followed
               WHERE f.state = 'accepted' AND a.local = 0 AND o.local = 1 GROUP BY a.domain"""
        )
    }
    found = [_server(host, known.get(host), many.get(host, 0)) for host in known.keys() | many.keys()]
    order = {"silent": 0, "slow": 1, "rest": 2, "paced": 3, "fine": 4}
    return sorted(found, key=lambda it: (order[it.state], -it.followers, it.host))


def _server(host: str, peer: Peer | None, followers: int) -> Server:
    if peer is None:
        return Server(host, "", followers, 0, "fine", 0, 0, "")
    troubled = peer.failures > 0
    return Server(
        host=host, software=peer.software, followers=followers, waiting=peer.waiting, state=_state(peer),
        since=peer.last_ok, until=max(peer.open_until, 0), error=(peer.last_error or "") if troubled else "",
    )  # fmt: skip


def _state(peer: Peer) -> str:
    if peer.failures >= peers.TROUBLED:
        return "silent"
    if peer.open_until > now():
        return "rest"
    if peer.next_at > now() and peer.waiting:
        return "paced"
    return "slow" if peer.failures else "fine"


def one(tx: Tx, host: str) -> One:
    """One server. Raises `NotFound` when nothing is known of it."""
    found = next((it for it in servers(tx) if it.host == host), None)
    if found is None:
        raise NotFound(N_("We have had nothing to do with that server."))
    peer = peers.get(tx, host)
    return One(
        server=found, scheme=peer.scheme if peer else "", failures=peer.failures if peer else 0,
        last_failed=peer.last_failed if peer else 0, last_error=(peer.last_error or "") if peer else "",
        waits=[_failed(tx, job) for job in jobs.waiting_for(tx, host)],
        failed=[_failed(tx, job) for job in jobs.dead_for(tx, host)],
    )  # fmt: skip


def failed(tx: Tx) -> list[Failed]:
    """What was given up, latest first, each with what it was about."""
    return [_failed(tx, job) for job in jobs.dead(tx)]


def _failed(tx: Tx, job: Job) -> Failed:
    row = None
    if job.kind == "deliver":
        row = tx.one("SELECT type, object FROM activity WHERE id = :id", id=int(job.args.get("activity", 0)))
    thing = things.at(tx, row["object"]) if row else None
    return Failed(job, row["type"] if row else job.kind, thing.title if thing else {}, job.host or "")
