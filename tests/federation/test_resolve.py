"""Fetching what others point at: only what stands at its own id, from its own server, within a budget."""

import pytest
from conftest import Clock
from elsewhere import CONTEXT, Elsewhere, create
from here import Here, a_hub

from federation import Limits, Unreachable, resolve
from federation.as2.seen import Unreadable
from federation.resolve import Budget, Gone, Unfit, document
from hub import actors
from hub.clock import DAY
from hub.store import Store


async def test_what_is_fetched_is_asked_for_in_the_servers_own_name(here: Here, mastodon: Elsewhere) -> None:
    note = create(mastodon.actor("ann"), f"{mastodon.base}/notes/1", content="<p>hi</p>")["object"]
    mastodon.serve("/notes/1", note)
    seen: list[dict[str, str]] = []

    async def watched(scope: dict[str, object], receive: object, send: object) -> None:
        seen.append({name.decode(): value.decode() for name, value in scope["headers"]})  # type: ignore[attr-defined]
        await mastodon(scope, receive, send)

    here.servers["mastodon.example"] = watched
    assert await document(here.wire, note["id"]) == note
    assert 'keyId="https://glan.example/actor#main-key"' in seen[0]["signature"]
    assert seen[0]["accept"].startswith("application/activity+json")


async def test_a_server_that_refuses_our_signature_is_asked_in_the_other_ways(here: Here, mastodon: Elsewhere) -> None:
    note = create(mastodon.actor("ann"), f"{mastodon.base}/notes?id=1", content="<p>hi</p>")["object"]
    mastodon.serve("/notes?id=1", note)
    ways: list[str] = []

    async def strict(scope: dict[str, object], receive: object, send: object) -> None:
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}  # type: ignore[attr-defined]
        ways.append("newer" if "signature-input" in headers else "older")
        if ways[-1] == "older":
            await send({"type": "http.response.start", "status": 401, "headers": []})  # type: ignore[operator]
            await send({"type": "http.response.body", "body": b""})  # type: ignore[operator]
            return
        await mastodon(scope, receive, send)

    here.servers["mastodon.example"] = strict
    assert await document(here.wire, note["id"]) == note
    assert ways == ["older", "older", "newer"]


@pytest.mark.parametrize(
    ("status", "error"), [(404, Gone), (410, Gone), (403, Unfit), (418, Unfit), (429, Unreachable), (500, Unreachable)]
)
async def test_an_answer_that_is_no_document_says_whether_to_ask_again(
    here: Here, mastodon: Elsewhere, status: int, error: type[Exception]
) -> None:
    mastodon.serve("/notes/1", b"", status=status)
    with pytest.raises(error):
        await document(here.wire, f"{mastodon.base}/notes/1")


@pytest.mark.parametrize(
    "url", ["https://glan.example/actor/hub", "HTTPS://GLAN.example:443/actor/hub", "x", "", "ftp://x"]
)
async def test_54_we_never_fetch_from_ourselves_or_from_nowhere(here: Here, url: str) -> None:
    with pytest.raises(Unfit):
        await document(here.wire, url)


@pytest.mark.parametrize("body", [b"", b"[]", b'{"id":1', b'{"id":"https://mastodon.example/n","id":"x"}', b"\xff"])
async def test_a_document_that_cannot_be_read_is_refused(here: Here, mastodon: Elsewhere, body: bytes) -> None:
    mastodon.serve("/n", body)
    with pytest.raises(Unfit):
        await document(here.wire, f"{mastodon.base}/n")


async def test_29_only_activities_are_read_as_such(here: Here, mastodon: Elsewhere) -> None:
    good = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
    for number, (type, fits) in enumerate(
        [
            (good, True),
            ("application/activity+json; charset=utf-8", True),
            ("application/ld+json", False),
            ("text/html", False),
            ("", False),
        ]
    ):
        mastodon.serve(f"/n{number}", {"id": f"{mastodon.base}/n{number}"}, type)
        if fits:
            assert await document(here.wire, f"{mastodon.base}/n{number}")
        else:
            with pytest.raises(Unfit):
                await document(here.wire, f"{mastodon.base}/n{number}")


async def test_28_an_id_that_leads_on_and_on_is_given_up(here: Here, mastodon: Elsewhere) -> None:
    for number in range(10):
        mastodon.serve(f"/n{number}", {"id": f"{mastodon.base}/n{number + 1}"})
    with pytest.raises(Unfit):
        await document(here.wire, f"{mastodon.base}/n0")
    assert mastodon.asked == ["/n0", "/n1"]


async def test_31_an_id_without_encryption_is_not_the_one_with_it(here: Here, mastodon: Elsewhere) -> None:
    mastodon.serve("/n", {"id": "http://mastodon.example/n"})
    with pytest.raises(Unfit):
        await document(here.wire, f"{mastodon.base}/n")


async def test_a_budget_is_spent_and_then_nothing_more_is_fetched(store: Store, clock: Clock) -> None:
    async with a_hub(store, limits=Limits(fetches=3)) as here:
        server = here.server("mastodon.example")
        budget = Budget(here.wire.limits)
        for number in range(3):
            server.serve(f"/n{number}", {"id": f"{server.base}/n{number}"})
            await document(here.wire, f"{server.base}/n{number}", budget)
        with pytest.raises(Unfit):
            await document(here.wire, f"{server.base}/n0", budget)
        assert len(server.asked) == 3


async def test_a_budget_of_time_runs_out_too(store: Store, clock: Clock) -> None:
    async with a_hub(store, limits=Limits(seconds=0.0)) as here:
        with pytest.raises(Unfit):
            await document(here.wire, "https://mastodon.example/n")


async def test_somebody_who_is_known_is_not_fetched_again_for_a_week(
    here: Here, mastodon: Elsewhere, clock: Clock
) -> None:
    ann = mastodon.actor("ann")
    first = await resolve.actor(here.wire, ann)
    assert await resolve.actor(here.wire, ann) == first
    assert mastodon.asked == ["/users/ann"]
    clock.forward(8 * DAY)
    mastodon.actor("ann", nameMap={"cy": "Ann Newydd"})
    assert await resolve.actor(here.wire, ann) == first
    assert (await here.store.read(actors.get, first)).name == {"cy": "Ann Newydd"}
    clock.forward(8 * DAY)
    del here.servers["mastodon.example"]
    assert await resolve.actor(here.wire, ann) == first  # an old picture is better than none
    with pytest.raises(Unreachable):
        await resolve.actor(here.wire, ann, fresh=True)


@pytest.mark.parametrize(
    "change",
    [
        {"type": "Note"}, {"type": ["Person", "Admin"]}, {"inbox": "https://evil.example/inbox"}, {"inbox": 7},
        {"inbox": None}, {"preferredUsername": "a b"}, {"preferredUsername": "ann@evil"}, {"preferredUsername": ""},
        {"preferredUsername": 7}, {"preferredUsername": "аnn"}, {"preferredUsername": "ann\u202e"},
        {"preferredUsername": "x" * 300},
    ],
)  # fmt: skip
async def test_52_an_actor_that_nobody_could_write_to_or_name_is_not_kept(
    here: Here, mastodon: Elsewhere, change: dict[str, object]
) -> None:
    ann = mastodon.actor("ann", **change)
    if change == {"type": ["Person", "Admin"]}:
        assert await resolve.actor(here.wire, ann)
        return
    with pytest.raises(Unreadable):
        await resolve.actor(here.wire, ann)
    assert await here.one("SELECT count(*) FROM actor WHERE local = 0") == 0


async def test_53_what_leads_elsewhere_is_shown_and_never_trusted(here: Here, mastodon: Elsewhere) -> None:
    uri = mastodon.actor(
        "ann", url="https://elsewhere.example/@ann", followers="https://evil.example/followers",
        endpoints={"sharedInbox": "https://evil.example/inbox"}, **{"nh:hub": "https://evil.example/actor/hub"},
    )  # fmt: skip
    ann = await here.store.read(actors.get, await resolve.actor(here.wire, uri))
    assert (ann.domain, ann.url) == ("mastodon.example", "https://elsewhere.example/@ann")
    assert (ann.followers, ann.shared_inbox, ann.hub) == (None, None, None)


async def test_96_no_context_is_ever_fetched(here: Here, mastodon: Elsewhere) -> None:
    context = [CONTEXT, "https://evil.example/context.jsonld", *[f"https://evil.example/{n}" for n in range(1000)]]
    evil = here.server("evil.example")
    await resolve.actor(here.wire, mastodon.actor("ann", **{"@context": context}))
    assert evil.asked == []
