"""What people trust the hub with: put in everywhere, and looked for in all that others can read (trust.md S-29)."""

import io
import re
from collections.abc import AsyncIterator

import httpx
import msgspec
import pytest
import pytest_asyncio
from browsing import Site
from conftest import Clock
from crawling import crawl
from elsewhere import PUBLIC, Elsewhere, activity, create, post
from in_process import in_process
from scene import lift, orchard, party, stranger

from federation import Client
from hub import asks, events, helping, peers, people, pledges, posts, projects, settings, things
from hub.clock import DAY, now
from hub.store import Tx
from web.worker import drain

pytestmark = pytest.mark.slow

INBOX = "https://glan.example/inbox"
# Each is said once, together with a word ("quince") that somebody who pries could search for.
TOLD = {
    name: f"zz{name}zz"
    for name in (
        "guestname", "guestcontact", "helpername", "helpercontact", "helperwords", "neighbourwords", "hidden", "email",
        "agent", "ownwords", "private", "attendee", "voter", "liker", "follower", "helper", "password", "taken",
        "passedon", "pledger", "pledgewords", "ourpledge",
    )
}  # fmt: skip


class Told(msgspec.Struct):
    """All that was told in confidence. `secrets` open something, and stand nowhere but where they were given."""

    words: dict[str, str]
    secrets: dict[str, str]


async def nobody(host: str, port: int) -> list[str]:
    """No test asks a real name server."""
    return []


@pytest_asyncio.fixture
async def mastodon(site: Site) -> AsyncIterator[Elsewhere]:
    wire = site.app.state.wire
    await wire.client.close()
    it = Elsewhere("mastodon.example")
    servers = {"mastodon.example": it, "tredegar.example": Elsewhere("tredegar.example", "neighbourhub")}
    wire.client = Client(site.base, "test", transport_factory=in_process(servers), resolver=nobody)
    yield it


class Scene(msgspec.Struct):
    """What is published, and where; `poll` is the event's own."""

    event: int
    event_uri: str
    poll: str
    ask: int
    ask_uri: str


def published(tx: Tx) -> Scene:
    who = people.steward(tx).actor
    projects.start(tx, who, orchard())
    event = events.publish(tx, who, party(places=20))
    ask = asks.publish(tx, who, "ask", lift())
    posts.publish(tx, who, posts.Draft(text={"en": "The library is open."}))
    poll = tx.one("SELECT uri FROM thing WHERE id = :id", id=event.companion)
    assert poll is not None
    return Scene(event.id, event.uri, poll["uri"], ask.id, ask.uri)


def confide(tx: Tx, scene: Scene) -> dict[str, str]:
    """What is told without a form."""
    tx.run("UPDATE account SET email = login || :mail", mail=f"-{TOLD['email']}@quince.example")
    known = people.known_as(tx, "rhys")
    assert known is not None
    reply = posts.reply(tx, known[0].actor, scene.event, {"en": f"quince {TOLD['hidden']}"})
    posts.hide(tx, people.steward(tx).actor, reply.id)
    gone = posts.reply(tx, known[0].actor, scene.event, {"en": f"quince {TOLD['taken']}"})
    posts.remove(tx, known[0].actor, gone.id)
    return {
        "session": people.open_session(tx, known[0].actor, f"quince {TOLD['agent']}"),
        "link": people.new_link(tx, "password", account=known[0].actor),
    }


async def from_here(site: Site, scene: Scene) -> dict[str, str]:
    """What guests and neighbours type into forms."""
    came = await site.guest.post(
        f"/events/{scene.event}/answer",
        data={"said": "yes", "name": f"quince {TOLD['guestname']}", "contact": TOLD["guestcontact"], "party": "3"},
    )
    assert came.status_code == 303
    helped = await site.guest.post(
        f"/asks/{scene.ask}/answer",
        data={"said": "help", "name": f"quince {TOLD['helpername']}", "contact": TOLD["helpercontact"],
              "words": f"quince {TOLD['helperwords']}"},
    )  # fmt: skip
    assert helped.status_code == 303
    rhys = await site.who("rhys")
    own = await rhys.post(f"/asks/{scene.ask}/answer", data={"said": "help", "words": f"quince {TOLD['ownwords']}"})
    assert own.status_code == 303
    wrong = await site.guest.post("/signin", data={"name": "rhys", "password": f"quince {TOLD['password']}"})
    assert wrong.status_code == 422
    return {"own link": came.headers["location"].rpartition("/")[2], "cookie": rhys.cookies[site.app.state.cookie]}


async def from_afar(site: Site, mastodon: Elsewhere, scene: Scene) -> None:
    """What people on another server say to the hub, and to nobody else."""
    hub = await site.store.read(settings.get)
    to_us = {"to": [f"{hub.base}/actor/hub"], "cc": []}
    names = ("attendee", "voter", "liker", "follower", "helper", "pledger")
    there = {name: mastodon.actor(TOLD[name]) for name in names}
    private, words = f"<p>quince {TOLD['private']}</p>", f"<p>I can help: quince {TOLD['neighbourwords']}</p>"
    notes = f"{mastodon.base}/notes"
    promise = {"satisfies": f"{scene.ask_uri}#primary", "provider": there["pledger"], "receiver": to_us["to"][0]}
    pledge = {"type": "Agreement", "stipulates": promise | {"type": "Commitment"}}
    for it in (
        activity("Offer", there["pledger"], pledge, **to_us, **{"nh:message": f"quince {TOLD['pledgewords']}"}),
        activity("Follow", there["follower"], f"{hub.base}/actor/hub"),
        activity("Join", there["attendee"], scene.event_uri),
        activity("Like", there["liker"], scene.event_uri, to=[PUBLIC]),
        create(there["voter"], f"{notes}/1", name="Maybe", inReplyTo=scene.poll, **to_us),
        create(there["voter"], f"{notes}/2", content=private, inReplyTo=scene.event_uri, **to_us),
        create(there["helper"], f"{notes}/3", content=words, inReplyTo=scene.ask_uri, **to_us),
    ):
        assert (await post(site.app, INBOX, it)).status_code == 202
    await drain(site.app.state.wire)


def helped(tx: Tx, scene: Scene) -> None:
    """A coordinator tells whoever helps whom to ring; a neighbour of ours helps another hub."""
    who = people.steward(tx).actor
    for it in helping.answers(tx, who, scene.ask):
        helping.accept(tx, who, it.id, {"en": f"quince {TOLD['passedon']}"})
    hub = stranger(tx, "hub", "tredegar.example", kind="hub")
    seen = things.Seen(
        uri="https://tredegar.example/ask/1", url="https://tredegar.example/asks/1", title={"en": "A van"},
        published=now(), updated=now(),
    )  # fmt: skip
    theirs = asks.mirror(tx, hub, "ask", seen, asks.Details(expires=now() + 9 * DAY))
    peers.describe(tx, "tredegar.example", profile="hub")
    rhys = people.known_as(tx, "rhys")
    assert theirs is not None
    assert rhys is not None
    pledges.offer(tx, rhys[0].actor, theirs, pledges.Draft(words=f"quince {TOLD['ourpledge']}"))


@pytest_asyncio.fixture
async def told(site: Site, mastodon: Elsewhere, written: io.StringIO, clock: Clock) -> Told:
    scene = await site.did(published)
    secrets = await site.did(confide, scene) | await from_here(site, scene)
    await from_afar(site, mastodon, scene)
    await site.did(helped, scene)
    await drain(site.app.state.wire)
    return Told(TOLD, secrets)


async def slips(site: Site, browser: httpx.AsyncClient, read: dict[str, str]) -> dict[str, str]:
    """What every form that was seen answers to somebody who sends it empty."""
    actions = {found for page in read.values() for found in re.findall(r'action="(/[^"]*)"', page)}
    found = {}
    for path in sorted(actions - {"/signout"}):
        answer = await browser.post(path, data={})
        found[f"POST {path}"] = answer.text + str(dict(answer.headers))
    return found


def leaks(told: Told, read: dict[str, str]) -> list[tuple[str, str]]:
    private = {**told.words, **told.secrets}
    return [
        (path, name)
        for path, text in read.items()
        for name, words in private.items()
        if words.casefold() in text.casefold() or f"PRIVATE {'KEY'}" in text or "$argon2" in text
    ]


async def test_what_was_told_in_confidence_is_on_no_page_for_a_stranger(site: Site, told: Told) -> None:
    read = await crawl(site, site.guest)
    kinds = {path.split("/")[1].partition("?")[0] for path in read}
    assert {"events", "asks", "projects", "posts", "event", "ask", "post", "actor", "activity", "feed.atom"} <= kinds
    assert len(read) > 60
    read |= await slips(site, site.guest, read)
    assert leaks(told, read) == []


async def test_nor_for_a_neighbour_who_has_signed_in(site: Site, told: Told) -> None:
    await site.did(lambda tx: people.create(tx, "nia", "nia@glan.example", "x"))
    read = await crawl(site, await site.who("nia"))
    assert leaks(told, read) == []


async def test_nor_in_anything_that_other_servers_are_sent(
    site: Site, mastodon: Elsewhere, told: Told, clock: Clock
) -> None:
    def call_off(tx: Tx) -> None:
        who = people.steward(tx).actor
        for event in events.coming(tx):
            events.cancel(tx, who, event.id, {"en": "Storm."})
        for ask in asks.open_(tx):
            asks.close(tx, who, ask.id, "matched")

    clock.forward(6 * 60_000)  # the tally is told after five minutes
    await drain(site.app.state.wire)
    await site.did(call_off)
    await drain(site.app.state.wire)
    sent = {f"{n} {one['type']}": msgspec.json.encode(one).decode() for n, one in enumerate(mastodon.received)}
    assert {"Accept", "Create", "Update"} <= {one["type"] for one in mastodon.received}
    # Their own name is said to themselves, and to helpers whom to ring.
    answered = {"follower", "attendee", "helper", "voter", "pledger", "passedon"}
    private = Told({name: words for name, words in told.words.items() if name not in answered}, told.secrets)
    assert leaks(private, sent) == []
    for one in mastodon.received:
        assert PUBLIC not in str(one) or not leaks(told, {"public": msgspec.json.encode(one).decode()}), one


async def test_nor_in_any_line_of_the_log(site: Site, told: Told, written: io.StringIO) -> None:
    own = f"/events/1/answer/{told.secrets['own link']}"
    for path in (own, f"/password?key={told.secrets['link']}", f"/setup?key={told.secrets['link']}", "/account"):
        await site.guest.get(path)
    await site.guest.post(own, data={"said": "no", "name": TOLD["guestname"], "contact": TOLD["guestcontact"]})
    rhys = await site.who("rhys")
    await rhys.post("/account", data={"now": TOLD["password"], "password": TOLD["password"], "again": "x"})
    lines = written.getvalue()
    assert lines.count('"event":"request"') > 8, lines[:500]
    assert '"event":"received"' in lines
    senders = {"attendee", "voter", "liker", "follower", "helper", "pledger"}  # who sends is written down, what is not
    private = Told({name: words for name, words in told.words.items() if name not in senders}, told.secrets)
    assert leaks(private, {line: line for line in lines.splitlines()}) == []


async def test_a_mistake_of_ours_tells_nobody_what_was_typed(site: Site, told: Told, written: io.StringIO) -> None:
    def spoil(tx: Tx) -> None:
        tx.run("UPDATE event SET venue = 'not json'")
        tx.run("UPDATE thing SET tags = 'not json' WHERE kind = 'ask'")

    await site.did(spoil)
    answer = await site.guest.get("/events")
    assert answer.status_code == 500
    typed = {"said": "help", "name": "zzlatename", "contact": "zzlatecontact"}
    id = (await site.store.read(lambda tx: tx.one("SELECT id FROM ask")))["id"]  # type: ignore[index]
    failed = await site.guest.post(f"/asks/{id}/answer", data=typed)
    assert failed.status_code == 500
    for text in (answer.text, failed.text, written.getvalue()):
        assert not any(words in text for words in ("zzlate", *told.secrets.values()))


async def test_the_coordinator_sees_it(site: Site, told: Told) -> None:
    """Or the tests above could pass on an empty hub."""
    olwen = await site.who("olwen")
    (event,), (ask,) = await site.store.read(events.coming), await site.store.read(asks.open_)
    each = [it.id for it in await site.did(lambda tx: helping.answers(tx, people.steward(tx).actor, ask.id))]
    paths = [f"/events/{event.id}/people", f"/asks/{ask.id}/answers", *(f"/asks/{ask.id}/answers/{id}" for id in each)]
    pages = "".join([(await olwen.get(path)).text for path in paths])
    unseen = {"ourpledge", "hidden", "email", "agent", "private", "liker", "follower", "password", "taken"}
    for name in TOLD.keys() - unseen:
        assert TOLD[name] in pages, name
