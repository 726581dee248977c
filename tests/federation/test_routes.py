"""What other servers read here: documents, lists, and the ways to find us."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest_asyncio
from scene import BASE, lift, open_hub, orchard, party, person, stranger
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

import federation
from federation import announce
from federation.collections import PAGE
from federation.negotiate import prefers_page
from hub import VERSION, actors, asks, attendance, directory, events, posts, projects, settings, things
from hub.errors import HubError
from hub.store import Store, Tx

ACTIVITY = "application/activity+json"
LD = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


async def themed(request: Request, error: Exception) -> Response:
    return PlainTextResponse("a page that helps", 404)


@pytest_asyncio.fixture
async def web(store: Store) -> AsyncIterator[httpx.AsyncClient]:
    app = Starlette(routes=federation.routes, exception_handlers={HubError: themed})
    app.state.store = store
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE) as client:
        yield client


async def told(store: Store) -> None:
    while await store.write(announce):
        pass


async def get(web: httpx.AsyncClient, path: str, accept: str | None = ACTIVITY) -> Any:
    answer = await web.get(path, headers={"Accept": accept} if accept else {})
    assert answer.status_code == 200, answer.text
    return answer.json()


# --- documents


async def test_everything_that_a_document_points_to_on_our_server_is_there(
    store: Store, web: httpx.AsyncClient
) -> None:
    def life(tx: Tx) -> None:
        who = open_hub(tx)
        project = projects.start(tx, who, orchard())
        event = events.publish(tx, who, party(project=project.id))
        asks.publish(tx, who, "ask", lift(project=project.id))
        asks.publish(tx, who, "offer", lift())
        posts.publish(tx, who, posts.Draft(text={"en": "Trees!"}, project=project.id))
        posts.reply(tx, who, event.id, {"en": "See you there."})

    await store.write(life)
    await told(store)
    seen: dict[str, Any] = {}
    waiting = [f"{BASE}/actor", f"{BASE}/actor/hub"]
    while waiting:
        url = waiting.pop()
        if url not in seen:
            seen[url] = await get(web, url)
            waiting += [one for one in addresses(seen[url]) if one not in seen]
    types = {doc["type"] for doc in seen.values()}
    assert {"Group", "Application", "Event", "Question", "Note", "OrderedCollection", "OrderedCollectionPage"} <= types


def addresses(doc: Any) -> set[str]:
    """Every address of ours in a document that a server would follow; pages and pictures are others' affair."""
    ours = {
        "id", "outbox", "followers", "following", "featured", "first", "next", "prev", "replies", "context",
        "attendees", "upcomingEvents", "attributedTo", "actor", "inReplyTo", "audience", "items", "orderedItems",
        "partOf", "object",
    }  # fmt: skip
    found: set[str] = set()
    for key, value in doc.items() if isinstance(doc, dict) else [("orderedItems", one) for one in doc]:
        if isinstance(value, dict | list):
            found |= addresses(value)
        elif key in ours or key.startswith("nh:"):
            found |= {str(value).partition("#")[0]} if str(value).startswith(f"{BASE}/") else set()
    return found


async def test_a_document_stands_at_its_own_id(store: Store, web: httpx.AsyncClient) -> None:
    event = await store.write(lambda tx: events.publish(tx, open_hub(tx), party()))

    for path in ("/actor", "/actor/hub", "/actor/u-bethan", f"/event/{event.id}", f"/post/{event.companion}"):
        assert (await get(web, path))["id"] == f"{BASE}{path}"


async def test_whoever_asks_for_nothing_in_particular_gets_the_document(store: Store, web: httpx.AsyncClient) -> None:
    await store.write(open_hub)
    for accept in (ACTIVITY, LD, "*/*", None, "application/json", f"{ACTIVITY}, text/html;q=0.1"):
        answer = await web.get("/actor/hub", headers={"Accept": accept} if accept else {})
        assert answer.status_code == 200
        assert answer.headers["content-type"] == ACTIVITY
        assert answer.headers["vary"] == "Accept"


async def test_people_are_sent_to_the_page(store: Store, web: httpx.AsyncClient) -> None:
    event = await store.write(lambda tx: events.publish(tx, open_hub(tx), party()))

    for path, page in (
        (f"/event/{event.id}", f"/events/{event.id}"),
        (f"/post/{event.companion}", f"/events/{event.id}"),
        ("/actor/hub", "/"),
        ("/actor/hub/outbox", "/"),
        ("/actor/u-bethan", "/@bethan"),
    ):
        answer = await web.get(path, headers={"Accept": BROWSER})
        assert (answer.status_code, answer.headers["location"]) == (303, f"{BASE}{page}")


def test_a_browser_prefers_the_page_and_a_server_the_document() -> None:
    assert prefers_page(BROWSER)
    assert not prefers_page("")
    assert not prefers_page("*/*")
    assert not prefers_page(f"{ACTIVITY}, {LD}, text/html;q=0.1")
    assert prefers_page(f"text/html, {ACTIVITY};q=0.5")
    assert not prefers_page("text/html;q=nonsense")


async def test_a_document_that_was_not_changed_is_not_sent_again(store: Store, web: httpx.AsyncClient) -> None:
    event = await store.write(lambda tx: events.publish(tx, open_hub(tx), party(places=None)))
    path = f"/event/{event.id}"
    first = await web.get(path)
    assert first.headers["cache-control"] == "public, max-age=60"
    again = await web.get(path, headers={"If-None-Match": f'W/{first.headers["etag"]}, "other"'})
    assert (again.status_code, again.content) == (304, b"")

    await store.write(lambda tx: attendance.answer(tx, event.id, stranger(tx), "yes"))
    changed = await web.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert changed.status_code == 200
    assert changed.json()["participantCount"] == 1


async def test_head_says_how_long_and_sends_nothing(store: Store, web: httpx.AsyncClient) -> None:
    await store.write(open_hub)
    whole = await web.get("/actor/hub")
    head = await web.head("/actor/hub")
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["content-length"] == str(len(whole.content))


async def test_what_was_taken_down_leaves_a_tombstone(store: Store, web: httpx.AsyncClient) -> None:
    def scene(tx: Tx) -> int:
        who = open_hub(tx)
        event = events.publish(tx, who, party())
        events.remove(tx, who, event.id)
        return event.id

    id = await store.write(scene)
    answer = await web.get(f"/event/{id}", headers={"Accept": ACTIVITY})
    assert answer.status_code == 410
    assert answer.json()["type"] == "Tombstone"
    assert answer.json()["id"] == f"{BASE}/event/{id}"
    assert (await web.get(f"/event/{id}", headers={"Accept": BROWSER})).text == "a page that helps"


async def test_a_project_that_was_taken_down_is_a_stone_and_nobody_finds_it(
    store: Store, web: httpx.AsyncClient
) -> None:
    def scene(tx: Tx) -> str:
        who = open_hub(tx)
        project = projects.start(tx, who, orchard())
        projects.remove(tx, who, project.id)
        return project.uri

    uri = await store.write(scene)
    for path in (uri, f"{uri}/outbox", f"{uri}/followers"):
        answer = await web.get(path, headers={"Accept": ACTIVITY})
        assert answer.status_code == 410
        assert {**answer.json(), "deleted": "", "@context": ""} == {
            "@context": "", "type": "Tombstone", "id": uri, "formerType": "Group", "deleted": "",
        }  # fmt: skip
    assert (await web.get(uri, headers={"Accept": BROWSER})).text == "a page that helps"
    found = await web.get("/.well-known/webfinger", params={"resource": "acct:p_old_mill_orchard@glan.example"})
    assert found.status_code == 404


async def test_what_was_taken_down_is_not_told_by_its_activity_either(store: Store, web: httpx.AsyncClient) -> None:
    def scene(tx: Tx) -> tuple[int, int]:
        who = open_hub(tx)
        return who, posts.publish(tx, who, posts.Draft(text={"en": "A slip of the tongue"})).id

    who, post = await store.write(scene)
    await told(store)
    row = await store.read(lambda tx: tx.one("SELECT uri FROM activity"))
    assert row is not None
    assert (await get(web, row["uri"]))["object"]["type"] == "Note"

    await store.write(posts.remove, who, post)
    assert (await web.get(row["uri"])).status_code == 404
    assert (await get(web, "/actor/hub/outbox?page=true"))["orderedItems"] == []


async def test_a_reply_that_a_moderator_hid_is_nowhere(store: Store, web: httpx.AsyncClient) -> None:
    def scene(tx: Tx) -> tuple[int, int]:
        who = open_hub(tx)
        event = events.publish(tx, who, party())
        reply = posts.reply(tx, person(tx, "mair"), event.id, {"en": "Rude words"})
        posts.hide(tx, who, reply.id)
        return event.id, reply.id

    event, reply = await store.write(scene)
    hidden, missing = await web.get(f"/post/{reply}"), await web.get("/post/1")
    assert (hidden.status_code, hidden.content) == (missing.status_code, missing.content)
    assert hidden.status_code == 404
    assert (await get(web, f"/event/{event}/replies"))["totalItems"] == 0
    assert (await get(web, f"/event/{event}/context"))["totalItems"] == 2
    await told(store)
    assert (await get(web, "/actor/u-mair/outbox"))["totalItems"] == 0


async def test_what_was_said_to_one_actor_only_is_served_to_nobody(store: Store, web: httpx.AsyncClient) -> None:
    def scene(tx: Tx) -> str:
        open_hub(tx)
        actors.ask_to_follow(tx, settings.get(tx).actor, stranger(tx))
        return ""

    await store.write(scene)
    await told(store)
    row = await store.read(lambda tx: tx.one("SELECT uri FROM activity WHERE type = 'Follow'"))
    assert row is not None
    assert (await web.get(row["uri"])).status_code == 404


async def test_what_is_not_ours_is_not_served_here(store: Store, web: httpx.AsyncClient) -> None:
    await store.write(open_hub)
    for path in ("/actor/nobody", "/event/1", "/event/x", "/post/99999999999999999999999", "/actor/hub/secrets",
                 "/actor/u-bethan/events", "/activity/7", "/ask/1/replies"):  # fmt: skip
        answer = await web.get(path, headers={"Accept": ACTIVITY})
        assert answer.status_code == 404, path
        assert answer.json()["status"] == 404


async def test_before_the_hub_is_set_up_there_is_nobody(store: Store, web: httpx.AsyncClient) -> None:
    assert (await web.get("/actor/hub", headers={"Accept": ACTIVITY})).status_code == 404


# --- lists


async def test_a_long_list_is_read_in_pages_forth_and_back(store: Store, web: httpx.AsyncClient) -> None:
    def busy(tx: Tx) -> None:
        who = open_hub(tx)
        for n in range(2 * PAGE + 3):
            posts.publish(tx, who, posts.Draft(text={"en": f"Note {n}"}))

    await store.write(busy)
    await told(store)
    outbox = await get(web, "/actor/hub/outbox")
    assert outbox["totalItems"] == 2 * PAGE + 3
    forth, page = [], await get(web, outbox["first"])
    pages = [page]
    while "next" in page:
        page = await get(web, page["next"])
        pages.append(page)
    for page in pages:
        assert page["partOf"] == f"{BASE}/actor/hub/outbox"
        forth += [item["object"]["content"] for item in page["orderedItems"]]
    assert forth == [f"<p>Note {n}</p>" for n in reversed(range(2 * PAGE + 3))]
    back = await get(web, pages[-1]["prev"])
    assert back["orderedItems"] == pages[1]["orderedItems"]


async def test_a_thread_begins_with_what_it_is_about(store: Store, web: httpx.AsyncClient) -> None:
    def scene(tx: Tx) -> events.Event:
        who = open_hub(tx)
        event = events.publish(tx, who, party())
        posts.reply(tx, who, event.id, {"en": "Bring a cup."})
        wil = stranger(tx, "wil", "tredegar.example")
        url = "https://tredegar.example/1"
        about = f"{BASE}/post/{event.companion}"
        posts.mirror(tx, wil, things.Seen(uri=url, url=url, html={"cy": "<p>Iawn</p>"}, reply_to=about, published=1,
                                          updated=1))  # fmt: skip
        return event

    event = await store.write(scene)
    items = (await get(web, f"/event/{event.id}/context?page=true"))["orderedItems"]
    assert items[:2] == [event.uri, f"{BASE}/post/{event.companion}"]
    assert items[3] == "https://tredegar.example/1"
    for path in (f"/event/{event.id}", f"/post/{event.companion}"):
        assert (await get(web, f"{path}/replies?page=true"))["orderedItems"] == items[2:]


async def test_how_many_follow_is_told_and_who_is_not(store: Store, web: httpx.AsyncClient) -> None:
    def scene(tx: Tx) -> None:
        open_hub(tx)
        actors.follow(tx, stranger(tx), settings.get(tx).actor)

    await store.write(scene)
    followers = await get(web, "/actor/hub/followers")
    assert followers["totalItems"] == 1
    first = await get(web, followers["first"])
    assert first["orderedItems"] == []
    assert "sunil" not in json.dumps([followers, first])


async def test_how_many_are_going_is_told_and_who_is_not(store: Store, web: httpx.AsyncClient) -> None:
    def scene(tx: Tx) -> int:
        event = events.publish(tx, open_hub(tx), party())
        attendance.answer(tx, event.id, stranger(tx), "yes")
        return event.id

    id = await store.write(scene)
    attendees = await get(web, f"/event/{id}/attendees")
    assert attendees["totalItems"] == 1
    assert "items" not in attendees


async def test_the_outbox_shows_an_event_as_it_stands_now(store: Store, web: httpx.AsyncClient) -> None:
    def scene(tx: Tx) -> tuple[int, int]:
        who = open_hub(tx)
        return who, events.publish(tx, who, party()).id

    who, id = await store.write(scene)
    await told(store)
    await store.write(events.cancel, who, id, {"en": "Storm"})
    item = (await get(web, "/actor/hub/outbox?page=true"))["orderedItems"][0]
    assert (item["type"], item["object"]["type"], item["object"]["status"]) == ("Create", "Event", "CANCELLED")


async def test_a_new_follower_finds_what_is_on_next_and_who_needs_help(store: Store, web: httpx.AsyncClient) -> None:
    def scene(tx: Tx) -> list[str]:
        who = open_hub(tx)
        event, ask = events.publish(tx, who, party()), asks.publish(tx, who, "ask", lift())
        events.cancel(tx, who, events.publish(tx, who, party()).id, {"en": "Storm"})
        return [f"{BASE}/post/{event.companion}", ask.uri]

    pinned = await store.write(scene)
    assert (await get(web, "/actor/hub/featured"))["orderedItems"] == pinned


async def test_hubs_are_told_of_only_when_we_have_seen_them(store: Store, web: httpx.AsyncClient) -> None:
    def scene(tx: Tx) -> None:
        open_hub(tx)
        hub = settings.get(tx).actor
        near, far = (stranger(tx, "hub", f"{name}.example", "hub") for name in ("penarth", "tredegar"))
        for other in (near, far):
            actors.ask_to_follow(tx, hub, other)
        actors.follow_answered(tx, hub, near, accepted=True)
        actors.follow(tx, near, hub)
        directory.met(tx, "penarth.example", near)

    await store.write(scene)
    entries = (await get(web, "/actor/hubs"))["orderedItems"]
    assert [(one["href"], one["nh:relation"]) for one in entries] == [("https://penarth.example/users/hub", "mutual")]


# --- finding us


async def test_webfinger_knows_every_handle_and_address_of_ours(store: Store, web: httpx.AsyncClient) -> None:
    def scene(tx: Tx) -> int:
        return projects.start(tx, open_hub(tx), orchard()).id

    project = await store.write(scene)
    for resource, path in {
        "acct:hub@glan.example": "/actor/hub",
        "acct:HUB@GLAN.example": "/actor/hub",
        "hub@glan.example": "/actor/hub",
        "acct:@hub@glan.example": "/actor/hub",
        "acct:p_old_mill_orchard@glan.example": "/actor/p_old_mill_orchard",
        "acct:bethan@glan.example": "/actor/u-bethan",
        "acct:glan.example@glan.example": "/actor",
        f"{BASE}/": "/actor",
        BASE: "/actor",
        f"{BASE}/actor/hub": "/actor/hub",
        f"{BASE}/@bethan": "/actor/u-bethan",
        f"{BASE}/projects/{project}": "/actor/p_old_mill_orchard",
    }.items():
        answer = await web.get("/.well-known/webfinger", params={"resource": resource})
        assert answer.status_code == 200, resource
        assert answer.headers["content-type"] == "application/jrd+json"
        assert answer.headers["access-control-allow-origin"] == "*"
        links = {link["rel"]: link for link in answer.json()["links"]}
        assert links["self"] == {"rel": "self", "type": ACTIVITY, "href": f"{BASE}{path}"}, resource


async def test_a_handle_leads_back_to_itself(store: Store, web: httpx.AsyncClient) -> None:
    await store.write(open_hub)
    for name in ("/actor", "/actor/hub", "/actor/u-bethan"):
        actor = await get(web, name)
        found = await get(web, f"/.well-known/webfinger?resource=acct:{actor['webfinger']}")
        assert found["subject"] == f"acct:{actor['webfinger']}"
        assert actor["id"] in found["aliases"]


async def test_webfinger_says_so_when_it_knows_nobody(store: Store, web: httpx.AsyncClient) -> None:
    await store.write(lambda tx: stranger(tx) if open_hub(tx) else None)
    assert (await web.get("/.well-known/webfinger")).status_code == 400
    for resource in (
        "acct:nobody@glan.example", "acct:hub@other.example", "acct:sunil@mastodon.example", "", "acct:", "x",
        "https://mastodon.example/users/sunil", f"{BASE}/@nobody", f"{BASE}/projects/7", f"{BASE}.evil.example/",
    ):  # fmt: skip
        answer = await web.get("/.well-known/webfinger", params={"resource": resource or " "})
        assert answer.status_code == 404, resource


async def test_host_meta_says_where_webfinger_is(store: Store, web: httpx.AsyncClient) -> None:
    await store.write(open_hub)
    template = f"{BASE}/.well-known/webfinger?resource={{uri}}"
    xml = await web.get("/.well-known/host-meta")
    assert xml.headers["content-type"] == "application/xrd+xml"
    assert f'template="{template}"' in xml.text
    assert (await web.get("/.well-known/host-meta.json")).json()["links"][0]["template"] == template


async def test_nodeinfo_counts_what_is_said_and_leads_to_the_servers_actor(
    store: Store, web: httpx.AsyncClient
) -> None:
    def scene(tx: Tx) -> None:
        who = open_hub(tx)
        event = events.publish(tx, who, party())
        posts.reply(tx, who, event.id, {"en": "Bring a cup."})

    await store.write(scene)
    links = {link["rel"]: link["href"] for link in (await get(web, "/.well-known/nodeinfo"))["links"]}
    assert links["https://www.w3.org/ns/activitystreams#Application"] == f"{BASE}/actor"
    for version in ("2.0", "2.1"):
        found = await get(web, links[f"http://nodeinfo.diaspora.software/ns/schema/{version}"])
        assert found["version"] == version
        assert found["software"] == {"name": "neighbourhub", "version": VERSION}
        assert found["protocols"] == ["activitypub"]
        assert (found["usage"]["localPosts"], found["usage"]["localComments"]) == (1, 1)
        assert found["usage"]["users"]["total"] == 1
    assert (await web.get("/nodeinfo/1.0")).status_code == 404
