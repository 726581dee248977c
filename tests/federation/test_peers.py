"""Finding, verifying and following other hubs; knowing what a server runs; following us from elsewhere."""

from typing import Any
from urllib.parse import quote

import pytest
from conftest import Clock
from elsewhere import Elsewhere
from here import Here

from federation import find_hub, follow_hub, peers, stop_following, subscribe_url
from federation.as2.contexts import VERSION
from hub import actors, settings
from hub import peers as hub_peers
from hub.clock import DAY
from hub.errors import Invalid, NotAllowed

IMPLEMENTS = {"type": "Application", "implements": [{"type": "Link", "href": VERSION}]}
JRD = "application/jrd+json"


def finger(server: Elsewhere, resource: str, *links: dict[str, Any]) -> None:
    path = f"/.well-known/webfinger?resource={quote(resource, safe='')}"
    server.serve(path, {"subject": resource, "links": list(links)}, JRD)


def link(href: str) -> dict[str, str]:
    return {"rel": "self", "type": "application/activity+json", "href": href}


def a_neighbour(here: Here, host: str = "tredegar.example", **hub: Any) -> Elsewhere:
    """Another hub: its server's actor, its own, and the two ways to find them."""
    server = here.server(host, "neighbourhub")
    hub_uri = server.actor("hub", "Group", **{"nh:kind": "Hub", "generator": IMPLEMENTS, "discoverable": True} | hub)
    instance = server.actor("instance", "Application", **{"nh:kind": "Instance", "nh:hub": hub_uri})
    finger(server, f"{server.base}/", link(instance))
    finger(server, f"acct:hub@{host}", link(hub_uri))
    return server


@pytest.mark.parametrize(
    "typed",
    [
        "tredegar.example", "TREDEGAR.example.", "@hub@tredegar.example", "hub@tredegar.example", " tredegar.example/ ",
        "https://tredegar.example/events/7?x=1",
    ],
)  # fmt: skip
async def test_a_hub_is_found_by_what_people_type(here: Here, typed: str) -> None:
    a_neighbour(here)
    found = await find_hub(here.wire, typed)
    assert (found.hub.uri, found.software) == ("https://tredegar.example/users/hub", "neighbourhub")
    peer = await here.store.read(hub_peers.get, "tredegar.example")
    assert peer is not None
    assert peer.profile == "hub"


async def test_a_hub_that_webfinger_does_not_know_is_found_through_nodeinfo(here: Here) -> None:
    server = a_neighbour(here)
    instance = f"{server.base}/users/instance"
    listed = [{"rel": "https://www.w3.org/ns/activitystreams#Application", "href": instance}]
    server.serve("/.well-known/nodeinfo", {"links": listed}, "application/json")
    del server.documents["/.well-known/webfinger?resource=https%3A%2F%2Ftredegar.example%2F"]
    assert (await find_hub(here.wire, "tredegar.example")).instance == instance


@pytest.mark.parametrize(
    "wrong", ["kind", "vocabulary", "other server", "hub elsewhere", "no hub", "not there", "garbage", "links"]
)
async def test_what_only_looks_like_a_hub_is_refused_in_words(here: Here, wrong: str) -> None:
    server = a_neighbour(
        here, **{"nh:kind": "Resident"} if wrong == "kind" else {"generator": 7} if wrong == "vocabulary" else {}
    )
    evil = a_neighbour(here, "evil.example")
    match wrong:
        case "other server":
            finger(server, f"{server.base}/", link(f"{evil.base}/users/hub"))
        case "hub elsewhere":
            server.actor("instance", "Application", **{"nh:kind": "Instance", "nh:hub": f"{evil.base}/users/hub"})
        case "no hub":
            server.actor("instance", "Application", **{"nh:kind": "Instance"})
        case "not there":
            server.documents.clear()
        case "garbage":
            server.serve("/users/hub", b"<html>", "text/html")
        case "links":
            finger(server, f"{server.base}/", 7, {"rel": ["self"]}, {"rel": "self", "href": 7})  # type: ignore[arg-type]
    with pytest.raises(Invalid) as refused:
        await find_hub(here.wire, "tredegar.example")
    assert refused.value.field == "domain"
    assert "tredegar.example" in str(refused.value)
    assert await here.one("SELECT count(*) FROM actor WHERE domain = 'evil.example'") == 0


async def test_a_link_to_another_server_is_passed_over_for_the_servers_own(here: Here) -> None:
    server, evil = a_neighbour(here), a_neighbour(here, "evil.example")
    own, foreign = f"{server.base}/users/hub", f"{evil.base}/users/hub"
    finger(server, f"{server.base}/", link(foreign), link(own))
    assert (await find_hub(here.wire, "tredegar.example")).hub.uri == own
    assert foreign not in [row["uri"] for row in await here.all("SELECT uri FROM actor")]


async def test_following_waits_for_their_yes_and_can_be_ended(here: Here) -> None:
    server = a_neighbour(here)
    other = await follow_hub(here.wire, "tredegar.example", here.steward)
    await here.work()
    ours = (await here.store.read(settings.get)).actor
    assert await here.store.read(actors.follows, ours, other.id) == "requested"
    assert [one["type"] for one in server.received] == ["Follow"]
    await follow_hub(here.wire, "tredegar.example", here.steward)
    await here.work()
    assert len(server.received) == 1
    assert await stop_following(here.wire, other.id, here.steward)
    await here.work()
    assert [one["type"] for one in server.received] == ["Follow", "Undo"]
    assert await here.store.read(actors.follows, ours, other.id) is None


async def test_only_stewards_follow_in_the_hubs_name_and_nobody_is_asked_for_others(here: Here) -> None:
    server = a_neighbour(here)
    for act in (follow_hub(here.wire, "tredegar.example", 7), stop_following(here.wire, 7, 7)):  # type: ignore[list-item]
        with pytest.raises(NotAllowed):
            await act
    assert server.asked == []


@pytest.mark.parametrize(
    ("software", "profile"),
    [
        ("Mastodon", "micro"),
        ("mobilizon", "mobilizon"),
        ("gancio", "event"),
        ("neighbourhub", "hub"),
        ("lemmy", "threadiverse"),
        ("x" * 500, "micro"),
    ],
)
async def test_what_a_server_runs_decides_what_it_is_sent(here: Here, software: str, profile: str) -> None:
    here.server("peer.example", software)
    await peers.introduce(here.wire, "peer.example")
    peer = await here.store.read(hub_peers.get, "peer.example")
    assert peer is not None
    assert (peer.software, peer.profile) == (software.lower()[:100], profile)


async def test_what_a_server_runs_is_asked_once_a_week(here: Here, mastodon: Elsewhere, clock: Clock) -> None:
    for _ in range(3):
        await peers.introduce(here.wire, "mastodon.example")
    assert mastodon.asked == ["/.well-known/nodeinfo", "/nodeinfo/2.1"]
    clock.forward(8 * DAY)
    await peers.introduce(here.wire, "mastodon.example")
    assert len(mastodon.asked) == 4


@pytest.mark.parametrize(
    "href", ["https://127.0.0.1/nodeinfo", "http://mastodon.example/nodeinfo/2.1", "data:application/json,{}", "https://evil.example/2.1", 7, None],  # noqa: E501
)  # fmt: skip
async def test_76_a_link_to_another_place_is_not_followed(here: Here, mastodon: Elsewhere, href: object) -> None:
    evil = here.server("evil.example")
    listed = [{"rel": peers.NODEINFO[0], "href": href}]
    mastodon.serve("/.well-known/nodeinfo", {"links": listed}, "application/json")
    assert await peers.software(here.wire, "mastodon.example") == ""
    assert mastodon.asked == ["/.well-known/nodeinfo"]
    assert evil.asked == []


async def test_a_server_that_does_not_say_what_it_runs_gets_what_all_can_read(here: Here) -> None:
    here.server("quiet.example", "")
    await peers.introduce(here.wire, "quiet.example")
    peer = await here.store.read(hub_peers.get, "quiet.example")
    assert peer is not None
    assert (peer.software, peer.profile) == ("", "micro")


# --- "follow from your server" ---------------------------------------------------------------------


async def test_a_visitor_is_led_to_their_own_server(here: Here, mastodon: Elsewhere) -> None:
    template = {"rel": peers.SUBSCRIBE, "template": f"{mastodon.base}/authorize_interaction?uri={{uri}}"}
    finger(mastodon, "acct:ann@mastodon.example", {"rel": "self", "href": "x"}, template)
    for typed in ("@ann@mastodon.example", "ann@Mastodon.Example", " @ann@mastodon.example "):
        url = await subscribe_url(here.wire, typed, "https://glan.example/post/7?a=b&c")
        assert url == f"{mastodon.base}/authorize_interaction?uri=https%3A%2F%2Fglan.example%2Fpost%2F7%3Fa%3Db%26c"


@pytest.mark.parametrize(
    "typed", ["", "ann", "@ann", "@ann@", "@ann@no where", "@a/b@c", "@ann@[::1", "ann@mastodon.example/x"]
)
async def test_an_account_that_is_none_is_refused_before_anybody_is_asked(
    here: Here, mastodon: Elsewhere, typed: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await subscribe_url(here.wire, typed, "https://glan.example/post/7")
    assert refused.value.field == "account"
    assert mastodon.asked == []


@pytest.mark.parametrize("template", [None, 7, "javascript:alert(1)//{uri}", "https://x.example/no-place", "{uri}"])
async def test_a_server_without_a_way_in_is_said_so(here: Here, mastodon: Elsewhere, template: object) -> None:
    finger(mastodon, "acct:ann@mastodon.example", {"rel": peers.SUBSCRIBE, "template": template})
    with pytest.raises(Invalid) as refused:
        await subscribe_url(here.wire, "@ann@mastodon.example", "https://glan.example/post/7")
    assert "mastodon.example" in str(refused.value)


async def test_an_account_or_server_that_is_not_there_is_said_so(here: Here, mastodon: Elsewhere) -> None:
    for typed in ("@ann@mastodon.example", "@ann@nowhere.example"):
        with pytest.raises(Invalid):
            await subscribe_url(here.wire, typed, "https://glan.example/post/7")
