"""What one hub writes, another reads as it was meant."""

import json
from typing import Any

import published as scene
import pytest

from federation.as2 import actors as as2_actors
from federation.as2 import asks as as2_asks
from federation.as2 import contexts, seen
from federation.as2 import events as as2_events
from federation.as2 import posts as as2_posts
from hub import keys
from hub.places import Access, Venue

KEYS = keys.generate()


def sent(it: Any) -> Any:
    """A document after the journey."""
    return json.loads(json.dumps(contexts.document(it)))


@pytest.fixture(autouse=True)
def june(clock: Any) -> None:
    clock.ms = scene.STARTS - scene.HOUR


STATES: list[dict[str, Any]] = [
    {},
    {"status": "cancelled", "reason": {"en": "Storm warning", "cy": "Rhybudd storm"}},
    {"status": "postponed", "reason": {"en": "Storm warning", "cy": "Rhybudd storm"}},
    {"status": "rescheduled"},
    {"status": "moved_online", "venue": Venue(), "online": "https://meet.example/x", "access": Access()},
    {"status": "tentative", "cost": 550, "cost_words": {"en": "Children free", "cy": "Plant am ddim"}},
    {"venue": Venue(), "online": "https://meet.example/x", "access": Access(), "pictures": []},
    {"online": "https://meet.example/x", "places": None, "zone": "America/New_York"},
]


@pytest.mark.parametrize("state", STATES)
def test_an_event_arrives_whole(state: dict[str, Any]) -> None:
    it = scene.event(**state)
    doc = sent(as2_events.event(it, scene.hub()))
    thing, details = seen.thing(doc), seen.event(doc)

    assert (thing.title, thing.html, thing.url, thing.tags) == (
        it.title,
        it.html,
        it.url,
        ["WoodStreetE17", "Volunteering"],
    )
    assert (thing.published, thing.updated) == (it.published, it.updated)
    assert [picture.alt for picture in thing.pictures] == [picture.alt for picture in it.pictures]
    for name in (
        "starts",
        "ends",
        "zone",
        "venue",
        "access",
        "online",
        "places",
        "cost",
        "cost_words",
        "status",
        "reason",
    ):
        assert getattr(details, name) == getattr(it, name), name
    assert seen.going(doc) == it.going


@pytest.mark.parametrize("kind", ["ask", "offer"])
@pytest.mark.parametrize("status", ["open", "matched", "done", "withdrawn", "expired"])
def test_an_ask_arrives_whole(kind: str, status: str) -> None:
    it = scene.ask(kind, status=status)
    doc = sent(as2_asks.ask(it, scene.hub(), {}))
    thing, details = seen.thing(doc), seen.ask(doc)

    assert (thing.title, thing.html, thing.area) == (it.title, it.html, it.area)
    for name in ("category", "people", "hours", "vetted", "status", "expires"):
        assert getattr(details, name) == getattr(it, name), name
    assert seen.offered(doc) == it.offered


def test_a_note_arrives_with_its_title_apart() -> None:
    it = scene.note()
    thing = seen.thing(sent(as2_posts.note(it, scene.hub())))
    assert (thing.title, thing.html) == (it.title, it.html)


def test_a_reply_arrives_with_what_it_answers() -> None:
    it = scene.reply()
    thing = seen.thing(sent(as2_posts.note(it, scene.hub(), scene.REPLY)))
    assert (thing.reply_to, thing.html) == (it.reply_to, it.html)


def test_a_project_arrives_with_its_story_and_stage() -> None:
    it = scene.project(stage="paused")
    who = scene.actor("project", name=it.title, public_key=KEYS.public_key, multikey=KEYS.multikey)
    doc = sent(as2_actors.project(who, it, scene.hub()))
    thing, stage, wanted = seen.project(doc)
    assert (thing.title, thing.html, stage, wanted) == (it.title, it.html, "paused", it.wanted)
    assert thing.area == it.area


@pytest.mark.parametrize("kind", ["hub", "project", "person", "instance"])
def test_an_actor_arrives_with_its_keys_and_kind(kind: str) -> None:
    it = scene.actor(kind, public_key=KEYS.public_key, multikey=KEYS.multikey)
    here = scene.hub()
    made = {
        "hub": lambda: as2_actors.hub(it, here),
        "project": lambda: as2_actors.project(it, scene.project(), here),
        "person": lambda: as2_actors.resident(it, here),
        "instance": lambda: as2_actors.instance(it, here, "1"),
    }[kind]()
    read = seen.actor(sent(made))
    assert (read.kind, read.handle, read.domain, read.inbox) == (kind, it.handle, it.domain, it.inbox)
    assert (read.shared_inbox, read.followers) == (it.shared_inbox, it.followers)
    assert read.public_key.strip() == it.public_key.strip()
    assert read.multikey == it.multikey
    assert read.discoverable == it.discoverable
