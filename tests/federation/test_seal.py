"""Letters that somebody else passes on: believed by a proof of their actor's, else looked up where they come from."""

from typing import Any

import pytest
from elsewhere import Elsewhere, Json, create, pair, post
from here import Here

from federation import keys, proofs
from hub import actors
from hub.clock import DAY, HOUR, now

INBOX = "https://glan.example/inbox"
MADE = "2026-05-01T09:00:00Z"


def proved(doc: Json, *, key: int = 0, method: str = "", created: str = MADE) -> Json:
    private = keys.load_private(pair(key).ed25519_private)
    assert isinstance(private, keys.Ed25519PrivateKey)
    return proofs.prove(doc, method or f"{doc['actor']}#ed25519-key", private, created)


def note(mastodon: Elsewhere, ann: str, number: int = 1, **more: Any) -> Json:
    return create(ann, f"{mastodon.base}/notes/{number}", content="<p>The bridge is open.</p>", **more)


async def listen_to(here: Here, uri: str) -> None:
    """Have our hub follow somebody who has accepted."""
    other = await here.one("SELECT id FROM actor WHERE uri = :uri", uri=uri)
    ours = await here.one("SELECT actor FROM hub")
    await here.store.write(actors.ask_to_follow, ours, other)
    await here.store.write(actors.follow_answered, ours, other, accepted=True)


async def met(here: Here, *uris: str) -> None:
    for uri in uris:
        answer = await post(here.app, INBOX, {"id": f"{uri}#hello", "type": "Like", "actor": uri, "object": "x"})
        assert answer.status_code == 202, answer.text
    await here.work()


async def words(here: Here) -> list[str]:
    return [row["html"] for row in await here.all("SELECT html FROM thing WHERE local = 0")]


@pytest.fixture
def relay(here: Here) -> str:
    return here.server("relay.example").actor("relay", "Application", key=1)


# --- with a proof ----------------------------------------------------------------------------------


async def test_what_somebody_passes_on_is_believed_by_its_actors_proof(
    here: Here, mastodon: Elsewhere, relay: str
) -> None:
    ann = mastodon.actor("ann")
    await met(here, ann)
    await listen_to(here, ann)
    answer = await post(here.app, INBOX, proved(note(mastodon, ann)), by=relay, key=1)
    assert answer.status_code == 202, answer.text
    await here.work()
    assert "bridge is open" in (await words(here))[0]
    assert (await here.all("SELECT signer FROM inbox ORDER BY id"))[-1] == {"signer": ann}


async def test_and_counts_once_however_it_comes(here: Here, mastodon: Elsewhere, relay: str) -> None:
    ann = mastodon.actor("ann")
    letter = proved(note(mastodon, ann))
    for by, key in ((relay, 1), (ann, 0), (relay, 1)):
        assert (await post(here.app, INBOX, letter, by=by, key=key)).status_code == 202
    assert await here.one("SELECT count(*) FROM inbox") == 1


async def test_a_neighbour_on_the_same_server_may_pass_it_on_too(here: Here, mastodon: Elsewhere) -> None:
    ann, bob = mastodon.actor("ann"), mastodon.actor("bob", key=1)
    assert (await post(here.app, INBOX, proved(note(mastodon, ann)), by=bob, key=1)).status_code == 202


@pytest.mark.parametrize(
    "spoil",
    [
        lambda it, ann, eve: proved(it) | {"object": it["object"] | {"content": "<p>Free beer.</p>"}},
        lambda it, ann, eve: proved(it, key=1),
        lambda it, ann, eve: proved(it, method=f"{ann}#main-key"),
        lambda it, ann, eve: proved(it, method=f"{ann}#another"),
        lambda it, ann, eve: proved(it, created="2026-03-01T09:00:00Z"),
        lambda it, ann, eve: proved(it, created="2026-05-01T10:00:01Z"),
    ],
    ids=["changed", "wrong key", "RSA key", "unknown key", "old", "from the future"],
)
async def test_22_a_proof_that_is_not_the_actors_own_and_new_makes_nobody_believe(
    here: Here, mastodon: Elsewhere, spoil: Any
) -> None:
    ann = mastodon.actor("ann")
    eve = here.server("evil.example").actor("eve", key=1)
    answer = await post(here.app, INBOX, spoil(note(mastodon, ann), ann, eve), by=eve, key=1)
    assert answer.status_code == 401
    assert await here.one("SELECT count(*) FROM inbox") == 0


async def test_22_a_proof_by_ones_own_key_for_somebody_elses_words_makes_us_ask_nobody(
    here: Here, mastodon: Elsewhere
) -> None:
    ann, evil = mastodon.actor("ann"), here.server("evil.example")
    eve = evil.actor("eve", key=1)
    forged = proved(note(mastodon, ann), key=1, method=f"{eve}#ed25519-key")
    assert (await post(here.app, INBOX, forged, by=eve, key=1)).status_code == 401
    assert mastodon.asked == evil.asked == []


async def test_22_whoever_passes_it_on_has_to_be_who_they_say(here: Here, mastodon: Elsewhere, relay: str) -> None:
    ann = mastodon.actor("ann")
    assert (await post(here.app, INBOX, proved(note(mastodon, ann)), by=relay, key=2)).status_code == 401


async def test_22_a_proof_by_a_key_that_was_changed_is_looked_up_once(
    here: Here, mastodon: Elsewhere, relay: str
) -> None:
    ann = mastodon.actor("ann", key=2)
    await met_with(here, ann, 2)
    mastodon.actor("ann")  # has a new key now
    mastodon.asked.clear()
    assert (await post(here.app, INBOX, proved(note(mastodon, ann)), by=relay, key=1)).status_code == 202
    forged = proved(note(mastodon, ann, 2), key=1)
    for _ in range(3):
        assert (await post(here.app, INBOX, forged, by=relay, key=1)).status_code == 401
    assert mastodon.asked == ["/users/ann"]


async def met_with(here: Here, ann: str, key: int) -> None:
    hello = {"id": f"{ann}#hello", "type": "Like", "actor": ann, "object": "x"}
    assert (await post(here.app, INBOX, hello, key=key)).status_code == 202


# --- without one -----------------------------------------------------------------------------------


async def test_21_what_those_we_listen_to_pass_on_is_looked_up_where_it_comes_from(
    here: Here, mastodon: Elsewhere, relay: str
) -> None:
    ann = mastodon.actor("ann")
    await met_relay(here, relay)
    await met(here, ann)
    await listen_to(here, relay)
    await listen_to(here, ann)
    mastodon.serve("/notes/1", note(mastodon, ann)["object"] | {"content": "<p>As it is at home.</p>"})
    passed_on = note(mastodon, ann) | {"signature": {"type": "RsaSignature2017", "signatureValue": "AAAA"}}
    for _ in range(2):
        answer = await post(here.app, INBOX, passed_on, by=relay, key=1)
        assert answer.status_code == 202, answer.text
    await here.work()
    assert [html for html in await words(here) if "As it is at home" in html]
    assert not [html for html in await words(here) if "bridge" in html]
    assert await here.one("SELECT count(*) FROM inbox WHERE uri = :uri", uri=passed_on["id"]) == 0
    genuine = await post(here.app, INBOX, note(mastodon, ann))
    assert genuine.status_code == 202
    assert await here.one("SELECT count(*) FROM inbox WHERE uri = :uri", uri=passed_on["id"]) == 1


async def met_relay(here: Here, relay: str) -> None:
    hello = {"id": f"{relay}#hello", "type": "Like", "actor": relay, "object": "x"}
    assert (await post(here.app, INBOX, hello, key=1)).status_code == 202
    await here.work()


async def test_21_what_is_not_there_was_never_said(here: Here, mastodon: Elsewhere, relay: str) -> None:
    ann = mastodon.actor("ann")
    await met_relay(here, relay)
    await met(here, ann)
    await listen_to(here, relay)
    await listen_to(here, ann)
    assert (await post(here.app, INBOX, note(mastodon, ann), by=relay, key=1)).status_code == 202
    await here.work()
    assert await words(here) == []


async def test_21_nobody_is_deleted_or_followed_by_hearsay(here: Here, mastodon: Elsewhere, relay: str) -> None:
    ann = mastodon.actor("ann")
    await met_relay(here, relay)
    await met(here, ann)
    await listen_to(here, relay)
    await listen_to(here, ann)
    before = await here.one("SELECT count(*) FROM inbox")
    for type in ("Delete", "Follow", "Announce", "Undo", "Move"):
        letter = {"id": f"{ann}#{type}", "type": type, "actor": ann, "object": f"{mastodon.base}/notes/1"}
        assert (await post(here.app, INBOX, letter, by=relay, key=1)).status_code == 202
    assert await here.one("SELECT count(*) FROM inbox") == before


async def test_21_nothing_is_fetched_for_those_to_whom_nobody_listens(
    here: Here, mastodon: Elsewhere, relay: str
) -> None:
    ann = mastodon.actor("ann")
    assert (await post(here.app, INBOX, note(mastodon, ann), by=relay, key=1)).status_code == 401
    assert mastodon.asked == here.servers["relay.example"].asked == []


# --- whose key -------------------------------------------------------------------------------------


async def test_a_key_with_an_address_of_its_own_names_its_owner(here: Here, mastodon: Elsewhere) -> None:
    """GoToSocial: strangers get just enough of an actor at the key's address to find who owns it."""
    ann = mastodon.actor("ann")
    gts = here.server("gts.example", "gotosocial")
    uri, name = "https://gts.example/users/bo", "https://gts.example/users/bo/main-key"
    key = {"id": name, "owner": uri, "publicKeyPem": pair(1).rsa_public}
    gts.actor("bo", key=1, publicKey=key, assertionMethod=[])
    stub = {"@context": "https://www.w3.org/ns/activitystreams", "type": "Person", "preferredUsername": "bo"}
    for id in (uri, name):
        gts.serve("/users/bo/main-key", stub | {"id": id, "publicKey": key})
        here.wire.owners.drop(name)
        number = len(gts.asked)
        letter = proved(note(mastodon, ann, number + 1))
        assert (await post(here.app, INBOX, letter, key_id=name, key=1)).status_code == 202


async def test_14_a_key_that_says_it_is_somebody_elses_elsewhere_opens_nothing(here: Here, mastodon: Elsewhere) -> None:
    ann = mastodon.actor("ann")
    evil = here.server("evil.example")
    name = "https://evil.example/key"
    evil.serve("/key", {"id": name, "owner": ann, "publicKeyPem": pair(1).rsa_public})
    letter = proved(note(mastodon, ann))
    assert (await post(here.app, INBOX, letter, key_id=name, key=1)).status_code == 401
    assert await here.one("SELECT count(*) FROM inbox") == 0
    assert mastodon.asked == []


async def test_18_a_key_that_cannot_be_had_is_not_looked_for_again(here: Here, mastodon: Elsewhere) -> None:
    ann = mastodon.actor("ann")
    nowhere = here.server("nowhere.example")
    letter = proved(note(mastodon, ann))
    for _ in range(5):
        assert (await post(here.app, INBOX, letter, key_id="https://nowhere.example/key", key=1)).status_code == 401
    assert nowhere.asked == ["/key"]


async def test_keys_from_our_own_rows_stay_at_hand_as_long_as_they_are_fresh(
    here: Here, mastodon: Elsewhere, clock: Any
) -> None:
    ann = mastodon.actor("ann")
    await met(here, ann)
    clock.forward(23 * HOUR)
    here.wire.keys.drop(ann)
    mastodon.asked.clear()
    await met(here, ann)
    assert here.wire.keys.get(ann) is not None
    clock.forward(2 * HOUR)
    assert here.wire.keys.get(ann) is None
    assert now() < clock.ms + DAY
    assert mastodon.asked == []
