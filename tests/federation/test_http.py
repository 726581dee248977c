"""Attacks 71-79, 83, 84 and 87 of the trust paper, against real servers on loopback."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
from in_process import in_process
from loopback import OK, Seen, answering, certificate, peer
from networks import CLOSED, OPEN
from pairs import generate

from federation import addresses, http, keys, line, signatures, tls
from federation.http import Client, Kind, Resolver, Unreachable

LOOPBACK = [ip_network("127.0.0.1/32")]
BASE = "https://tredegar.example"
BODY = b'{"type":"Follow"}'


def names(table: Mapping[str, Sequence[str]]) -> Resolver:
    async def resolve(host: str, port: int) -> Sequence[str]:
        return table.get(host, ())

    return resolve


EVERYWHERE_HERE = names({f"{name}.example": ["127.0.0.1"] for name in ("a", "b", "c", "d", "peer")})


@asynccontextmanager
async def client(**settings: Any) -> AsyncIterator[Client]:
    chosen: dict[str, Any] = {"allow_private": LOOPBACK, "resolver": EVERYWHERE_HERE} | settings
    opened = Client(BASE, "1.0", **chosen)
    try:
        yield opened
    finally:
        await opened.close()


async def refused(url: str, kind: Kind, words: str, **settings: Any) -> None:
    async with client(**settings) as hub:
        with pytest.raises(Unreachable, match=words) as caught:
            await hub.get(url)
    assert caught.value.kind == kind


class Switchboard:
    """A network that connects nobody, and notes who was called."""

    def __init__(self) -> None:
        self.called: list[str] = []

    async def connect(self, ip: str, port: int) -> line.Line:
        self.called.append(f"{ip} {port}")
        raise line.NotConnected


@pytest.fixture
def switchboard(monkeypatch: pytest.MonkeyPatch) -> Switchboard:
    board = Switchboard()
    monkeypatch.setattr(line, "connect", board.connect)
    return board


# --- what works ------------------------------------------------------------------------------------


async def test_a_document_is_fetched_under_our_name() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nVary: x\r\nVary: y\r\nContent-Length: 2\r\n\r\nhi"
    async with peer(answer) as seen, client() as hub:
        response = await hub.get(seen.url("/actor?x=1#key", host="peer.example"), accept="a/b")
    assert (response.status, response.body) == (200, b"hi")
    assert response.headers == {"content-type": "a/b", "vary": "x, y", "content-length": "2"}
    assert response.url == f"http://peer.example:{seen.port}/actor?x=1"
    lines = seen.requests[0].decode().lower().split("\r\n")
    assert lines[0] == "get /actor?x=1 http/1.1"
    assert {f"host: peer.example:{seen.port}", "accept: a/b", "accept-encoding: identity"} < set(lines)
    assert f"user-agent: neighbourhub/1.0 (+{BASE})" in lines


async def test_an_activity_is_posted_just_as_it_was_signed() -> None:
    pair = generate()
    key, key_id = keys.load_private(pair.rsa_private), f"{BASE}/hub#main-key"
    async with peer(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n") as seen, client() as hub:
        url = seen.url("/inbox", host="PEER.example")
        headers = signatures.sign_cavage("POST", url, key_id=key_id, key=key, at=0, body=BODY)
        assert (await hub.post(url, BODY, headers=headers)).status == 202

    head, _, body = seen.requests[0].partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    received = [(name.lower(), value) for name, _, value in (line.partition(": ") for line in lines)]
    assert (first, body) == ("POST /inbox HTTP/1.1", BODY)
    claim = signatures.parse("POST", "/inbox", f"http://peer.example:{seen.port}", received, body, 0)
    signatures.verify(claim, keys.load_public(pair.rsa_public))


async def test_a_connection_is_used_again_and_replaced_when_the_server_hangs_up() -> None:
    hang_up = asyncio.Event()

    async def answer(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(OK)
        if hang_up.is_set():
            writer.close()

    async with peer(answer) as seen, client() as hub:
        await hub.get(seen.url())
        await hub.get(seen.url())
        assert seen.connections == 1
        hang_up.set()
        await hub.get(seen.url())
        await asyncio.sleep(0.05)
        await hub.get(seen.url())
        assert seen.connections == 2


async def test_one_server_is_never_asked_more_than_two_things_at_once() -> None:
    async def slowly(_: bytes, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.02)
        writer.write(OK)

    async with peer(slowly) as seen, client() as hub:
        await asyncio.gather(*(hub.get(seen.url(f"/{n}")) for n in range(10)))
    assert (len(seen.requests), seen.most_at_once) == (10, http.PER_HOST)


async def test_no_more_than_sixty_four_requests_are_under_way() -> None:
    busy, most, full, go = 0, 0, asyncio.Event(), asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        if busy == http.IN_ALL:
            full.set()
        await go.wait()
        busy -= 1
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    apps = {f"h{n}.example": app for n in range(200)}
    async with client(transport_factory=in_process(apps)) as hub:
        requests = [asyncio.create_task(hub.get(f"https://{host}/")) for host in apps]
        await full.wait()
        go.set()
        await asyncio.gather(*requests)
    assert most == http.IN_ALL


async def test_a_slow_server_holds_up_nobody_else() -> None:
    asked = asyncio.Event()

    async def never(_: bytes, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await asyncio.sleep(60)

    async with peer(never) as slow, peer() as quick, client() as hub:
        waiting = [asyncio.create_task(hub.get(slow.url())) for _ in range(100)]
        await asked.wait()
        assert (await hub.get(quick.url())).status == 200
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


async def test_only_so_many_servers_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "MOST_HOSTS", 3)
    async with peer() as seen, client(resolver=names({f"h{n}.example": ["127.0.0.1"] for n in range(9)})) as hub:
        for n in range(9):
            await hub.get(seen.url(host=f"h{n}.example"))
            assert len(hub._peers) <= 3
        await hub.get(seen.url(host="h8.example"))
    assert seen.connections == 9


async def test_a_server_in_this_process_stands_for_its_name_and_no_other() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        body = (await receive())["body"]
        await send({"type": "http.response.start", "status": 202, "headers": [(b"x-path", scope["raw_path"])]})
        await send({"type": "http.response.body", "body": body})

    apps: dict[str, Any] = {}
    async with client(resolver=names({"b.example": ["10.0.0.1"]}), transport_factory=in_process(apps)) as hub:
        with pytest.raises(Unreachable, match=r"no server named a\.example"):
            await hub.post("https://a.example/inbox", BODY, headers={})
        apps["a.example"] = app
        response = await hub.post("https://a.example/inbox", BODY, headers={})
        assert (response.status, response.body, response.headers["x-path"]) == (202, BODY, "/inbox")
        with pytest.raises(Unreachable, match="no request may go"):
            await hub.get("https://b.example/")


async def test_the_machines_own_resolver_is_asked_by_default() -> None:
    async with peer() as seen, client(resolver=None) as hub:
        assert (await hub.get(seen.url(host="localhost"))).status == 200
        with pytest.raises(Unreachable, match="no server named"):
            await hub.get("https://nobody.invalid/")


# --- 71-74, 77: where requests may not go ----------------------------------------------------------


@pytest.mark.parametrize("address", CLOSED)
async def test_71_72_nobody_is_called_in_a_closed_network(switchboard: Switchboard, address: str) -> None:
    table = names({"evil.example": [address], "mixed.example": ["8.8.8.8", address]})
    for host in ("evil.example", "mixed.example"):  # one good address does not make a bad one good
        await refused(f"https://{host}/", "blocked", "no request may go", resolver=table, allow_private=[])
    assert switchboard.called == []


@pytest.mark.parametrize("address", OPEN)
async def test_a_public_address_is_called_as_it_was_checked(switchboard: Switchboard, address: str) -> None:
    await refused(
        "https://good.example/", "refused", "takes no connections", resolver=names({"good.example": [address]})
    )
    assert switchboard.called == [f"{addresses.plain(ip_address(address))} 443"]


@pytest.mark.parametrize("url", ["http://2130706433/", "http://0177.0.0.1/", "http://0x7f.1/", "http://127.1/",
                                 "http://localhost./", "http://LOCALHOST/", "http://127.0.0.1/", "http://[::1]/",
                                 "http://[::ffff:7f00:1]/", "http://127.0.0.1.nip.example/", 
                                 "http://１２７.0.0.1/"])  # fmt: skip
async def test_73_disguised_loopback_is_not_called(switchboard: Switchboard, url: str) -> None:
    table = {"localhost": ["127.0.0.1", "::1"], "127.0.0.1.nip.example": ["127.0.0.1"]}
    await refused(url, "blocked", "no request may go|not the name", allow_private=[], resolver=names(table))
    assert switchboard.called == []


async def test_74_a_name_that_changes_its_address_gains_nothing(switchboard: Switchboard) -> None:
    answers = [["8.8.8.8"], ["127.0.0.1"]]

    async def rebinding(host: str, port: int) -> Sequence[str]:
        return answers.pop(0)

    async with client(resolver=rebinding, allow_private=[]) as hub:
        with pytest.raises(Unreachable, match="takes no connections"):
            await hub.get("https://evil.example/")
        assert switchboard.called == ["8.8.8.8 443"]
        assert len(answers) == 1
        with pytest.raises(Unreachable, match="no request may go"):
            await hub.get("https://evil.example/")
    assert switchboard.called == ["8.8.8.8 443"]


async def test_76_77_other_schemes_ports_and_passwords_are_refused(switchboard: Switchboard) -> None:
    for url in ("file:///etc/passwd", "gopher://a.example/", "data:text/plain,x", "ftp://a.example/", "javascript:1",
                "https://a.example:22/", "https://a.example:25/", "https://a.example:6379/",
                "https://good@a.example/", "https://a:b@a.example/", ""):  # fmt: skip
        await refused(url, "blocked", "address|https|Port", resolver=names({"a.example": ["8.8.8.8"]}))
        async with client() as hub:
            with pytest.raises(Unreachable):
                await hub.post(url, BODY, headers={})
    assert switchboard.called == []


async def test_77_plain_http_goes_only_where_the_steward_allows_it(switchboard: Switchboard) -> None:
    table = names(
        {"public.example": ["8.8.8.8"], "here.example": ["127.0.0.1"], "both.example": ["8.8.8.8", "127.0.0.1"]}
    )
    await refused("http://public.example/", "blocked", "only be reached over https", resolver=table)
    assert switchboard.called == []
    await refused("http://here.example/", "refused", "no connections", resolver=table)
    await refused("http://both.example/", "refused", "no connections", resolver=table)
    assert switchboard.called == ["127.0.0.1 80"] * 2


async def test_of_several_addresses_the_first_that_answers_is_used() -> None:
    table = names({"a.example": ["127.0.0.2", "127.0.0.1"]})
    async with peer() as seen, client(resolver=table, allow_private=[ip_network("127.0.0.0/8")]) as hub:
        assert (await hub.get(seen.url(host="a.example"))).status == 200


# --- 75, 78, 79: redirects -------------------------------------------------------------------------


def moved(to: str, status: int = 302) -> bytes:
    return f"HTTP/1.1 {status} Moved\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n".encode()


async def counting_down(request: bytes, writer: asyncio.StreamWriter) -> None:
    left = int(request.split()[1][1:])
    writer.write(moved(f"/{left - 1}") if left else OK)


@pytest.mark.parametrize("to", ["http://127.0.0.2/", "http://10.0.0.1/", "https://[::1]/", "http://169.254.169.254/",
                                "http://secret.example/", "http://2130706433/", "file:///etc/passwd", "data:,x",
                                "//10.0.0.1/", "https://a@b.example/", "http://[bad"])  # fmt: skip
async def test_75_a_redirect_leads_nowhere_that_a_request_may_not_go(to: str) -> None:
    async with peer(moved(to)) as seen, client(resolver=names({"secret.example": ["10.9.8.7"]})) as hub:
        with pytest.raises(Unreachable) as caught:
            await hub.get(seen.url())
        assert caught.value.kind in ("blocked", "redirect")
    assert len(seen.requests) == 1


async def test_75_every_hop_is_signed_for_where_it_goes() -> None:
    calls: list[tuple[str, str]] = []

    def sign(method: str, url: str) -> Mapping[str, str]:
        calls.append((method, url))
        return {"signature": f"for {url}"}

    async with peer() as last, peer(moved(last.url("/b", host="b.example"))) as first, client() as hub:
        response = await hub.get(first.url("/a", host="a.example"), sign=sign)
    assert calls == [("GET", first.url("/a", host="a.example")), ("GET", last.url("/b", host="b.example"))]
    assert f"signature: for {response.url}".encode() in last.requests[0]
    assert response.url == last.url("/b", host="b.example")


async def test_79_three_redirects_are_followed_and_not_four() -> None:
    async with peer(counting_down) as seen, client() as hub:
        assert (await hub.get(seen.url("/3"))).url == seen.url("/0")
        with pytest.raises(Unreachable, match="round in circles") as caught:
            await hub.get(seen.url("/4"))
        assert caught.value.kind == "redirect"
    assert len(seen.requests) == 8


async def test_78_79_a_circle_is_left_at_once() -> None:
    async with peer(moved("/again")) as seen, client() as hub:
        with pytest.raises(Unreachable, match="round in circles"):
            await hub.get(seen.url("/again#x"))
    assert len(seen.requests) == 1


async def test_a_redirect_from_https_to_http_is_refused() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 301, "headers": [(b"location", b"http://a.example/")]})
        await send({"type": "http.response.body", "body": b""})

    async with client(transport_factory=in_process({"a.example": app})) as hub:
        with pytest.raises(Unreachable, match="from https to http") as caught:
            await hub.get("https://a.example/")
    assert caught.value.kind == "redirect"


async def test_a_post_follows_no_redirect() -> None:
    async with peer(moved("/elsewhere", 307)) as seen, client() as hub:
        response = await hub.post(seen.url("/inbox"), BODY, headers={})
    assert (response.status, len(seen.requests)) == (307, 1)


# --- 83, 84: answers that never end ----------------------------------------------------------------


async def test_83_an_answer_that_drips_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    async def drip(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.01)

    monkeypatch.setattr(http, "GET_TOTAL", 0.2)
    async with peer(drip) as seen:
        await refused(seen.url(), "timeout", "took too long")


@pytest.mark.parametrize("beginning", [b"", b"HTTP/1.1 200 OK\r\nx: "])
async def test_83_an_answer_that_never_comes_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, beginning: bytes
) -> None:
    monkeypatch.setattr(http, "GET_TOTAL", 0.2)
    monkeypatch.setattr(http, "POST_TOTAL", 0.2)
    async with peer(beginning or answering(b"")) as seen, client() as hub:
        with pytest.raises(Unreachable, match="took too long"):
            await hub.get(seen.url())
        with pytest.raises(Unreachable, match="took too long"):
            await hub.post(seen.url(), BODY, headers={})


async def test_83_all_hops_together_have_one_time(monkeypatch: pytest.MonkeyPatch) -> None:
    async def slowly(request: bytes, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.15)
        await counting_down(request, writer)

    monkeypatch.setattr(http, "GET_TOTAL", 0.4)
    async with peer(slowly) as seen:
        await refused(seen.url("/3"), "timeout", "took too long")
        assert len(seen.requests) < 4


async def test_84_a_body_over_the_limit_is_not_read() -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n"
    async with peer(head % http.LARGEST_BODY + b"x" * http.LARGEST_BODY) as seen, client() as hub:
        assert len((await hub.get(seen.url())).body) == http.LARGEST_BODY
    async with peer(head % (http.LARGEST_BODY + 1)) as seen:
        await refused(seen.url(), "too-big", "more than 1 MB")
    async with peer(head % 10_000_000_000) as seen:
        await refused(seen.url(), "too-big", "more than 1 MB")


async def test_84_an_endless_body_is_cut_off_at_the_limit() -> None:
    async def endless(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"10000\r\n" + b"x" * 65536 + b"\r\n")
            await writer.drain()

    async with peer(endless) as seen:
        await refused(seen.url(), "too-big", "more than 1 MB")


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd", "deflate", "gzip, identity", "GZIP"])
async def test_84_a_packed_answer_is_refused(encoding: str) -> None:
    head = f"HTTP/1.1 200 OK\r\ncontent-encoding: {encoding}\r\ncontent-length: 4\r\n\r\nabcd"
    async with peer(head.encode()) as seen:
        await refused(seen.url(), "encoding", "packs its answer")


async def test_84_a_length_that_lies_is_noticed() -> None:
    async def short(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhi")
        writer.close()

    async with peer(short) as seen:
        await refused(seen.url(), "garbled", "not HTTP")


@pytest.mark.parametrize("headers", [b"x: y\r\n" * 200, b"x: " + b"y" * 70_000 + b"\r\n", b"x: " + b"y" * 500_000])
async def test_too_many_headers_are_refused(headers: bytes) -> None:
    async with peer(b"HTTP/1.1 200 OK\r\n" + headers + b"content-length: 2\r\n\r\nhi") as seen, client() as hub:
        with pytest.raises(Unreachable) as caught:
            await hub.get(seen.url())
    assert caught.value.kind in ("too-big", "garbled")


@pytest.mark.parametrize("rest", [b"content-length: 9999999\r\n\r\n" + b"x" * 40_000, 
                                  b"transfer-encoding: chunked\r\n\r\n4\r\nab",
                                  b"content-encoding: gzip\r\ncontent-length: 2\r\n\r\nhi"])  # fmt: skip
async def test_what_a_post_was_answered_cannot_undo_its_delivery(monkeypatch: pytest.MonkeyPatch, rest: bytes) -> None:
    monkeypatch.setattr(http, "ANSWER_TO_POST", 0.2)
    async with peer(b"HTTP/1.1 202 Accepted\r\n" + rest) as seen, client() as hub:
        response = await hub.post(seen.url(), BODY, headers={})
    assert response.status == 202
    assert len(response.body) <= http.LARGEST_ANSWER_TO_POST


# --- 87: smuggling ---------------------------------------------------------------------------------


async def test_87_nothing_can_be_smuggled_into_a_request() -> None:
    async with peer() as seen, client() as hub:
        for url in (seen.url("/\r\nX: y"), seen.url("/ HTTP/1.1"), seen.url("/\x00"), seen.url(host="127.0.0.1\r\n")):
            with pytest.raises(Unreachable, match="not a web address"):
                await hub.get(url)
        for name, value in (("x", "a\r\nb: c"), ("x", "a\nb"), ("x", "a\0b"), ("x y", "a"), ("x:", "a"), ("x", "ŵ")):
            with pytest.raises(Unreachable, match="cannot be sent"):
                await hub.post(seen.url(), BODY, headers={name: value})
    assert seen.connections == 0


async def test_87_a_caller_cannot_change_what_the_client_answers_for() -> None:
    extra = {"Host": "evil.example", "Content-Length": "1", "Accept-Encoding": "gzip", "X-More": "yes"}
    async with peer() as seen, client() as hub:
        await hub.post(seen.url(), BODY, headers=extra)
    head = seen.requests[0].lower()
    assert b"evil" not in head
    assert b"gzip" not in head
    assert b"x-more: yes" in head


# --- what goes wrong, in words ---------------------------------------------------------------------


async def test_every_failure_has_its_own_words() -> None:
    async with peer() as seen:
        closed = seen.url()
    await refused(closed, "refused", "takes no connections")
    await refused("https://nobody.example/", "dns", "no server named nobody.example")
    async with peer(b"SSH-2.0-OpenSSH_9.2\r\n\r\n") as seen:
        await refused(seen.url(), "garbled", "not HTTP")

    async def hangs_up(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with peer(hangs_up) as seen:
        await refused(seen.url(), "garbled", "not HTTP")


@pytest.mark.parametrize("failure", [OSError("no network"), UnicodeError("label too long")])
async def test_a_resolver_that_fails_finds_nobody(failure: Exception) -> None:
    async def failing(host: str, port: int) -> Sequence[str]:
        raise failure

    await refused("https://a.example/", "dns", "no server named", resolver=failing)


async def test_a_resolver_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    async def hanging(host: str, port: int) -> Sequence[str]:
        await asyncio.sleep(60)
        return ["8.8.8.8"]

    monkeypatch.setattr(http, "CONNECT", 0.1)
    await refused("https://a.example/", "dns", "not found in time", resolver=hanging)


# --- TLS -------------------------------------------------------------------------------------------


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A certificate for peer.example, from an authority that only SSL_CERT_FILE makes known."""
    context, root = certificate("peer.example", tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(root))
    tls.context.cache_clear()
    yield context
    tls.context.cache_clear()


def secure(seen: Seen, host: str) -> str:
    return f"https://{host}:{seen.port}/"


async def test_a_server_is_known_by_its_name_although_its_address_is_dialled(trusted: ssl.SSLContext) -> None:
    asked: list[str | None] = []
    trusted.sni_callback = lambda _, name, __: asked.append(name)
    async with peer(tls=trusted) as seen, client() as hub:
        for _ in range(2):
            assert (await hub.get(secure(seen, "peer.example"))).body == b"hi"
    assert asked == ["peer.example"]
    assert seen.connections == 1


async def test_a_certificate_for_another_name_is_refused(trusted: ssl.SSLContext) -> None:
    async with peer(tls=trusted) as seen:
        await refused(secure(seen, "a.example"), "tls", "could not show that it is itself .*a.example")
        await refused(secure(seen, "127.0.0.1"), "tls", "could not show that it is itself")


async def test_a_certificate_from_nobody_we_know_is_refused(tmp_path: Path) -> None:
    context, _ = certificate("peer.example", tmp_path)
    async with peer(tls=context) as seen:
        await refused(secure(seen, "peer.example"), "tls", "could not show that it is itself .*vouches for")


async def test_a_server_without_tls_is_told_apart() -> None:
    async def talks_first(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        await reader.read(100)
        writer.close()

    server = await asyncio.start_server(talks_first, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    await refused(f"https://peer.example:{port}/", "tls", "could not show that it is itself")
    server.close()
    await server.wait_closed()


@pytest.fixture(params=[ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["TLS 1.2", "TLS 1.3"])
def spoken(request: pytest.FixtureRequest, trusted: ssl.SSLContext) -> ssl.SSLContext:
    trusted.minimum_version = trusted.maximum_version = request.param
    return trusted


async def connections(tls: ssl.SSLContext, names: Sequence[str]) -> list[bool]:
    """Connect anew for each name. Returns, for each, whether the server saw an old session go on."""
    resumed: list[bool] = []

    async def once(_: bytes, writer: asyncio.StreamWriter) -> None:
        resumed.append(writer.get_extra_info("ssl_object").session_reused)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nhi")
        writer.close()

    async with peer(once, tls=tls) as seen, client() as hub:
        for name in names:
            assert (await hub.get(secure(seen, name))).body == b"hi"
    return resumed


async def test_a_new_connection_goes_on_with_the_session_of_the_last_one(spoken: ssl.SSLContext) -> None:
    assert await connections(spoken, ["peer.example"] * 4) == [False, True, True, True]


async def test_a_server_that_keeps_no_sessions_is_spoken_to_all_the_same(spoken: ssl.SSLContext) -> None:
    spoken.options |= ssl.OP_NO_TICKET
    spoken.num_tickets = 0
    assert await connections(spoken, ["peer.example"] * 3) == [False] * 3


async def test_a_session_is_no_proof_of_another_name(trusted: ssl.SSLContext) -> None:
    async with peer(tls=trusted) as seen, client() as hub:
        await hub.get(secure(seen, "peer.example"))
        await refused(secure(seen, "a.example"), "tls", "could not show that it is itself")


async def test_after_some_hours_a_certificate_is_looked_at_again(
    spoken: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    await connections(spoken, ["peer.example"] * 2)
    monkeypatch.setattr(tls, "LASTS", 0)
    assert await connections(spoken, ["peer.example"] * 2) == [False, False]


def test_sessions_of_many_servers_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls, "MOST", 3)
    kept, session = tls.Sessions(), object()
    for number in range(9):
        kept.keep(f"{number}.example", session, resumed=False)  # type: ignore[arg-type]
    assert [kept.get(f"{number}.example") for number in range(9)] == [None] * 6 + [session] * 3


async def test_there_is_one_tls_context_for_the_process() -> None:
    assert tls.context() is tls.context()
