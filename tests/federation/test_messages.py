"""What one of ours writes to one actor elsewhere: a note to them alone, which nobody else can read."""

import json
from typing import Any

import httpx
from scene import BASE, open_hub, person, stranger
from starlette.applications import Starlette

import federation
from federation import outgoing
from hub import messages, settings
from hub.store import Store, Tx

ASKS = {"accept": "application/activity+json"}


async def written(store: Store, name: str = "sunil") -> Any:
    def scene(tx: Tx) -> int:
        open_hub(tx)
        return messages.tell(tx, settings.get(tx).actor, stranger(tx, name), {"en": "The door code is 1234."})

    await store.write(scene)
    await store.write(outgoing.announce)
    rows = await store.read(lambda tx: tx.all("SELECT body, public, listed FROM activity"))
    (row,) = [row for row in rows if json.loads(row["body"])["type"] == "Create"]
    assert (row["public"], row["listed"]) == (0, 0)
    return json.loads(row["body"])


async def test_it_is_addressed_to_one_and_rings_there(store: Store) -> None:
    it = await written(store)
    sunil = "https://mastodon.example/users/sunil"
    assert it["to"] == it["object"]["to"] == [sunil]
    assert it.get("cc", []) == it["object"]["cc"] == []
    assert [(tag["type"], tag["href"]) for tag in it["object"]["tag"]] == [("Mention", sunil)]
    assert "1234" in it["object"]["content"]


async def test_it_goes_to_their_own_inbox_and_nowhere_else(store: Store) -> None:
    await written(store)
    rows = await store.read(lambda tx: tx.all("SELECT args FROM job WHERE kind = 'deliver'"))
    assert [json.loads(row["args"])["inbox"] for row in rows] == ["https://mastodon.example/users/sunil/inbox"]


async def test_between_two_who_are_here_nothing_travels(store: Store) -> None:
    def scene(tx: Tx) -> None:
        open_hub(tx)
        messages.tell(tx, settings.get(tx).actor, person(tx, "carys"), {"en": "See you there."})

    await store.write(scene)
    await store.write(outgoing.announce)
    assert await store.read(lambda tx: tx.all("SELECT 1 AS x FROM job WHERE kind = 'deliver'")) == []


async def test_its_addresses_answer_like_one_that_never_was(store: Store) -> None:
    it = await written(store)
    assert it["object"]["id"].startswith(f"{BASE}/message/")
    app = Starlette(routes=federation.routes)
    app.state.store = store
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE) as client:
        never = await client.get(f"{BASE}/message/1", headers=ASKS)
        for address in (it["id"], it["object"]["id"]):
            answer = await client.get(address, headers=ASKS)
            assert answer.status_code == never.status_code == 404
