"""Finding each other: lists are published and read, hubs are asked themselves, friends are told; nobody is flooded."""

from typing import Any

import msgspec
import pytest
from conftest import Clock
from elsewhere import activity, post
from here import Here
from neighbours import befriend, many, mutual, remembered, state, tell, verified
from villages import Village, entry

from federation import directory as finding
from federation import follow_hub
from federation.as2 import hubs
from federation.outgoing import announce
from hub import actors, blocks, directory, introductions, jobs, peers, settings
from hub.clock import DAY, HOUR, MINUTE
from hub.introductions import Told
from hub.store import Tx

Json = dict[str, Any]


def a_hub(here: Here, host: str = "tredegar.example", knows: list[Json] | None = None, **more: Any) -> Village:
    """Another hub that can be reached."""
    it = here.servers[host] = Village(host, knows, **more)
    return it


async def friend(here: Here, host: str, knows: list[Json] | None = None, **more: Any) -> Village:
    """A hub with which we follow each other; both sides have signed for it."""
    server = a_hub(here, host, knows, **more)
    other = await follow_hub(here.wire, host, here.steward)
    await here.store.write(befriend, other.id)
    await here.work()
    server.forget()
    return server


async def work(here: Here, clock: Clock, hours: float = 1) -> None:
    """Let so much time pass, and everything be done that falls due."""
    end = clock.ms + int(hours * HOUR)
    while clock.ms < end:
        await here.work()
        row = await here.one("SELECT min(due) FROM job WHERE dead = 0 AND due > :now", now=clock.ms)
        clock.ms = min(end, row or end)
    await here.work()


async def known(here: Here) -> dict[str, str]:
    return {one.host: one.state for one in await here.store.read(directory.entries)}


# --- reading lists ---------------------------------------------------------------------------------


async def test_following_one_hub_leads_to_all_that_it_knows_each_asked_itself(here: Here, clock: Clock) -> None:
    barry = a_hub(here, "barry.example")
    a_hub(here, knows=[entry("barry.example"), entry("nobody.example")])
    await follow_hub(here.wire, "tredegar.example", here.steward)
    await here.store.write(finding.schedule)
    await work(here, clock)

    assert await known(here) == {
        "tredegar.example": "verified", "barry.example": "verified", "nobody.example": "candidate",
    }  # fmt: skip
    found = await here.store.read(directory.get, "barry.example")
    assert found.instance == barry.instance
    assert (found.name, found.lat) == ({"und": "Hub"}, None), "its own words, not those of who named it"
    assert barry.asked[0].startswith("/.well-known/webfinger")


async def test_lists_are_read_every_twelve_hours_or_so(here: Here, clock: Clock) -> None:
    server = await friend(here, "penarth.example")
    await here.store.write(finding.schedule)
    await work(here, clock, 48 * 1.3)
    reads = server.asked.count("/actor/hubs")
    assert 4 <= reads <= 6
    waiting = await here.all("SELECT kind FROM job WHERE dead = 0 AND kind IN ('exchange', 'verify') ORDER BY kind")
    assert [row["kind"] for row in waiting] == ["exchange", "verify"], "each goes on, once"


async def test_a_long_list_is_read_page_by_page_but_not_without_end(here: Here, clock: Clock) -> None:
    server = await friend(here, "penarth.example")
    book = f"{server.base}/actor/hubs"
    server.tells([], first=f"{book}?page=true")
    for number in range(40):
        at = "?page=true" if number == 0 else f"?page={number}"
        server.serve(f"/actor/hubs{at}", {
            "id": f"{book}{at}", "type": "OrderedCollectionPage", "partOf": book, "next": f"{book}?page={number + 1}",
            "orderedItems": [entry(f"p{number}.example")],
        })  # fmt: skip
    await here.store.write(jobs.enqueue, "hubs-of", {"host": "penarth.example"})
    await here.work()
    assert len(server.asked) == 1 + finding.PAGES
    assert len(await known(here)) == 1 + finding.PAGES


@pytest.mark.parametrize("wrong", ["elsewhere", "page elsewhere", "no document", "silent"])
async def test_a_list_that_cannot_be_had_from_its_own_server_tells_nothing(
    here: Here, clock: Clock, wrong: str
) -> None:
    server, evil = await friend(here, "penarth.example"), here.server("evil.example")
    evil.serve("/list", {"id": f"{evil.base}/list", "type": "OrderedCollection", "orderedItems": [entry("x.example")]})
    match wrong:
        case "elsewhere":
            server.tells([entry("x.example")], id=f"{evil.base}/list")
        case "page elsewhere":
            server.tells([], first=f"{evil.base}/list")
        case "no document":
            server.serve("/actor/hubs", b"<html>", "text/html")
        case "silent":
            here.servers.pop("penarth.example")
    await here.store.write(jobs.enqueue, "hubs-of", {"host": "penarth.example"})
    await here.work()
    assert list(await known(here)) == ["penarth.example"]
    assert evil.asked == [], "nobody else is even asked"
    entry_of = await here.store.read(directory.get, "penarth.example")
    assert entry_of.failures == 1
    assert await here.all("SELECT kind FROM job WHERE dead = 1") == []


@pytest.mark.parametrize(
    "href",
    [
        "http://victim.example/x", "https://victim.example:8443/x", "https://127.0.0.1/x", "https://[::1]/x",
        "https://2130706433/x", "https://10.0.0.1/x", "ftp://victim.example/x", "javascript:alert(1)", "",
        "victim.example", "https://user@victim.example/x", "https://" + "a" * 3000 + ".example/",
    ],
)  # fmt: skip
def test_an_entry_may_send_us_to_a_named_server_over_https_and_nowhere_else(href: str) -> None:
    assert hubs.told([entry("", href=href)], "https://glan.example") == []


def test_entries_are_read_whatever_they_are() -> None:
    given = [7, None, "https://x.example", {"href": 7}, entry("a.example", "loves"), entry("b.example", "mutual")]
    assert hubs.told(given, "https://glan.example") == [Told("a.example", "heard"), Told("b.example", "mutual")]
    tried_out = [entry("", href="http://127.0.0.1:8001/actor/hub")]
    assert hubs.told(tried_out, "http://127.0.0.1:8000") == [Told("127.0.0.1:8001", "follows")]


# --- asking ----------------------------------------------------------------------------------------


async def test_requests_go_out_one_in_five_seconds_on_average(here: Here, clock: Clock) -> None:
    for host in many(6):
        a_hub(here, host)
    await here.store.write(tell, "peer.example", *many(6))
    await here.store.write(finding.schedule)
    servers, start = [here.servers[host] for host in many(6)], clock.ms
    for _ in range(60):
        await here.work()
        asked = sum(len(server.asked) for server in servers)
        assert asked * 5_000 <= clock.ms - start + finding.FETCHES * 5_000
        clock.forward(5_000)
    assert set((await known(here)).values()) == {"verified"}


async def test_news_does_not_make_us_ask_faster(here: Here, clock: Clock) -> None:
    servers = [a_hub(here, host) for host in many(3)]
    for host in many(3):
        await here.store.write(tell, "peer.example", host)
        await here.store.write(jobs.enqueue_once, "verify", {}, line="verify")
        await here.work()
    assert [bool(server.asked) for server in servers] == [True, False, False]
    await work(here, clock, 0.1)
    assert all(server.asked for server in servers)
    assert len(await here.all("SELECT id FROM job WHERE kind = 'verify'")) == 1


@pytest.mark.parametrize(
    ("flaw", "why"),
    [
        ("no area", "where it is"), ("no software", "what it runs"), ("no hub", "no hub"), ("other's key", ""),
        ("another's hub", "no hub"), ("silent", "no server"), ("error", "500"),
    ],
)  # fmt: skip
async def test_what_is_no_hub_is_never_shown_and_asked_again_later(
    here: Here, clock: Clock, flaw: str, why: str
) -> None:
    server = a_hub(here, "tredegar.example", **{"nh:area": []} if flaw == "no area" else {})
    match flaw:
        case "no software":
            server.serve("/nodeinfo/2.1", {"software": {}}, "application/json")
        case "no hub":
            server.documents.clear()
        case "other's key":
            server.actor("hub", "Group", **{"nh:kind": "Resident"})
        case "another's hub":
            evil = a_hub(here, "evil.example")
            server.actor("instance", "Application", **{"nh:kind": "Instance", "nh:hub": f"{evil.base}/users/hub"})
        case "silent":
            here.servers.pop("tredegar.example")
        case "error":
            for path, (_, kind, body) in [*server.documents.items()]:
                server.documents[path] = (500, kind, body)
    for peer in ("penarth.example", "barry.example"):
        await here.store.write(mutual, peer)
        await here.store.write(tell, peer, "tredegar.example")
    await here.store.write(finding.schedule)
    await work(here, clock, 0.5)
    found = await here.store.read(directory.get, "tredegar.example")
    assert (found.state, found.failures) == ("candidate", 1)
    assert why in found.why
    assert clock.ms < found.due <= clock.ms + HOUR
    assert "tredegar.example" not in [one.host for one in await here.store.read(directory.listed)]


async def test_a_hub_that_says_it_stands_elsewhere_does_not_send_us_there(here: Here, clock: Clock) -> None:
    server, victim = a_hub(here), here.server("victim.example")
    server.serve("/users/hub", {"id": f"{victim.base}/users/hub", "type": "Group", "nh:kind": "Hub"})
    await here.store.write(tell, "peer.example", "tredegar.example")
    await here.store.write(finding.schedule)
    await work(here, clock, 5)
    assert victim.asked == []
    assert await here.store.read(state, "tredegar.example") == "candidate"


async def test_who_is_kept_out_is_not_asked(here: Here, clock: Clock) -> None:
    server = a_hub(here)
    await here.store.write(tell, "peer.example", "tredegar.example")
    await here.store.write(blocks.rule, here.steward, "tredegar.example", "suspended")
    await here.store.write(finding.schedule)
    await work(here, clock, 5)
    assert server.asked == []
    assert await here.store.read(state, "tredegar.example") == "candidate"


@pytest.mark.slow
async def test_who_does_not_want_to_be_listed_goes_when_it_is_asked_again(here: Here, clock: Clock) -> None:
    server = a_hub(here)
    await here.store.write(tell, "peer.example", "tredegar.example")
    await here.store.write(finding.schedule)
    await work(here, clock)
    assert await here.store.read(state, "tredegar.example") == "verified"
    document = msgspec.json.decode(server.documents["/users/hub"][2])
    server.serve("/users/hub", document | {"discoverable": False})
    await work(here, clock, 24 * 9)
    assert await here.store.read(state, "tredegar.example") == "gone"
    assert await here.store.read(directory.listed) == []


@pytest.mark.slow
@pytest.mark.parametrize(("status", "left"), [(410, "gone"), (404, "verified")])
async def test_a_server_that_says_410_is_removed_at_once_and_404_is_not(
    here: Here, clock: Clock, status: int, left: str
) -> None:
    server = a_hub(here)
    await here.store.write(tell, "peer.example", "tredegar.example")
    await here.store.write(finding.schedule)
    await work(here, clock)
    for path in [*server.documents]:
        server.serve(path, b"gone", "text/plain", status)
    await work(here, clock, 24 * 9)
    assert await here.store.read(state, "tredegar.example") == left


@pytest.mark.slow
async def test_a_server_that_is_only_named_gets_few_requests_in_thirty_days(here: Here, clock: Clock) -> None:
    """Whoever points fifty hubs at a victim does not make us knock there more than a dozen times."""
    victim = here.server("victim.example", "")
    await here.store.write(finding.schedule)
    for day in range(35):
        for peer in many(5, "liar"):
            await here.store.write(tell, f"{day}{peer}", "victim.example")
        await work(here, clock, 24)
    assert len(victim.asked) <= 12 * 2
    assert await here.store.read(state, "victim.example") == "gone"


# --- telling ---------------------------------------------------------------------------------------


async def said(here: Here) -> list[tuple[str, str]]:
    rows = await here.all("SELECT type, body FROM activity WHERE type IN ('Add', 'Remove') ORDER BY id")
    return [(row["type"], msgspec.json.decode(row["body"])["object"]["href"]) for row in rows]


@pytest.mark.slow
async def test_a_friend_is_told_what_we_found_and_what_we_lost(here: Here, clock: Clock) -> None:
    penarth = await friend(here, "penarth.example")
    server = a_hub(here)
    await here.store.write(tell, "peer.example", "tredegar.example")
    await here.store.write(finding.schedule)
    await work(here, clock)
    server.documents = dict.fromkeys(server.documents, (410, "text/plain", b""))
    await work(here, clock, 24 * 9)
    told = [one for one in penarth.received if one["type"] in ("Add", "Remove")]
    assert [(one["type"], one["object"]["href"]) for one in told] == [
        ("Add", "https://tredegar.example/users/hub"), ("Remove", "https://tredegar.example/users/hub"),
    ]  # fmt: skip
    add = told[0]
    assert (add["actor"], add["target"]) == ("https://glan.example/actor", "https://glan.example/actor/hubs")
    assert (add["object"]["type"], add["object"]["nh:relation"]) == ("Link", "heard")
    assert add["@context"][1]["nh"] == "https://w3id.org/neighbourhub/ns#"


async def test_only_friends_are_told_and_never_the_hub_itself(here: Here, clock: Clock) -> None:
    server = a_hub(here, "penarth.example")
    other = await follow_hub(here.wire, "penarth.example", here.steward)
    await here.work()
    await here.store.write(verified, "cwm.example")
    await here.work()
    assert await said(here) == [], "we follow it; it does not follow us"
    await here.store.write(befriend, other.id)
    await here.store.write(announce)
    await here.store.write(verified, "barry.example")
    await here.work()
    assert [one["type"] for one in server.received if one["type"] != "Follow"] == ["Add"]


async def test_who_follows_us_and_is_not_followed_is_not_told(here: Here, clock: Clock) -> None:
    await friend(here, "penarth.example")
    fan = here.servers["fan.example"] = Village("fan.example")

    def scene(tx: Tx) -> None:
        actors.follow(tx, remembered(tx, "fan.example"), settings.get(tx).actor)
        peers.describe(tx, "fan.example", software="neighbourhub", profile="hub")
        verified(tx, "barry.example")

    await here.store.write(scene)
    await here.work()
    assert await said(here) == [("Add", "https://barry.example/actor/hub")]
    assert fan.received == []


async def test_twenty_an_hour_are_told_at_most(here: Here, clock: Clock) -> None:
    await friend(here, "penarth.example")

    def found(tx: Tx, start: int) -> None:
        for n in range(start, start + 30):
            tell(tx, f"peer{n}.example", f"h{n}.example")
            verified(tx, f"h{n}.example")

    await here.store.write(found, 0)
    await here.work()
    assert len(await said(here)) == 20
    clock.forward(HOUR + MINUTE)
    await here.store.write(found, 30)
    await here.work()
    assert len(await said(here)) == 40


# --- being told ------------------------------------------------------------------------------------


async def pushed(here: Here, server: Village, type: str, what: Any, **more: Any) -> str:
    who = f"{server.base}/users/instance"
    it = activity(type, who, what, **{"target": f"{server.base}/actor/hubs"} | more)
    answer = await post(here.app, f"{here.base}/inbox", it)
    assert answer.status_code == 202
    await here.work()
    return (await here.outcomes())[-1]


async def test_a_friend_names_a_hub_and_it_is_asked(here: Here, clock: Clock) -> None:
    server, _ = await friend(here, "penarth.example"), a_hub(here)
    assert await pushed(here, server, "Add", entry("tredegar.example")) == "a new hub, to be asked itself"
    await work(here, clock)
    assert await here.store.read(state, "tredegar.example") == "verified"
    assert await pushed(here, server, "Add", entry("tredegar.example", "mutual")) == "no news"


async def test_a_friend_says_that_one_is_lost_and_we_see_for_ourselves(here: Here, clock: Clock) -> None:
    server, lost = await friend(here, "penarth.example"), a_hub(here)
    await pushed(here, server, "Add", entry("tredegar.example"))
    server.tells([entry("tredegar.example")])
    await work(here, clock, 30)
    lost.forget()
    assert await pushed(here, server, "Remove", entry("tredegar.example")) == "no longer named"
    assert await pushed(here, server, "Remove", entry("tredegar.example"), id=f"{server.base}/again") == "no news"
    await work(here, clock, 0.1)
    assert lost.asked
    assert await here.store.read(state, "tredegar.example") == "verified", "it is there; nobody else's word counts"


@pytest.mark.parametrize(
    ("flaw", "outcome"),
    [
        ("stranger", "we do not follow each other"), ("target", "of a kind"), ("no target", "of a kind"),
        ("nothing", "no hub"), ("private", "no hub"), ("a person", "do not follow each other"),
    ],
)  # fmt: skip
async def test_who_may_not_tell_us_is_not_listened_to(here: Here, clock: Clock, flaw: str, outcome: str) -> None:
    server = a_hub(here, "penarth.example")
    await here.store.write(verified, "penarth.example")
    if flaw != "stranger":
        await here.store.write(mutual, "penarth.example")
    if flaw == "a person":
        server.actor("instance", "Person")
    more: Json = {"target": "https://penarth.example/users/hub/featured"} if flaw == "target" else {}
    more = {"target": None} if flaw == "no target" else more
    what: Any = {"nothing": 7, "private": entry("", href="https://192.168.0.1/")}.get(flaw, entry("tredegar.example"))
    for type in ("Add", "Remove"):
        assert outcome in await pushed(here, server, type, what, **more)
    assert await here.store.read(state, "tredegar.example") == ""


async def test_of_one_friend_twenty_an_hour_are_read(here: Here, clock: Clock) -> None:
    server = await friend(here, "penarth.example")
    outcomes = [await pushed(here, server, "Add", entry(host)) for host in many(23)]
    assert outcomes[19] == "a new hub, to be asked itself"
    assert set(outcomes[20:]) == {"ignored: too many in an hour"}
    clock.forward(HOUR + MINUTE)
    assert await pushed(here, server, "Add", entry("late.example")) == "a new hub, to be asked itself"


async def test_by_pushing_nobody_gets_round_the_days_budget(here: Here, clock: Clock) -> None:
    server = await friend(here, "penarth.example")
    await here.store.write(tell, "penarth.example", *many(introductions.A_DAY))
    assert await pushed(here, server, "Add", entry("one.example")) == "no room"


# --- adjacent areas --------------------------------------------------------------------------------


async def test_with_the_rule_a_near_hub_that_friends_vouch_for_is_asked_to_be_followed(
    here: Here, clock: Clock
) -> None:
    near = {"type": "Place", "name": "Splott", "latitude": 51.48, "longitude": -3.15}
    server = a_hub(here, location=near)
    for host in ("penarth.example", "barry.example"):
        await friend(here, host, [entry("tredegar.example")])
    await here.store.write(directory.set_near, 10.0, here.steward)
    await here.store.write(finding.schedule)
    await work(here, clock)
    follows = [one for one in server.received if one["type"] == "Follow"]
    assert [one["actor"] for one in follows] == ["https://glan.example/actor/hub"]


# --- what we publish -------------------------------------------------------------------------------


async def get(here: Here, path: str, etag: str = "") -> tuple[int, Json, str]:
    headers = [(b"accept", b"application/activity+json")] + ([(b"if-none-match", etag.encode())] if etag else [])
    path, _, query = path.removeprefix(here.base).partition("?")
    told: list[Any] = []

    async def send(message: Any) -> None:
        told.append(message)

    async def receive() -> Json:
        return {"type": "http.request", "body": b"", "more_body": False}

    await here.app({
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "https",
        "path": path, "raw_path": path.encode(), "query_string": query.encode(), "root_path": "", "headers": headers,
        "server": ("glan.example", 443), "client": ("192.0.2.1", 1234),
    }, receive, send)  # fmt: skip
    head = {name.decode(): value.decode() for name, value in told[0]["headers"]}
    body = b"".join(message.get("body", b"") for message in told[1:])
    return told[0]["status"], msgspec.json.decode(body) if body else {}, head.get("etag", "")


async def test_our_list_says_where_hubs_are_and_what_we_are_to_each_other(here: Here) -> None:
    def scene(tx: Tx) -> None:
        actor = mutual(tx, "penarth.example", at=(51.48169, -3.17912))
        directory.verified(tx, "penarth.example", actor, "https://penarth.example/x", "https://penarth.example/actor")
        verified(tx, "cwm.example", at=None)
        actor = remembered(tx, "barry.example")
        directory.met(tx, "barry.example", actor)
        tell(tx, "x.example", "unseen.example")

    await here.store.write(scene)
    _, doc, _ = await get(here, "/actor/hubs")
    assert [(one["href"], one["nh:relation"]) for one in doc["orderedItems"]] == [
        ("https://penarth.example/actor/hub", "mutual"), ("https://cwm.example/actor/hub", "heard"),
        ("https://barry.example/actor/hub", "heard"),
    ]  # fmt: skip
    assert doc["orderedItems"][0] == {
        "type": "Link", "href": "https://penarth.example/actor/hub", "rel": ["nh:HubEntry"], "name": "Penarth",
        "nh:instance": "https://penarth.example/actor",
        "nh:area": [{"nh:name": "Splott ward"}], "nh:geo": [51.48, -3.18], "nh:relation": "mutual",
        "nh:firstSeen": "2026-05-01", "nh:lastVerified": "2026-05-01",
    }  # fmt: skip
    assert (doc["attributedTo"], doc["updated"]) == ("https://glan.example/actor", "2026-05-01T09:00:00Z")


async def test_our_list_has_an_etag_that_changes_with_it(here: Here) -> None:
    await here.store.write(mutual, "penarth.example")
    _, _, etag = await get(here, "/actor/hubs")
    assert (await get(here, "/actor/hubs", etag))[0] == 304
    await here.store.write(directory.gone, "penarth.example", "410")
    status, _, other = await get(here, "/actor/hubs", etag)
    assert (status, other != etag) == (200, True)


async def test_a_long_list_is_published_in_pages_that_leave_nothing_out(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    from federation import collections

    assert collections.HUBS == 200
    monkeypatch.setattr(collections, "HUBS", 4)

    def scene(tx: Tx) -> None:
        for host in many(10):
            verified(tx, host)

    await here.store.write(scene)
    _, doc, _ = await get(here, "/actor/hubs")
    assert (doc["totalItems"], "orderedItems" in doc) == (10, False)
    sizes, found, url = [], [], doc["first"]
    while url:
        _, page, _ = await get(here, url)
        assert page["id"] == url
        sizes.append(len(page["orderedItems"]))
        found += [one.host for one in hubs.told(page["orderedItems"], here.base)]
        url = page.get("next", "")
    assert (sizes, found) == ([4, 4, 2], many(10))


async def test_who_stops_following_us_is_no_friend_any_more(here: Here) -> None:
    other = await here.store.write(mutual, "penarth.example")
    ours = await here.one("SELECT actor FROM hub")
    await here.store.write(actors.unfollow, other, ours)
    _, doc, _ = await get(here, "/actor/hubs")
    assert [one["nh:relation"] for one in doc["orderedItems"]] == ["follows"]


def test_the_numbers_are_those_of_the_vocabulary() -> None:
    assert (finding.EVERY, finding.SPREAD, finding.PACE, directory.FRESH) == (12 * HOUR, 0.2, 5000, 30 * DAY)
    assert (introductions.A_DAY, introductions.DOMAIN_A_DAY, introductions.DOMAIN_IN_ALL) == (50, 5, 50)
