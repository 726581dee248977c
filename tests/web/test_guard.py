"""What stands before every page, and the tries to get past it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from browsing import Site, a_site, unsafe
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from hub.store.open import opened
from web import guard

POLICY = ("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'")


def assert_safe(answer: httpx.Response, opener: str = "same-origin") -> None:
    policy = answer.headers["content-security-policy"]
    assert "sandbox" in policy or all(part in policy for part in POLICY)
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cross-origin-opener-policy"] == opener
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


async def test_every_route_and_every_error_carries_the_headers(site: Site) -> None:
    paths = {path for _, path in unsafe(site.app)} | {
        route.path.replace("{id:int}", "1").replace("{", "").replace("}", "")
        for route in [*site.app.routes, *site.app.state.api]
        if isinstance(route, Route)
    }
    for path in sorted(paths | {"/nothing", "/healthz"}):
        opener = "unsafe-none" if path.startswith("/oauth/authorize") else "same-origin"  # an app's window waits for it
        assert_safe(await site.guest.get(path), opener)
        assert_safe(await site.guest.post(path, data={"x": "y"}), opener)


async def test_no_form_can_be_sent_from_somebody_elses_page(site: Site) -> None:
    steward = await site.who("bethan")
    routes = unsafe(site.app)
    assert len(routes) > 20
    for method, path in routes:
        for lie in (
            {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
            {"Sec-Fetch-Site": "", "Origin": "https://evil.example"}, {"Sec-Fetch-Site": "", "Origin": "null"},
            {"Sec-Fetch-Site": ""},
        ):  # fmt: skip
            answer = await steward.request(method, path, headers=lie)
            assert answer.status_code == 403, (method, path, lie)


@pytest.mark.parametrize(
    "honest",
    [{"Sec-Fetch-Site": "none"}, {"Sec-Fetch-Site": "", "Origin": "https://glan.example"},
     {"Sec-Fetch-Site": "", "Origin": "https://GLAN.example:443"}],
)  # fmt: skip
async def test_a_form_of_ours_gets_through(site: Site, honest: dict[str, str]) -> None:
    rhys = await site.who("rhys")
    assert (await rhys.post("/signout", headers=honest)).status_code == 303


@pytest.mark.parametrize("host", ["evil.example", "glan.example.evil.example", "glan.example:8443", "", "192.0.2.9"])
async def test_a_strange_host_is_refused_whatever_it_asks(site: Site, host: str) -> None:
    answer = await site.guest.get("/", headers={"Host": host})
    assert answer.status_code == 421
    assert "evil" not in answer.text
    assert (await site.guest.get("/healthz", headers={"Host": host})).status_code == 200


async def test_what_a_proxy_says_of_the_host_changes_nothing(site: Site) -> None:
    plain = await site.guest.get("/signin")
    lied = await site.guest.get(
        "/signin",
        headers={"X-Forwarded-Host": "evil.example", "X-Original-URL": "/steward", "X-Forwarded-Proto": "http"},
    )
    assert lied.text == plain.text


def test_a_hub_at_home_goes_by_three_names() -> None:
    assert guard.hosts("http://localhost:8000") == {"localhost:8000", "127.0.0.1:8000", "[::1]:8000"}
    assert guard.hosts("https://glan.example") == {"glan.example", "glan.example:443"}
    assert guard.hosts("http://hub.example:81") == {"hub.example:81"}


@pytest.mark.parametrize(
    "path",
    ["/events%00", "/@rhys%00", "/events/99999999999999999999", "//events", "/events/1%0a", "/%2e%2e/etc/passwd"],
)
async def test_path_tricks_lead_nowhere(site: Site, path: str) -> None:
    transport = httpx.ASGITransport(site.app)
    async with httpx.AsyncClient(transport=transport) as client:
        answer = await client.get(httpx.URL(f"https://glan.example{path}"), headers={"Accept": "text/html"})
    assert answer.status_code == 404


async def test_a_nul_in_a_query_is_left_out(site: Site) -> None:
    assert (await site.guest.get("/search?q=a%00b")).status_code in (200, 404)
    assert (await site.guest.get("/signin?next=%00/steward")).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [[("Host", "glan.example"), ("Host", "glan.example")],
     [("Content-Length", "3"), ("Transfer-Encoding", "chunked")], [("Content-Length", "3"), ("Content-Length", "30")]],
)  # fmt: skip
async def test_a_request_that_two_servers_could_read_differently_is_refused(
    site: Site, headers: list[tuple[str, str]]
) -> None:
    if not any(name == "Host" for name, _ in headers):
        headers = [("Host", "glan.example"), *headers]
    answer = await site.guest.send(httpx.Request("POST", f"{site.base}/signin", headers=headers, content=b"a=b"))
    assert answer.status_code == 400


async def drip(pieces: int, size: int) -> AsyncIterator[bytes]:
    for _ in range(pieces):
        yield b"x" * size


async def test_a_body_without_end_is_cut_off_while_it_comes(site: Site) -> None:
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        while True:
            taken += 65_536
            yield b"x" * 65_536

    answer = await site.guest.post(
        "/signin", content=endless(), headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    assert answer.status_code == 413
    assert taken <= guard.WORDS + 2 * 65_536


async def test_a_page_that_reads_all_it_is_sent_is_protected_too(site: Site) -> None:
    async def read(request: Request) -> Response:
        return PlainTextResponse(str(len(await request.body())))

    site.app.router.routes.insert(0, Route("/read", read, methods=["POST"]))
    most = {"application/x-www-form-urlencoded": guard.WORDS, "multipart/form-data; boundary=x": guard.MEDIA}
    for kind, size in most.items():
        for content, status in ((drip(1, size), 200), (drip(2, size // 2 + 1), 413)):
            answer = await site.guest.post("/read", content=content, headers={"Content-Type": kind})
            assert answer.status_code == status, kind


async def test_a_body_that_says_it_is_too_long_is_not_even_read(site: Site) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Content-Length": str(10**9)}
    assert (await site.guest.post("/signin", content=b"x", headers=headers)).status_code == 413
    headers["Content-Length"] = "many"
    assert (await site.guest.post("/signin", content=b"x", headers=headers)).status_code == 400


async def test_a_body_that_never_comes_is_not_waited_for(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "PATIENCE", 0.01)
    sent = []

    async def receive() -> dict[str, object]:
        await asyncio.sleep(60)
        raise AssertionError("waited")

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    headers = [(b"host", b"glan.example"), (b"content-type", b"application/x-www-form-urlencoded")]
    scope = {
        "type": "http", "method": "POST", "path": "/signin", "raw_path": b"/signin", "query_string": b"",
        "headers": headers, "client": ("192.0.2.1", 1), "server": ("x", 1), "scheme": "http", "http_version": "1.1",
    }  # fmt: skip
    await site.app(scope, receive, send)  # type: ignore[arg-type]
    assert sent[0]["status"] == 408


async def test_a_mistake_of_ours_is_a_page_with_a_number_and_nothing_else(site: Site) -> None:
    async def broken(request: Request) -> Response:
        raise RuntimeError("the password is swordfish")

    site.app.router.routes.insert(0, Route("/broken", broken))
    answer = await site.guest.get("/broken")
    assert answer.status_code == 500
    assert "swordfish" not in answer.text
    assert_safe(answer)


async def seen_by(site: Site, peer: str, forwarded: str) -> str:
    async def where(request: Request) -> Response:
        assert request.client is not None
        return PlainTextResponse(request.client.host)

    site.app.router.routes.insert(0, Route("/where", where))
    return (await site.browser(peer).get("/where", headers={"X-Forwarded-For": forwarded})).text


async def test_only_our_own_proxies_are_believed_about_addresses(settled: Path, tmp_path: Path) -> None:
    async with (
        opened(str(settled)) as store,
        a_site(store, tmp_path, server={"trusted_proxies": ("10.0.0.0/8", "2001:db8::/32")}) as site,
    ):
        assert await seen_by(site, "10.1.2.3", "203.0.113.7") == "203.0.113.7"
        assert await seen_by(site, "10.1.2.3", "198.51.100.1, 203.0.113.7, 10.9.9.9") == "203.0.113.7"
        assert await seen_by(site, "192.0.2.44", "203.0.113.7") == "192.0.2.44"
        assert await seen_by(site, "10.1.2.3", "nonsense") == "10.1.2.3"
