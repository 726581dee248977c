"""The short way in for apps, over real sockets: what they read is answered as the long way would answer it."""

import asyncio
from collections.abc import AsyncIterator
from ipaddress import ip_network

import pytest
import pytest_asyncio
from browsing import Site
from mastodon_apps import token_for
from served import Answer, Served, get, serving
from structlog.testing import capture_logs

from hub import people, statuses
from hub.statuses import Draft
from hub.store import Tx

JSON = "application/json"
VARIES = {"date", "x-ratelimit-remaining", "x-ratelimit-reset", "age"}


def said(tx: Tx) -> str:
    token = token_for(tx, "ann")
    known = people.known_as(tx, "ann")
    assert known is not None
    for n in range(3):
        statuses.publish(tx, known[0].actor, Draft(f"Post number {n} #heron"))
    return token


@pytest_asyncio.fixture
async def served(site: Site) -> AsyncIterator[Served]:
    async with serving(site) as it:
        yield it


@pytest_asyncio.fixture
async def token(site: Site) -> AsyncIterator[str]:
    yield await site.did(said)


def same(one: Answer) -> Answer:
    return one[0], {name: value for name, value in one[1].items() if name not in VARIES}, one[2]


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/timelines/public?limit=2", "/api/v1/timelines/home", "/api/v1/accounts/verify_credentials",
        "/api/v1/notifications", "/api/v2/notifications", "/api/v2/search?q=heron", "/api/v1/statuses/1",
        "/api/v2/instance", "/api/v1/nothing-like-that", "/api/v1/timelines/public?min_id=x&a=%3E%22",
    ],
)  # fmt: skip
@pytest.mark.parametrize("whose", ["ann", "nobody", "unknown"])
async def test_a_call_is_answered_as_the_long_way_would(served: Served, token: str, path: str, whose: str) -> None:
    also = {"ann": [b"authorization: Bearer " + token.encode()], "unknown": [b"authorization: Bearer x"], "nobody": []}
    await served.ask(get(path, JSON, *also[whose]))  # what is remembered from now on
    long = (await served.ask(get(path, JSON, *also[whose], b"content-length: 0")))[0]
    served.forget_the_long_way()
    short = (await served.ask(get(path, JSON, *also[whose])))[0]
    assert served.went_the_long_way is path.endswith("like-that")
    assert same(short) == same(long)
    assert {"access-control-allow-origin", "x-content-type-options", "date"} <= short[1].keys()


@pytest.mark.parametrize(
    "asked",
    [
        get("/api/v1/timelines/public", JSON).replace(b"GET", b"HEAD"),
        get("/api/v1/timelines/public", JSON).replace(b"GET", b"OPTIONS"),
        get("/api/v1/timelines/public", JSON, b"content-length: 0"),
        get("/api/v1/timelines/public", JSON).replace(b"host", b"host: elsewhere.example\r\nx"),
        get("/api/v1/timelines/public?%00", JSON),
        get("/api/v1/streaming/health", JSON),
        get("/api/v1/streaming/public", JSON),
    ],
)
async def test_what_is_unusual_goes_the_long_way(served: Served, asked: bytes) -> None:
    served.forget_the_long_way()
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(asked)
    assert (await asyncio.wait_for(reader.readline(), 10)).startswith(b"HTTP/1.1 ")
    writer.close()
    assert served.went_the_long_way


async def test_behind_a_proxy_each_visitor_has_their_own_calls(served: Served) -> None:
    served.site.app.state.front._guard.proxies = (ip_network("127.0.0.0/8"),)
    left = []
    for address in (b"198.51.100.1", b"198.51.100.1", b"198.51.100.2"):
        _, headers, _ = (await served.ask(get("/api/v2/instance", JSON, b"x-forwarded-for: " + address)))[0]
        left.append(int(headers["x-ratelimit-remaining"]))
    assert left == [left[0], left[0] - 1, left[0]]


async def test_a_call_is_one_line_of_the_log(served: Served) -> None:
    with capture_logs() as lines:
        await served.ask(get("/api/v1/statuses/1", JSON))
    assert [(it["event"], it["method"], it["path"], it["status"]) for it in lines] == [
        ("request", "GET", "/api/v1/statuses/1", 404)
    ]


async def test_a_mistake_of_ours_in_a_call_is_answered_and_written_down(served: Served, token: str) -> None:
    served.site.app.state.pieces = None
    with capture_logs() as lines:
        status, headers, _ = (await served.ask(get("/api/v1/timelines/public", JSON)))[0]
    assert (status, headers["content-type"]) == (500, "application/json")
    assert [line["event"] for line in lines] == ["request failed", "request"]
