"""Which of our documents carry a proof: what hubs are sent, and what hubs can read; each made once."""

import httpx
import msgspec
import pytest
from apsig import ProofVerifier  # type: ignore[import-untyped]
from conftest import Clock
from elsewhere import Elsewhere, Json, activity, post
from here import Here
from scene import lift, orchard, party

from federation import keys, proofs, proving
from hub import asks, events, posts, projects
from hub.clock import DAY, now

INBOX = "https://glan.example/inbox"


async def follows(here: Here, server: Elsewhere, software: str) -> str:
    ann = server.actor("ann")
    await post(here.app, INBOX, activity("Follow", ann, f"{here.base}/actor/hub"))
    await here.work()
    await here.store.write(lambda tx: tx.run("UPDATE peer SET profile = :it", it=software))
    server.forget()
    return ann


async def get(here: Here, url: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=here.app), base_url=here.base) as client:
        return await client.get(url, headers={"accept": "application/activity+json"})


async def believed(here: Here, doc: Json) -> str:
    """Whose proof it is, by their own document; by our own reading and by another's."""
    proof = proofs.of(doc)
    assert proof is not None
    owner = (await get(here, proof.method.partition("#")[0])).json()
    [key] = [key for key in owner["assertionMethod"] if key["id"] == proof.method]
    proofs.verify(doc, proof, keys.from_multikey(key["publicKeyMultibase"]), now())
    assert ProofVerifier(keys.from_multikey(key["publicKeyMultibase"])).verify(msgspec.json.decode(packed(doc)))
    return str(owner["id"])


def packed(doc: Json) -> bytes:
    return msgspec.json.encode(doc)


async def test_hubs_are_sent_a_proof_with_what_is_public(here: Here, mastodon: Elsewhere) -> None:
    await follows(here, mastodon, "hub")
    await here.store.write(events.publish, here.steward, party())
    await here.work()
    [sent] = [it for it in mastodon.received if it["type"] == "Create"]
    assert await believed(here, sent) == sent["actor"]
    assert "proof" not in sent["object"]


async def test_timelines_are_sent_none(here: Here, mastodon: Elsewhere) -> None:
    await follows(here, mastodon, "micro")
    await here.store.write(events.publish, here.steward, party())
    await here.work()
    assert mastodon.received
    assert not [it for it in mastodon.received if "proof" in it]


async def test_what_is_said_to_one_alone_carries_none(here: Here, mastodon: Elsewhere) -> None:
    ann = mastodon.actor("ann")
    await post(here.app, INBOX, activity("Follow", ann, f"{here.base}/actor/hub"))
    await here.work()
    assert [(it["type"], "proof" in it) for it in mastodon.received] == [("Accept", False)]


async def test_one_proof_does_for_all_who_get_it(here: Here) -> None:
    servers = [here.server(f"hub{n}.example", "neighbourhub") for n in range(5)]
    for server in servers:
        await follows(here, server, "hub")
    before = proving._proved.cache_info()
    await here.store.write(asks.publish, here.steward, "ask", lift())
    await here.work()
    after = proving._proved.cache_info()
    assert (after.misses - before.misses, after.hits - before.hits) == (1, 0)
    assert all(any("proof" in it for it in server.received) for server in servers)


async def everything(here: Here) -> list[str]:
    """The ids of one thing of each kind that other hubs can read, and of who says it."""
    steward = here.steward
    await here.store.write(events.publish, steward, party())
    await here.store.write(asks.publish, steward, "ask", lift())
    await here.store.write(projects.start, steward, orchard())
    await here.work()
    rows = await here.all("SELECT uri FROM thing WHERE local = 1 AND kind IN ('event', 'companion', 'ask', 'project')")
    return [row["uri"] for row in rows] + [f"{here.base}/actor", f"{here.base}/actor/hub"]


async def test_what_hubs_can_read_carries_a_proof_by_whoever_says_it(here: Here) -> None:
    for url in await everything(here):
        doc = (await get(here, url)).json()
        assert "nh:kind" in doc, url
        assert await believed(here, doc) == doc.get("attributedTo", doc["id"]), url


async def test_what_everybody_else_reads_carries_none(here: Here) -> None:
    await here.store.write(posts.publish, here.steward, posts.Draft(text={"en": "The tap is on."}))
    await here.work()
    rows = await here.all("SELECT uri FROM thing WHERE kind = 'note'")
    for url in (*(row["uri"] for row in rows), f"{here.base}/actor/hub/outbox"):
        assert "proof" not in (await get(here, url)).json()


async def test_an_activity_that_is_read_later_carries_no_proof_of_what_was_sent_earlier(
    here: Here, mastodon: Elsewhere
) -> None:
    await follows(here, mastodon, "hub")
    await here.store.write(asks.publish, here.steward, "ask", lift())
    await here.work()
    [sent] = [it for it in mastodon.received if it["type"] == "Create"]
    assert "proof" in sent
    assert "proof" not in (await get(here, sent["id"])).json()
    page = (await get(here, f"{here.base}/actor/hub/outbox?page=1")).json()
    assert page["orderedItems"]
    assert not [it for it in page["orderedItems"] if "proof" in it]


async def test_what_is_put_together_after_an_outage_carries_no_proof_of_its_first_form(
    here: Here, mastodon: Elsewhere, clock: Clock
) -> None:
    await follows(here, mastodon, "hub")
    here.servers.pop(mastodon.host)
    ask = await here.store.write(asks.publish, here.steward, "ask", lift())
    await here.work()
    await here.store.write(asks.change, here.steward, ask.id, lift(title={"en": "A lift to the dentist"}))
    await here.work()
    here.servers[mastodon.host] = mastodon
    for _ in range(4):
        clock.forward(2 * DAY)
        await here.work()
    [sent] = [it for it in mastodon.received if it["type"] == "Create"]
    assert sent["object"]["nh:title"] == "A lift to the dentist"
    assert "proof" not in sent


async def test_the_same_words_are_proved_once_and_have_one_etag(here: Here) -> None:
    [url] = [url for url in await everything(here) if "/event/" in url]
    first = await get(here, url)
    made = proving._proved.cache_info().misses
    await here.store.write(posts.publish, here.steward, posts.Draft(text={"en": "Something else changed."}))
    again = await get(here, url)
    assert again.headers["etag"] == first.headers["etag"]
    assert proving._proved.cache_info().misses == made


@pytest.mark.parametrize("name", ["hub", ""])
async def test_the_keys_that_prove_are_published_as_multikeys(here: Here, name: str) -> None:
    doc = (await get(here, f"{here.base}/actor/{name}".rstrip("/"))).json()
    assert [key.id for key in keys.of_actor(doc)] == [f"{doc['id']}#main-key", f"{doc['id']}#ed25519-key"]
