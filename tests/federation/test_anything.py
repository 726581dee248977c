"""Twenty thousand activities that nobody would send, at the letter box and acted on: nothing of ours falls over.

They begin as what servers do send, ours and the payloads beside the project, and are then spoilt by Hypothesis.
"""

import asyncio
import copy
import itertools
import re
import shutil
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
from conftest import Clock
from elsewhere import PUBLIC, Json, activity, create, post
from here import Here, a_hub
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as some
from scene import lift, orchard, party

from federation import Limits, incoming, resolve
from federation.as2 import loose
from federation.resolve import Gathered
from federation.strict_json import BadJson, parse_json
from hub import actors, asks, events, projects
from hub.actors import Actor
from hub.errors import HubError
from hub.store import Tx
from hub.store.open import opened

AT_ONCE = 50
MOST_CPU = 1.0  # seconds of this process, for as many as are sent at once: so none took more
INBOX = "https://glan.example/inbox"
HUB = "https://glan.example/actor/hub"
PEER = "https://peer.example"
ACTOR = f"{PEER}/users/peer"
EVENT, ASK, PROJECT = "https://glan.example/event/1", "https://glan.example/ask/1", "https://glan.example/actor/p_x"
FIXTURES = Path(__file__).parents[3] / "shared" / "fixtures"
ADDRESS = re.compile(rb"https?://[A-Za-z0-9.:-]+")

_STRINGS = [
    "", " ", "Event", "Note", "Tombstone", "Delete", ACTOR, HUB, PUBLIC, "https://", "https://[", "javascript:alert(1)",
    "2026-05-20T10:00:00Z", "9999-12-31T23:59:59Z", "0000", "P1Y", "en", "\u0000", "🌳", "\u202eyes", "yes",
    "<p>" * 300, "<a href='x' " * 200, "&" * 2000, "a" * 60_000, "`[" * 3000, "#" * 500, "**" * 2000, "\n" * 5000,
]  # fmt: skip
_NASTY: list[Any] = [
    None, True, False, 0, -1, 2**62, -(2**63), 1e308, -0.5, [], {}, [[]], [None], {"id": None}, {"type": []},
    {"id": ACTOR}, {"type": "Event"}, {"@id": HUB}, [HUB] * 300, {str(n): n for n in range(300)},
    {"en": "x", "cy": 7, "": {}}, *_STRINGS,
]  # fmt: skip


def spoken(event: str, ask: str, project: str) -> list[Json]:
    """One or more of each kind that something is done about."""
    note = create(ACTOR, f"{PEER}/1", content="<p>Hello</p>", summary="cw", tag=[{"type": "Hashtag", "name": "#a"}])
    meeting = create(
        ACTOR, f"{PEER}/2", type="Event", name="Café", startTime="2026-05-20T10:00:00+01:00", timezone="Europe/London",
        location={"type": "Place", "name": "Hall", "address": {"type": "PostalAddress", "postalCode": "NP1"}},
        attachment=[{"type": "Document", "mediaType": "image/png", "url": f"{PEER}/a.png", "name": "A hall"}],
    )  # fmt: skip
    options = [{"type": "Note", "name": "Tea", "replies": {"type": "Collection", "totalItems": 1}}]
    poll = create(ACTOR, f"{PEER}/3", type="Question", content="Tea?", oneOf=options, endTime="2026-05-20T10:00:00Z")
    needed = {"nh:kind": "Ask", "nh:needed": {"nh:people": 2}, "nh:status": "open", "nh:category": "transport"}
    asked = create(ACTOR, f"{PEER}/4", type="Question", content="Lift?", **needed)
    answers = [("yes", event), ("no", event), ("I can help", ask), ("Lovely", project)]
    said = [create(ACTOR, f"{PEER}/{n}", content=words, inReplyTo=to) for n, (words, to) in enumerate(answers, 5)]
    vote = create(ACTOR, f"{PEER}/9", name="I'm going", inReplyTo=event)
    told = create(ACTOR, f"{PEER}/10", content="Could you?", tag=[{"type": "Mention", "href": HUB, "name": "@hub"}])
    film = create(
        ACTOR, f"{PEER}/11", type="Video", name="Film", icon=[{"type": "Image", "url": f"{PEER}/i.png"}],
        url=[{"type": "Link", "mediaType": "text/html", "href": f"{PEER}/11"}], mediaType="text/markdown",
    )  # fmt: skip
    followed = activity("Follow", ACTOR, HUB)
    plain = [activity(kind, ACTOR, object) for kind, object in [
        ("Like", event), ("EmojiReact", event), ("Announce", event), ("Join", event), ("Leave", event),
        ("Accept", event), ("TentativeAccept", event), ("Reject", event), ("Ignore", event), ("Flag", [event, HUB]),
        ("Block", HUB), ("Offer", {"type": "Agreement", "id": f"{PEER}/12", "stipulates": ask}), ("Add", f"{PEER}/hub"),
        ("Remove", f"{PEER}/hub"), ("Move", ACTOR), ("Delete", f"{PEER}/1"), ("Delete", {"type": "Tombstone"}),
        ("Undo", followed), ("Undo", activity("Like", ACTOR, event)), ("Update", ACTOR), ("Create", f"{PEER}/1"),
    ]]  # fmt: skip
    wrapped = [activity("Announce", ACTOR, inner) for inner in (note, meeting, plain[0], note["object"])]
    things = [note, meeting, poll, asked, *said, vote, told, film]
    return [followed, *things, *plain, *wrapped, *(it | {"type": "Update"} for it in things)]


@cache
def payloads() -> tuple[Json, ...]:
    """What other servers sent, as if our peer had."""
    found = []
    for path in sorted(FIXTURES.glob("*/*.json")):
        try:
            it = msgspec.json.decode(ADDRESS.sub(PEER.encode(), path.read_bytes()))
        except msgspec.DecodeError:
            continue
        if isinstance(it, dict) and len(msgspec.json.encode(it)) < 20_000:
            thing = it | {"attributedTo": ACTOR, "to": [PUBLIC]}
            found.append(it if "actor" in it else activity("Create", ACTOR, thing, to=[PUBLIC]))
    return tuple(found)


# --- how they are spoilt ---------------------------------------------------------------------------

Step = tuple[int, int, int]
_LETTER = some.tuples(
    some.integers(0, 10_000), some.lists(some.tuples(*[some.integers(0, 10_000)] * 3), max_size=3), some.integers(0, 7)
)  # fmt: skip


def places(value: Any, deep: int = 0) -> list[tuple[Any, Any]]:
    """Everywhere in a document, as a container and a key in it."""
    inside: list[Any] = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
    found = [(value, key) for key, _ in inside if key != "@context"]
    for key, below in inside:
        if isinstance(below, dict | list) and deep < 6 and key != "@context":
            found += places(below, deep + 1)
    return found


def spoil(doc: Json, steps: list[Step]) -> Json:
    """Put something else in some places: what nobody expects, nothing at all, a list of it, another part of it."""
    doc = copy.deepcopy(doc)
    for where, what, how in steps:
        found = places(doc)
        if not found:
            return doc
        container, key = found[where % len(found)]
        match how % 6:
            case 0:
                container.pop(key)
            case 1:
                container[key] = [container[key]] * (how % 4)
            case 2:
                other, name = found[what % len(found)]
                container[key] = copy.deepcopy(other[name])
            case _:
                container[key] = copy.deepcopy(_NASTY[what % len(_NASTY)])
    return doc


async def a_busy_hub(here: Here) -> list[Json]:
    """Something of ours to be about, somebody whom we follow. Returns what they might say, unspoilt."""
    here.server("peer.example").actor("peer", "Group", **{"nh:kind": "Hub"})
    hub, id = await here.store.read(actors.at, HUB), await resolve.actor(here.wire, ACTOR)
    await here.store.write(actors.ask_to_follow, hub.id, id)
    await here.store.write(actors.follow_answered, hub.id, id, accepted=True)
    event = await here.store.write(events.publish, here.steward, party())
    ask = await here.store.write(asks.publish, here.steward, "ask", lift())
    project = await here.store.write(projects.start, here.steward, orchard())
    await here.work()
    return [*spoken(event.uri, ask.uri, project.uri), *payloads()]


class Tally(msgspec.Struct):
    """How many of them came to what, and the seconds of CPU of the batch that took longest."""

    ends: Counter[str] = msgspec.field(default_factory=Counter)
    longest: float = 0.0

    def words(self) -> str:
        return f"{self.ends.total()} activities, {dict(self.ends)}; {AT_ONCE} took at most {self.longest:.2f} s of CPU"


Heard = Callable[[Here, list[Json], Tally], Coroutine[Any, Any, None]]


def all_said(here: Here, seeds: list[Json], runner: asyncio.Runner, examples: int, heard: Heard) -> Tally:
    """Say very many things, some at a time; what is said is Hypothesis's to choose."""
    tally = Tally()

    @given(some.lists(_LETTER, min_size=AT_ONCE, max_size=AT_ONCE))
    @settings(
        max_examples=examples, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    def said(drawn: list[tuple[int, list[Step], int]]) -> None:
        letters = [named(spoil(seeds[seed % len(seeds)], steps), honest=luck > 0) for seed, steps, luck in drawn]
        began = time.process_time()
        runner.run(heard(here, letters, tally))
        tally.longest = max(tally.longest, time.process_time() - began)

    said()
    return tally


@pytest.mark.slow
@pytest.mark.parametrize(("way", "examples"), [("posted", 80), ("acted on", 320)])
def test_100_nothing_that_can_be_said_makes_us_fall_over(
    open_already: tuple[Path, int], tmp_path: Path, clock: Clock, capsys: pytest.CaptureFixture[str],
    way: str, examples: int,
) -> None:  # fmt: skip
    with asyncio.Runner() as runner:
        scene = AsyncExitStack()
        here = runner.run(a_copy(scene, open_already, tmp_path))
        seeds = runner.run(a_busy_hub(here))
        tally = all_said(here, seeds, runner, examples, posted if way == "posted" else acted_on)
        runner.run(scene.aclose())
    with capsys.disabled():
        print(f"\n{way}: {tally.words()}")
    assert tally.ends.total() >= examples * AT_ONCE
    assert tally.ends["taken"] > tally.ends.total() / 3
    assert tally.longest < MOST_CPU


async def a_copy(scene: AsyncExitStack, template: tuple[Path, int], folder: Path) -> Here:
    """A hub that is open, on a store of its own, until the scene ends."""
    path, steward = template
    store = await scene.enter_async_context(opened(str(shutil.copy(path, folder / "here.db"))))
    limits = Limits(burst=1_000_000)
    return await scene.enter_async_context(a_hub(store, steward=steward, limits=limits))


_numbers = itertools.count()


def named(letter: Json, *, honest: bool) -> Json:
    """Most name their sender, and are none that we have had."""
    return letter | {"actor": ACTOR, "id": f"{ACTOR}#{next(_numbers)}"} if honest else letter


async def posted(here: Here, letters: list[Json], tally: Tally) -> None:
    """Signed, through the letter box, and then read by the worker."""
    for letter in letters:
        answer = await post(here.app, INBOX, letter, by=ACTOR, scheme="rfc9421", ed25519=True)
        assert answer.status_code < 500, (answer.text, letter)
        tally.ends["taken" if answer.status_code == 202 else str(answer.status_code)] += 1
    await here.work()
    assert await here.all("SELECT outcome, body FROM inbox WHERE outcome LIKE 'A mistake of ours%'") == []


async def acted_on(here: Here, letters: list[Json], tally: Tally) -> None:
    """Acted on at once, with what they point at at hand: five times as many in the same time."""
    await here.store.write(_acted_on, letters, tally)


def _acted_on(tx: Tx, letters: list[Json], tally: Tally) -> None:
    sender = actors.at(tx, ACTOR)
    for letter in letters:
        tx.run("SAVEPOINT letter")
        try:
            activity = parse_json(msgspec.json.encode(letter))
            resolve.plan(tx, sender, activity)
            incoming.act(tx, sender, activity, at_hand(sender, letter))
            tally.ends["taken"] += 1
        except (BadJson, HubError) as refusal:
            tx.run("ROLLBACK TO letter")
            tally.ends[type(refusal).__name__] += 1
        tx.run("RELEASE letter")


def at_hand(sender: Actor, letter: Json) -> Gathered:
    """As if everything had been fetched that the letter may point at."""
    what = letter.get("object")
    inner = what.get("object") if isinstance(what, dict) else None
    things = {loose.id_of(it): it for it in (what, inner) if isinstance(it, dict)}
    return Gathered(objects=things, actors={ACTOR: sender.id})
