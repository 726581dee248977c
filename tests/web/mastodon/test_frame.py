"""What every call of the API has in common: who may, what came, how it is answered."""

import msgspec
import pytest
from browsing import Site
from starlette.requests import Request
from starlette.responses import Response

from hub.errors import Conflict, Gone, Invalid, NotAllowed, NotFound
from web.mastodon import gate
from web.mastodon.api import Caller, Params, answer, listed, path_id, route

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
