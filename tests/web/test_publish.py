"""Publishing and changing by form: what arrives, what is refused, and that nothing typed is lost."""

import struct
import zlib
from typing import Any

import pytest
from browsing import Site, fields
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scene import lift, orchard, party, stranger

from hub import actors, asks, events, people, posts, projects, things
from hub import settings as hub_settings
from hub.store import Tx

EVENT = {
    "title.en": "Riverbank clear-up", "title.cy": "Glanhau glan yr afon", "text.en": "Bring gloves.",
    "starts.date": "2027-06-06", "starts.time": "10:00", "ends.time": "13:00", "venue": "Mill Bridge",
    "postcode": "CF11 6AA", "step_free": "yes", "toilet": "no", "places": "40", "cost.pounds": "2.50",
    "tags": "#Gardening, river", "parking": "2",
}  # fmt: skip
FORMS: dict[str, dict[str, str]] = {
    "event": EVENT,
    "ask": {"title.en": "A lift to the eye clinic", "category": "transport", "due.date": "2027-06-07", "people": "1",
            "hours": "1.5", "area_name": "Riverside ward", "days": "30"},
    "offer": {"title.cy": "Ysgol i'w benthyg", "category": "tools", "days": "14"},
    "project": {"title.en": "Old Mill Orchard", "handle": "orchard", "summary.en": "Forty fruit trees.",
                "text.en": "We plant on **Saturdays**.", "stage": "active", "wanted.en": "Two people to water."},
    "note": {"text.en": "The library is open again.", "title.en": "Good news"},
}  # fmt: skip
PATHS = {"event": "/events", "ask": "/asks", "offer": "/asks", "project": "/projects", "note": "/posts"}


def png(width: int = 3, height: int = 2) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + b"\x20\x80\x40" * width for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def number(location: str) -> int:
    return int(location.partition("?")[0].rpartition("/")[2])


async def sent(site: Site, sort: str, **more: Any) -> Any:
    return await (await site.who("olwen")).post(f"/publish/{sort}", data=FORMS[sort] | more)


@pytest.mark.parametrize("sort", FORMS)
async def test_each_sort_of_thing_is_published_by_its_form_and_changed_by_the_same(either: Site, sort: str) -> None:
    olwen = await either.who("olwen")
    page = await olwen.get(f"/publish/{sort}")
    assert page.status_code == 200
    answer = await olwen.post(f"/publish/{sort}", data=fields(page.text, "/publish") | FORMS[sort])
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"].startswith(PATHS[sort] + "/")
    here = answer.headers["location"].partition("?")[0]
    thing = await either.store.read(things.get, number(here))
    assert thing.by.kind == "hub"
    form = fields((await olwen.get(f"{here}/change")).text, here)
    assert {name: form[name] for name in FORMS[sort] if name in form and "." in name} == {
        name: words for name, words in FORMS[sort].items() if name in form and "." in name
    }
    changed = await olwen.post(f"{here}/change", data=form | {"text.en": "New words."})
    assert changed.headers["location"] == f"{here}?done=changed"
    assert (await either.store.read(things.get, thing.id)).words["en"] == "New words."


async def test_an_event_is_what_was_typed(site: Site) -> None:
    event = await site.store.read(events.get, number((await sent(site, "event")).headers["location"]))
    assert event.title == {"en": "Riverbank clear-up", "cy": "Glanhau glan yr afon"}
    assert (event.starts, event.ends) == (1_812_272_400_000, 1_812_283_200_000)  # 9 to 12 UTC: it is summer
    assert (event.venue.name, event.places, event.cost, event.tags) == ("Mill Bridge", 40, 250, ["gardening", "river"])
    assert (event.access.step_free, event.access.toilet, event.access.hearing_loop) == (True, False, None)
    assert event.access.parking == 2


async def test_changing_an_event_keeps_what_was_not_changed(site: Site) -> None:
    id = number((await sent(site, "event")).headers["location"])
    before = await site.store.read(events.get, id)
    olwen = await site.who("olwen")
    form = fields((await olwen.get(f"/events/{id}/change")).text, "/events")
    assert (await olwen.post(f"/events/{id}/change", data=form)).status_code == 303
    after = await site.store.read(events.get, id)
    for name in ("title", "words", "starts", "ends", "venue", "access", "cost", "places", "tags", "status", "zone"):
        assert getattr(after, name) == getattr(before, name), name


async def test_the_message_says_how_many_will_hear_of_it(site: Site) -> None:
    def followed(tx: Tx) -> None:
        for name, domain in (("a", "one.example"), ("b", "one.example"), ("c", "two.example")):
            actors.follow(tx, stranger(tx, name, domain), hub_settings.get(tx).actor)

    assert (await sent(site, "note")).headers["location"].endswith("?done=published&n=0&m=0")
    await site.did(followed)
    location = (await sent(site, "note")).headers["location"]
    assert location.endswith("?done=published&n=3&m=2")
    said = await site.guest.get("/signin?done=published&n=3&m=2")
    assert "3 followers on 2 servers will see it within a minute." in said.text


@pytest.mark.parametrize(
    ("sort", "typed", "said"),
    [
        ("event", {"title.en": "", "title.cy": ""}, "Give the event a title"),
        ("event", {"ends.time": "01:00"}, "must end after it starts"),
        ("event", {"starts.date": ""}, "Give the day too"),
        ("event", {"starts.date": "2027-02-30"}, "There is no such day"),
        ("event", {"starts.date": "2027-03-28", "starts.time": "01:30"}, "clocks go forward"),
        ("event", {"ends.date": "2027-08-06"}, "up to 14 days"),
        ("event", {"venue": ""}, "Say where it is"),
        ("event", {"online": "library.example"}, "whole web address"),
        ("event", {"places": "0"}, "number of places"),
        ("event", {"places": "many"}, "Type a number"),
        ("event", {"cost.pounds": "free"}, "amount in pounds"),
        ("event", {"lat": "51"}, "both latitude and longitude"),
        ("event", {"title.en": "x" * 201}, "too long"),
        ("event", {"project": "1"}, "nothing at this address"),
        ("ask", {"title.en": ""}, "in one line"),
        ("ask", {"category": "magic"}, "Choose"),
        ("ask", {"people": "-1"}, "number"),
        ("ask", {"hours": "nan"}, "Type a number"),
        ("ask", {"days": "400"}, "1 to 90 days"),
        ("project", {"title.en": ""}, "Give the project a title"),
        ("project", {"stage": "lost"}, "how far the project is"),
        ("note", {"text.en": "  "}, "Write something first"),
    ],
)
async def test_what_does_not_fit_is_said_and_all_else_is_still_there(
    site: Site, sort: str, typed: dict[str, str], said: str
) -> None:
    answer = await sent(site, sort, **typed)
    assert answer.status_code in (404, 422)
    assert said in answer.text
    if answer.status_code == 422:
        kept = fields(answer.text, "/publish")
        for name, words in (FORMS[sort] | typed).items():
            if words.strip() and name in kept:
                assert kept[name].strip() == words.strip(), name


async def test_a_picture_survives_the_mistakes_of_its_form(site: Site) -> None:
    olwen = await site.who("olwen")
    wrong = EVENT | {"title.en": "", "title.cy": "", "alt.en": "The bank"}
    first = await olwen.post("/publish/event", data=wrong, files={"picture": ("../../x.png", png(), "image/png")})
    assert first.status_code == 422
    form = fields(first.text, "/publish")
    assert form["pictures.0.alt.en"] == "The bank"
    second = await olwen.post("/publish/event", data=form | {"title.en": "Clear-up", "step_free": "yes"})
    assert second.status_code == 303, second.text
    event = await site.store.read(events.get, number(second.headers["location"]))
    assert [(it.alt, it.width, it.height) for it in event.pictures] == [({"en": "The bank"}, 3, 2)]
    picture = await site.guest.get(f"/media/{event.pictures[0].media}")
    assert picture.headers["content-type"] == "image/jpeg"
    assert "sandbox" in picture.headers["content-security-policy"]


async def test_a_picture_can_be_added_described_and_taken_away_again(site: Site) -> None:
    olwen = await site.who("olwen")
    more = await olwen.post(
        "/publish/note", data=FORMS["note"] | {"go": "more"}, files={"picture": ("a.png", png(), "image/png")}
    )
    assert more.status_code == 200
    form = fields(more.text, "/publish")
    undescribed = await olwen.post("/publish/note", data=form)
    assert undescribed.status_code == 422
    assert "Say what the picture shows" in undescribed.text
    gone = await olwen.post("/publish/note", data=form | {"pictures.0.remove": "true"})
    assert gone.status_code == 303
    assert (await site.store.read(things.get, number(gone.headers["location"]))).pictures == []


@pytest.mark.parametrize(
    ("data", "said"),
    [(b"<svg onload=alert(1)>", "JPEG, PNG, WebP or GIF"), (png()[:40], "cannot be read"),
     (png(1, 1)[:16] + struct.pack(">II", 9000, 9000) + png(1, 1)[24:], "cannot be read")],
)  # fmt: skip
async def test_what_is_no_picture_is_refused_beside_its_field(site: Site, data: bytes, said: str) -> None:
    olwen = await site.who("olwen")
    answer = await olwen.post("/publish/note", data=FORMS["note"], files={"picture": ("x.png", data, "image/png")})
    assert answer.status_code == 422
    assert said in answer.text
    assert fields(answer.text, "/publish")["text.en"].strip() == FORMS["note"]["text.en"]


async def test_nobody_takes_a_picture_of_somebody_else(site: Site) -> None:
    mo, olwen = await site.who("mo"), await site.who("olwen")
    shown = await mo.post(
        "/publish/note", data=FORMS["note"] | {"go": "more"}, files={"picture": ("a.png", png(), "image/png")}
    )
    id = fields(shown.text, "/publish")["pictures.0.media"]
    for wanted in (id, "1", "999999999999999999", "x", "-1"):
        stolen = {"pictures.0.media": wanted, "pictures.0.alt.en": "Mine"}
        answer = await olwen.post("/publish/note", data=FORMS["note"] | stolen)
        assert answer.status_code == 422, wanted


async def test_an_update_belongs_to_its_project(site: Site) -> None:
    steward = (await site.store.read(people.steward)).actor
    project = await site.did(projects.start, steward, orchard())
    page = await (await site.who("olwen")).get(f"/publish/note?project={project.id}")
    assert f'value="{project.id}" selected' in page.text
    answer = await sent(site, "note", project=str(project.id))
    update = await site.store.read(things.get, number(answer.headers["location"]))
    assert (update.kind, update.project, update.by.id) == ("update", project.id, project.actor)


async def test_cancelling_asks_why_and_postponing_waits_for_a_new_day(either: Site) -> None:
    steward = (await either.store.read(people.steward)).actor
    event = await either.did(events.publish, steward, party())
    olwen, path = await either.who("olwen"), f"/events/{event.id}/cancel"
    assert "Street party" in (await olwen.get(path)).text
    unsaid = await olwen.post(path, data={"how": "cancel", "reason.en": ""})
    assert unsaid.status_code == 422
    assert "Say why" in unsaid.text
    later = await olwen.post(path, data={"how": "postpone", "reason.en": "Storm."})
    assert later.headers["location"] == f"/events/{event.id}?done=postponed"
    assert (await either.store.read(events.get, event.id)).status == "postponed"
    off = await olwen.post(path, data={"how": "cancel", "reason.en": "Flood."})
    assert off.headers["location"] == f"/events/{event.id}?done=cancelled"
    assert (await either.store.read(events.get, event.id)).reason == {"en": "Flood."}
    again = await olwen.post(path, data={"how": "cancel", "reason.en": "Flood."})
    assert again.status_code == 422
    assert "cancelled already" in again.text
    frozen = await olwen.post(f"/events/{event.id}/change", data=EVENT)
    assert frozen.status_code == 422


async def test_an_ask_is_closed_once(site: Site) -> None:
    steward = (await site.store.read(people.steward)).actor
    ask = await site.did(asks.publish, steward, "ask", lift())
    olwen, path = await site.who("olwen"), f"/asks/{ask.id}/close"
    assert (await olwen.post(path, data={})).status_code == 422
    assert (await olwen.post(path, data={"status": "burnt"})).status_code == 422
    assert (await olwen.post(path, data={"status": "done"})).headers["location"] == f"/asks/{ask.id}?done=closed"
    assert (await olwen.post(path, data={"status": "withdrawn"})).status_code == 422


async def test_taking_down_asks_once_more_and_is_for_moderators(site: Site) -> None:
    steward = (await site.store.read(people.steward)).actor
    event = await site.did(events.publish, steward, party())
    ask = await site.did(asks.publish, steward, "ask", lift())
    note = await site.did(posts.publish, steward, posts.Draft(text={"en": "Hello."}))
    olwen, mo = await site.who("olwen"), await site.who("mo")
    for path in (f"/events/{event.id}/remove", f"/asks/{ask.id}/remove", f"/posts/{note.id}/remove"):
        assert (await olwen.post(path)).status_code == 403
        assert (await mo.get(path)).status_code == 200
        assert (await mo.post(path)).headers["location"] == "/steward?done=removed"
        assert (await mo.get(path)).status_code == 404


async def test_what_another_hub_published_cannot_be_changed_here(site: Site) -> None:
    def mirrored(tx: Tx) -> int | None:
        seen = things.Seen(uri="https://else.example/p", url="https://else.example/p", published=1, updated=1)
        return posts.mirror(tx, stranger(tx, "hub", "else.example", "hub"), seen)

    id = await site.did(mirrored)
    mo = await site.who("mo")
    for path in (f"/posts/{id}/change", f"/posts/{id}/remove"):
        assert (await mo.get(path)).status_code == 409
        assert (await mo.post(path, data=FORMS["note"])).status_code == 409
    assert (await mo.get(f"/events/{id}/change")).status_code == 404


async def test_a_form_for_a_sort_that_there_is_not(site: Site) -> None:
    olwen = await site.who("olwen")
    for sort in ("nothing", "EVENT", "event.html"):
        assert (await olwen.get(f"/publish/{sort}")).status_code == 404
        assert (await olwen.post(f"/publish/{sort}", data=EVENT)).status_code == 404


NAMES = sorted(
    {name for form in FORMS.values() for name in form}
    | {"pictures.0.media", "pictures.0.alt.en", "pictures.x.media", "pictures", "go", "starts", "ends.date", "title",
       "title.cy.x.y.z", "lat", "lon", "online", "project", "vetted", "tentative", "due.time", "cost", "alt.en", "hue",
       "text.", ".", "title.<b>", "contacts.0.name", "contacts.99.reach", "login", "email", "role", "reason.en", "how"}
)  # fmt: skip
ODD = st.one_of(
    st.text(max_size=40),
    st.sampled_from(["", "0", "-1", "1e309", "NaN", "999999999999999999999", "2027-06-06", "25:00", "true", "\x00", "٣",
                     "0000-00-00", "9999-12-31", "23:59", "../../etc/passwd", "<script>", "{{7*7}}", "A" * 5000]),
)  # fmt: skip


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(typed=st.dictionaries(st.sampled_from(NAMES), ODD, max_size=12), sort=st.sampled_from(sorted(FORMS)))
async def test_no_form_however_odd_is_a_mistake_of_ours(site: Site, typed: dict[str, str], sort: str) -> None:
    steward = await site.who("bethan")
    safe = {name: words.encode("utf-8", "replace").decode() for name, words in typed.items()}
    for path in (
        f"/publish/{sort}", "/steward/settings", "/steward/people", "/account/password", "/account/passkeys",
        "/account/language", "/signin",
    ):  # fmt: skip
        base = FORMS[sort] if path.startswith("/publish") else {}
        answer = await steward.post(path, data=base | safe)
        assert answer.status_code in (200, 303, 422, 404, 429), (path, answer.status_code)


async def test_a_project_is_taken_down_after_one_more_question_and_its_page_says_so(site: Site) -> None:
    project = await site.did(lambda tx: projects.start(tx, people.steward(tx).actor, orchard()))
    path = f"/projects/{project.id}"
    olwen, mo = await site.who("olwen"), await site.who("mo")
    assert f"{path}/remove" not in (await olwen.get(path)).text
    assert (await olwen.post(f"{path}/remove")).status_code == 403
    assert f"{path}/remove" in (await mo.get(path)).text
    asked = (await mo.get(f"{path}/remove")).text
    assert "say that it is done instead" in asked
    assert (await site.guest.get(path)).status_code == 200
    assert (await mo.post(f"{path}/remove")).headers["location"] == "/steward?done=removed"
    for gone in (path, f"{path}/feed.atom", "/actor/p_old_mill_orchard"):
        answer = await site.guest.get(gone)
        assert answer.status_code == 410, gone
        assert "It was here and has been taken down." in answer.text
    assert (await site.guest.get("/projects/7")).status_code == 404
    assert "Old Mill Orchard" not in (await site.guest.get("/projects")).text
