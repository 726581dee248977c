"""What happens is heard at once, by those who may hear it, in the words that apps listen for."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from browsing import Site, a_site, settle
from conftest import Clock
from entities_schema import check
from listening import PATIENCE, Refusal, ear, events
from mastodon_apps import PLENTY, token_for
from scene import lift, party, person, stranger

from hub import announcements, apps, asks, lists, people, posts, reacting, relations, statuses, things
from hub import events as hub_events
from hub.changes import Kind, record
from hub.clock import DAY, HOUR, now
from hub.neighbouring import spread
from hub.statuses import Draft
from hub.store import Tx
from hub.store.open import opened
from web.mastodon import broadcast, streaming
from web.mastodon.streaming import AWAY, BACKLOG, ENDED, OF_A_TOKEN, SLOW


def actor(tx: Tx, login: str) -> int:
    found = people.known_as(tx, login)
    return found[0].actor if found else person(tx, login)


@pytest_asyncio.fixture
async def ann(site: Site) -> AsyncIterator[str]:
    """Ann's token; she follows Ben."""
    token = await site.did(token_for, "ann")
    await site.did(lambda tx: relations.follow(tx, actor(tx, "ann"), actor(tx, "ben")))
    yield token


async def say(site: Site, login: str, words: str, **more: Any) -> int:
    made: int = await site.did(lambda tx: statuses.publish(tx, actor(tx, login), Draft(words, **more)).id)
    return made


async def test_who_follows_hears_it_as_it_is_said_and_taken_back(site: Site, ann: str) -> None:
    async with ear(site, "stream=user", token=ann) as it:
        said = await say(site, "ben", "A heron")
        heard = await it.heard()
        assert (heard["stream"], heard["event"]) == (["user"], "update")
        status = msgspec.json.decode(heard["payload"])
        check(status, "OwnedStatus")
        assert status["id"] == str(said)
        await site.did(lambda tx: statuses.change(tx, actor(tx, "ben"), said, Draft("Two herons")))
        changed = await it.heard()
        assert changed["event"] == "status.update"
        assert "Two herons" in changed["payload"]
        await site.did(lambda tx: statuses.remove(tx, actor(tx, "ben"), said))
        assert await it.heard() == {"stream": ["user"], "event": "delete", "payload": str(said)}


async def test_ones_own_words_and_shares_come_too(site: Site, ann: str) -> None:
    said = await say(site, "cath", "A heron")
    async with ear(site, "stream=user", token=ann) as it:
        own = await say(site, "ann", "Hello")
        assert json.loads((await it.heard())["payload"])["id"] == str(own)
        number = await site.did(lambda tx: reacting.share(tx, actor(tx, "ben"), said))
        shared = json.loads((await it.heard())["payload"])
        assert (shared["id"], shared["reblog"]["id"]) == (str(number), str(said))
        await site.did(lambda tx: reacting.take_back(tx, actor(tx, "ben"), said, "share"))
        assert (await it.heard())["payload"] == str(number)


async def test_a_token_may_come_as_a_subprotocol_and_is_echoed(site: Site, ann: str) -> None:
    async with ear(site, protocol=ann) as it:
        assert it.protocol == ann
        it.say(type="subscribe", stream="user")
        it.say(type="subscribe", stream="user:notification")
        await it.taken()
        await say(site, "ben", "A heron")
        assert (await it.heard())["stream"] == ["user"]


async def test_a_token_may_come_in_the_address_and_is_in_no_log(
    site: Site, ann: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with ear(site, f"stream=user&access_token={ann}") as it:
        assert it.protocol is None
        await say(site, "ben", "A heron")
        await it.heard()
    out = capsys.readouterr()
    assert "socket" in out.out
    assert ann not in out.out + out.err


@pytest.mark.parametrize(
    ("query", "token", "status", "words"),
    [("", "", 401, "Missing access token"), ("stream=user", "wrong", 401, "Invalid access token"),
     ("stream=nothing", "ann", 400, "Unknown stream type"),
     ("stream=hashtag", "ann", 400, "Missing tag name parameter"),
     ("stream=list&list=5", "ann", 401, "Not authorized to stream this list")],
)  # fmt: skip
async def test_who_is_not_let_in_is_told_why(
    site: Site, ann: str, query: str, token: str, status: int, words: str
) -> None:
    with pytest.raises(Refusal) as refused:
        async with ear(site, query, token=ann if token == "ann" else token):
            pass
    assert refused.value.status == status
    assert json.loads(refused.value.body)["error"] == words


async def test_an_app_hears_only_what_it_may_read(site: Site) -> None:
    token = await site.did(token_for, "ann", "write read:notifications")
    async with ear(site, token=token) as it:
        it.say(type="subscribe", stream="user")
        assert await it.heard() == {"error": "Access token does not have the required scopes", "status": 401}
        it.say(type="subscribe", stream="user:notification")
        it.say(type="subscribe", stream="nothing at all")
        assert (await it.heard())["status"] == 400
        await site.did(lambda tx: relations.follow(tx, actor(tx, "ben"), actor(tx, "ann")))
        await site.did(spread)
        assert (await it.heard())["stream"] == ["user:notification"]


async def test_elsewhere_no_socket_opens(site: Site, ann: str) -> None:
    for wrong in ({"host": "evil.example"}, {"path": "/api/v1/streaming/nothing"}, {"path": "/"}):
        with pytest.raises(Refusal) as refused:
            async with ear(site, token=ann, **wrong):
                pass
        assert refused.value.status in (403, 404)
    assert (await site.guest.get("/api/v1/streaming")).status_code == 404
    assert (await site.guest.get("/api/v1/streaming/health")).text == "OK"


async def test_words_that_are_no_json_close_nothing(site: Site, ann: str) -> None:
    async with ear(site, "stream=user", token=ann) as it:
        for words in ("{", "[]", '"x"', "[" * 5000, '{"type":[],"stream":{}}', ""):
            it.to_app.put_nowait({"type": "websocket.receive", "text": words})
        it.to_app.put_nowait({"type": "websocket.receive", "bytes": b"\xff"})
        await say(site, "ben", "A heron")
        heard = await it.heard()
        while "error" in heard:
            heard = await it.heard()
        assert heard["event"] == "update"


async def test_who_begins_to_listen_while_the_log_is_read_misses_nothing(
    site: Site, ann: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, go_on, read = threading.Event(), threading.Event(), streaming._news

    def slow(tx: Tx, *known: Any) -> Any:
        found = read(tx, *known)
        if found[0] and not reading.is_set():
            reading.set()
            go_on.wait(PATIENCE)
        return found

    monkeypatch.setattr(streaming, "_news", slow)
    async with ear(site, token=ann) as it:
        said = await say(site, "dai", "A heron")
        assert await asyncio.to_thread(reading.wait, PATIENCE)
        it.say(type="subscribe", stream="public")
        await it.taken()
        go_on.set()
        assert json.loads((await it.heard())["payload"])["id"] == str(said)


async def test_each_stream_of_all_has_what_belongs_there(site: Site, ann: str) -> None:
    names = ["public", "public:local", "public:remote", "public:media", "hashtag", "hashtag:local"]
    async with ear(site, token=ann) as it:
        for name in names:
            it.say(type="subscribe", stream=name, tag="Heron")
        await it.taken()
        await say(site, "dai", "#heron for all")
        heard = [tuple((await it.heard())["stream"]) for _ in range(4)]
        assert heard == [("public",), ("public:local",), ("hashtag", "heron"), ("hashtag:local", "heron")]
        await say(site, "dai", "#heron for few", audience="followers")
        await say(site, "dai", "#heron by link", audience="unlisted")
        await say(site, "dai", "@ann #heron", audience="direct")
        await site.did(theirs)
        assert [tuple((await it.heard())["stream"]) for _ in range(2)] == [("public",), ("public:remote",)]


def theirs(tx: Tx) -> None:
    seen = things.Seen(
        uri="https://m.example/1", url="https://m.example/1", html={"en": "<p>Hi</p>"}, published=now(), updated=now()
    )
    posts.mirror(tx, stranger(tx, domain="m.example"), seen)


async def test_who_blocked_or_muted_somebody_does_not_hear_them(site: Site, ann: str) -> None:
    def quarrel(tx: Tx) -> None:
        relations.mute(tx, actor(tx, "ann"), actor(tx, "ben"))
        relations.block(tx, actor(tx, "cath"), actor(tx, "ann"))

    await site.did(quarrel)
    async with ear(site, "stream=user", token=ann) as own, ear(site, "stream=public", token=ann) as public:
        await say(site, "ben", "not this")
        await say(site, "cath", "nor this")
        said = await say(site, "ann", "but this")
        for it in (own, public):
            assert json.loads((await it.heard())["payload"])["id"] == str(said)


async def test_notices_and_letters_come_on_their_streams(site: Site, ann: str) -> None:
    async with ear(site, "stream=direct", token=ann) as letters, ear(site, "stream=user", token=ann) as own:
        await site.did(lambda tx: relations.follow(tx, actor(tx, "ann"), actor(tx, "cath")))
        await say(site, "cath", "@ann psst", audience="direct")
        await site.did(spread)
        heard = await letters.heard()
        assert (heard["stream"], heard["event"]) == (["direct"], "conversation")
        check(json.loads(heard["payload"]), "Conversation")
        notice = await own.heard()
        assert (notice["stream"], notice["event"]) == (["user"], "notification")
        check(json.loads(notice["payload"]), "Notification")


async def test_a_list_has_those_who_are_on_it(site: Site, ann: str) -> None:
    def listed(tx: Tx) -> int:
        made = lists.create(tx, actor(tx, "ann"), "Friends").id
        lists.add(tx, actor(tx, "ann"), made, [actor(tx, "ben")])
        return made

    number = await site.did(listed)
    async with ear(site, f"stream=list&list={number}", token=ann) as it:
        await say(site, "cath", "not this")
        await say(site, "ben", "@cath nor this", audience="direct")
        said = await say(site, "ben", "but this", audience="followers")
        heard = await it.heard()
        assert heard["stream"] == ["list", str(number)]
        assert json.loads(heard["payload"])["id"] == str(said)


async def test_the_list_of_this_week_is_heard_and_who_leaves_it_is_gone(site: Site, ann: str) -> None:
    steward = await site.did(lambda tx: people.steward(tx).actor)
    far = {"starts": now() + 20 * DAY, "ends": now() + 21 * DAY}
    near = {"starts": now() + DAY, "ends": now() + 2 * DAY}
    async with ear(site, "stream=list&list=1", token=ann) as it:
        later = await site.did(lambda tx: hub_events.publish(tx, steward, party(**far)).id)
        soon = await site.did(lambda tx: hub_events.publish(tx, steward, party(**near)).id)
        heard = await it.heard()
        assert (heard["stream"], heard["event"]) == (["list", "1"], "update")
        assert json.loads(heard["payload"])["id"] == str(soon)
        await site.did(lambda tx: hub_events.change(tx, steward, later, party(text={"en": "Still far away"}, **far)))
        assert await it.heard() == {"stream": ["list", "1"], "event": "delete", "payload": str(later)}
        await site.did(lambda tx: hub_events.change(tx, steward, later, party()))
        heard = await it.heard()
        assert (heard["event"], json.loads(heard["payload"])["id"]) == ("update", str(later))
        await site.did(lambda tx: hub_events.change(tx, steward, soon, party(text={"en": "Two chairs"}, **near)))
        assert (await it.heard())["event"] == "status.update"
        gone = {"stream": ["list", "1"], "event": "delete", "payload": str(soon)}
        await site.did(lambda tx: hub_events.cancel(tx, steward, soon, {"en": "Rain"}))
        assert await it.heard() == gone
        await site.did(lambda tx: hub_events.remove(tx, steward, soon))
        assert await it.heard() == gone


@pytest.mark.usefixtures("looks_often")
async def test_what_comes_up_as_time_goes_on_is_heard_without_anything_being_written(
    site: Site, ann: str, clock: Clock
) -> None:
    start = now() + 8 * DAY
    steward = await site.did(lambda tx: people.steward(tx).actor)
    event = await site.did(lambda tx: hub_events.publish(tx, steward, party(starts=start, ends=start + HOUR)).id)
    async with ear(site, "stream=list&list=1", token=ann) as it:
        clock.forward(25 * HOUR)
        heard = await it.heard()
        assert (heard["stream"], json.loads(heard["payload"])["id"]) == (["list", "1"], str(event))


async def test_the_list_of_asks_is_heard_by_events_too_but_not_of_whom_one_has_blocked(site: Site, ann: str) -> None:
    steward = await site.did(lambda tx: people.steward(tx).actor)

    def elsewhere(tx: Tx, uri: str) -> int | None:
        seen = things.Seen(uri=uri, url=uri, title={"en": "A ladder"}, published=now(), updated=now())
        _, _, details = asks.checked(lift(), "ask")
        return asks.mirror(tx, stranger(tx, name="hub", domain="afon.example", kind="hub"), "ask", seen, details)

    async with events(site, "/api/v1/streaming/list?list=2", ann) as pieces:
        assert (await pieces.get(), await pieces.get()) == (b"200", b":)\n\n")
        first = await site.did(elsewhere, "https://afon.example/ask/1")
        await site.did(lambda tx: relations.mute_domain(tx, actor(tx, "ann"), "afon.example"))
        await site.did(elsewhere, "https://afon.example/ask/2")
        ours = await site.did(lambda tx: asks.publish(tx, steward, "ask", lift()).id)
        await site.did(lambda tx: asks.close(tx, steward, ours, "done"))
        for id in (first, ours):
            event, data, *_ = (await asyncio.wait_for(pieces.get(), 10)).split(b"\n")
            assert event == b"event: update"
            assert json.loads(data.removeprefix(b"data: "))["id"] == str(id)
        assert await asyncio.wait_for(pieces.get(), 10) == b"event: delete\ndata: %d\n\n" % ours


async def test_an_ask_that_had_run_out_and_is_open_again_is_told_anew(site: Site, ann: str, clock: Clock) -> None:
    steward = await site.did(lambda tx: people.steward(tx).actor)
    ask = await site.did(lambda tx: asks.publish(tx, steward, "ask", lift()).id)
    clock.forward(40 * DAY)
    await site.did(asks.expire)
    async with ear(site, "stream=list&list=2", token=ann) as it:
        await site.did(lambda tx: asks.change(tx, steward, ask, lift()))
        heard = await it.heard()
        assert (heard["event"], json.loads(heard["payload"])["id"]) == ("update", str(ask))


async def test_events_are_heard_with_their_poll(site: Site, ann: str) -> None:
    def publish(tx: Tx) -> int:
        relations.follow(tx, actor(tx, "ann"), hub_actor(tx))
        return hub_events.publish(tx, people.steward(tx).actor, party()).id

    async with ear(site, "stream=user", token=ann) as it:
        event = await site.did(publish)
        status = json.loads((await it.heard())["payload"])
        assert status["id"] == str(event)
        assert status["poll"]["own_votes"] == []


def hub_actor(tx: Tx) -> int:
    row = tx.one("SELECT actor FROM hub")
    assert row is not None
    return int(row["actor"])


async def test_what_the_hub_tells_everybody_and_filters_that_change_are_heard(site: Site, ann: str) -> None:
    async with ear(site, "stream=user", token=ann) as it:
        words = announcements.Draft({"en": "Closed on Monday"})
        made = await site.did(lambda tx: announcements.publish(tx, people.steward(tx).actor, words))
        heard = await it.heard()
        assert (heard["stream"], heard["event"]) == (["user"], "announcement")
        check(json.loads(heard["payload"]), "Announcement")
        await site.did(lambda tx: announcements.remove(tx, people.steward(tx).actor, made.id))
        assert await it.heard() == {"stream": ["user"], "event": "announcement.delete", "payload": str(made.id)}
        await site.did(lambda tx: record(tx, Kind.FILTERS_CHANGED, subject=actor(tx, "ann"), actor=actor(tx, "ann")))
        assert await it.heard() == {"stream": ["user"], "event": "filters_changed"}


async def test_who_does_not_keep_up_is_hung_up_on_and_nobody_else(site: Site, ann: str) -> None:
    async with ear(site, "stream=public", token=ann) as slow, ear(site, "stream=public", token=ann) as quick:
        slow.reads.clear()

        def much(tx: Tx) -> None:
            for n in range(BACKLOG + 10):
                statuses.publish(tx, actor(tx, "cath"), Draft(f"number {n}"))

        await site.did(much)
        for _ in range(BACKLOG + 10):
            await quick.heard()
        slow.reads.set()
        assert await slow.closed() == SLOW


@pytest.fixture
def looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.mastodon.streaming.LOOK", 0.0)
    monkeypatch.setattr("web.mastodon.streaming.LONGEST_WAIT", 0.05)


@pytest.mark.usefixtures("looks_often")
async def test_an_app_that_is_sent_away_listens_no_more(site: Site, ann: str) -> None:
    other = await site.did(token_for, "cath")
    async with ear(site, "stream=user", token=ann) as it, ear(site, "stream=user", token=other) as hers:
        await site.did(lambda tx: apps.end_all(tx, actor(tx, "ann")))
        assert await it.closed() == ENDED
        await say(site, "cath", "still here")
        assert (await hers.heard())["event"] == "update"


@pytest.mark.usefixtures("looks_often")
async def test_nor_does_an_account_that_is_closed(site: Site, ann: str) -> None:
    async with ear(site, "stream=user", token=ann) as it:
        await site.did(lambda tx: people.close(tx, people.steward(tx).actor, actor(tx, "ann")))
        await say(site, "cath", "hello")
        assert await it.closed() == ENDED


async def test_one_app_opens_only_so_many(site: Site, ann: str) -> None:
    async with asyncio.TaskGroup() as group:
        leave, ready = asyncio.Event(), asyncio.Barrier(OF_A_TOKEN + 1)

        async def listen() -> None:
            async with ear(site, "stream=user", token=ann):
                await ready.wait()
                await leave.wait()

        for _ in range(OF_A_TOKEN):
            group.create_task(listen())
        await ready.wait()
        with pytest.raises(Refusal) as refused:
            async with ear(site, "stream=user", token=ann):
                pass
        assert refused.value.status == 429
        leave.set()
    assert site.app.state.streams._all == set()
    assert site.app.state.streams._on == {}
    assert site.app.state.streams._task is None


async def test_when_the_hub_goes_it_says_so(site: Site, ann: str) -> None:
    async with ear(site, "stream=user", token=ann) as it, events(site, "/api/v1/streaming/user", ann) as pieces:
        assert (await pieces.get(), await pieces.get()) == (b"200", b":)\n\n")
        await site.app.state.streams.close()
        assert await it.closed() == AWAY
        assert await asyncio.wait_for(pieces.get(), 10) == b""
        with pytest.raises(Refusal):
            async with ear(site, token=ann):
                pass


# --- streams of events -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["user", "public", "public/local", "hashtag?tag=heron", "hashtag/local?tag=heron", "public?only_media=0"]
)
async def test_events_come_on_a_request(site: Site, ann: str, path: str) -> None:
    async with events(site, f"/api/v1/streaming/{path}", ann) as pieces:
        assert (await pieces.get(), await pieces.get()) == (b"200", b":)\n\n")
        said = await say(site, "ben", "A #heron")
        event, data, *end = (await asyncio.wait_for(pieces.get(), 10)).split(b"\n")
        assert (event, end) == (b"event: update", [b"", b""])
        assert json.loads(data.removeprefix(b"data: "))["id"] == str(said)
    assert site.app.state.streams._all == set()


async def test_a_stream_of_events_shows_that_it_lives(site: Site, ann: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.mastodon.events.THUMP", 0.01)
    async with events(site, "/api/v1/streaming/user/notification", ann) as pieces:
        assert [await asyncio.wait_for(pieces.get(), 10) for _ in range(3)] == [b"200", b":)\n\n", b":thump\n\n"]


async def test_what_is_refused_on_a_request_is_json(site: Site, signed_in: Any) -> None:
    ann = await signed_in("ann")
    few = await signed_in("ann", scopes="write")
    for path, status, words in (
        ("hashtag", 400, "Missing tag name parameter"), ("list?list=5", 401, "Not authorized to stream this list"),
    ):  # fmt: skip
        answer = await ann.get(f"/api/v1/streaming/{path}")
        assert (answer.status_code, answer.json()) == (status, {"error": words})
    assert (await few.get("/api/v1/streaming/user")).status_code == 401
    assert (await site.guest.get("/api/v1/streaming/user")).status_code == 401
    assert (await ann.get("/api/v1/streaming/nothing")).status_code == 404


async def test_a_mistake_of_ours_does_not_end_the_streams(
    site: Site, ann: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with ear(site, "stream=user", token=ann) as it:
        monkeypatch.setitem(broadcast._HANDLERS, Kind.BLOCKED, lambda *_: 1 // 0)
        await site.did(lambda tx: relations.block(tx, actor(tx, "cath"), actor(tx, "dai")))
        await say(site, "ben", "found")
        assert "found" in (await it.heard())["payload"]


async def test_on_postgresql_what_another_process_does_is_heard_too(postgres_url: str, tmp_path: Path) -> None:
    async with opened(postgres_url) as here, opened(postgres_url) as there:
        await here.write(settle)
        async with a_site(here, tmp_path, limits=PLENTY) as site:
            token = await site.did(token_for, "ann")
            await site.did(lambda tx: relations.follow(tx, actor(tx, "ann"), actor(tx, "ben")))
            async with ear(site, "stream=user", token=token) as it:
                said = await there.write(lambda tx: statuses.publish(tx, actor(tx, "ben"), Draft("@ann a heron")).id)
                assert json.loads((await it.heard())["payload"])["id"] == str(said)
                await there.write(spread)
                heard = await it.heard()
                assert heard["event"] == "notification"
                assert json.loads(heard["payload"])["status"]["id"] == str(said)
