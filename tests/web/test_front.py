"""The short way in, over real sockets: it answers as the long way would, and leaves to it what is unusual."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from browsing import Site
from elsewhere import activity, pair
from scene import BASE, party
from served import HOST, Served, get, read, serving, until
from structlog.testing import capture_logs

from federation import keys, signatures
from hub import actors, events, people
from hub.clock import now
from hub.store import Tx
from web import protocol

ANN = "https://mastodon.example/users/ann"
AS2 = "application/activity+json"


def ann(tx: Tx) -> None:
    """Somebody elsewhere whose key we know."""
    actors.remember(
        tx,
        actors.Seen(
            uri=ANN, kind="person", type="Person", handle="ann", domain="mastodon.example", name={"en": "Ann"}, url=ANN,
            inbox=f"{ANN}/inbox", public_key=pair().rsa_public,
        ),
    )  # fmt: skip


@pytest_asyncio.fixture
async def served(site: Site, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Served]:
    monkeypatch.setattr(protocol, "SOON", 0.05)
    await site.did(ann)
    async with serving(site) as it:
        yield it


def letter(number: int, *, path: str = "/inbox", body: bytes = b"", also: bytes = b"", **more: Any) -> bytes:
    sent = msgspec.json.encode(activity("Follow", ANN, f"{BASE}/actor/hub", id=f"{ANN}#{number}", **more))
    head = signatures.sign_cavage(
        "POST",
        f"{BASE}{path}",
        key_id=f"{ANN}#main-key",
        key=keys.load_private(pair().rsa_private),
        at=now(),
        body=sent,
    )
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items())]
    lines.append(f"content-length: {len(body or sent)}")
    return "\r\n".join([*lines, also.decode(), ""] if also else [*lines, ""]).encode() + b"\r\n" + (body or sent)


def halves(whole: bytes) -> tuple[bytes, bytes]:
    at = whole.index(b"\r\n\r\n") + 20
    return whole[:at], whole[at:]


# --- what is asked for -----------------------------------------------------------------------------


async def test_what_lies_ready_is_answered_as_the_long_way_would(served: Served) -> None:
    event = await served.site.did(lambda tx: events.publish(tx, people.steward(tx).actor, party()))
    for path, accept in (
        ("/", "text/html"),
        ("/events?page=1", "text/html"),
        (f"/event/{event.id}", AS2),
        ("/actor/hub", AS2),
    ):
        long = [await served.site.guest.get(path, headers={"Accept": accept}) for _ in range(2)][-1]
        served.forget_the_long_way()
        status, headers, body = (await served.ask(get(path, accept)))[0]
        assert not served.went_the_long_way, path
        assert headers.pop("date")
        assert (status, headers, body) == (
            long.status_code,
            {k: v.lower() for k, v in long.headers.items()},
            long.content,
        )
        assert "content-security-policy" in headers


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        (get("/actor/hub", AS2).replace(HOST, b"elsewhere.example"), 421),
        (get("/actor/hub", AS2, b"host: elsewhere.example"), 400),
        (get("/actor/hub", "text/html"), 303),
        (get("/actor/hub", AS2, b"if-none-match: *"), 304),
        (get("/actor/hub?%00", AS2), 200),
        (get("/actor/nobody", AS2), 404),
        (get("/actor/hub", AS2).replace(b"GET", b"HEAD"), 200),
    ],
)
async def test_whatever_is_not_ready_for_whoever_asks_goes_the_long_way(
    served: Served, asked: bytes, status: int
) -> None:
    for _ in range(2):
        await served.site.guest.get("/actor/hub", headers={"Accept": AS2})
    served.forget_the_long_way()
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(asked)
    assert (await asyncio.wait_for(reader.readline(), 10)).startswith(b"HTTP/1.1 %d " % status)
    writer.close()
    assert served.went_the_long_way


async def test_whoever_wants_to_end_the_connection_is_told_so_and_hung_up_on(served: Served) -> None:
    for _ in range(2):
        await served.site.guest.get("/actor/hub", headers={"Accept": AS2})
    for asked in (
        get("/actor/hub", AS2, b"connection: close"),
        get("/actor/hub", AS2).replace(b"HTTP/1.1", b"HTTP/1.0"),
    ):
        reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(asked)
        answer = await asyncio.wait_for(reader.read(), 10)
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"\r\nconnection: close\r\n" in answer
        writer.close()


async def test_who_asks_without_end_and_reads_nothing_fills_no_memory(served: Served) -> None:
    for _ in range(2):
        await served.site.guest.get("/", headers={"Accept": "text/html"})
    _, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(get("/", "text/html") * 3000)
    connections = served.server.server_state.connections
    await until(lambda: any(it.flow.write_paused for it in connections))
    assert all(it.transport.get_write_buffer_size() < 1_000_000 for it in connections)
    writer.transport.abort()


# --- what is told ----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/inbox", "/actor/inbox", "/actor/hub/inbox"])
async def test_a_letter_that_comes_whole_is_on_the_disk_before_we_say_so(served: Served, path: str) -> None:
    served.forget_the_long_way()
    status, headers, body = (await served.ask(letter(1, path=path)))[0]
    assert (status, body, await served.letters()) == (202, b"", 1)
    assert headers["cache-control"] == "no-store"
    assert "content-security-policy" in headers
    assert not served.went_the_long_way


async def test_a_letter_in_pieces_is_waited_for(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "SOON", 10.0)
    served.forget_the_long_way()
    assert (await served.ask(*halves(letter(1))))[0][0] == 202
    assert (await served.letters(), served.went_the_long_way) == (1, False)


async def test_a_letter_that_does_not_come_soon_is_given_the_long_way(served: Served) -> None:
    served.forget_the_long_way()
    first, second = halves(letter(1))
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(first)
    await until(lambda: served.went_the_long_way)
    writer.write(second)
    assert (await asyncio.wait_for(read(reader), 10))[0] == 202
    writer.close()
    assert await served.letters() == 1


async def test_who_hangs_up_in_the_middle_of_a_letter_has_sent_none(served: Served) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(halves(letter(1))[0])
    await served.looked_at()
    writer.transport.abort()
    assert (await served.ask(letter(2)))[0][0] == 202
    assert await served.letters() == 1


async def test_of_several_in_a_row_each_is_answered_in_its_turn(served: Served) -> None:
    row = letter(1) + get("/actor/hub", AS2) + letter(2) + letter(2) + get("/healthz", "*/*")
    answers = await served.ask(row, answers=5)
    assert [status for status, _, _ in answers] == [202, 200, 202, 202, 200]
    assert await served.letters() == 2


@pytest.mark.parametrize(
    ("also", "status"),
    [
        (b"cookie: nh=1", 403),
        (b"sec-fetch-site: cross-site", 403),
        (b"origin: https://elsewhere.example", 403),
        (b"host: elsewhere.example", 400),
        (b"content-encoding: gzip", 415),
        (b"signature: x", 401),
    ],
)
async def test_what_is_refused_the_long_way_is_refused(served: Served, also: bytes, status: int) -> None:
    assert (await served.ask(letter(1, also=also)))[0][0] == status
    assert await served.letters() == 0


async def test_another_body_than_the_one_that_was_signed_is_refused_in_words(served: Served) -> None:
    served.forget_the_long_way()
    status, headers, body = (await served.ask(letter(1, body=b'{"type": "Follow", "actor": "%b"}' % ANN.encode())))[0]
    assert (status, headers["content-type"]) == (401, "application/json")
    assert "not the one that was signed" in msgspec.json.decode(body)["error"]
    assert not served.went_the_long_way


async def test_a_big_letter_goes_the_long_way(served: Served) -> None:
    served.forget_the_long_way()
    assert (await served.ask(letter(1, content="x" * 200_000)))[0][0] == 202
    assert served.went_the_long_way


async def test_a_mistake_of_ours_is_answered_and_written_down(served: Served) -> None:
    served.site.app.state.wire.keys = None
    with capture_logs() as lines:
        status, headers, _ = (await served.ask(letter(1)))[0]
    assert (status, headers["x-content-type-options"]) == (500, "nosniff")
    assert [line["event"] for line in lines] == ["request failed", "request"]
    assert lines[0]["id"] == lines[1]["id"]


async def test_each_request_is_one_line_of_the_log(served: Served) -> None:
    for _ in range(2):
        await served.site.guest.get("/actor/hub", headers={"Accept": AS2})
    with capture_logs() as lines:
        await served.ask(get("/actor/hub", AS2))
        await served.ask(letter(1))
    assert [(it["event"], it["method"], it["path"], it["status"]) for it in lines] == [
        ("request", "GET", "/actor/hub", 200), ("request", "POST", "/inbox", 202),
    ]  # fmt: skip
    assert (lines[1]["decision"], lines[1]["host"], lines[1]["type"]) == ("accepted", "mastodon.example", "Follow")
