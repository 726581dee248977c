"""What an app finds: by words here, by address and handle also on another hub."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from browsing import Site, settle, work
from calls import do, ids, me, read, say
from entities_schema import check
from in_process import in_process
from mastodon_apps import PLENTY, app_with, token_for

from federation import Client
from hub.config import Config, Limits, Server
from hub.store.open import opened
from web.app import build


async def find(app: httpx.AsyncClient, words: str, **query: Any) -> dict[str, Any]:
    it: dict[str, Any] = await read(app, "v2/search", "Search", q=words, **query)
    return it


async def test_people_hashtags_and_statuses_are_found_in_one_go_or_one_by_one(signed_in: Any) -> None:
    ann, heron = await signed_in("ann"), await signed_in("heron")
    said, other = await say(ann, "A #heron"), await say(heron, "heron of mine")
    it = await find(ann, "heron")
    assert [one["acct"] for one in it["accounts"]] == ["heron"]
    assert [one["name"] for one in it["hashtags"]] == ["heron"]
    assert [one["id"] for one in it["statuses"]] == [said]
    assert [one["id"] for one in (await find(heron, "heron", type="statuses"))["statuses"]] == [other]
    only = await find(ann, "heron", type="hashtags")
    assert (only["accounts"], only["statuses"], len(only["hashtags"])) == ([], [], 1)
    assert [one["name"] for one in (await find(ann, "#unheard"))["hashtags"]] == ["unheard"]
    assert (await find(ann, "heron", type="accounts", following=True))["accounts"] == []
    assert (await find(ann, "heron", type="statuses", offset=1))["statuses"] == []
    assert (await find(ann, "heron", type="statuses", account_id=await me(heron)))["statuses"] == []
    old = await read(ann, "search", q="heron")
    assert old["hashtags"] == ["heron"]
    await read(ann, "v2/search", "Error", 422, q=" ")


async def test_a_stranger_finds_people_and_tags_but_has_nothing_fetched(signed_in: Any, site: Site) -> None:
    ann, nobody = await signed_in("ann"), app_with(site)
    await say(ann, "A #heron")
    it = await find(nobody, "heron")
    assert (it["statuses"], [one["name"] for one in it["hashtags"]]) == ([], ["heron"])
    assert [one["acct"] for one in (await find(nobody, "@ann"))["accounts"]] == ["ann"]
    await read(nobody, "v2/search", "Error", 401, q="heron", resolve=True)
    await read(nobody, "v2/search", "Error", 401, q="heron", offset=1)


async def test_an_address_leads_to_what_stands_there_as_far_as_one_may_see_it(signed_in: Any) -> None:
    ann, ben = await signed_in("ann"), await signed_in("ben")
    said = await say(ann, "psst", visibility="private")
    it = await read(ann, f"statuses/{said}")
    assert [one["id"] for one in (await find(ann, it["url"]))["statuses"]] == [said]
    assert await find(ben, it["url"], resolve=True) == {"accounts": [], "statuses": [], "hashtags": []}
    assert [one["acct"] for one in (await find(ben, it["account"]["url"]))["accounts"]] == ["ann"]


# --- two hubs --------------------------------------------------------------------------------------

ONE, TWO = "https://one.example", "https://two.example"


@pytest_asyncio.fixture
async def two(migrated: Path, tmp_path: Path) -> AsyncIterator[dict[str, Site]]:
    """Two hubs that reach each other without a network, each with people of its own."""
    apps: dict[str, Any] = {}
    sites = {}
    async with AsyncExitStack() as stack:
        for base in (ONE, TWO):
            folder = tmp_path / base[-11:-8]
            folder.mkdir()
            (folder / "hub.db").write_bytes(migrated.read_bytes())
            store = await stack.enter_async_context(opened(str(folder / "hub.db")))
            await store.write(settle, base)
            client = Client(base, "test", transport_factory=in_process(apps))
            stack.push_async_callback(client.close)
            config = Config(server=Server(base_url=base), limits=Limits(**PLENTY))
            app = build(store, config, data=folder, client=client)
            apps[base[8:]] = app
            sites[base[8:]] = Site(app, store, base)
        yield sites


async def test_somebody_on_another_hub_is_found_and_followed_and_what_they_say_comes_home(
    two: dict[str, Site],
) -> None:
    here, there = two["one.example"], two["two.example"]
    mine = app_with(here, await here.store.write(token_for, "ann"))
    theirs = app_with(there, await there.store.write(token_for, "dai"))
    said = await read(theirs, f"statuses/{await say(theirs, 'A dipper #bird')}")
    assert (await find(mine, "@dai@two.example"))["accounts"] == []
    [found] = (await find(mine, "@dai@two.example", resolve=True, type="accounts"))["accounts"]
    assert found["acct"] == "dai@two.example"
    [status] = (await find(mine, said["url"], resolve=True))["statuses"]
    assert (status["content"], status["account"]["id"]) == (said["content"], found["id"])
    assert [one["id"] for one in (await find(mine, f"{TWO}/@dai", resolve=True))["accounts"]] == [found["id"]]
    assert await ids(mine, "accounts/search", q="@dai@two.example", resolve=True) == [found["id"]]
    assert (await find(mine, "@nobody@two.example", resolve=True))["accounts"] == []
    assert (await do(mine, f"accounts/{found['id']}/follow", "Relationship"))["requested"] is True
    for site in (here, there, here):
        await work(site)
    [stands] = await read(mine, "accounts/relationships", "[Relationship]", id=found["id"])
    assert stands["following"] is True
    await say(theirs, "Another dipper")
    for site in (there, here, there, here):
        await work(site)
    assert "dipper" in (await read(mine, "timelines/home", "[OwnedStatus]"))[0]["content"]


@pytest.mark.parametrize("words", ["https://two.example/nothing", "http://127.0.0.1/", "https://[::1]/", "x@y@z"])
async def test_what_is_not_there_is_simply_not_found(two: dict[str, Site], words: str) -> None:
    here = two["one.example"]
    mine = app_with(here, await here.store.write(token_for, "ann"))
    check(found := await find(mine, words, resolve=True), "Search")
    assert found == {"accounts": [], "statuses": [], "hashtags": []}
