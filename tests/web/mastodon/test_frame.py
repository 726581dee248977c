"""What every call of the API has in common: who may, what came, how it is answered."""

from pathlib import Path

import msgspec
import pytest
from browsing import Site, a_site
from conftest import Clock
from mastodon_apps import SignedIn, app_with, token_for
from starlette.requests import Request
from starlette.responses import Response

from hub import apps, people
from hub.clock import DAY, MINUTE
from hub.errors import Conflict, Gone, Invalid, NotAllowed, NotFound
from hub.store import Tx
from hub.store.open import opened
from web.mastodon import gate
from web.mastodon.api import Caller, Params, answer, caller_of, listed, path_id, route
from web.mastodon.gate import Table

SAID = {"NotFound": NotFound, "Gone": Gone, "NotAllowed": NotAllowed, "Invalid": Invalid, "Conflict": Conflict}


async def who(request: Request, caller: Caller, params: Params) -> Response:
    return answer({"id": str(caller.id), "scopes": sorted(caller.scopes)})


async def fail(request: Request, caller: Caller, params: Params) -> Response:
    kind = params.text("kind")
    if kind not in SAID:
        raise RuntimeError("the password is swordfish")
    raise SAID[kind]("It has %(n)s corners.", n=4)


async def nothing(request: Request, caller: Caller, params: Params) -> Response:
    return answer(None)


async def one(request: Request, caller: Caller, params: Params) -> Response:
    return answer({"id": str(path_id(request))})


async def many(request: Request, caller: Caller, params: Params) -> Response:
    page = params.page(default=2, most=3)
    ids = [id for id in range(9, 0, -1) if page.max_id is None or id < page.max_id][: page.limit]
    return listed(request, [msgspec.json.encode({"id": str(id)}) for id in ids], ids, page)


CALLS = [
    route("GET", "/api/v1/test/any", who), route("GET", "/api/v1/test/read", who, "read:statuses"),
    route("GET", "/api/v1/test/either", who, "profile read:accounts"),
    route("GET", "/api/v1/test/open", who, "read:statuses", open=True), route("GET", "/api/v1/test/app", who, app=True),
    route("GET", "/api/v1/test/admin", who, "admin:read:accounts"),
    route("POST", "/api/v1/test/follow", who, "write:follows"),
    route("GET", "/api/v1/test/fail", fail, open=True), route("GET", "/api/v1/test/nothing", nothing, open=True),
    route("GET", "/api/v1/test/one/{id}", one, open=True), route("GET", "/api/v1/test/many", many, open=True),
]  # fmt: skip


@pytest.fixture(autouse=True)
def _calls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "ROUTES", [*gate.ROUTES, *CALLS])


async def test_who_has_no_token_or_a_wrong_one_is_told_so(site: Site) -> None:
    for headers in ({}, {"Authorization": "Bearer nothing"}, {"Authorization": "Basic eDp5"}, {"Authorization": ""}):
        refused = await site.guest.get("/api/v1/test/any", headers=headers)
        assert (refused.status_code, refused.json()) == (401, {"error": "The access token is invalid"})
        assert refused.headers["www-authenticate"].startswith("Bearer ")


async def test_a_token_counts_in_the_header_alone(site: Site, signed_in: SignedIn) -> None:
    rhys = await signed_in("rhys")
    token = rhys.headers["authorization"].removeprefix("Bearer ")
    assert (await rhys.get("/api/v1/test/any")).status_code == 200
    assert (await site.guest.get("/api/v1/test/any", params={"access_token": token})).status_code == 401
    posted = await site.guest.post("/api/v1/test/follow", data={"access_token": token})
    assert posted.status_code == 401


async def test_a_cookie_opens_no_call(site: Site) -> None:
    steward = await site.who("bethan")
    assert (await steward.get("/api/v1/test/any")).status_code == 401
    assert (await steward.get("/api/v1/test/open")).json()["id"] == "0"
    assert (await steward.post("/api/v1/test/follow", headers={"Sec-Fetch-Site": "cross-site"})).status_code == 401


async def test_a_page_elsewhere_may_send_a_call_but_no_form(site: Site, signed_in: SignedIn) -> None:
    rhys, browser = await signed_in("rhys"), await site.who("rhys")
    elsewhere = {"Sec-Fetch-Site": "cross-site", "Origin": "https://app.example"}
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert (await rhys.request(method, "/api/v1/nothing", headers=elsewhere)).status_code == 404
        assert (await browser.request(method, "/account/apps", headers=elsewhere)).status_code == 403
        assert (await browser.request(method, "/oauth/authorize", headers=elsewhere)).status_code == 403
    assert (await rhys.post("/api/v1/test/follow", headers=elsewhere)).status_code == 200
    assert (await site.guest.post("/oauth/token", headers=elsewhere)).status_code == 401


@pytest.mark.parametrize(
    ("granted", "path", "status"),
    [
        ("read", "/api/v1/test/read", 200), ("read:statuses", "/api/v1/test/read", 200),
        ("write", "/api/v1/test/read", 403),
        ("read:accounts", "/api/v1/test/read", 403), ("follow", "/api/v1/test/follow", 200),
        ("write:follows", "/api/v1/test/follow", 200), ("write", "/api/v1/test/follow", 200),
        ("read:follows", "/api/v1/test/follow", 403), ("write:statuses", "/api/v1/test/follow", 403),
        ("profile", "/api/v1/test/either", 200), ("read", "/api/v1/test/either", 200),
        ("push", "/api/v1/test/either", 403),
        ("push", "/api/v1/test/any", 200), ("push", "/api/v1/test/open", 403),
        ("read write follow push", "/api/v1/test/admin", 403),
    ],
)  # fmt: skip
async def test_a_greater_scope_contains_the_smaller(
    site: Site, signed_in: SignedIn, granted: str, path: str, status: int
) -> None:
    rhys = await signed_in("rhys", scopes=granted)
    told = await rhys.request("POST" if "follow" in path else "GET", path)
    assert told.status_code == status
    if status == 403:
        assert told.json() == {"error": "This action is outside the authorized scopes"}


async def test_114_who_looks_after_the_hub_is_asked_at_every_call(site: Site, signed_in: SignedIn) -> None:
    mo, rhys = await signed_in("mo", "admin:read"), await signed_in("rhys", "admin:read")
    assert (await mo.get("/api/v1/test/admin")).status_code == 200
    assert (await rhys.get("/api/v1/test/admin")).status_code == 403
    steward = await site.store.read(people.steward)
    whose = await site.store.read(people.known_as, "mo")
    assert whose is not None
    await site.store.write(people.change_role, steward.actor, whose[0].actor, "resident")
    refused = await mo.get("/api/v1/test/admin")
    assert (refused.status_code, refused.json()) == (403, {"error": "This action is not allowed"})


async def test_an_app_that_acts_for_nobody_is_let_in_where_that_is_enough(site: Site) -> None:
    app = app_with(site, await site.store.write(own_token))
    assert (await app.get("/api/v1/test/app")).json() == {"id": "0", "scopes": ["read"]}
    assert (await app.get("/api/v1/test/open")).status_code == 200
    refused = await app.get("/api/v1/test/read")
    assert (refused.status_code, refused.json()) == (422, {"error": "This method requires an authenticated user"})
    await app.aclose()


def own_token(tx: Tx) -> str:
    app, _ = apps.register(tx, apps.Draft("Bot", (apps.OUT_OF_BAND,), "read write"))
    issued = apps.own_token(tx, app, "")
    assert issued is not None
    return issued.secret


async def test_114_an_account_that_is_closed_is_let_in_no_more(site: Site, signed_in: SignedIn) -> None:
    rhys, olwen = await signed_in("rhys"), await signed_in("olwen")
    token = rhys.headers["authorization"].removeprefix("Bearer ")
    found = await caller_of(site.store, token)
    assert found is not None
    assert found.account is not None
    steward = await site.store.read(people.steward)
    await site.store.write(people.close, steward.actor, found.id)
    assert (await rhys.get("/api/v1/test/any")).status_code == 401
    assert await caller_of(site.store, token) is None
    assert await caller_of(site.store, "nothing") is None
    whose = await caller_of(site.store, olwen.headers["authorization"].removeprefix("Bearer "))
    assert whose is not None
    await site.did(lambda tx: tx.run("UPDATE account SET closed = 1 WHERE actor = :id", id=whose.id))
    refused = await olwen.get("/api/v1/test/any")
    assert (refused.status_code, refused.json()) == (403, {"error": "Your login is currently disabled"})


async def test_114_a_new_password_lets_every_app_out(site: Site, signed_in: SignedIn) -> None:
    rhys = await signed_in("rhys")
    whose = await site.store.read(people.known_as, "rhys")
    assert whose is not None
    await site.store.write(people.set_password, whose[0].actor, whose[1])
    assert (await rhys.get("/api/v1/test/any")).status_code == 401


async def test_a_token_that_nobody_uses_for_half_a_year_has_ended(
    clock: Clock, site: Site, signed_in: SignedIn
) -> None:
    rhys = await signed_in("rhys")
    for days in (179, 179):  # each use counts
        clock.forward(days * DAY)
        assert (await rhys.get("/api/v1/test/any")).status_code == 200
    clock.forward(181 * DAY)
    assert (await rhys.get("/api/v1/test/any")).status_code == 401
    assert await site.store.write(apps.sweep) == 1


async def test_the_last_use_is_written_down_once_in_ten_minutes(clock: Clock, site: Site, signed_in: SignedIn) -> None:
    rhys = await signed_in("rhys")
    before = site.store.changed.count
    await rhys.get("/api/v1/test/any")
    assert site.store.changed.count == before
    clock.forward(11 * MINUTE)
    await rhys.get("/api/v1/test/any")
    token = rhys.headers["authorization"].removeprefix("Bearer ")
    held = await site.store.read(apps.held, token)
    assert held is not None
    assert not held.stale


@pytest.mark.parametrize(
    ("kind", "status", "said"),
    [
        ("NotFound", 404, "Record not found"), ("Gone", 404, "Record not found"),
        ("NotAllowed", 403, "It has 4 corners."),
        ("Invalid", 422, "Validation failed: It has 4 corners."),
        ("Conflict", 422, "Validation failed: It has 4 corners."),
    ],
)  # fmt: skip
async def test_a_refusal_is_said_as_mastodon_says_it(site: Site, kind: str, status: int, said: str) -> None:
    refused = await site.guest.get("/api/v1/test/fail", params={"kind": kind})
    assert (refused.status_code, refused.json()) == (status, {"error": said})


async def test_a_refusal_speaks_welsh_to_who_does(site: Site) -> None:
    refused = await site.guest.get("/api/v1/test/fail?kind=Invalid", headers={"Accept-Language": "cy"})
    assert not refused.json()["error"].startswith("Validation failed")


async def test_a_mistake_of_ours_is_json_without_a_word_of_it(site: Site) -> None:
    answered = await site.guest.get("/api/v1/test/fail", headers={"Accept": "text/html"})
    assert answered.status_code == 500
    assert [*answered.json()] == ["error"]
    assert "swordfish" not in answered.text
    assert answered.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/api/v1/no_such"), ("GET", "/api/v9"), ("POST", "/api/v1/test/any"), ("DELETE", "/api/v1/apps"),
     ("GET", "/api/v1/test/one/1/2"), ("GET", "/api/v1/test/one/"), ("GET", "/api/"), ("GET", "/oauth/token"),
     ("GET", "/api/v1/test/one/99999999999999999999"), ("PATCH", "/api/v1/%00")],
)  # fmt: skip
async def test_what_is_not_there_is_json_also_to_a_browser(site: Site, method: str, path: str) -> None:
    answered = await site.guest.request(method, path)
    assert answered.status_code == 404
    assert answered.headers["content-type"].startswith("application/json")
    assert answered.json()["error"]


async def test_a_slash_at_the_end_changes_nothing(site: Site) -> None:
    assert (await site.guest.get("/api/v1/test/one/7/")).json() == {"id": "7"}
    assert (await site.guest.post("/oauth/token/")).status_code == 401
    led = await site.guest.get("/oauth/authorize/?client_id=x")
    assert (led.status_code, led.headers["location"]) == (307, "https://glan.example/oauth/authorize?client_id=x")


@pytest.mark.parametrize("id", ["x", "-1", "1.0", "9999999999999999999", "٣", "{}"])
async def test_what_is_no_id_is_not_found(site: Site, id: str) -> None:
    refused = await site.guest.get(f"/api/v1/test/one/{id}")
    assert (refused.status_code, refused.json()) == (404, {"error": "Record not found"})


async def test_no_answer_is_empty(site: Site) -> None:
    answered = await site.guest.get("/api/v1/test/nothing")
    assert (answered.status_code, answered.text) == (200, "{}")
    assert answered.headers["content-type"] == "application/json; charset=utf-8"
    assert (await site.guest.head("/api/v1/test/nothing")).status_code == 200


async def test_a_list_leads_on_first_and_then_back_and_keeps_what_was_asked(site: Site) -> None:
    first = await site.guest.get("/api/v1/test/many?limit=3&tag[]=a%20b&max_id=9")
    assert first.json() == [{"id": "8"}, {"id": "7"}, {"id": "6"}]
    here = "https://glan.example/api/v1/test/many?limit=3&tag%5B%5D=a+b"
    assert first.headers["link"] == f'<{here}&max_id=6>; rel="next", <{here}&min_id=8>; rel="prev"'
    last = await site.guest.get("/api/v1/test/many?limit=3&max_id=2")
    assert 'rel="next"' not in last.headers["link"]
    assert "link" not in (await site.guest.get("/api/v1/test/many?max_id=1")).headers
    assert len((await site.guest.get("/api/v1/test/many?limit=99&max_id=x")).json()) == 3


def test_an_address_is_found_literally_before_a_blank_is_filled() -> None:
    table = Table([route("GET", "/a/{id}", who), route("GET", "/a/b", one), route("GET", "/a/{id}/c/{name}", many)])
    assert table.find("GET", "/a/7") is not None
    found = table.find("GET", "/a/b/c/d")
    assert found is not None
    assert found[1] == {"id": "b", "name": "d"}
    assert (table.find("GET", "/a/b") or (None, None))[1] == {}
    assert table.find("POST", "/a/b") is None
    assert table.find("GET", "/a//c/d") is None
    with pytest.raises(ValueError, match="twice"):
        Table([route("GET", "/a/{id}", who), route("GET", "/a/{name}", one)])


# Pages elsewhere

CROSSED = ["/api/v1/test/open", "/api/v1/test/any", "/api/v1/no_such", "/api/v1/test/fail", "/oauth/token",
           "/oauth/revoke", "/oauth/userinfo", "/.well-known/nodeinfo", "/.well-known/host-meta", "/nodeinfo/2.0",
           "/.well-known/webfinger", "/.well-known/oauth-authorization-server",
           "/nodeinfo/9", "/.well-known/nothing"]  # fmt: skip


@pytest.mark.parametrize("path", CROSSED)
async def test_pages_elsewhere_may_read_the_answer_whatever_it_is(site: Site, path: str) -> None:
    for method in ("GET", "POST"):
        answered = await site.guest.request(method, path, headers={"Origin": "https://app.example"})
        assert answered.headers.get_list("access-control-allow-origin") == ["*"]
        assert "Link" in answered.headers["access-control-expose-headers"]
        assert "access-control-allow-credentials" not in answered.headers
    asked = await site.guest.options(path, headers={
        "Origin": "https://app.example", "Sec-Fetch-Site": "cross-site", "Access-Control-Request-Method": "DELETE",
        "Access-Control-Request-Headers": "authorization",
    })  # fmt: skip
    assert asked.status_code in (200, 204)
    assert asked.headers["access-control-allow-origin"] == "*"
    for name in ("authorization", "content-type", "idempotency-key"):
        assert name in asked.headers["access-control-allow-headers"]
    assert asked.headers["access-control-allow-methods"] == "GET, POST, PUT, PATCH, DELETE"


@pytest.mark.parametrize("path", ["/", "/signin", "/account", "/oauth/authorize", "/api", "/apix/y", "/oauth/tokens"])
async def test_pages_for_people_are_read_by_no_page_elsewhere(site: Site, path: str) -> None:
    for method in ("GET", "OPTIONS"):
        answered = await site.guest.request(method, path, headers={"Origin": "https://app.example"})
        assert "access-control-allow-origin" not in answered.headers


# How often


async def test_each_limit_is_told_and_held(settled: Path, tmp_path: Path, clock: Clock) -> None:
    some = {"api_token": 3, "api_user": 5, "api_guest": 4, "api_apps": 2}
    async with opened(str(settled)) as store, a_site(store, tmp_path, limits=some) as site:
        first, second = [app_with(site, await store.write(token_for, "rhys")) for _ in range(2)]
        left = [(await first.get("/api/v1/test/any")).headers["x-ratelimit-remaining"] for _ in range(3)]
        assert left == ["2", "1", "0"]
        refused = await first.get("/api/v1/test/any", headers={"Origin": "https://app.example"})
        assert refused.status_code == 429
        assert refused.json()["error"]
        assert refused.headers["access-control-allow-origin"] == "*"
        assert refused.headers["x-ratelimit-limit"] == "3"
        assert refused.headers["x-ratelimit-remaining"] == "0"
        assert refused.headers["x-ratelimit-reset"] == "2026-05-01T09:05:00.000000Z"
        assert [(await second.get("/api/v1/test/any")).status_code for _ in range(2)] == [200, 429]  # of one person
        clock.forward(5 * MINUTE)
        assert (await first.get("/api/v1/test/any")).status_code == 200

        got = [(await site.guest.get(path)).status_code for path in ("/api/v1/test/open", "/api/v1/test/any") * 2]
        assert got == [200, 401, 200, 401]
        over = await site.guest.get("/api/v1/no_such", headers={"X-Forwarded-For": "198.51.100.7"})
        assert over.status_code == 429
        assert (await app_with(site, address="192.0.2.9").get("/api/v1/test/open")).status_code == 200
        for client in (first, second):
            await client.aclose()

        asked = {"client_name": "x", "redirect_uris": "x://y"}
        neighbour = app_with(site, address="192.0.2.44")
        assert [(await neighbour.post("/api/v1/apps", data=asked)).status_code for _ in range(3)] == [200, 200, 429]
        await neighbour.aclose()


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [("POST", "/api/v2/media", "api_media"), ("POST", "/api/v1/media", "api_media"),
     ("DELETE", "/api/v1/statuses/{id}", "api_delete"), ("POST", "/api/v1/statuses/{id}/unreblog", "api_delete")],
)  # fmt: skip
async def test_uploads_and_deletions_have_limits_of_their_own(
    settled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str, path: str, name: str
) -> None:
    others = [one for one in gate.ROUTES if one.path != path]
    monkeypatch.setattr(gate, "ROUTES", [*others, route(method, path, who)])
    async with opened(str(settled)) as store, a_site(store, tmp_path, limits={name: 2}) as site:
        tokens = [await store.write(token_for, "rhys") for _ in range(3)]
        got = [(await app_with(site, one).request(method, path.replace("{id}", "1"))).status_code for one in tokens]
        assert got == [200, 200, 429]


async def test_a_hub_that_is_not_set_up_says_so_in_json(sqlite_path: Path, tmp_path: Path) -> None:
    async with opened(str(sqlite_path)) as store, a_site(store, tmp_path) as site:
        answered = await site.guest.get("/api/v1/test/open")
        assert (answered.status_code, [*answered.json()]) == (503, ["error"])
