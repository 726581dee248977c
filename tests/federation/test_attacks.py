"""Attacks that two guards stand against, each with the other out of the way; and what the guards are there to save."""

from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from conftest import Clock
from elsewhere import Elsewhere, activity, create, post
from here import Here
from scene import party, person, stranger
from structlog.testing import capture_logs

from federation import keep, resolve, signatures, welcome
from federation.keys import load_private
from hub import actors, events, posts, settings, things
from hub.clock import now
from hub.errors import NotFound
from hub.store import Tx

INBOX = "https://glan.example/inbox"
HUB = "https://glan.example/actor/hub"


async def counted(here: Here) -> dict[str, Any]:
    return {table: await here.one(f"SELECT count(*) FROM {table}") for table in ("inbox", "job", "follow", "thing")}


async def deliver(here: Here, raw: bytes, headers: dict[str, str], *, length: int) -> tuple[int, int]:
    """Post a body that is said to have `length` bytes. Returns the status, and how often the body was asked for."""
    asked, told = 0, list[Any]()

    async def receive() -> dict[str, Any]:
        nonlocal asked
        asked += 1
        return {"type": "http.request", "body": raw, "more_body": False}

    async def send(message: Any) -> None:
        told.append(message)

    kind = "application/activity+json"
    head = {"host": "glan.example", "content-type": kind, "content-length": str(length), **headers}
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "https",
        "path": "/inbox", "raw_path": b"/inbox", "query_string": b"", "root_path": "", "server": ("glan.example", 443),
        "headers": [(name.encode(), value.encode()) for name, value in head.items()], "client": ("192.0.2.1", 1),
    }  # fmt: skip
    await here.app(scope, receive, send)
    return told[0]["status"], asked


async def test_12_a_key_on_another_server_is_not_even_asked_for(here: Here, mastodon: Elsewhere) -> None:
    evil = here.server("evil.example")
    ann, eve = mastodon.actor("ann"), evil.actor("eve")
    before = await counted(here)
    answer = await post(here.app, INBOX, activity("Follow", ann, HUB), by=eve)
    assert answer.status_code == 401
    assert (mastodon.asked, evil.asked) == ([], [])
    assert await counted(here) == before


async def test_12_nor_when_both_have_the_same_key(here: Here, mastodon: Elsewhere) -> None:
    """The owner could say so of any key, once it is published."""
    ann = mastodon.actor("ann")
    assert (await post(here.app, INBOX, activity("Follow", ann, HUB))).status_code == 202
    mirror = here.server("evil.example").actor("ann")
    again = activity("Follow", ann, HUB, id=f"{ann}#2")
    assert (await post(here.app, INBOX, again, key_id=f"{mirror}#main-key")).status_code == 401


async def test_24_a_key_in_somebody_elses_name_on_the_same_server_is_refused(here: Here, mastodon: Elsewhere) -> None:
    ann, bob = mastodon.actor("ann"), mastodon.actor("bob", key=1)
    before = await counted(here)
    answer = await post(here.app, INBOX, activity("Follow", ann, HUB), key_id=f"{bob}#main-key")
    assert answer.status_code == 401
    assert await counted(here) == before


async def test_nobody_speaks_for_us_with_our_own_key_either(here: Here) -> None:
    """Whoever has stolen a backup must not make the hub believe itself."""
    hub = await here.store.read(settings.get)
    rsa, _ = await here.store.read(actors.keys, hub.instance)
    uri = f"{here.base}/actor"
    body = b'{"id":"%s#1","type":"Follow","actor":"%s","object":"%s"}' % (uri.encode(), uri.encode(), HUB.encode())
    signed = signatures.sign_cavage("POST", INBOX, key_id=f"{uri}#main-key", key=load_private(rsa), at=now(), body=body)
    before = await counted(here)
    assert (await deliver(here, body, signed, length=len(body)))[0] == 401
    assert await counted(here) == before


async def test_8_a_letter_that_was_taken_before_makes_no_work(here: Here, mastodon: Elsewhere) -> None:
    follow = activity("Follow", mastodon.actor("ann"), HUB)
    await post(here.app, INBOX, follow)
    before = await counted(here)
    with capture_logs() as lines:
        assert (await post(here.app, INBOX, follow)).status_code == 202
    assert [line["decision"] for line in lines if line["event"] == "inbox"] == ["ignored: seen before"]
    assert await counted(here) == before


async def test_88_a_body_that_says_it_is_too_big_is_not_read(here: Here) -> None:
    assert await deliver(here, b"{}", {}, length=2**20 + 1) == (413, 0)
    assert await deliver(here, b"{}", {}, length=10**30) == (413, 0)


async def followed(here: Here, server: Elsewhere) -> str:
    """A hub elsewhere that ours follows, as it has accepted."""
    uri = server.actor("hub", "Group", **{"nh:kind": "Hub"})
    hub = await here.store.read(actors.at, HUB)
    id = await resolve.actor(here.wire, uri)
    await here.store.write(actors.ask_to_follow, hub.id, id)
    await here.store.write(actors.follow_answered, hub.id, id, accepted=True)
    await here.work()
    return uri


async def hear(here: Here, sent: dict[str, Any]) -> str:
    assert (await post(here.app, INBOX, sent)).status_code == 202
    await here.work()
    return str((await here.outcomes())[-1])


async def test_14_28_an_author_who_turns_out_to_be_somebody_else_wrote_nothing(here: Here) -> None:
    """At evil's address for its author stands the document of a victim, who is real and answers for themselves."""
    hub = await followed(here, here.server("tredegar.example"))
    evil, honest = here.server("evil.example"), here.server("honest.example")
    victim = honest.actor("victim", key=1)
    evil.documents["/users/alias"] = honest.documents["/users/victim"]
    words = create(f"{evil.base}/users/alias", f"{evil.base}/notes/1", content="<p>Send me money.</p>")["object"]
    evil.serve("/notes/1", words)
    assert (await hear(here, activity("Announce", hub, words["id"]))).startswith(("refused", "ignored"))
    assert await here.store.read(things.at, words["id"]) is None
    by_victim = "SELECT count(*) FROM thing t JOIN actor a ON a.id = t.author WHERE a.uri = :victim"
    assert await here.one(by_victim, victim=victim) == 0


@pytest.mark.parametrize("starts", ["9999-12-31T23:59:59Z", "9998-12-31T23:59:59Z", "9999-12-31T23:59:59-12:00"])
async def test_47_100_an_event_at_the_end_of_time_can_be_shown_or_is_left_out(
    here: Here, clock: Clock, starts: str
) -> None:
    hub = await followed(here, here.server("tredegar.example"))
    event = create(hub, "https://tredegar.example/event/1", type="Event", name="The last waltz", startTime=starts)
    await hear(here, event)
    kept = await here.store.read(events.next_door)
    assert all(it.ends <= 253_402_300_799_000 for it in kept)


async def test_35_somebody_elses_follow_is_not_ended_by_its_id_nor_ones_own_with_it(
    here: Here, mastodon: Elsewhere
) -> None:
    ann, eve = mastodon.actor("ann"), here.server("evil.example").actor("eve")
    theirs = activity("Follow", ann, HUB)
    assert await hear(here, theirs) == "accepted"
    assert await hear(here, activity("Follow", eve, HUB)) == "accepted"
    await hear(here, activity("Undo", eve, theirs["id"]))
    assert await here.one("SELECT count(*) FROM follow") == 2


async def test_34_nobody_is_silenced_before_they_have_spoken(here: Here) -> None:
    """A Delete or Undo from elsewhere leaves no mark on what an honest server has not sent yet."""
    honest = await followed(here, here.server("honest.example"))
    eve = here.server("evil.example").actor("eve")
    words = create(honest, "https://honest.example/notes/1", content="<p>We open at ten.</p>")
    follow = activity("Follow", honest, HUB)
    assert await hear(here, activity("Follow", eve, HUB)) == "accepted"  # who was never met is not even heard
    for it in (activity("Delete", eve, words["object"]["id"]), activity("Undo", eve, follow["id"])):
        await hear(here, it)
    assert await here.one("SELECT count(*) FROM gone") == 0
    assert await hear(here, words) == "kept"
    assert await hear(here, follow) == "accepted"


async def test_34_what_a_server_takes_back_is_its_own_only(here: Here) -> None:
    """The same with the first guard out of the way: a mark by another server means nothing."""

    def mark(tx: Tx, uri: str) -> None:
        tx.run("INSERT INTO gone (uri, domain, at) VALUES (:uri, 'evil.example', :now)", uri=uri, now=now())

    honest = await followed(here, here.server("honest.example"))
    words = create(honest, "https://honest.example/notes/1", content="<p>We open at ten.</p>")
    follow = activity("Follow", honest, HUB)
    for uri in (words["object"]["id"], follow["id"]):
        await here.store.write(mark, uri)
    assert await hear(here, words) == "kept"
    assert await hear(here, follow) == "accepted"


async def test_41_what_strangers_think_of_things_elsewhere_is_not_counted_here(here: Here) -> None:
    honest = await followed(here, here.server("honest.example"))
    words = create(honest, "https://honest.example/notes/1", content="<p>We open at ten.</p>")
    assert await hear(here, words) == "kept"
    eve = here.server("evil.example").actor("eve")
    for kind in ("Like", "Announce"):
        assert (await hear(here, activity(kind, eve, words["object"]["id"]))).startswith("ignored")
    assert await here.one("SELECT count(*) FROM reaction") == 0


async def test_45_nobody_puts_a_thing_under_somebody_elses_project(here: Here) -> None:
    honest, evil = here.server("honest.example"), here.server("evil.example")
    hub = await followed(here, honest)
    await followed(here, evil)
    project = honest.actor("p_orchard", "Group", **{"nh:kind": "Project", "nh:hub": hub})
    orchard = await resolve.actor(here.wire, project)
    assert await here.one("SELECT count(*) FROM project WHERE actor = :actor", actor=orchard) == 1
    note = {"content": "<p>Send money to plant a tree.</p>", "nh:project": project}
    for number, author in enumerate((hub, f"{evil.base}/users/hub")):
        assert await hear(here, create(author, f"{author}/notes/{number}", **note)) == "kept"
    rows = await here.all(
        "SELECT a.domain, t.project FROM thing t JOIN actor a ON a.id = t.author WHERE t.kind = 'note' ORDER BY t.id"
    )
    assert [(row["domain"], row["project"] is None) for row in rows] == [
        ("honest.example", False),
        ("evil.example", True),
    ]


async def test_45_nobody_belongs_to_a_hub_on_another_server(here: Here) -> None:
    """Also when the row says so: it was learnt by an older version, or comes from a backup."""
    hub = await followed(here, here.server("honest.example"))

    def pretend(tx: Tx) -> object:
        id = stranger(tx, "p_fake", "evil.example", "project")
        tx.run("UPDATE actor SET hub = :hub WHERE id = :id", hub=hub, id=id)
        return welcome.hub_of(tx, actors.get(tx, id)) or keep.listened_to(tx, actors.get(tx, id))

    assert not await here.store.write(pretend)


async def test_54_nothing_that_is_learnt_elsewhere_changes_one_of_ours(here: Here) -> None:
    seen = actors.Seen(
        uri=HUB, kind="hub", type="Group", handle="hub", domain="glan.example", name={"en": "Mine now"},
        url="https://evil.example/", inbox="https://evil.example/inbox",
    )  # fmt: skip
    before = await here.store.read(actors.at, HUB)
    with pytest.raises(NotFound):
        await here.store.write(actors.remember, seen)
    assert await here.store.read(actors.at, HUB) == before


async def test_57_what_a_moderator_hid_is_not_told_by_its_activity_either(here: Here) -> None:
    def said(tx: Tx) -> int:
        event = events.publish(tx, here.steward, party())
        return posts.reply(tx, person(tx, "mair"), event.id, {"en": "Rude words"}).id

    reply = await here.store.write(said)
    await here.work()
    path = urlsplit(await here.one("SELECT uri FROM activity WHERE object LIKE :at", at=f"%/post/{reply}")).path
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=here.app), base_url=here.base) as web:
        assert (await web.get(path)).status_code == 200
        await here.store.write(posts.hide, here.steward, reply)
        assert (await web.get(path)).status_code == 404
        assert (await web.get("/actor/u-mair/outbox?page=1")).status_code == 200
