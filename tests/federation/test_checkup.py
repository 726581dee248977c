"""Another hub looks at us, and we at others: what is told, and what is not."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from conftest import Clock
from elsewhere import CONTEXT, Elsewhere, Json, post
from here import Here, a_hub
from villages import Village

from federation import through
from federation.roundtrip import Step
from hub import actors, manners
from hub.clock import HOUR, MINUTE, now
from hub.config import load
from hub.store.open import opened
from web import doctor

CHECKUP = "https://glan.example/actor/checkup"


def ping(actor: str) -> Json:
    return {"@context": CONTEXT, "id": f"{actor}#ping", "type": "Ping", "actor": actor, "object": CHECKUP}


@pytest_asyncio.fixture
async def other(here: Here, migrated: Path, tmp_path: Path) -> AsyncIterator[Here]:
    """Another hub of ours, in the same world."""
    path = str(shutil.copy(migrated, tmp_path / "other.db"))
    async with opened(path) as store, a_hub(store, "https://cwm.example", here.servers) as it:
        yield it


def states(steps: list[Step]) -> list[tuple[str, str]]:
    return [(step.state, step.check) for step in steps]


async def test_a_hub_that_is_well_is_told_so_and_the_letter_arrives(here: Here, other: Here) -> None:
    steps = await through(here.wire, "cwm.example")
    assert states(steps) == [
        ("ok", "our key and signature, checked by cwm.example"), ("ok", "our inbox, tried by cwm.example"),
    ]  # fmt: skip
    assert await here.all("SELECT type, signer FROM inbox") == [
        {"type": "Pong", "signer": "https://cwm.example/actor/hub"}
    ]
    assert await other.one("SELECT count(*) FROM inbox") == 0


async def test_without_a_name_those_that_we_follow_are_asked(here: Here, other: Here) -> None:
    assert await through(here.wire) == []
    await through(here.wire, "cwm.example")
    hub = await here.one("SELECT id FROM actor WHERE uri = 'https://cwm.example/actor/hub'")
    ours = await here.one("SELECT actor FROM hub")
    await here.store.write(actors.ask_to_follow, ours, hub)
    assert await through(here.wire) == []
    await here.store.write(actors.follow_answered, ours, hub, accepted=True)
    assert [step.state for step in await through(here.wire)] == ["ok", "ok"]


class Before:
    """Something before a hub that answers some requests in its place."""

    def __init__(self, hub: Any, method: str, status: int) -> None:
        self.hub, self.method, self.status = hub, method, status

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["method"] != self.method or not scope["path"].startswith("/actor/hub"):
            await self.hub(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": self.status, "headers": []})
        await send({"type": "http.response.body", "body": b""})


@pytest.mark.parametrize(
    ("method", "status", "check", "words"),
    [
        ("POST", 202, "our inbox", "Something else answers"),
        ("POST", 404, "our inbox", "changes the path"),
        ("POST", 421, "our inbox", "changes the Host header"),
        ("POST", 502, "our inbox", "the hub behind it is not"),
        ("POST", 418, "our inbox", "Look into the log"),
        ("GET", 421, "our key", "changes the Host header"),
        ("GET", 404, "our key", "changes the path"),
        ("GET", 503, "our key", "the hub behind it is not"),
    ],
)
async def test_what_stands_in_the_way_is_named(
    here: Here, other: Here, method: str, status: int, check: str, words: str
) -> None:
    here.servers["glan.example"] = Before(here.app, method, status)
    step = (await through(here.wire, "cwm.example"))[-1]
    assert (step.state, step.check.partition(",")[0]) == ("bad", check)
    assert words in step.fix
    assert f"answered {status}" in step.found


async def test_a_hub_that_nobody_finds_is_told_what_kind_of_trouble_it_is(here: Here, other: Here) -> None:
    del here.servers["glan.example"]
    [step] = await through(here.wire, "cwm.example")
    assert (step.state, step.found) == ("bad", "no answer (dns)")
    assert "A and AAAA records" in step.fix


async def test_a_hub_without_checkups_cannot_help(here: Here, other: Here) -> None:
    here.servers["cwm.example"] = Without(other.app)
    [step] = await through(here.wire, "cwm.example")
    assert step.state == "warn"
    assert "older" in step.found


class Without:
    def __init__(self, hub: Any) -> None:
        self.hub = hub

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/actor/checkup":
            scope = scope | {"path": "/nothing", "raw_path": b"/nothing"}
        await self.hub(scope, receive, send)


async def test_a_hub_of_another_make_cannot_help_and_breaks_nothing(here: Here) -> None:
    here.servers["pentref.example"] = Village("pentref.example")
    [step] = await through(here.wire, "pentref.example")
    assert states([step]) == [("warn", "through pentref.example")]


async def test_a_hub_that_does_not_answer_is_told_from_our_own_trouble(here: Here) -> None:
    [step] = await through(here.wire, "away.example")
    assert states([step]) == [("bad", "the way to away.example")]
    assert "spelt right" in step.fix


# --- who asks --------------------------------------------------------------------------------------


@pytest.fixture
def ann(mastodon: Elsewhere) -> str:
    return mastodon.actor("ann")


async def told(here: Here, ann: str, **how: Any) -> Json:
    answer = await post(here.app, CHECKUP, ping(ann), **how)
    assert answer.status_code == 200, answer.text
    report: Json = answer.json()
    return report


async def test_a_clock_is_told_by_how_much_it_is_off(here: Here, ann: str) -> None:
    assert (await told(here, ann, at=now() + 4 * MINUTE))["ahead"] == 4 * MINUTE
    late = await told(here, ann, at=now() - 3 * HOUR)
    assert (late["about"], late["ahead"]) == ("clock", -3 * HOUR)
    assert "180 minutes behind ours" in late["error"]


async def test_a_wrong_signature_gets_nobody_a_letter(here: Here, mastodon: Elsewhere, ann: str) -> None:
    assert (await told(here, ann, key=1))["about"] == "signature"
    eve = here.server("evil.example").actor("eve", key=1)
    assert (await told(here, ann, by=eve, key=1))["about"] == "signature"
    assert mastodon.received == []


async def test_18_what_we_remember_is_not_what_is_asked_about(here: Here, mastodon: Elsewhere, ann: str) -> None:
    kept = mastodon.documents.pop("/users/ann")
    assert (await told(here, ann))["key"]["status"] == 404
    mastodon.documents["/users/ann"] = kept
    assert (await told(here, ann))["about"] == ""


async def test_71_what_is_told_of_our_own_network_is_a_word_at_most(here: Here) -> None:
    nobody = await told(here, "https://10.0.0.1/users/ann")
    assert (nobody["about"], nobody["key"]) == ("key", {"status": 0, "trouble": "dns", "words": ""})
    assert "10.0.0.1" not in msgspec.json.encode(nobody).decode()
    # Nor whether there is such a network: a name that nobody knows is answered alike.
    assert (await told(here, "https://nowhere.example/users/ann"))["key"] == nobody["key"]


async def test_102_others_are_looked_at_only_so_often(here: Here, ann: str, clock: Clock) -> None:
    for _ in range(10):
        await told(here, ann)
    answer = await post(here.app, CHECKUP, ping(ann))
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) <= 60
    clock.forward(MINUTE)
    await told(here, ann)


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b'{"type":"Ping"}', b'{"type":"Follow","actor":"https://mastodon.example/users/ann"}',
     b'{"type":"Ping","actor":"https://glan.example/actor/hub"}'],
)  # fmt: skip
async def test_what_is_no_ping_is_refused(here: Here, body: bytes) -> None:
    answer = await post(here.app, CHECKUP, body, by="https://mastodon.example/users/ann")
    assert answer.status_code == 400


# --- what the doctor says --------------------------------------------------------------------------


async def test_the_doctor_repeats_what_the_clocks_of_those_say_who_refuse_us(here: Here, tmp_path: Path) -> None:
    async def clocks() -> list[tuple[str, str]]:
        found = await doctor.examine(here.store, load(None, {}), tmp_path)
        return [(one.state, one.found) for one in found if one.check == "clock"]

    assert await clocks() == []
    await here.store.write(manners.clock, "one.example", 2 * HOUR)
    assert await clocks() == [("warn", "ours is 120 minutes ahead of one.example")]
    await here.store.write(manners.clock, "two.example", -10 * MINUTE)
    [(state, found)] = await clocks()
    assert state == "bad"
    assert "10 minutes behind two.example" in found
