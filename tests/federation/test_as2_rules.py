"""Every document of ours, in every state and language order, held against the rules of those who receive it."""

import json
import re
from collections.abc import Callable
from typing import Any

import published as scene
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from receivers import breaches, example

from federation.as2 import activities, contexts
from federation.as2 import asks as as2_asks
from federation.as2 import events as as2_events
from federation.as2 import posts as as2_posts
from hub.text import sanitise

HUBS = [pytest.param(scene.hub(languages), id="-".join(languages)) for languages in scene.LANGUAGES]
CREATED = f"{scene.BASE}/activity/1"


@pytest.mark.parametrize("here", HUBS)
def test_no_server_has_anything_to_object_to(here: Any) -> None:
    lint = breaches()
    for name, it in scene.everything(here).items():
        create = contexts.document(activities.create(CREATED, it, scene.AT))
        update = contexts.document(activities.update(CREATED, {"updated": it["published"]} | it))
        assert (name, lint(create), lint(update)) == (name, [], [])


def test_the_rules_would_find_a_breach() -> None:
    it = as2_events.event(scene.event(), scene.hub())
    for wrong in ({"image": []}, {"actor": it["attributedTo"]}, {"url": "https://other.example/"}, {"status": "ON"}):
        assert breaches()(contexts.document(activities.create(CREATED, it | wrong, scene.AT)))


@pytest.mark.parametrize("here", HUBS)
def test_actors_are_what_mobilizon_akkoma_and_mastodon_want(here: Any) -> None:
    for it in scene.everybody(here).values():
        document = contexts.document(it)
        assert document["@context"][:2] == [contexts.ACTIVITYSTREAMS, contexts.SECURITY]
        assert it["publicKey"]["id"] == f"{it['id']}#main-key"
        assert it["name"]
        assert re.fullmatch(r"[a-z0-9_.]{1,30}", it["preferredUsername"])
        for key in ("id", "inbox", "outbox", "followers", "following", "featured", "url"):
            assert it[key].startswith(f"{scene.BASE}/")
        for field in it.get("attachment", []):
            assert field["type"] == "PropertyValue"
            assert len(field["name"]) < 50
            assert len(field["value"]) < 2047


# --- the same keys as the agreed examples


ORGANISED = scene.event(updated=scene.AT)
EXTRA = {  # what we add to the examples, and why
    "nameMap", "contentMap", "summaryMap",  # two languages
    "nh:storyMap", "nh:story", "nh:titleMap", "nh:title",  # a title and words without what timelines need around them
    "updated", "nh:wanted", "nh:childrenWelcome", "nh:notesMap", "nh:reasonMap", "image",
}  # fmt: skip
REPEATING = {"nh:recurrence", "nh:rrule", "nh:seriesId", "nh:recurrenceId", "nh:exdates"}
LEFT_OUT = {
    "create-event": REPEATING,  # nothing repeats yet
    "update-event-cancelled": REPEATING,
    "create-project-update": {"nh:progress", "nh:done", "nh:target", "nh:unit", "focalPoint"},
    "actor-hub": {"nh:memberCount", "nh:decisions", "nh:ledger", "nh:caseHistories", "nh:places", "width", "height"},
    "actor-project": {"nh:stage", "nh:lead", "nh:budget", "nh:currency", "nh:plannedMinor", "nh:spentMinor",
                      "nh:raisedMinor", "nh:asOf", "nh:ledger", "nh:decisions", "width", "height"},
    "actor-instance": {"nh:policy"},
    "actor-person": {"summary"},
}  # fmt: skip
ADDED = {"actor-project": {"nh:events", "nh:offers"}, "actor-hub": {"nh:slices"}}


def ours(name: str) -> Any:
    here = scene.hub(["en"])
    everybody = scene.everybody(here)
    made: dict[str, Callable[[], Any]] = {
        "create-event": lambda: created(as2_events.event(ORGANISED, here, scene.ORCHARD)),
        "update-event-cancelled": lambda: activities.update(
            CREATED,
            as2_events.event(
                scene.event(status="cancelled", reason={"en": "storm"}, updated=scene.AT + 1000), here, scene.ORCHARD
            ),
        ),
        "create-event-companion": lambda: created(as2_events.companion(ORGANISED, here)),
        "create-ask": lambda: created(as2_asks.ask(scene.ask(), here, {}, scene.ORCHARD)),
        "create-offer": lambda: created(as2_asks.ask(scene.ask("offer"), here, {}, scene.ORCHARD)),
        "create-project-update": lambda: created(as2_posts.note(scene.update(), here, scene.UPDATE)),
        "actor-hub": lambda: everybody["hub"],
        "actor-project": lambda: everybody["project"],
        "actor-person": lambda: everybody["resident"],
        "actor-instance": lambda: everybody["instance"],
        "accept-join": lambda: activities.answer(
            "Accept", CREATED, f"{scene.BASE}/actor/hub", "https://n16.example/actor/u-bo",
            {"id": "https://n16.example/join/77", "type": "Join", "actor": "x", "object": "y", "@context": "z"},
        ),
        "announce-project-update": lambda: activities.announce(CREATED, "a", "b", scene.AT, "c"),
    }  # fmt: skip
    return contexts.document(made[name]())


def created(it: Any) -> Any:
    return activities.create(CREATED, it, scene.AT)


SHOWN = [
    "create-event", "update-event-cancelled", "create-event-companion", "create-ask", "create-offer", "accept-join",
    "create-project-update", "announce-project-update", "actor-hub", "actor-project", "actor-person", "actor-instance",
]  # fmt: skip


@pytest.mark.parametrize("name", SHOWN)
def test_the_keys_and_the_context_are_those_of_the_agreed_example(name: str) -> None:
    agreed, made = example(name), ours(name)
    assert keys(agreed) - keys(made) == LEFT_OUT.get(name, set())
    assert keys(made) - keys(agreed) - EXTRA == ADDED.get(name, set())
    assert made["@context"] == agreed["@context"]
    assert made["type"] == agreed["type"]


def keys(it: Any) -> set[str]:
    """All keys at all depths, but for the context's and those of languages."""
    if isinstance(it, list):
        return set().union(*map(keys, it)) if it else set()
    if not isinstance(it, dict):
        return set()
    inner = [keys(value) for key, value in it.items() if key != "@context" and not key.endswith(("Map", ":story"))]
    return set(it).union(*inner)


# --- words


@pytest.mark.parametrize("here", HUBS)
def test_the_hubs_first_language_leads(here: Any) -> None:
    first = here.languages[0]
    poll = as2_events.companion(scene.event(), here)
    assert next(iter(poll["contentMap"])) == first
    assert poll["oneOf"][0]["name"] == {"en": "Yes, I'll be there", "cy": "Bydda i yno"}[first]
    event = as2_events.event(scene.event(), here)
    assert event["name"] == scene.TITLE[first]
    assert event["inLanguage"] == first


def test_two_languages_stand_one_after_the_other_each_marked() -> None:
    content = as2_events.event(scene.event(), scene.hub(["cy", "en"]))["content"]
    assert re.findall(r'<(\w+) lang="(\w+)">', content) == [("p", "cy"), ("p", "en"), ("ul", "en")]


def test_what_is_written_in_one_language_is_not_said_twice() -> None:
    it = scene.event(html={"en": "<p>Bring a chair.</p>"})
    poll = as2_events.companion(it, scene.hub())
    assert poll["content"].count("Bring a chair.") == 1
    assert "Bring a chair." in poll["contentMap"]["cy"]


def test_when_and_where_are_said_in_plain_words() -> None:
    event = as2_events.event(scene.event(), scene.hub())
    where = "St John's Hall, 12 Wood Street, London E17 3HX"
    assert event["summary"] == f"Sat 6 June 2026, 10:00–13:00 (UK time) · {where}"
    assert event["summaryMap"]["cy"] == f"Sad 6 Mehefin 2026, 10:00–13:00 (amser y DU) · {where}"
    assert (event["startTime"], event["endTime"]) == ("2026-06-06T10:00:00+01:00", "2026-06-06T13:00:00+01:00")


def test_an_event_in_winter_and_one_abroad_keep_their_own_clocks() -> None:
    winter = as2_events.event(scene.event(starts=scene.STARTS + 180 * 24 * scene.HOUR), scene.hub())
    assert winter["startTime"].endswith("T09:00:00+00:00")
    abroad = as2_events.event(scene.event(zone="America/New_York"), scene.hub())
    assert abroad["startTime"] == "2026-06-06T05:00:00-04:00"
    assert "(New York time)" in abroad["summary"]


def test_an_event_of_more_than_a_day_says_both_days() -> None:
    event = as2_events.event(scene.event(ends=scene.STARTS + 20 * scene.HOUR), scene.hub())
    assert event["summary"].startswith("Sat 6 June 2026, 10:00 – Sun 7 June 2026, 06:00 (UK time)")


def test_a_cancelled_event_says_so_first_and_why() -> None:
    it = scene.event(status="cancelled", reason={"en": "storm warning", "cy": "rhybudd storm"})
    event = as2_events.event(it, scene.hub())
    assert event["name"].startswith("CANCELLED: ")
    assert event["nameMap"]["cy"].startswith("WEDI'I GANSLO: ")
    assert event["summary"].startswith("CANCELLED (storm warning). Was: Sat 6 June 2026")
    assert (event["status"], event["eventStatus"]) == ("CANCELLED", "EventCancelled")
    assert event["nh:cancellation"]["nh:reason"] == "storm warning"


def test_a_postponed_events_poll_stays_open_and_a_cancelled_ones_is_closed() -> None:
    here = scene.hub()
    assert "closed" not in as2_events.companion(scene.event(status="postponed"), here)
    assert "closed" in as2_events.companion(scene.event(status="cancelled"), here)


def test_an_online_event_has_a_place_that_is_an_address() -> None:
    it = scene.everything(scene.hub())["event online"]
    assert it["location"] == {"type": "VirtualLocation", "name": "Online", "url": "https://meet.example/x"}
    assert it["isOnline"]
    assert contexts.document(it)["@context"][1]["VirtualLocation"]


def test_a_place_that_changes_has_another_id() -> None:
    here = scene.hub()
    first = as2_events.event(scene.event(), here)["location"]["id"]
    moved = scene.event(venue=scene.Venue(name="Mill Bridge"))
    assert as2_events.event(moved, here)["location"]["id"] != first


@pytest.mark.parametrize(
    ("status", "sign"),
    [("open", "ASK"), ("matched", "MATCHED · ASK"), ("done", "CLOSED · ASK"), ("withdrawn", "CLOSED · ASK"),
     ("expired", "CLOSED · ASK")],
)  # fmt: skip
def test_an_ask_says_how_it_stands_and_since_when(status: str, sign: str) -> None:
    since = None if status == "open" else scene.AT + scene.HOUR
    it = as2_asks.ask(scene.ask(status=status, closed=since, accepted=2, completed=1), scene.hub(["en"]), {"help": 3})
    assert f"<strong>{sign}: " in it["content"]
    assert it["nh:status"] == status
    assert it.get("closed") == (None if since is None else "2026-05-10T10:00:00Z")
    assert (it["nh:counts"]["nh:accepted"], it["nh:counts"]["nh:completed"]) == (2, 1)
    assert ("follow us first" in it["content"]) == (status == "open")
    assert ("people whom the hub has checked" in it["content"]) == (status == "open")


def test_an_ask_never_tells_more_than_the_ward() -> None:
    said = json.dumps(as2_asks.ask(scene.ask(), scene.hub(), {"help": 1}))
    for secret in ("latitude", "longitude", "address", "streetAddress", "51.", "bto", "bcc"):
        assert secret not in said


def test_a_poll_tells_the_option_that_it_shows() -> None:
    poll = as2_asks.ask(scene.ask(), scene.hub(["en", "cy"]), {})
    assert "“I can help”" in poll["contentMap"]["cy"]
    assert poll["nh:optionMap"] == ["help", "refer", "share"]


def test_hashtags_stand_in_the_text_and_beside_it() -> None:
    note = as2_posts.note(scene.note(), scene.hub())
    assert [tag["name"] for tag in note["tag"]] == ["#WoodStreetE17", "#Volunteering"]
    assert note["content"].count("<span>Volunteering</span>") == 1


def test_a_title_is_plain_text_whatever_it_holds() -> None:
    it = scene.event(title={"en": "Tea & <b>cake</b>"}, html={})
    poll = as2_events.companion(it, scene.hub())
    assert "<strong>Tea &amp; &lt;b&gt;cake&lt;/b&gt;</strong>" in poll["content"]
    assert as2_events.event(it, scene.hub())["name"] == "Tea & <b>cake</b>"


TEXT = st.dictionaries(st.sampled_from(["en", "cy", "pl", "zh-Hant"]), st.text(min_size=1, max_size=40), min_size=1)


@settings(max_examples=60, deadline=None)
@given(title=TEXT, html=TEXT, tags=st.lists(st.text(max_size=20), max_size=4), reason=TEXT)
def test_odd_words_make_sound_documents(
    title: dict[str, str], html: dict[str, str], tags: list[str], reason: dict[str, str]
) -> None:
    here = scene.hub()
    said = {one: sanitise(words) for one, words in html.items()}
    common: dict[str, Any] = {"title": title, "html": said, "tags": tags}
    made = [
        as2_events.event(scene.event(**common, status="cancelled", reason=reason), here),
        as2_events.companion(scene.event(**common, status="cancelled", reason=reason), here),
        as2_asks.ask(scene.ask(**common), here, {}),
        as2_posts.note(scene.note(**common), here),
    ]
    for it in made:
        assert breaches()(contexts.document(activities.create(CREATED, it, scene.AT))) == []
        assert set(it.get("contentMap", {})) == set(title) | set(html)
        loose = re.sub(r"<[^>]*>|&\w+;|&#\d+;", "", it["content"])
        assert "<" not in loose
