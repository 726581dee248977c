"""Each server is told and asked in the way it understands; and our keys can be changed without anything being lost."""

from typing import Any

import msgspec
import pytest
from conftest import Clock
from elsewhere import CONTEXT, Elsewhere, Json, activity, create, pair, post
from here import Here
from scene import lift

from federation import keys as federation_keys
from federation import resolve, signatures
from federation.keys import VerifyingKey, load_public
from federation.resolve import document
from federation.signatures import BadSignature
from hub import actors, asks, keys, manners, people, projects
from hub.clock import DAY, HOUR, MINUTE, now

RFC9421 = "https://datatracker.ietf.org/doc/html/rfc9421"
INBOX = "https://glan.example/inbox"


async def send(scope: Any, status: int, send_: Any) -> None:
    await send_({"type": "http.response.start", "status": status, "headers": []})
    await send_({"type": "http.response.body", "body": b""})


class Picky:
    """A server that answers 401 to every GET but those that are signed in one way."""

    def __init__(self, behind: Elsewhere, takes: str) -> None:
        self.behind, self.takes, self.ways = behind, takes, list[str]()

    async def __call__(self, scope: Any, receive: Any, send_: Any) -> None:
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        newer, query = "signature-input" in headers, scope["query_string"].decode()
        self.ways.append("rfc9421" if newer else "cavage")
        path = scope["path"] + (f"?{query}" if query and self.takes != "no query" else "")
        try:
            claim = signatures.parse("GET", path, self.behind.base, [*headers.items()], b"", now())
            signatures.verify(claim, self.key)
        except BadSignature:
            await send(scope, 401, send_)
            return
        if newer == (self.takes == "rfc9421"):
            await self.behind(scope, receive, send_)
        else:
            await send(scope, 401, send_)

    key: VerifyingKey


@pytest.mark.parametrize(
    ("takes", "path", "first", "later"),
    [
        ("cavage", "/notes/1", ["cavage"], ["cavage"]),
        ("rfc9421", "/notes/1", ["cavage", "rfc9421"], ["rfc9421"]),
        ("rfc9421", "/notes?id=1", ["cavage", "cavage", "rfc9421"], ["rfc9421"]),
        ("no query", "/notes?id=1", ["cavage", "cavage"], ["cavage"]),
    ],
)
async def test_how_a_server_wants_to_be_asked_is_found_out_once(
    here: Here, mastodon: Elsewhere, clock: Clock, takes: str, path: str, first: list[str], later: list[str]
) -> None:
    note = create(mastodon.actor("ann"), f"{mastodon.base}{path}", content="<p>hi</p>")["object"]
    mastodon.serve(path, note)
    picky = here.servers["mastodon.example"] = Picky(mastodon, takes)
    picky.key = load_public(await here.one("SELECT a.public_key FROM actor a JOIN hub h ON h.instance = a.id"))

    async def asked() -> list[str]:
        picky.ways.clear()
        assert await document(here.wire, note["id"]) == note
        return list(picky.ways)

    assert await asked() == first
    assert await asked() == later
    here.wire.asking.drop("mastodon.example")  # as after a restart
    assert await asked() == later
    clock.forward(31 * DAY)
    here.wire.asking.drop("mastodon.example")
    assert await asked() == first


async def test_who_says_that_it_knows_rfc_9421_is_written_to_in_it(here: Here, mastodon: Elsewhere) -> None:
    implements = {"type": "Application", "implements": [{"type": "Link", "href": RFC9421}]}
    ann = mastodon.actor("ann", generator=implements)
    await post(here.app, INBOX, activity("Follow", ann, f"{here.base}/actor/hub"))
    await here.work()
    assert ["signature-input" in headers for headers in mastodon.headers] == [True]


async def test_what_we_found_out_counts_for_more_than_what_a_server_says(here: Here, mastodon: Elsewhere) -> None:
    implements = {"type": "Application", "implements": RFC9421}
    ann = mastodon.actor("ann", generator=implements)
    mastodon.inbox_answers = [(401, {})]
    await post(here.app, INBOX, activity("Follow", ann, f"{here.base}/actor/hub"))
    await here.work()
    await resolve.actor(here.wire, ann, fresh=True)
    await post(here.app, INBOX, activity("Follow", ann, f"{here.base}/actor"))
    await here.work()
    newer = ["signature-input" in headers for headers in mastodon.headers]
    assert newer[:2] == [True, False]
    assert not any(newer[1:])


# --- clocks ----------------------------------------------------------------------------------------


async def test_a_refusal_is_repeated_with_what_the_others_clock_says(here: Here, mastodon: Elsewhere) -> None:
    ann = mastodon.actor("ann")
    late = {"date": "Fri, 01 May 2026 07:00:00 GMT"}
    mastodon.inbox_answers = [(401, late)] * 2
    await post(here.app, INBOX, activity("Follow", ann, f"{here.base}/actor/hub"))
    await here.work()
    assert "Our clock is 120 minutes ahead of theirs." in await here.one(
        "SELECT last_error FROM job WHERE attempts > 0"
    )
    assert await here.store.read(manners.clocks) == [manners.Clock("mastodon.example", 2 * HOUR)]


async def test_a_clock_is_no_longer_spoken_of_once_we_are_understood(
    here: Here, mastodon: Elsewhere, clock: Clock
) -> None:
    ann = mastodon.actor("ann")
    mastodon.inbox_answers = [(401, {"date": "Fri, 01 May 2026 11:00:00 GMT"})] * 2
    await post(here.app, INBOX, activity("Follow", ann, f"{here.base}/actor/hub"))
    await here.work()
    assert [one.ahead for one in await here.store.read(manners.clocks)] == [-2 * HOUR]
    clock.forward(5 * MINUTE)
    await here.work()
    assert await here.store.read(manners.clocks) == []


# --- keys are changed ------------------------------------------------------------------------------


class Peer(Elsewhere):
    """A server that checks who writes to it, by a key that it remembers as we would."""

    def __init__(self, host: str, here: Here, *, stubborn: bool = False) -> None:
        super().__init__(host)
        self.here, self.stubborn, self.known = here, stubborn, dict[str, str]()
        self.refused: list[str] = []
        self.down = False

    async def __call__(self, scope: Any, receive: Any, send_: Any) -> None:
        if scope["method"] != "POST":
            await super().__call__(scope, receive, send_)
            return
        if self.down:
            await send(scope, 503, send_)
            return
        message = await receive()
        headers = [(name.decode(), value.decode()) for name, value in scope["headers"]]
        doc = msgspec.json.decode(message["body"])
        if not await self._made_by(doc["actor"], scope["path"], headers, message["body"]):
            self.refused.append(doc["type"])
            await send(scope, 401, send_)
            return
        self.received.append(doc)
        if doc["type"] == "Update" and doc["object"].get("id") == doc["actor"]:
            self.known[doc["actor"]] = await self._shown(doc["actor"])
        await send(scope, 202, send_)

    async def _made_by(self, actor: str, path: str, headers: list[tuple[str, str]], body: bytes) -> bool:
        for _ in range(2):
            known = self.known.get(actor) or await self._shown(actor)
            claim = signatures.parse("POST", path, self.base, headers, body, now())
            try:
                signatures.verify(claim, load_public(known))
            except BadSignature:
                if self.stubborn:
                    return False
                self.known[actor] = await self._shown(actor)
            else:
                self.known[actor] = known
                return True
        return False

    async def _shown(self, actor: str) -> str:
        shown: str = await self.here.one("SELECT public_key FROM actor WHERE uri = :uri", uri=actor)
        return shown


async def a_follower(here: Here, peer: Peer) -> None:
    here.servers[peer.host] = peer
    ann = peer.actor("ann")
    await post(here.app, INBOX, activity("Follow", ann, f"{here.base}/actor/hub"))
    await here.work()
    assert [it["type"] for it in peer.received] == ["Accept"]
    peer.received.clear()


async def rotate(here: Here, **how: bool) -> bool:
    hub = await here.one("SELECT actor FROM hub")
    return await here.store.write(keys.rotate, hub, keys.generate(), **how)


async def ask(here: Here, words: str) -> None:
    await here.store.write(asks.publish, here.steward, "ask", lift(title={"en": words}))


def titles(peer: Peer) -> list[str]:
    return [it["object"]["nh:title"] for it in peer.received if it["type"] == "Create"]


@pytest.mark.parametrize("stubborn", [False, True])
async def test_nothing_is_lost_before_while_and_after_a_key_is_changed(
    here: Here, clock: Clock, stubborn: bool
) -> None:
    """Whether the other server looks for a new key by itself, or only when it is told that there is one."""
    peer = Peer("peer.example", here, stubborn=stubborn)
    await a_follower(here, peer)
    peer.down = True
    await ask(here, "before")
    await here.work()
    assert await rotate(here)
    await ask(here, "meanwhile")
    await here.work()
    peer.down = False
    for _ in range(20):
        clock.forward(10 * MINUTE)
        await here.work()
    await ask(here, "after")
    await here.work()
    for _ in range(20):
        clock.forward(10 * MINUTE)
        await here.work()
    assert sorted(titles(peer)) == ["after", "before", "meanwhile"]
    assert peer.known[f"{here.base}/actor/hub"] == await peer._shown(f"{here.base}/actor/hub")
    assert await here.one("SELECT count(*) FROM job WHERE kind = 'deliver'") == 0


async def test_the_word_that_there_is_a_new_key_comes_under_the_old_one(here: Here, clock: Clock) -> None:
    peer = Peer("peer.example", here, stubborn=True)
    await a_follower(here, peer)
    assert await rotate(here)
    clock.forward(MINUTE)
    await here.work()
    [update] = peer.received
    assert (update["type"], update["object"]["id"]) == ("Update", f"{here.base}/actor/hub")
    assert peer.refused == []
    clock.forward(MINUTE)  # by when the whole process knows
    await ask(here, "after")
    await here.work()
    assert titles(peer) == ["after"]
    assert peer.refused == []


async def test_a_change_of_keys_waits_until_the_last_one_has_arrived(here: Here, clock: Clock) -> None:
    peer = Peer("peer.example", here)
    await a_follower(here, peer)
    peer.down = True
    assert await rotate(here)
    assert not await rotate(here)
    await here.work()
    clock.forward(2 * HOUR)
    assert await here.store.write(keys.sweep) == 0
    peer.down = False
    clock.forward(2 * HOUR)
    await here.work()
    assert await here.store.write(keys.sweep) == 1
    assert await rotate(here)


async def test_a_stolen_key_is_changed_without_waiting(here: Here) -> None:
    first = await here.one("SELECT rsa FROM actor_key WHERE actor = (SELECT actor FROM hub)")
    assert await rotate(here)
    assert await rotate(here, again=True)
    assert bytes(await here.one("SELECT rsa FROM former_key")) != bytes(first)


async def test_new_keys_are_really_new_and_the_published_ones_belong_to_them(here: Here) -> None:
    hub = await here.one("SELECT actor FROM hub")
    before = await here.store.read(actors.get, hub)
    await rotate(here)
    after = await here.store.read(actors.get, hub)
    rsa, ed25519 = await here.store.read(actors.keys, hub)
    assert before.public_key != after.public_key
    assert before.multikey != after.multikey
    assert federation_keys.load_private(rsa).public_key() == load_public(after.public_key)
    assert federation_keys.load_private(ed25519).public_key() == federation_keys.from_multikey(str(after.multikey))


async def test_another_process_that_has_not_heard_of_the_change_finds_out_when_it_is_refused(here: Here) -> None:
    peer = Peer("peer.example", here)
    await a_follower(here, peer)
    hub = await here.one("SELECT actor FROM hub")
    stale = await here.wire.own(hub)
    await rotate(here)
    await here.work()
    await here.store.write(lambda tx: tx.run("DELETE FROM former_key"))
    here.wire.signers.put(str(hub), stale)
    peer.received.clear()
    await ask(here, "still heard")
    await here.work()
    assert titles(peer) == ["still heard"]


async def test_everybody_with_keys_is_named_once(here: Here) -> None:
    await here.store.write(projects.start, here.steward, projects.Draft(title={"en": "Orchard"}))
    assert len(await here.store.read(keys.ours)) == len(set(await here.store.read(keys.ours))) >= 4
    assert (await here.store.read(people.steward)).actor in await here.store.read(keys.ours)


# --- others change theirs --------------------------------------------------------------------------


async def test_somebody_elsewhere_changes_their_key_and_is_heard_before_and_after(
    here: Here, mastodon: Elsewhere, clock: Clock
) -> None:
    ann = mastodon.actor("ann")
    assert (await post(here.app, INBOX, liked(ann, 1))).status_code == 202
    mastodon.actor("ann", key=1)
    update = activity("Update", ann, {"id": ann, "type": "Person", "@context": CONTEXT})
    assert (await post(here.app, INBOX, update)).status_code == 202
    assert (await post(here.app, INBOX, liked(ann, 2))).status_code == 202
    await here.work()
    assert (await post(here.app, INBOX, liked(ann, 3), key=1)).status_code == 202
    clock.forward(6 * MINUTE)
    assert (await post(here.app, INBOX, liked(ann, 4))).status_code == 401
    assert await here.one("SELECT public_key FROM actor WHERE uri = :ann", ann=ann) == pair(1).rsa_public


def liked(ann: str, number: int) -> Json:
    return activity("Like", ann, "https://glan.example/post/1", id=f"{ann}#{number}")
