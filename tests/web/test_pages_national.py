"""The aggregator's pages: what all hubs publish, each line with the hub that it comes from."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from browsing import Site, a_site, settle
from conftest import Clock
from scene import stranger

from hub import actors, asks, events, projects, things
from hub.clock import DAY, HOUR, now
from hub.places import Area
from hub.store import Store, Tx


@pytest_asyncio.fixture
async def national(store: Store, tmp_path: Path) -> AsyncIterator[Site]:
    """An aggregator, on both databases."""
    await store.write(settle)
    async with a_site(store, tmp_path, hub={"role": "aggregator"}) as it:
        yield it


def a_hub(tx: Tx, domain: str, name: str, area: str, code: str) -> int:
    uri = f"https://{domain}/actor/hub"
    hub = actors.remember(
        tx,
        actors.Seen(
            uri=uri, kind="hub", type="Group", handle="hub", domain=domain, name={"en": name}, url=f"https://{domain}/",
            inbox=f"{uri}/inbox", area=Area(area, code),
        ),
    )  # fmt: skip
    ours = actors.named(tx, "hub", "glan.example").id
    actors.ask_to_follow(tx, ours, hub)
    actors.follow_answered(tx, ours, hub, accepted=True)
    return hub


def seen(domain: str, what: str, title: str) -> things.Seen:
    return things.Seen(
        uri=f"https://{domain}/{what}/1", url=f"https://{domain}/{what}s/1", title={"en": title}, published=now(),
        updated=now(),
    )  # fmt: skip


def two_hubs(tx: Tx) -> int:
    """An event in Tredegar, an ask in Wick, and a hub that has not answered. Returns the event's id here."""
    tredegar = a_hub(tx, "tredegar.example", "Tredegar", "Tredegar, Blaenau Gwent", "W05000001")
    wick = a_hub(tx, "wick.example", "Wick", "Wick, Highland", "S13002989")
    silent = stranger(tx, "hub", "silent.example", "hub")
    actors.ask_to_follow(tx, actors.named(tx, "hub", "glan.example").id, silent)
    details = events.Details(starts=now() + DAY, ends=now() + DAY + HOUR, zone="Europe/London")
    id = events.mirror(tx, tredegar, seen("tredegar.example", "event", "Brass band"), details)
    asks.mirror(tx, wick, "ask", seen("wick.example", "ask", "A boat to paint"), asks.Details(expires=now() + DAY))
    assert id is not None
    return id


async def test_the_front_page_shows_what_all_hubs_publish_and_where_it_comes_from(national: Site, clock: Clock) -> None:
    id = await national.did(two_hubs)
    page = (await national.guest.get("/")).text
    assert "2 neighbourhoods publish here." in page
    assert "<b>1</b>event to come" in page
    assert '<a class="p-name u-url" href="https://tredegar.example/events/1" rel="nofollow">Brass band</a>' in page
    assert "From Tredegar, Blaenau Gwent" in page
    assert "tredegar.<wbr>example" in page
    assert f'href="/events/{id}"' in page
    assert "Waiting for their answer" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [("kind=event", "Brass band"), ("kind=ask", "A boat to paint"), ("area=wick", "A boat to paint"),
     ("area=W05000001", "Brass band"), ("q=brass", "Brass band"), ("from=2026-05-02&to=2026-05-02", "Brass band"),
     ("to=2026-05-01", "A boat to paint")],
)  # fmt: skip
async def test_one_finds_by_area_kind_day_and_words(national: Site, clock: Clock, query: str, found: str) -> None:
    await national.did(two_hubs)
    page = (await national.guest.get(f"/?{query}")).text
    assert [name for name in ("Brass band", "A boat to paint") if f">{name}</a>" in page] == [found]


async def test_the_ways_on_of_a_hub_lead_to_lists_of_all_hubs(national: Site, clock: Clock) -> None:
    await national.did(two_hubs)
    for path, here, away in (("/events", "Brass band", "A boat"), ("/asks", "A boat to paint", "Brass band")):
        page = (await national.guest.get(path)).text
        assert here in page
        assert f">{away}" not in page
    assert "Brass band" in (await national.guest.get("/search?q=band")).text


async def test_our_copy_says_whose_it_is(national: Site, clock: Clock) -> None:
    id = await national.did(two_hubs)
    page = (await national.guest.get(f"/events/{id}")).text
    assert "This was published on tredegar.example." in page
    assert 'href="https://tredegar.example/events/1" rel="nofollow">Answer there</a>' in page


async def test_what_its_hub_cancels_shows_as_cancelled(national: Site, clock: Clock) -> None:
    await national.did(two_hubs)

    def cancel(tx: Tx) -> None:
        hub = actors.named(tx, "hub", "tredegar.example").id
        later = things.Seen(
            uri="https://tredegar.example/event/1", url="https://tredegar.example/events/1",
            title={"en": "Brass band"}, published=now(), updated=now() + 1,
        )  # fmt: skip
        details = events.Details(starts=now() + DAY, ends=now() + DAY + HOUR, zone="Europe/London", status="cancelled")
        events.mirror(tx, hub, later, details)

    await national.did(cancel)
    page = (await national.guest.get("/")).text
    assert '<span class="pill bad">Cancelled</span>' in page
    assert "<b>0</b>events to come" in page


async def test_a_day_that_is_none_is_said_beside_its_field(national: Site, clock: Clock) -> None:
    await national.did(two_hubs)
    answer = await national.guest.get("/?from=rubbish&area=wick")
    assert answer.status_code == 422
    assert answer.text.count("Type the day like 6 June 2026 or 6/6/2026.") == 2
    assert 'value="wick"' in answer.text


@pytest.mark.parametrize("query", ["page=x", "page=999", "kind=spam", "to=9999-12-31", "q=%22%27%3B--", "area=%25_%5C"])
async def test_no_address_brings_it_down(national: Site, clock: Clock, query: str) -> None:
    await national.did(two_hubs)
    assert (await national.guest.get(f"/?{query}")).status_code == 200


async def test_hubs_stand_in_a_table_with_their_state(national: Site, clock: Clock) -> None:
    await national.did(two_hubs)
    page = (await national.guest.get("/hubs")).text
    for words in ("Tredegar, Blaenau Gwent", "Followed", "Waiting for their answer", "@hub<wbr>@wick.<wbr>example"):
        assert words in page


async def test_an_aggregator_that_follows_nobody_says_so(national: Site) -> None:
    assert "Nothing has arrived yet" in (await national.guest.get("/")).text
    assert "No hub is followed here yet" in (await national.guest.get("/hubs")).text


async def test_a_full_page_is_light(national: Site, clock: Clock) -> None:
    def many(tx: Tx) -> None:
        for n in range(40):
            hub = a_hub(tx, f"h{n}.example", f"Hub number {n}", f"Ward {n}", "")
            details = events.Details(starts=now() + n * HOUR, ends=now() + (n + 1) * HOUR, zone="Europe/London")
            events.mirror(
                tx, hub, seen(f"h{n}.example", "event", f"An event with quite a long title, the {n}th"), details
            )

    await national.did(many)
    for lang in ("en", "cy"):
        assert len((await national.guest.get("/", params={"lang": lang})).content) <= 60_000
    assert 'rel="next"' in (await national.guest.get("/")).text
    assert "the 35th" in (await national.guest.get("/?page=1")).text


async def test_a_hub_has_none_of_these_pages(site: Site) -> None:
    assert (await site.guest.get("/hubs")).status_code == 404
    assert "hub by hub" not in (await site.guest.get("/")).text


async def test_programs_find_the_aggregators_own_actor(national: Site) -> None:
    answer = await national.guest.get("/", headers={"Accept": "application/activity+json"})
    assert answer.headers["location"] == "https://glan.example/actor/hub"


def a_project(tx: Tx) -> None:
    hub = a_hub(tx, "wick.example", "Wick", "Wick, Highland", "S13002989")
    own = stranger(tx, "p_pier", "wick.example", "project")
    projects.mirror(tx, hub, own, seen("wick.example", "project", "The old pier"), stage="active")


async def test_projects_of_all_hubs_stand_in_a_list(national: Site, clock: Clock) -> None:
    await national.did(a_project)
    page = (await national.guest.get("/projects")).text
    assert "The old pier" in page
    assert "From Wick, Highland" in page
