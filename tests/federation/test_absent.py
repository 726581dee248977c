"""What a hub does not have cannot be attacked: proof that it is not there."""

import json
from typing import Any

import httpx
import pytest
from elsewhere import Elsewhere, activity, create, post
from hearing import HUB, INBOX, a_reply, an_event, followed, hear
from here import Here
from scene import BASE, lift, orchard

from federation import subscribe_url
from hub import actors, asks, messages, posts, projects, things
from hub.errors import HubError

ASKS = {"accept": "application/activity+json"}


async def get(here: Here, path: str, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(here.app), base_url=BASE) as client:
        return await client.get(path, headers=ASKS | headers)


async def busy(here: Here, mastodon: Elsewhere) -> None:
    """Something of each kind is published, followed, liked, shared, and one actor is written to."""
    ann = mastodon.actor("ann")
    await hear(here, activity("Follow", ann, HUB))
    event = await an_event(here)
    await here.store.write(asks.publish, here.steward, "ask", lift())
    project = await here.store.write(projects.start, here.steward, orchard())
    await here.store.write(posts.publish, here.steward, posts.Draft(text={"en": "Planted."}, project=project.id))
    await hear(here, activity("Like", ann, event.uri))
    await hear(here, activity("Announce", ann, event.uri))
    hub, them = await here.store.read(actors.at, HUB), await here.store.read(actors.at, ann)
    await here.store.write(messages.tell, hub.id, them.id, {"en": "Hello"})
    await here.work()


async def test_61_nothing_that_goes_out_names_hidden_receivers(here: Here, mastodon: Elsewhere) -> None:
    await busy(here, mastodon)
    bodies = [json.loads(row["body"]) for row in await here.all("SELECT body FROM activity")]
    assert len(bodies) > 6

    def names(value: Any) -> set[str]:
        if isinstance(value, dict):
            return set(value) | {name for one in value.values() for name in names(one)}
        return {name for one in value for name in names(one)} if isinstance(value, list) else set()

    assert all(not names(body) & {"bto", "bcc"} for body in bodies)


async def test_61_what_names_hidden_receivers_is_kept_without_them(here: Here, mastodon: Elsewhere) -> None:
    hub = await followed(here, mastodon)
    secret = "https://mastodon.example/users/secret"
    note = create(hub, f"{hub}/1", content="<p>Hello</p>", bto=[secret], bcc=[secret])
    assert await hear(here, note | {"bto": [secret]}) == "kept"
    assert (
        await here.all("SELECT 1 AS x FROM thing WHERE html LIKE '%users/secret%' OR extra LIKE '%users/secret%'") == []
    )


@pytest.mark.parametrize("list", ["likes", "shares", "favourited_by", "reblogged_by"])
async def test_63_nobody_is_told_who_liked_or_shared(here: Here, mastodon: Elsewhere, list: str) -> None:
    await busy(here, mastodon)
    event = await here.one("SELECT uri FROM thing WHERE kind = 'event'")
    assert (await get(here, f"{event}/{list}")).status_code == 404
    assert "mastodon.example" not in (await get(here, event)).text


async def test_56_59_what_is_for_followers_only_is_kept_by_nobody_here(here: Here, mastodon: Elsewhere) -> None:
    hub = await followed(here, mastodon)
    note = create(hub, f"{hub}/1", content="<p>Only us</p>", to=[f"{hub}/followers"], cc=[])
    assert (await hear(here, note)).startswith("ignored")
    assert await here.all("SELECT 1 AS x FROM thing WHERE html LIKE '%Only us%'") == []


async def test_43_97_a_quote_is_a_link_and_nothing_is_fetched_for_it(here: Here, mastodon: Elsewhere) -> None:
    hub = await followed(here, mastodon)
    quoted = f"{hub}/2"
    note = create(hub, f"{hub}/1", content="<p>Look</p>", quote=quoted, quoteUrl=quoted, _misskey_quote=f"{hub}/1")
    before = len(mastodon.asked)
    assert await hear(here, note) == "kept"
    assert len(mastodon.asked) == before
    assert len(await here.all("SELECT 1 AS x FROM thing WHERE local = 0")) == 1


async def test_80_81_107_no_preview_picture_or_emoji_is_fetched(here: Here, mastodon: Elsewhere) -> None:
    hub = await followed(here, mastodon)
    far = here.server("victim.example")
    note = create(
        hub, f"{hub}/1", content='<p><a href="https://victim.example/page">Look</a></p>',
        attachment=[{"type": "Image", "mediaType": "image/png", "url": "https://victim.example/a.png"}],
        tag=[{"type": "Emoji", "name": ":x:", "icon": {"type": "Image", "url": "https://victim.example/../x.png"}}],
    )  # fmt: skip
    assert await hear(here, note) == "kept"
    assert far.asked == []
    assert (await get(here, "/media/proxy?url=https://victim.example/a.png")).status_code == 404
    assert (await get(here, "/proxy/https://victim.example/a.png")).status_code == 404


@pytest.mark.parametrize(("many", "status"), [(500, 202), (10_000, 400)])
async def test_92_a_poll_of_ten_thousand_options_is_a_short_one_or_none(
    here: Here, mastodon: Elsewhere, many: int, status: int
) -> None:
    hub = await followed(here, mastodon)
    options = [{"type": "Note", "name": f"Option {n}", "replies": {"totalItems": 1}} for n in range(many)]
    sent = create(hub, f"{hub}/1", type="Question", content="<p>Which?</p>", oneOf=options)
    assert (await post(here.app, INBOX, sent)).status_code == status
    await here.work()
    thing = await here.store.read(things.at, f"{hub}/1")
    assert thing is None or (thing.extra.poll is not None and len(thing.extra.poll.options) <= 20)
    assert (thing is None) == (status == 400)


async def test_55_a_page_that_names_somebody_as_its_author_makes_them_none(here: Here, mastodon: Elsewhere) -> None:
    event = await an_event(here)
    eve = mastodon.actor("eve")
    reply = a_reply(
        eve, event.uri, "Mine", attributionDomains=["glan.example"], **{"fediverse:creator": "@hub@glan.example"}
    )
    assert await hear(here, reply) == "kept"
    (said,) = await here.store.read(posts.replies, event.id)
    assert said.by.uri == eve


async def test_49_70_a_hub_sends_no_block_and_no_report(here: Here, mastodon: Elsewhere) -> None:
    ann = mastodon.actor("ann")
    await busy(here, mastodon)
    await hear(here, activity("Block", ann, HUB))
    kinds = {row["type"] for row in await here.all("SELECT DISTINCT type FROM activity")}
    assert not kinds & {"Block", "Flag"}
    assert "Block" not in (await get(here, f"{HUB}/outbox?page=true")).text


@pytest.mark.parametrize("name", ["a&resource=acct:hub@glan.example", "a#b", "a?b=c", "a%26b"])
async def test_82_no_name_adds_a_parameter_to_what_we_ask(here: Here, name: str) -> None:
    other = here.server("other.example")
    with pytest.raises(HubError):
        await subscribe_url(here.wire, f"@{name}@other.example", "https://glan.example/event/1")
    assert other.asked == []
