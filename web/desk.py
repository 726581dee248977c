"""What lies on the steward's desk about other servers: how each is doing, and what could not be delivered."""

import msgspec

from hub import jobs, peers, things
from hub.clock import now
from hub.jobs import Job
from hub.peers import Peer
from hub.store import Tx
from hub.text import Text


class Server(msgspec.Struct, frozen=True):
    """Another server. `state` is fine, slow (trying again), rest (it asked us to wait) or silent (left alone).

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
    order = {"silent": 0, "slow": 1, "rest": 2, "fine": 3}
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
    return "slow" if peer.failures else "fine"


def failed(tx: Tx) -> list[Failed]:
    """What was given up, latest first, each with what it was about."""
    return [_failed(tx, job) for job in jobs.dead(tx)]


def _failed(tx: Tx, job: Job) -> Failed:
    row = None
    if job.kind == "deliver":
        row = tx.one("SELECT type, object FROM activity WHERE id = :id", id=int(job.args.get("activity", 0)))
    thing = things.at(tx, row["object"]) if row else None
    return Failed(job, row["type"] if row else job.kind, thing.title if thing else {}, job.host or "")
