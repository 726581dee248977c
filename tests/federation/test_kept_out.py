"""A domain that is suspended, and all below it: nothing is written down, nothing goes there (trust.md D-17)."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from elsewhere import Elsewhere, Json, activity, create, pair, post
from followers import followed_by
from hearing import INBOX, a_reply, an_event, companion, written
from here import Here
from scene import party

from federation import keys, proofs, resolve, subscribe_url
from federation.dispatch import send
from federation.resolve import Unfit
from hub import actors, blocks, events, jobs, posts
from hub.errors import Invalid
from hub.store import Tx

NAMES = ("bad.example", "below.bad.example", "far.below.bad.example", "bad.example:8443")


@pytest_asyncio.fixture(params=NAMES)
async def bad(here: Here, request: pytest.FixtureRequest) -> AsyncIterator[Elsewhere]:
    """A server that a rule for bad.example keeps out; one actor there was met before."""
    server = here.server(request.param)
    await resolve.actor(here.wire, server.actor("known"))
    server.actor("new")
    await here.store.write(blocks.rule, here.steward, "bad.example", "suspended")
    server.forget()
    yield server


async def everything(here: Here, who: str) -> list[Json]:
    event = await here.store.write(events.publish, here.steward, party())
    await here.work()
    return [
        activity("Follow", who, "https://glan.example/actor/hub"), activity("Join", who, event.uri),
        activity("Like", who, event.uri), activity("Announce", who, event.uri), activity("Delete", who, who),
        activity("Flag", who, [event.uri]), activity("Update", who, who), create(who, f"{who}/1", content="Pills"),
        a_reply(who, event.uri, "Pills", 2), activity("Move", who, who, target="https://mastodon.example/users/ann"),
    ]  # fmt: skip


async def test_nothing_that_comes_from_there_is_written_down_and_nobody_there_is_asked(
    here: Here, bad: Elsewhere
) -> None:
    for name in ("known", "new"):
        said = await everything(here, f"{bad.base}/users/{name}")
        before = await written(here)
        for letter in said:
            answer = await post(here.app, INBOX, letter)
            assert answer.status_code in (202, 401, 403)
            await here.work()
        assert await written(here) == before
    assert bad.asked == []


def proved(doc: Json) -> Json:
    private = keys.load_private(pair().ed25519_private)
    assert isinstance(private, keys.Ed25519PrivateKey)
    return proofs.prove(doc, f"{doc['actor']}#ed25519-key", private, "2026-05-01T09:00:00Z")


async def test_nor_do_they_pass_on_what_others_said_and_proved(here: Here, bad: Elsewhere, mastodon: Elsewhere) -> None:
    ann = mastodon.actor("ann")
    await resolve.actor(here.wire, ann)
    letter = proved(create(ann, f"{ann}/1", content="<p>Hello</p>"))
    before = await written(here)
    for name in ("known", "new"):
        assert (await post(here.app, INBOX, letter, by=f"{bad.base}/users/{name}")).status_code == 403
    assert await written(here) == before
    assert bad.asked == []
    assert (await post(here.app, INBOX, letter)).status_code == 202


async def test_nothing_goes_there_neither_to_followers_nor_to_an_inbox_that_many_share(
    here: Here, bad: Elsewhere, mastodon: Elsewhere
) -> None:
    await here.store.write(followed_by, [bad.base, mastodon.base])  # by a way that we have overlooked
    event = await an_event(here)
    await here.work()
    await here.store.write(events.cancel, here.steward, event.id, {"en": "Rain."})
    await here.work()
    await here.store.write(events.remove, here.steward, event.id)
    await here.work()
    assert {one["type"] for one in mastodon.received} == {"Create", "Update", "Delete"}
    assert bad.asked == []

    def directly(tx: Tx) -> list[str]:
        send(tx, 1, "x", [f"{bad.base}/inbox", f"{bad.base}/users/known/inbox", "https://good.example/inbox"])
        return [str(job.host) for job in jobs.claim_away(tx, 9)]

    assert await here.store.write(directly) == ["good.example"]


async def test_a_reply_in_a_thread_with_them_goes_to_the_others_only(
    here: Here, bad: Elsewhere, mastodon: Elsewhere
) -> None:
    await here.store.write(blocks.lift, here.steward, "bad.example")
    event = await an_event(here)
    poll = await companion(here, event)
    for server, name in ((bad, "known"), (mastodon, "ann")):
        who = server.actor(name)
        await post(here.app, INBOX, activity("Follow", who, "https://glan.example/actor/hub"))
        await post(here.app, INBOX, a_reply(who, poll, "Is there parking?"))
    await here.work()
    await here.store.write(blocks.rule, here.steward, "bad.example", "suspended")
    for server in (bad, mastodon):
        server.forget()
    await here.store.write(posts.reply, here.steward, event.id, {"en": "There is."})
    await here.work()
    assert [one["type"] for one in mastodon.received] == ["Create"]
    assert bad.asked == []


async def test_nothing_is_fetched_there_for_anybody(here: Here, bad: Elsewhere) -> None:
    for url in (f"{bad.base}/users/known", f"{bad.base}/notes/1"):
        with pytest.raises(Unfit, match="kept out"):
            await resolve.document(here.wire, url)
    with pytest.raises(Unfit, match="kept out"):
        await resolve.json_at(here.wire, f"{bad.base}/.well-known/nodeinfo", accept="application/json")
    with pytest.raises(Invalid):
        await subscribe_url(here.wire, f"@ann@{bad.host}", "https://glan.example/actor/hub")
    assert bad.asked == []


async def test_a_name_that_only_ends_alike_is_another_server(here: Here) -> None:
    await here.store.write(blocks.rule, here.steward, "bad.example", "suspended")
    good: Any = here.server("notbad.example")
    ann = good.actor("ann")
    assert (await post(here.app, INBOX, activity("Follow", ann, "https://glan.example/actor/hub"))).status_code == 202
    await here.work()
    assert good.received[0]["type"] == "Accept"
    assert await here.store.read(actors.known, ann) is not None
