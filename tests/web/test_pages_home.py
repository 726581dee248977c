"""The front page, and the pages around it: what a neighbour sees who has never been here."""

import re
from pathlib import Path

import httpx
import pytest
from browsing import Site
from conftest import Clock
from PIL import Image
from scene import lift, orchard, party, stranger

from hub import actors, asks, events, media, people, posts, projects, things
from hub.clock import DAY, HOUR, MINUTE, now
from hub.places import Venue
from hub.store import Tx
from hub.things import Picture

ACTIVITY = {"Accept": "application/activity+json"}
PUBLIC = ("/", "/events", "/asks", "/projects", "/about", "/search", "/follow", "/@rhys")
LARGEST = 60_000  # bytes of a page without its pictures


def steward(tx: Tx) -> int:
    return people.steward(tx).actor


def some_life(tx: Tx) -> dict[str, int]:
    """One of everything."""
    who = steward(tx)
    project = projects.start(tx, who, orchard()).id
    event = events.publish(tx, who, party(project=project)).id
    ask = asks.publish(tx, who, "ask", lift()).id
    note = posts.publish(tx, who, posts.Draft(text={"en": "The library is closed on Friday."})).id
    posts.publish(tx, who, posts.Draft(text={"en": "Eleven trees are in."}, project=project))
    return {"events": event, "asks": ask, "projects": project, "posts": note}


def from_next_door(tx: Tx, **changes: object) -> int:
    """An event of another hub."""
    hub = stranger(tx, "hub", "pont.example", "hub")
    fields: dict[str, object] = {
        "uri": "https://pont.example/event/1", "url": "https://pont.example/events/1", "title": {"en": "Seed swap"},
        "published": now(), "updated": now(),
    }  # fmt: skip
    details = events.Details(
        starts=now() + DAY, ends=now() + DAY + HOUR, zone="Europe/London", venue=Venue(name="The bridge")
    )
    id = events.mirror(tx, hub, things.Seen(**(fields | changes)), details)  # type: ignore[arg-type]
    assert id is not None
    return id


async def test_the_front_page_says_what_is_on_who_needs_help_and_how_to_join_in(site: Site, clock: Clock) -> None:
    await site.did(some_life)
    page = (await site.guest.get("/")).text
    assert "<b>1</b>thing on this week" in page
    assert "<b>1</b>neighbour needs help" in page
    for words in ("Street party", "A lift to the eye clinic", "Old Mill Orchard", "The library is closed on Friday."):
        assert words in page
    assert "@hub<wbr>@glan.<wbr>example" in page
    assert page.index("thing on this week") < page.index("neighbour needs help") < page.index("no account needed")


async def test_what_is_called_off_is_not_counted_as_on(site: Site, clock: Clock) -> None:
    event = (await site.did(some_life))["events"]
    await site.did(lambda tx: events.cancel(tx, steward(tx), event, {"en": "The bridge is shut."}))
    page = (await site.guest.get("/")).text
    assert "<b>0</b>things on this week" in page
    assert "The bridge is shut." in page
    assert "Cancelled" in page


async def test_what_is_on_next_door_is_shown_with_where_it_comes_from(site: Site, clock: Clock) -> None:
    id = await site.did(from_next_door)
    page = (await site.guest.get("/")).text
    assert "From the hubs next door" in page
    assert f'href="/events/{id}"' in page
    assert "pont.<wbr>example" in page


async def test_an_empty_hub_says_what_to_do(site: Site) -> None:
    said = {"/": "Nothing on just now", "/events": "Nothing on just now", "/asks": "No offers just now"}
    for path, words in (said | {"/projects": "No projects yet"}).items():
        assert words in (await site.guest.get(path)).text


async def test_every_page_is_light(site: Site, clock: Clock) -> None:
    ids = await site.did(some_life)

    def crowd(tx: Tx) -> None:
        who = steward(tx)
        for n in range(60):
            events.publish(
                tx, who, party(starts=now() + n * HOUR, ends=now() + (n + 1) * HOUR, text={"en": "Words. " * 200})
            )
        for _ in range(40):
            asks.publish(tx, who, "ask", lift())
            projects.start(tx, who, orchard())
            posts.publish(tx, who, posts.Draft(text={"en": "All is well. " * 20}))

    await site.did(crowd)
    paths = [*PUBLIC, "/search?q=words", "/events?month=2026-05", *(f"/{kind}/{id}" for kind, id in ids.items())]
    for path in paths:
        for lang in ("en", "cy"):
            page = await site.guest.get(path, params={"lang": lang})
            assert page.status_code == 200, path
            assert len(page.content) <= LARGEST, (path, len(page.content))


async def test_every_page_speaks_welsh_and_leaves_no_english_of_ours_behind(site: Site, clock: Clock) -> None:
    await site.did(some_life)
    page = (await site.guest.get("/", params={"lang": "cy"})).text
    assert '<html lang="cy"' in page
    for words in (
        "Glan-yr-afon yr wythnos hon",
        "Parti stryd",
        "cymydog angen help",
        "Ymunwch",
        "Perllan yr Hen Felin",
    ):
        assert words in page
    for words in ("Join in", "things on", "needs help", "What’s on"):
        assert words not in page


async def test_pages_name_themselves_for_programs_and_for_other_sites(site: Site, clock: Clock) -> None:
    ids = await site.did(some_life)
    page = (await site.guest.get(f"/events/{ids['events']}")).text
    assert f'<link rel="canonical" href="https://glan.example/events/{ids["events"]}">' in page
    assert 'property="og:title" content="Street party"' in page
    assert 'property="og:image" content="https://glan.example/drawn/header/hub.png"' in page
    assert f'type="application/activity+json" href="https://glan.example/event/{ids["events"]}"' in page
    assert 'type="text/calendar"' in page
    assert 'hreflang="cy"' in page
    for word in ("h-event", "p-name", "dt-start", "dt-end", "p-location"):
        assert word in page


async def test_a_program_that_asks_for_the_thing_is_sent_to_it(site: Site, clock: Clock) -> None:
    ids = await site.did(some_life)
    handle = await site.store.read(lambda tx: projects.get(tx, ids["projects"]).handle)
    wanted = {
        "/": "/actor/hub", "/@rhys": "/actor/u-rhys", f"/events/{ids['events']}": f"/event/{ids['events']}",
        f"/asks/{ids['asks']}": f"/ask/{ids['asks']}", f"/posts/{ids['posts']}": f"/post/{ids['posts']}",
        f"/projects/{ids['projects']}": f"/actor/{handle}",
    }  # fmt: skip
    for path, uri in wanted.items():
        answer = await site.guest.get(path, headers=ACTIVITY)
        assert (answer.status_code, answer.headers["location"]) == (302, f"https://glan.example{uri}")
    both = await site.guest.get("/", headers={"Accept": "text/html, application/activity+json"})
    assert both.status_code == 200


async def test_who_is_responsible_and_the_rules_stand_on_about_us(site: Site) -> None:
    page = (await site.guest.get("/about")).text
    for words in ("Bethan", "01632 960118", "Be kind.", "W05000985", "ActivityPub"):
        assert words in page
    for name in ("rules", "privacy", "accessibility"):
        assert f'id="{name}"' in page
        assert (await site.guest.get(f"/{name}", params={"lang": "cy"})).headers["location"] == f"/about?lang=cy#{name}"


@pytest.mark.parametrize("asked", ["party", "PARTY", "parti", "mill"])
async def test_search_finds_words_of_any_kind_in_any_language(site: Site, clock: Clock, asked: str) -> None:
    await site.did(some_life)
    page = (await site.guest.get("/search", params={"q": asked})).text
    assert "thing found" in page or "things found" in page


async def test_search_says_when_there_is_nothing(site: Site) -> None:
    page = (await site.guest.get("/search", params={"q": '"><script>alert(1)</script>'})).text
    assert "Nothing found" in page
    assert "<script>" not in page


async def test_a_person_has_a_small_page_that_search_engines_leave_out(site: Site) -> None:
    answer = await site.guest.get("/@rhys")
    assert answer.status_code == 200
    assert answer.headers["x-robots-tag"] == "noindex"
    assert "rhys@glan.example" not in answer.text.replace("@rhys@glan.example", "")
    assert (await site.guest.get("/@nobody")).status_code == 404
    assert (await site.guest.get("/@hub")).status_code == 404


async def a_picture(site: Site, tmp_path: Path) -> media.Media:
    small, full = tmp_path / "s.jpg", tmp_path / "f.jpg"
    Image.new("RGB", (480, 320), "green").save(small)
    Image.new("RGB", (960, 640), "green").save(full)
    prepared = media.Prepared(full.read_bytes(), small.read_bytes(), 960, 640, 480, 320)
    stored = media.save(site.app.state.data / "media", prepared)
    kept: media.Media = await site.did(lambda tx: media.add(tx, stored, {"en": "Forty trees."}, steward(tx)))
    return kept


async def test_an_uploaded_picture_is_served_as_nothing_but_a_picture(site: Site, tmp_path: Path) -> None:
    kept = await a_picture(site, tmp_path)
    for path in (f"/media/{kept.key}-full.jpg", f"/media/{kept.key}-small.jpg", f"/media/{kept.id}"):
        answer = await site.guest.get(path)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "image/jpeg"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in answer.headers["content-security-policy"]
        assert "immutable" in answer.headers["cache-control"]


@pytest.mark.parametrize(
    "path",
    ["/media/../hub.db-full.jpg", "/media/%2e%2e%2fhub-full.jpg", "/media/abc-full.jpg", "/media/1",
     "/media/" + "a" * 64 + "-big.jpg", "/media/" + "0" * 64 + "-full.jpg", "/drawn/icon/nobody.png",
     "/drawn/poster/hub.png"],
)  # fmt: skip
async def test_no_path_leads_out_of_the_pictures(site: Site, path: str) -> None:
    assert (await site.guest.get(path)).status_code == 404


async def test_the_hub_draws_pictures_of_its_own_for_other_servers(site: Site) -> None:
    for what, name in (("icon", "hub"), ("header", "hub"), ("icon", "u-rhys")):
        answer = await site.guest.get(f"/drawn/{what}/{name}.png")
        assert answer.headers["content-type"] == "image/png"
        assert answer.content.startswith(b"\x89PNG")


async def test_a_picture_stands_on_the_page_with_its_words_and_others_only_as_a_link(
    site: Site, clock: Clock, tmp_path: Path
) -> None:
    kept = await a_picture(site, tmp_path)
    ours = await site.did(lambda tx: events.publish(tx, steward(tx), party(pictures=[Picture(media=kept.id)])))
    far = Picture(url="https://far.example/x.jpg", alt={"en": "A far tree"})
    theirs = await site.did(lambda tx: from_next_door(tx, pictures=[far]))
    page = (await site.guest.get(f"/events/{ours.id}")).text
    assert re.search(r'<img [^>]*src="/media/[0-9a-f]{64}-small.jpg"[^>]*alt="Forty trees."', page)
    page = (await site.guest.get(f"/events/{theirs}")).text
    assert '<a href="https://far.example/x.jpg" rel="nofollow ugc">Picture: A far tree</a>' in page
    assert "<img" not in page


async def test_a_guest_is_given_the_same_page_until_something_changes(site: Site, clock: Clock) -> None:
    first = await site.guest.get("/")
    assert first.headers["cache-control"] == "no-cache"
    again = await site.guest.get("/", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert "content-security-policy" in again.headers
    await site.did(some_life)
    changed = await site.guest.get("/", headers={"If-None-Match": first.headers["etag"]})
    assert changed.status_code == 200
    assert "Street party" in changed.text


async def test_a_kept_page_tells_the_time_to_the_minute(site: Site, clock: Clock) -> None:
    await site.did(some_life)
    assert "2 am" not in (await site.guest.get("/")).text
    clock.forward(DAY + 4 * HOUR + MINUTE)
    assert "Nothing on just now" in (await site.guest.get("/")).text


async def test_nobody_is_given_the_page_of_somebody_who_has_signed_in(site: Site) -> None:
    bethan = await site.who("bethan")
    own = await bethan.get("/")
    assert "Signed in as bethan." in own.text
    assert own.headers["cache-control"] == "private, no-cache"
    assert "etag" not in own.headers
    assert "bethan." not in (await site.guest.get("/")).text
    assert "Cookie" in own.headers["vary"]


async def test_languages_are_kept_apart(site: Site) -> None:
    english = await site.guest.get("/")
    welsh = await site.guest.get("/", headers={"Accept-Language": "cy"})
    assert '<html lang="en"' in english.text
    assert '<html lang="cy"' in welsh.text
    assert english.headers["etag"] != welsh.headers["etag"]


async def test_a_message_after_a_form_is_for_its_sender_alone(site: Site) -> None:
    told = await site.guest.get("/", params={"done": "saved"})
    assert "It is saved." in told.text
    assert "It is saved." not in (await site.guest.get("/")).text


def follow(tx: Tx) -> None:
    actors.follow(tx, stranger(tx), actors.named(tx, "hub", "glan.example").id)


async def test_followers_are_counted_truthfully(site: Site) -> None:
    assert "follower" not in (await site.guest.get("/")).text.split("<footer")[0].replace("Follow", "")
    await site.did(follow)
    assert "1 follower reads Riverside." in (await site.guest.get("/")).text


async def test_to_follow_from_elsewhere_says_what_is_wrong_and_keeps_what_was_typed(site: Site) -> None:
    answer = await site.guest.post("/follow", data={"account": "nonsense", "acct": "@hub@glan.example"})
    assert answer.status_code == 422
    assert 'value="nonsense"' in answer.text
    assert "Type your account as @name@server" in answer.text
    assert "location" not in answer.headers


async def test_nobody_elsewhere_can_be_followed_from_our_form(site: Site) -> None:
    answer = await site.guest.post("/follow", data={"account": "@a@b.example", "acct": "@sunil@mastodon.example"})
    assert answer.status_code == 404


async def test_a_stranger_who_tries_to_follow_for_ever_is_asked_to_wait(site: Site) -> None:
    last = httpx.Response(200)
    for _ in range(21):
        last = await site.guest.post("/follow", data={"account": "x"})
    assert last.status_code == 429
