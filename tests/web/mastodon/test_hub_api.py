"""The hub's own API: what programs ask for that Mastodon has no word for."""

from typing import Any

import httpx
import pytest
from browsing import Site
from mastodon_apps import app_with
from scene import lift, party, stranger

from hub import asks, attendance, directory, events, helping, projects, relations, things
from hub.clock import DAY, HOUR, now
from hub.kept import Seen
from hub.store import Tx
from web.mastodon.shapes import stamp
from web.neighbourhub import CALLS
from web.neighbourhub.calls import PREFIX

V1 = PREFIX


def steward(tx: Tx) -> int:
    row = tx.one("SELECT id FROM actor WHERE handle = 'bethan'")
    assert row is not None
    return int(row["id"])


def publish(tx: Tx, **changes: Any) -> int:
    return events.publish(tx, steward(tx), party(**changes)).id


def needs(tx: Tx, kind: str = "ask", **changes: Any) -> int:
    return asks.publish(tx, steward(tx), kind, lift(**changes)).id


async def got(app: httpx.AsyncClient, path: str, status: int = 200, **query: Any) -> Any:
    answer = await app.get(V1 + path, params=query)
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_anybody_reads_what_is_on_with_where_it_is_and_how_far(site: Site) -> None:
    id = await site.store.write(publish, lat=51.49, lon=-3.18, step_free=True)
    [it] = await got(app_with(site), "/events", lat=51.4816, lon=-3.1791, km=5)
    assert (it["id"], it["title"]["cy"], it["distance_km"], it["rsvp"]) == (str(id), "Parti stryd", 0.94, None)
    assert (it["place"]["name"], it["place"]["lat"], it["access"]["step_free"]) == ("Mill Bridge", 51.49, True)
    assert it["access"]["toilet"] is None
    assert it["by"]["acct"] == "hub"
    assert await got(app_with(site), f"/events/{id}") == it | {"distance_km": None}
    assert await got(app_with(site), "/events", lat=52, lon=-3.2, km=5) == []


async def test_a_long_list_is_read_on_by_its_link(site: Site) -> None:
    days = [now() + n * DAY for n in range(1, 6)]
    ids = [str(await site.store.write(publish, starts=day, ends=day + HOUR)) for day in days]
    app, seen, url = app_with(site), [], f"{V1}/events?limit=2&scope=local"
    while url:
        answer = await app.get(url)
        seen += [it["id"] for it in answer.json()]
        url = answer.links.get("next", {}).get("url", "")
        assert not url or "scope=local" in url
    assert seen == ids


async def test_dates_say_what_is_on_between_them(site: Site) -> None:
    id = await site.store.write(publish)
    app, day = app_with(site), stamp(now() + DAY)
    assert [it["id"] for it in await got(app, "/events", **{"from": day, "to": stamp(now() + 2 * DAY)})] == [str(id)]
    assert await got(app, "/events", **{"from": stamp(now() + 3 * DAY)}) == []
    assert await got(app, "/events", to=stamp(now())) == []


async def test_an_answer_is_the_one_that_the_form_and_the_poll_give(site: Site, signed_in: Any) -> None:
    id = await site.store.write(publish, places=2)
    rhys = await signed_in("rhys")
    path = f"/events/{id}/rsvp"
    nothing = {"said": None, "party": 0, "waiting": False, "ahead": 0}
    assert await got(rhys, path) == nothing
    said = await rhys.put(V1 + path, json={"said": "yes", "party": 2})
    assert said.json() == {"said": "yes", "party": 2, "waiting": False, "ahead": 0}
    assert (await got(rhys, f"/events/{id}"))["rsvp"]["said"] == "yes"
    poll = (await rhys.get(f"/api/v1/polls/{id}")).json()
    assert poll["own_votes"] == [0]
    ann = await signed_in("ann")
    waits = (await ann.put(V1 + path, data={"said": "yes"})).json()
    assert (waits["waiting"], waits["said"]) == (True, "yes")
    assert (await rhys.delete(V1 + path)).json() == nothing
    assert (await got(ann, path))["waiting"] is False
    assert len(await site.store.read(attendance.attending, await site.store.read(steward), id)) == 1


async def test_who_wants_nothing_of_a_hub_does_not_find_it_in_any_list(site: Site, signed_in: Any) -> None:
    def theirs(tx: Tx) -> int:
        hub = stranger(tx, "hub", "pont.example", "hub")
        for n, kind in enumerate(("event", "ask", "project")):
            uri = f"https://pont.example/{kind}/{n}"
            seen = Seen(uri=uri, url=uri, title={"en": "Pier"}, published=now(), updated=now())
            match kind:
                case "event":
                    details = events.Details(starts=now() + DAY, ends=now() + DAY + HOUR, zone="UTC")
                    events.mirror(tx, hub, seen, details)
                case "ask":
                    asks.mirror(tx, hub, kind, seen, asks.checked(lift(), kind)[2])
                case _:
                    projects.mirror(tx, hub, hub, seen, stage="active")
        return hub

    async def found(app: httpx.AsyncClient) -> list[int]:
        return [len(await got(app, path)) for path in ("/events", "/asks", "/projects")]

    hub = await site.did(theirs)
    ann, guest = await signed_in("ann"), app_with(site)
    me = int((await ann.get("/api/v1/accounts/verify_credentials")).json()["id"])
    assert await found(ann) == [1, 1, 1]
    for apart, again in (
        (lambda tx: relations.block(tx, me, hub), lambda tx: relations.unblock(tx, me, hub)),
        (lambda tx: relations.mute(tx, me, hub), lambda tx: relations.unmute(tx, me, hub)),
        (lambda tx: relations.mute_domain(tx, me, "pont.example"),
         lambda tx: relations.unmute_domain(tx, me, "pont.example")),
        (lambda tx: relations.keep_block(tx, hub, me, None), lambda tx: relations.lift_block(tx, hub, me)),
    ):  # fmt: skip
        await site.did(apart)
        assert (await found(ann), await found(guest)) == ([0, 0, 0], [1, 1, 1])
        await site.did(again)
        assert await found(ann) == [1, 1, 1]


async def test_to_another_hub_one_answers_for_oneself(site: Site, signed_in: Any) -> None:
    def mirrored(tx: Tx) -> int:
        uri = "https://pont.example/event/1"
        seen = Seen(uri=uri, url=uri, title={"en": "Pier walk"}, published=now(), updated=now())
        details = events.Details(starts=now() + DAY, ends=now() + DAY + HOUR, zone="UTC")
        id = events.mirror(tx, stranger(tx, "hub", "pont.example", "hub"), seen, details)
        assert id is not None
        return id

    id = await site.did(mirrored)
    rhys = await signed_in("rhys")
    path = f"{V1}/events/{id}/rsvp"
    assert (await rhys.put(path, json={"said": "yes", "party": 3})).status_code == 422
    assert (await rhys.put(path, json={"said": "maybe"})).json()["said"] == "maybe"
    assert (await rhys.delete(path)).json()["said"] == "no"
    [it] = await got(rhys, "/events", scope="remote")
    assert (it["local"], it["by"]["acct"]) == (False, "hub@pont.example")


async def test_who_needs_what_is_read_and_answered(site: Site, signed_in: Any) -> None:
    id = await site.store.write(needs)
    ladder = await site.store.write(needs, "offer", title={"en": "A ladder"}, category="tools")
    rhys = await signed_in("rhys")
    assert [it["id"] for it in await got(rhys, "/asks")] == [str(ladder), str(id)]
    assert [it["id"] for it in await got(rhys, "/asks", kind="ask", category="transport")] == [str(id)]
    assert (await got(app_with(site), f"/asks/{id}"))["help"] is None
    said = (await rhys.put(f"{V1}/asks/{id}/help", json={"words": "I have a van"})).json()
    assert said == {"said": "help", "state": "offered", "words": "I have a van", "told": {}}
    assert (await got(rhys, f"/asks/{id}"))["offered"] == 1
    [kept] = await site.store.read(helping.answers, await site.store.read(steward), id)
    assert (kept.words, kept.via) == ("I have a van", "app")
    assert (await rhys.put(f"{V1}/asks/{ladder}/help", json={"said": "help"})).status_code == 422
    gone = (await rhys.delete(f"{V1}/asks/{id}/help")).json()
    assert (gone["state"], gone["words"]) == ("withdrawn", "")
    assert await got(rhys, "/asks", limit=1, open="all")


async def test_projects_and_this_hub_are_read(site: Site) -> None:
    def start(tx: Tx) -> int:
        draft = projects.Draft({"en": "Old Mill Orchard"}, summary={"en": "Forty trees."}, stage="active")
        return projects.start(tx, steward(tx), draft).id

    id = await site.did(start)
    [it] = await got(app_with(site), "/projects", stage="active")
    assert (it["id"], it["summary"]["en"], it["acct"]) == (str(id), "<p>Forty trees.</p>", "p_old_mill_orchard")
    assert await got(app_with(site), f"/projects/{id}") == it
    assert await got(app_with(site), "/projects", stage="done") == []
    hub = await got(app_with(site), "/hub")
    assert (hub["domain"], hub["name"]["cy"], hub["area"]["code"]) == ("glan.example", "Glan-yr-afon", "W05000985")
    assert await got(app_with(site), "/hubs") == []


@pytest.mark.parametrize(
    "query",
    [
        "lat=51", "lat=north&lon=3", "lat=91&lon=0", "lat=nan&lon=0", "km=0", "limit=0", "limit=41", "limit=",
        "after=x", "from=yesterday", "from=2026-05-01T10:00:00", "to=1e9999", "scope=mine", "to=null",
        "area=" + "x" * 201,
    ],
)  # fmt: skip
async def test_what_cannot_be_understood_is_named(site: Site, query: str) -> None:
    told = await app_with(site).get(f"{V1}/events?{query}")
    assert told.status_code == 422, told.text
    assert query.partition("=")[0] in told.json()["error"] or "latitude" in told.json()["error"]


async def test_a_thing_of_another_kind_is_not_found_and_nor_is_what_is_private(site: Site, signed_in: Any) -> None:
    event, ask = await site.store.write(publish), await site.store.write(needs)
    rhys, ann = await signed_in("rhys"), await signed_in("ann")
    letter = (await ann.post("/api/v1/statuses", json={"status": "A secret", "visibility": "direct"})).json()["id"]
    for path in (f"/events/{ask}", f"/asks/{event}", f"/projects/{event}", "/events/1", "/events/x", f"/asks/{letter}"):
        assert await got(rhys, path, 404) == {"error": "Record not found"}
        assert await got(rhys, path + "/rsvp" if "events" in path else path, 404)
    await site.did(things.take_down, event)
    assert await got(rhys, f"/events/{event}", 404)


async def test_a_token_does_what_it_was_let_do(site: Site, signed_in: Any) -> None:
    id = await site.store.write(publish)
    reader, looker = await signed_in("rhys", "read"), await signed_in("ann", "profile")
    path = f"{V1}/events/{id}/rsvp"
    assert (await app_with(site).get(path)).status_code == 401
    assert (await app_with(site).put(path, json={"said": "yes"})).status_code == 401
    assert (await app_with(site, "wrong").get(f"{V1}/events")).status_code == 401
    assert (await reader.get(path)).status_code == 200
    assert (await reader.put(path, json={"said": "yes"})).status_code == 403
    assert (await looker.get(f"{V1}/events")).status_code == 403
    assert (await looker.get(f"{V1}/hub")).status_code == 200


async def test_a_page_elsewhere_may_call_it_and_is_told_how_often(site: Site) -> None:
    told = await app_with(site).get(f"{V1}/hub")
    assert told.headers["access-control-allow-origin"] == "*"
    assert "x-ratelimit-remaining" in told.headers
    nothing = await app_with(site).get(f"{V1}/nothing")
    assert (nothing.status_code, nothing.json()) == (404, {"error": "Not Found"})


async def test_the_document_has_every_call_and_says_who_may(site: Site) -> None:
    told = await got(app_with(site), "/openapi.json")
    assert told["openapi"].startswith("3.1")
    assert told["servers"] == [{"url": site.base}]
    there = {(method.upper(), path) for path, verbs in told["paths"].items() for method in verbs}
    assert there == {(one.method, V1 + one.path) for one in CALLS}
    say = told["paths"][f"{V1}/events/{{id}}/rsvp"]["put"]
    assert say["security"] == [{"token": []}]
    assert "write:statuses" in say["description"]
    assert {} in told["paths"][f"{V1}/events"]["get"]["security"]


async def test_hubs_that_are_known_come_nearest_first(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def entry(id: int, lat: float | None) -> directory.Entry:
        empty: dict[str, Any] = {"follows_us": False, "actor": None, "discoverable": True, "approved": True}
        plain = dict.fromkeys(("uri", "url", "acct", "book", "instance", "introducer", "why"), "")
        numbers = dict.fromkeys(("vouched", "first_seen", "verified", "due", "failures", "heard", "lists_us"), 0)
        return directory.Entry(
            id=id, host=f"h{id}.example", domain=f"h{id}.example", state="visible", relation="heard", name={},
            area=directory.Area(), lat=lat, lon=None if lat is None else -3.1791, introductions=[], by_rule=False,
            **empty, **plain, **numbers,
        )  # fmt: skip

    known = [entry(1, None), entry(2, 53.0), entry(3, 51.5)]
    monkeypatch.setattr(directory, "shown", lambda tx: known)
    app = app_with(site)
    assert [it["id"] for it in await got(app, "/hubs")] == ["3", "2", "1"]
    first = await app.get(f"{V1}/hubs?limit=1&lat=53&lon=-3.1791&km=400")
    assert [(it["id"], it["distance_km"]) for it in first.json()] == [("2", 0.0)]
    rest = await app.get(first.links["next"]["url"])
    assert [it["id"] for it in rest.json()] == ["3"]
    assert "next" not in rest.links
