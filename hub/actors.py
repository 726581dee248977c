"""Everybody who can act or be followed: hubs, projects and people, here and elsewhere."""

from hub import waiting
from hub.changes import Kind, record
from hub.clock import DAY, now
from hub.errors import N_, NotFound
from hub.identities import BY as BY
from hub.identities import Actor as Actor
from hub.identities import By as By
from hub.identities import Seen as Seen
from hub.identities import Signer as Signer
from hub.identities import by as by
from hub.identities import of_row
from hub.ids import new_id
from hub.keys import Keys, generate
from hub.packing import pack
from hub.places import Area
from hub.store import AMONG, Row, Tx, batches
from hub.text import Text

PAGE = 50
UNANSWERED = DAY  # how long a follow waits before it may be asked again


def create(
    tx: Tx, base: str, name: str, *, kind: str, type: str, handle: str, title: Text, keys: Keys | None = None,
    summary: Text | None = None, area: Area | None = None, url: str = "", discoverable: bool = True,
) -> int:  # fmt: skip
    """Make an actor of our own at `<base>/actor/<name>`, with keys. Returns its id."""
    id, pair = new_id(), keys or generate()
    own_hub = None if kind in ("hub", "instance") else f"{base}/actor/hub"
    uri = f"{base}/actor/{name}" if name else f"{base}/actor"
    area = area or Area()
    tx.run(
        """INSERT INTO actor (id, uri, local, kind, type, handle, domain, name, summary, url, inbox, shared_inbox,
             followers, public_key, multikey, hub, area_code, area_name, discoverable, created, updated)
           VALUES (:id, :uri, 1, :kind, :type, :handle, :domain, :name, :summary, :url, :inbox, :shared,
             :followers, :public_key, :multikey, :hub, :area_code, :area_name, :discoverable, :now, :now)""",
        id=id, uri=uri, kind=kind, type=type, handle=handle, domain=base.partition("://")[2],
        name=pack(title), summary=pack(summary or {}), url=url or uri, inbox=f"{uri}/inbox", shared=f"{base}/inbox",
        followers=f"{uri}/followers", public_key=pair.public_key, multikey=pair.multikey, hub=own_hub,
        area_code=area.code or None, area_name=area.name or None, discoverable=int(discoverable), now=now(),
    )  # fmt: skip
    tx.run(
        "INSERT INTO actor_key (actor, rsa, ed25519) VALUES (:id, :rsa, :ed25519)",
        id=id, rsa=pair.rsa, ed25519=pair.ed25519,
    )  # fmt: skip
    return id


def keys(tx: Tx, actor: int) -> tuple[bytes, bytes]:
    """The private keys of one of ours: RSA and Ed25519, PKCS 8 PEM. Raises `NotFound`."""
    row = tx.one("SELECT rsa, ed25519 FROM actor_key WHERE actor = :actor", actor=actor)
    if row is None:
        raise NotFound(N_("There is no such actor here."))
    return bytes(row["rsa"]), bytes(row["ed25519"])


def remember(tx: Tx, seen: Seen) -> int:
    """Keep what another server says of one of its actors; the newest fetch wins. Returns our id for it."""
    area = seen.area or Area()
    row = tx.one(
        """INSERT INTO actor (id, uri, local, kind, type, handle, domain, name, summary, url, inbox, shared_inbox,
             followers, public_key, multikey, hub, area_code, area_name, lat, lon, discoverable,
             icon, facts, locked, bot, indexable, banner, also, created, updated, fetched)
           VALUES (:id, :uri, 0, :kind, :type, :handle, :domain, :name, :summary, :url, :inbox, :shared_inbox,
             :followers, :public_key, :multikey, :hub, :area_code, :area_name, :lat, :lon, :discoverable,
             :icon, :facts, :locked, :bot, :indexable, :banner, :also, :now, :now, :now)
           ON CONFLICT (uri) DO UPDATE SET kind = excluded.kind, type = excluded.type, handle = excluded.handle,
             name = excluded.name, summary = excluded.summary, url = excluded.url, inbox = excluded.inbox,
             shared_inbox = excluded.shared_inbox, followers = excluded.followers, public_key = excluded.public_key,
             multikey = excluded.multikey, hub = excluded.hub, area_code = excluded.area_code,
             area_name = excluded.area_name,
             lat = excluded.lat, lon = excluded.lon, discoverable = excluded.discoverable,
             icon = excluded.icon, facts = excluded.facts, locked = excluded.locked, bot = excluded.bot,
             indexable = excluded.indexable, banner = excluded.banner, also = excluded.also,
             updated = excluded.updated, fetched = excluded.fetched, removed = NULL
           WHERE actor.local = 0
           RETURNING id""",
        id=new_id(), uri=seen.uri, kind=seen.kind, type=seen.type, handle=seen.handle, domain=seen.domain,
        name=pack(seen.name), summary=pack(seen.summary), url=seen.url, inbox=seen.inbox,
        shared_inbox=seen.shared_inbox,
        followers=seen.followers, public_key=seen.public_key, multikey=seen.multikey, hub=seen.hub,
        area_code=area.code or None, area_name=area.name or None, lat=seen.lat, lon=seen.lon,
        discoverable=int(seen.discoverable), icon=seen.icon, facts=pack(seen.facts), locked=int(seen.locked),
        bot=int(seen.bot), indexable=int(seen.indexable), banner=seen.banner, also=pack(seen.also), now=now(),
    )  # fmt: skip
    if row is None:
        raise NotFound(N_("That actor is our own."))
    return int(row["id"])


def get(tx: Tx, id: int) -> Actor:
    return of_row(tx.one("SELECT * FROM actor WHERE id = :id", id=id))


def version(tx: Tx, id: int) -> int:
    """When it was last changed: whoever has it as of then has it. Raises `NotFound`."""
    row = tx.one("SELECT updated FROM actor WHERE id = :id", id=id)
    if row is None:
        raise NotFound(N_("There is nobody by that name here."))
    return int(row["updated"])


def versions(tx: Tx, ids: list[int]) -> dict[int, int]:
    """The same of many; who is unknown is left out."""
    found: dict[int, int] = {}
    for these in batches(ids):
        found |= tx.lines(f"SELECT id, updated FROM actor WHERE id IN ({AMONG[len(these)]})", **these)
    return found


def at(tx: Tx, uri: str) -> Actor:
    """The actor with this id on the wire. Raises `NotFound`, also for one who is gone."""
    return of_row(tx.one("SELECT * FROM actor WHERE uri = :uri AND removed IS NULL", uri=uri))


def known(tx: Tx, uri: str) -> Actor | None:
    """The same, `None` when we never met; includes those who are gone."""
    row = tx.one("SELECT * FROM actor WHERE uri = :uri", uri=uri)
    return of_row(row) if row else None


def signer(tx: Tx, uri: str) -> Signer | None:
    """Likewise, as much of it as an inbox asks for with each activity."""
    row = tx.one("SELECT uri, public_key, multikey, fetched, removed FROM actor WHERE uri = :uri", uri=uri)
    return Signer(**dict(row)) if row else None


def named(tx: Tx, handle: str, domain: str) -> Actor:
    """The actor behind `handle@domain`, in any case of letters. Raises `NotFound`."""
    row = tx.one(
        "SELECT * FROM actor WHERE handle = :handle AND domain = :domain AND removed IS NULL",
        handle=handle.lower(), domain=domain.lower(),
    )  # fmt: skip
    return of_row(row)


def rename(
    tx: Tx, id: int, *, title: Text, summary: Text, area: Area | None = None, picture: int | None = None
) -> None:
    """Change how one of ours is shown, and tell its followers."""
    area = area or Area()
    tx.run(
        """UPDATE actor SET name = :name, summary = :summary, area_code = :code, area_name = :area, picture = :picture,
             updated = :now WHERE id = :id AND local = 1""",
        id=id, name=pack(title), summary=pack(summary), code=area.code or None, area=area.name or None,
        picture=picture, now=now(),
    )  # fmt: skip
    record(tx, Kind.ACTOR_CHANGED, subject=id, actor=id)


def remove(tx: Tx, id: int) -> None:
    """An actor elsewhere is gone: its follows, answers and words with it."""
    tx.run("UPDATE actor SET removed = :now WHERE id = :id AND local = 0", id=id, now=now())
    tx.run("DELETE FROM follow WHERE follower = :id OR followed = :id", id=id)
    waiting.withdraw_all(tx, id)
    tx.run("DELETE FROM answer WHERE actor = :id", id=id)
    tx.run("DELETE FROM reaction WHERE actor = :id", id=id)
    tx.run("UPDATE thing SET words = '{}', html = '{}' WHERE author = :id AND local = 0 AND audience = 'direct'", id=id)
    tx.run("UPDATE thing SET removed = :now WHERE author = :id AND local = 0 AND removed IS NULL", id=id, now=now())
    record(tx, Kind.ACTOR_REMOVED, subject=id, actor=id)


def retire(tx: Tx, id: int) -> None:
    """One of ours is gone. It keeps its key, to say so with, and its handle, so that nobody else is taken for it."""
    tx.run("UPDATE actor SET removed = :now WHERE id = :id AND local = 1 AND removed IS NULL", id=id, now=now())


def follow(tx: Tx, follower: int, followed: int, uri: str | None = None) -> bool:
    """`follower` follows one of ours from now on. False when they already did."""
    added = tx.run(
        """INSERT INTO follow (follower, followed, state, uri, at, id)
           VALUES (:follower, :followed, 'accepted', :uri, :now, :id) ON CONFLICT (follower, followed) DO NOTHING""",
        follower=follower, followed=followed, uri=uri, now=now(), id=new_id(),
    )  # fmt: skip
    if added:
        record(tx, Kind.FOLLOWED, subject=followed, actor=follower)
    return bool(added)


def unfollow(tx: Tx, follower: int, followed: int) -> bool:
    """`follower` no longer follows one of ours. False when they did not."""
    gone = tx.run(
        "DELETE FROM follow WHERE follower = :follower AND followed = :followed", follower=follower, followed=followed
    )
    if gone:
        record(tx, Kind.UNFOLLOWED, subject=followed, actor=follower)
    return bool(gone)


def ask_to_follow(tx: Tx, ours: int, other: int) -> bool:
    """Ask somebody elsewhere to let one of ours follow. False when they did, or were asked less than a day ago."""
    asked = tx.run(
        """INSERT INTO follow (follower, followed, state, at, id) VALUES (:ours, :other, 'requested', :now, :id)
           ON CONFLICT (follower, followed) DO UPDATE SET state = 'requested', at = excluded.at
           WHERE follow.state = 'refused' OR (follow.state = 'requested' AND follow.at <= :long_ago)""",
        ours=ours, other=other, now=now(), long_ago=now() - UNANSWERED, id=new_id(),
    )  # fmt: skip
    if asked:
        record(tx, Kind.FOLLOW_ASKED, subject=other, actor=ours)
    return bool(asked)


def follow_known_as(tx: Tx, ours: int, other: int, uri: str) -> None:
    """Keep the address under which we asked: their answer refers to it."""
    tx.run("UPDATE follow SET uri = :uri WHERE follower = :ours AND followed = :other", uri=uri, ours=ours, other=other)


def follow_answered(tx: Tx, ours: int, other: int, *, accepted: bool) -> bool:
    """They said yes or no to what we asked. False, and nothing changes, when we never asked."""
    changed = tx.run(
        "UPDATE follow SET state = :state WHERE follower = :ours AND followed = :other",
        state="accepted" if accepted else "refused", ours=ours, other=other,
    )  # fmt: skip
    return bool(changed)


def stop_following(tx: Tx, ours: int, other: int) -> bool:
    gone = tx.run("DELETE FROM follow WHERE follower = :ours AND followed = :other", ours=ours, other=other)
    if gone:
        record(tx, Kind.FOLLOW_ENDED, subject=other, actor=ours)
    return bool(gone)


def follows(tx: Tx, follower: int, followed: int) -> str | None:
    """`requested`, `accepted`, `refused`, or `None` for not at all."""
    sql = "SELECT state FROM follow WHERE follower = :follower AND followed = :followed"
    row = tx.one(sql, follower=follower, followed=followed)
    return row["state"] if row else None


def ours_who_follow(tx: Tx, other: int) -> list[tuple[int, str]]:
    """Who of ours follows this actor elsewhere, or has asked to: ids and states."""
    rows = tx.all(
        """SELECT f.follower, f.state FROM follow f JOIN actor a ON a.id = f.follower
           WHERE f.followed = :other AND a.local = 1 AND f.state <> 'refused'""",
        other=other,
    )
    return [(row["follower"], row["state"]) for row in rows]


def anybody_follows(tx: Tx, other: int) -> bool:
    """Does any of ours follow this actor elsewhere (and did they accept)?"""
    return (
        tx.one(
            """SELECT 1 AS yes FROM follow f JOIN actor a ON a.id = f.follower
               WHERE f.followed = :other AND f.state = 'accepted' AND a.local = 1 LIMIT 1""",
            other=other,
        )
        is not None
    )


def neighbourhood_follows(tx: Tx, other: int) -> bool:
    """Does the hub, or the server itself, follow this actor? What they say is for our pages then."""
    return _followed_by(tx, other, person=False)


def residents_follow(tx: Tx, other: int) -> bool:
    """Does somebody who lives here follow this actor in their own name?"""
    return _followed_by(tx, other, person=True)


def _followed_by(tx: Tx, other: int, *, person: bool) -> bool:
    row = tx.one(
        """SELECT 1 AS yes FROM follow f JOIN actor a ON a.id = f.follower
           WHERE f.followed = :other AND f.state = 'accepted' AND a.local = 1
             AND CASE WHEN a.kind = 'person' THEN 1 ELSE 0 END = :person LIMIT 1""",
        other=other, person=int(person),
    )  # fmt: skip
    return row is not None


def followers(tx: Tx, id: int, before: int | None = None, limit: int = PAGE) -> list[Actor]:
    """Who follows this actor, newest first. `before` is the `at` of the last one seen."""
    rows = tx.all(
        """SELECT a.* FROM follow f JOIN actor a ON a.id = f.follower
           WHERE f.followed = :id AND f.state = 'accepted' AND f.at < :before ORDER BY f.at DESC LIMIT :limit""",
        id=id, before=before or now() + 1, limit=limit,
    )  # fmt: skip
    return [of_row(row) for row in rows]


def following(tx: Tx, id: int, limit: int = 500) -> list[tuple[Actor, str, int]]:
    """Whom this actor follows or wants to: the actor, the state, and since when."""
    rows = tx.all(
        """SELECT a.*, f.state, f.at FROM follow f JOIN actor a ON a.id = f.followed
           WHERE f.follower = :id ORDER BY f.at DESC LIMIT :limit""",
        id=id, limit=limit,
    )  # fmt: skip
    return [(of_row(row), row["state"], row["at"]) for row in rows]


def counts(tx: Tx, id: int) -> tuple[int, int]:
    """How many follow this actor, and how many it follows."""
    row = tx.one(
        """SELECT (SELECT count(*) FROM follow WHERE followed = :id AND state = 'accepted') AS followers,
                  (SELECT count(*) FROM follow WHERE follower = :id AND state = 'accepted') AS following""",
        id=id,
    )
    assert row is not None
    return row["followers"], row["following"]


def asked(tx: Tx, id: int) -> int:
    """How many wait for this actor to let them follow."""
    row = tx.one("SELECT count(*) AS n FROM follow WHERE followed = :id AND state = 'requested'", id=id)
    return row["n"] if row else 0


def reach(tx: Tx, id: int) -> tuple[int, int]:
    """How many on other servers follow this actor, and on how many servers they are."""
    row = tx.one(
        """SELECT count(*) AS followers, count(DISTINCT a.domain) AS servers
           FROM follow f JOIN actor a ON a.id = f.follower
           WHERE f.followed = :id AND f.state = 'accepted' AND a.local = 0 AND a.removed IS NULL""",
        id=id,
    )
    assert row is not None
    return row["followers"], row["servers"]


def inboxes(tx: Tx, followed: int) -> list[Row]:
    """Where to send what this actor's followers elsewhere are to see: one row (`inbox`, `domain`) a shared inbox."""
    return tx.all(
        """SELECT DISTINCT coalesce(a.shared_inbox, a.inbox) AS inbox, a.domain
           FROM follow f JOIN actor a ON a.id = f.follower
           WHERE f.followed = :id AND f.state = 'accepted' AND a.local = 0 AND a.removed IS NULL""",
        id=followed,
    )
